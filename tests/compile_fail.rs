//! What must not compile: operations that a client's access does not allow, each with an explanation.

use altinn_watch as _;

#[test]
fn access_decides_which_methods_exist() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("compile_fail/*.rs");
}

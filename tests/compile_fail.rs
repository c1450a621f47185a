//! What must not compile: operations that a client's access does not allow, each with an explanation.

#[test]
fn access_decides_which_methods_exist() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("compile_fail/*.rs");
}

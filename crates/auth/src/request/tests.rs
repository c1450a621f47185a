use std::collections::HashSet;

use altinn_core::{Read, ReadWrite};
use serde_json::json;

use super::*;

fn org(number: &str) -> OrgNumber {
    number.parse().unwrap()
}

fn request() -> TokenRequest {
    TokenRequest::of::<ReadWrite>()
}

#[test]
fn whatever_differs_makes_another_request() {
    let user = || SystemUser::new(org("405003309"));
    let all = [
        TokenRequest::of::<Read>(),
        request(),
        request().on_behalf_of(org("405003309")),
        request().on_behalf_of(org("991825827")),
        request().system_user(user()),
        request().system_user(user().external_reference("a").unwrap()),
        request().system_user(SystemUser::new(org("991825827"))),
        request().person("01017012345".parse().unwrap()),
        request().person("01017012346".parse().unwrap()),
        request().resource("https://a.example/").unwrap(),
        request().resource("https://b.example/").unwrap(),
        request().resource("https://b.example").unwrap(),
        request().claim("a", "b").unwrap(),
        request().claim("a", "c").unwrap(),
        request().authorization_details(json!({"type": "urn:altinn:consent"})).unwrap(),
        request().additional_scope("digdir:a").unwrap(),
        request().additional_scope("digdir:b").unwrap(),
        request().only_scopes(["digdir:a"]).unwrap(),
        request().only_scopes(["digdir:b"]).unwrap(),
    ];
    let different: HashSet<_> = all.iter().cloned().collect();
    assert_eq!(different.len(), all.len());
    let again = request().system_user(user().external_reference("a").unwrap());
    assert!(different.contains(&again));
}

#[test]
fn the_order_of_resources_does_not_count() {
    let with = |first: &str, second: &str| request().resource(first).unwrap().resource(second).unwrap();
    assert_eq!(with("https://a.example", "https://b.example"), with("https://b.example", "https://a.example"));
    assert_eq!(with("https://a.example", "https://a.example"), request().resource("https://a.example").unwrap());
}

#[test]
fn a_resource_is_kept_as_it_is_spelled() {
    for text in ["https://api.example", "https://api.example/", "HTTPS://Api.Example:443/a/../b?c=%C3%A6æ", "urn:api:x"]
    {
        assert_eq!(request().resource(text).unwrap().resources(), [text]);
    }
    let url = Url::parse("https://api.example").unwrap();
    assert_eq!(request().resource(&url).unwrap().resources(), ["https://api.example/"]);
}

#[test]
fn what_maskinporten_would_refuse_is_refused() {
    for bad in [
        "https://a.example/#x",
        "https://a.example#",
        "",
        " https://a.example",
        "https://a\n.example",
        "a.example",
        "/v1",
    ] {
        assert_eq!(request().resource(bad).unwrap_err().kind(), ErrorKind::Config, "{bad}");
    }
    let user = || SystemUser::new(org("405003309"));
    for good in ["a", "Ærlig-Øst_09å", &"x".repeat(255), &"å".repeat(255)] {
        assert!(user().external_reference(good).is_ok(), "{good}");
    }
    for bad in ["", " ", "a b", "a.b", "ü", "a\n", &"x".repeat(256)] {
        assert_eq!(user().external_reference(bad).unwrap_err().kind(), ErrorKind::Config, "{bad}");
    }
}

#[test]
fn a_claim_that_is_refused_is_refused_for_its_own_reason() {
    let reasons = [
        ("", "no name"),
        ("sub", "does not belong in a grant"),
        ("nbf", "does not belong in a grant"),
        ("aud", "is set for every grant"),
        ("iss", "is set for every grant"),
        ("iat", "is set for every grant"),
        ("exp", "is set for every grant"),
        ("jti", "is set for every grant"),
        ("scope", "use additional_scope"),
        ("resource", "use resource"),
        ("pid", "use person"),
        ("consumer_org", "use on_behalf_of"),
        ("authorization_details", "use system_user"),
    ];
    for (name, reason) in reasons {
        let error = request().claim(name, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{name}");
        let words = error.to_string();
        assert!(words.contains(reason) && words.contains(name), "{words}");
    }
}

#[test]
fn details_are_one_object_with_a_type() {
    let details = json!({"type": "urn:altinn:consent", "id": "a"});
    assert_eq!(request().authorization_details(details.clone()).unwrap().details(), Some(&details));
    let bad = [json!([details]), json!([]), json!("urn:altinn:consent"), json!(1), json!(null), json!({})];
    for bad in bad.into_iter().chain([json!({"id": "a"}), json!({"type": ""}), json!({"type": ["a"]})]) {
        assert_eq!(request().authorization_details(bad.clone()).unwrap_err().kind(), ErrorKind::Config, "{bad}");
    }
}

#[test]
fn only_scopes_leaves_out_those_of_the_access_for_good() {
    let only = |scopes: &[&str]| request().additional_scope("x:gone")?.only_scopes(scopes);
    let vendor = only(&["x:b", "x:a", "x:b"]).unwrap();
    assert_eq!(vendor.scope(), "x:a x:b");
    assert_eq!(vendor.clone().with_access::<Read>(), vendor);
    assert_eq!(vendor.clone().additional_scope("x:c").unwrap().with_access::<ReadWrite>().scope(), "x:a x:b x:c");
    for bad in [&[][..], &[""], &["a b"], &["x:a", INSTANCES_READ], &[INSTANCES_WRITE]] {
        assert_eq!(only(bad).unwrap_err().kind(), ErrorKind::Config, "{bad:?}");
    }
    assert_eq!(vendor.additional_scope(INSTANCES_READ).unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn access_decides_the_scopes() {
    let request = request().on_behalf_of(org("405003309")).with_access::<Read>();
    assert_eq!(request.scopes(), TokenRequest::of::<Read>().scopes());
    assert_eq!(request.consumer(), Some(org("405003309")));
}

#[test]
fn scopes_are_a_sorted_set_beside_those_of_the_access() {
    let with = |scopes: &[&str]| {
        scopes.iter().fold(TokenRequest::of::<Read>(), |request, scope| request.additional_scope(scope).unwrap())
    };
    let both = with(&["x:b", "aaa:b", "x:b", INSTANCES_READ]);
    assert_eq!(both.scope(), format!("aaa:b {INSTANCES_READ} x:b"));
    assert_eq!(both, with(&["aaa:b", "x:b"]));
    let more = both.clone().with_access::<ReadWrite>();
    assert_eq!(more.scope(), format!("aaa:b {INSTANCES_READ} {INSTANCES_WRITE} x:b"));
    assert_eq!(more.with_access::<Read>(), both);
}

#[test]
fn what_is_no_scope_or_would_widen_the_access_is_not_added() {
    for bad in ["", " ", "a b", "a\n", "a\"", "a\\", "å", INSTANCES_WRITE] {
        assert_eq!(TokenRequest::of::<Read>().additional_scope(bad).unwrap_err().kind(), ErrorKind::Config, "{bad}");
    }
}

#[test]
fn debug_hides_the_person_and_the_values_of_claims() {
    let request = request().person("01017012345".parse().unwrap()).claim("hint", "secret-value").unwrap();
    let shown = format!("{request:?} {:?}", Some(&request));
    assert!(shown.contains("hint") && shown.contains("instances.read"));
    assert!(!shown.contains("01017012345") && !shown.contains("secret-value"), "{shown}");
}

//! Lists, and states that are set: what decides which instances are shown, and which complaint comes first.

use altinn_emulator::Submission;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setup::Setup;
use crate::{APP, JSON, start};

impl Setup {
    async fn list(&self, query: &str) -> (StatusCode, Value) {
        self.send(Method::GET, &format!("instances?{query}"), None).await
    }

    pub(crate) fn submission(&self) -> Submission {
        Submission::new(APP, 501_337)
    }
}

#[tokio::test]
async fn the_organisation_of_the_app_is_the_one_whose_confirmation_excludes() {
    let setup = start().await;
    setup.emulator.seed(setup.submission());
    setup.emulator.seed(setup.submission().confirmed());
    for query in ["appId=ttd/app&excludeConfirmedBy=TTD", "org=ttd&excludeConfirmedBy=TTD"] {
        assert_eq!(setup.list(query).await.1["count"], 1, "{query}");
    }
}

#[tokio::test]
async fn whoever_sees_no_deleted_ones_is_told_so_before_a_reference_is_judged() {
    let setup = start().await;
    let user = setup.token_of(json!({"urn:altinn:userid": 20_001, "urn:altinn:partyid": 501_337}));
    let list = async |query: &str| {
        let path = format!("instances?instanceOwner.partyId=501337&{query}");
        setup.send_as(&user, Method::GET, &path, None).await
    };
    let (status, page) = list("status.isHardDeleted=true&A3Ref=short").await;
    assert_eq!((status, &page["count"]), (StatusCode::OK, &json!(0)));
    assert_eq!(list("A3Ref=short").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_a_scope_of_service_owners_each_instance_is_asked_for() {
    let setup = start().await;
    setup.seed();
    // The older claim lets an organisation ask, and does not make it see everything.
    let scope = "altinn:serviceowner/instances.read";
    let claims = |name: &str| json!({"urn:altinn:org": "ttd", "urn:altinn:orgNumber": "405003309", name: scope});
    let [older, usual] = ["urn:altinn:scope", "scope"].map(|name| setup.token_of(claims(name)));
    let count = async |token: &str| {
        let (status, page) = setup.send_as(token, Method::GET, "instances?appId=ttd/app", None).await;
        (status, page["count"].as_u64())
    };
    let found = |count| (StatusCode::OK, Some(count));
    assert_eq!((count(&older).await, count(&usual).await), (found(1), found(1)));
    setup.emulator.set_rights(APP, "owner", &[]);
    setup.pass(301);
    assert_eq!((count(&older).await, count(&usual).await), (found(0), found(1)));
}

#[tokio::test]
async fn a_backslash_at_the_end_of_a_search_takes_the_wildcard_for_a_sign() {
    let setup = start().await;
    for text in ["100%", "c:\\"] {
        setup.emulator.seed(setup.submission().presentation_text("x", text));
    }
    for (search, count) in [("100%25", 1), ("100%5C", 1), ("c:%5C", 0), ("c:", 1)] {
        let (_, page) = setup.list(&format!("org=ttd&searchString={search}")).await;
        assert_eq!(page["count"], count, "{search}");
    }
}

#[tokio::test]
async fn of_several_complaints_the_first_in_the_services_order_is_made() {
    let setup = start().await;
    let date = |value: &str, key: &str| format!("Invalid date expression: {value} for query key: {key}");
    for (query, words) in [
        ("created=2020-01-01&lastChanged=2021-01-01", date("2020-01-01", "created")),
        ("dueBefore=x&process.ended=y", date("x", "dueBefore")),
        ("mainVersionInclude=99999&created=2020-01-01", date("2020-01-01", "created")),
        (
            "mainVersionInclude=99999&continuationToken=1;b",
            "The input string 'b' was not in a correct format.".to_owned(),
        ),
        ("lastChanged=&lastChanged=gt:2020-01-01", date("", "lastChanged")),
        ("dueBefore=gt:2020-01-01&dueBefore=", date("", "dueBefore")),
    ] {
        let (status, said) = setup.list(&format!("org=ttd&{query}")).await;
        assert_eq!((status, said.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, Some(words.as_str())), "{query}");
    }
    assert_eq!(setup.list("org=ttd&lastChanged=").await.0, StatusCode::OK);
    assert_eq!(setup.list("org=ttd&includeDataElements=").await.0, StatusCode::BAD_REQUEST);
    let body = json!({"instanceOwner": {"partyId": "abc"}});
    let (status, _) = setup.send(Method::POST, "instances?appId=ttd/nosuch", Some(body)).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_read_status_is_one_number_or_names() {
    let setup = start().await;
    let id = setup.seed();
    for (status, expected) in [("1", 200), ("Read", 200), ("Unread,Read", 200), ("1,2", 400), ("Read,2", 400)] {
        let (got, _) = setup.send(Method::PUT, &format!("instances/{id}/readstatus?status={status}"), None).await;
        assert_eq!(got.as_u16(), expected, "{status}");
    }
}

#[tokio::test]
async fn a_substatus_that_can_t_be_stored_is_refused_as_json() {
    let setup = start().await;
    let path = format!("instances/{}/substatus", setup.seed());
    let answer = setup.answer(Method::PUT, &path, &[JSON], r#"{"label": "a\u0000b"}"#).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
}

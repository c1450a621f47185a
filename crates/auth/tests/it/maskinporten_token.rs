//! Maskinporten's own token, for APIs that take it without an exchange.

use std::time::Duration;

use altinn_auth::{Credentials, ErrorKind, Leg, LocalTest, TestTokenGenerator};
use altinn_core::{Environment, OrgNumber, Read};
use serde_json::json;

use crate::stub::{BOTH_SCOPES, EXCHANGE, Reply, Stub, altinn_token, jwt};

fn lasting(seconds: u64) -> Reply {
    Reply::granted_for(seconds, BOTH_SCOPES)
}

fn refusal() -> Reply {
    Reply::refused(400, "invalid_scope", "Token request contains invalid scopes for client, x", "MP-200")
}

#[tokio::test]
async fn it_is_the_one_that_is_exchanged() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let credentials = stub.credentials();
    let token = credentials.maskinporten_token().await.unwrap();
    assert_eq!(token.scopes().collect::<Vec<_>>(), BOTH_SCOPES.split(' ').collect::<Vec<_>>());
    assert_eq!(token.lifetime().as_secs(), 120);
    assert!((110..=120).contains(&token.remaining().as_secs()), "{token:?}");
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (1, 0));

    assert_eq!(credentials.token().await.unwrap().expose(), altinn_token());
    assert_eq!(stub.received(EXCHANGE)[0].bearer(), token.expose());
    assert_eq!(credentials.clone().maskinporten_token().await.unwrap().expose(), token.expose());
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn it_is_kept_while_enough_is_left_of_it_however_short_it_lasts() {
    for (seconds, kept, calls) in [(120, 104, 1), (120, 106, 2), (10, 7, 1), (10, 9, 2)] {
        let stub = Stub::of_legs(vec![lasting(seconds); 2], Vec::new()).await;
        let credentials = stub.credentials();
        credentials.maskinporten_token().await.unwrap();
        tokio::time::advance(Duration::from_secs(kept)).await;
        credentials.maskinporten_token().await.unwrap();
        assert_eq!(stub.count("/token"), calls, "{kept} of {seconds} s");
    }
}

#[tokio::test]
async fn it_is_not_exchanged_with_less_than_a_quarter_of_a_minute_left() {
    for (seconds, calls) in [(20, 1), (14, 2)] {
        let stub = Stub::of_legs(vec![lasting(seconds); 2], Vec::new()).await;
        let credentials = stub.credentials();
        credentials.maskinporten_token().await.unwrap();
        credentials.token().await.unwrap();
        assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (calls, 1), "{seconds} s");
    }
}

#[tokio::test]
async fn callers_for_both_kinds_at_once_cost_one_grant() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let credentials = stub.credentials();
    let callers = (0..100).map(|number| {
        let credentials = credentials.clone();
        tokio::spawn(async move {
            match number % 2 {
                0 => credentials.maskinporten_token().await.map(|token| token.expose().to_owned()),
                _ => credentials.token().await.map(|token| token.expose().to_owned()),
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap().unwrap();
    }
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (1, 1));
}

#[tokio::test]
async fn waiters_share_a_failure() {
    let stub = Stub::of_legs(vec![refusal(); 99], Vec::new()).await;
    let credentials = stub.credentials();
    let callers = (0..50).map(|_| {
        let credentials = credentials.clone();
        tokio::spawn(async move { credentials.maskinporten_token().await.unwrap_err().kind() })
    });
    for caller in callers.collect::<Vec<_>>() {
        assert_eq!(caller.await.unwrap(), ErrorKind::ScopeNotGranted);
    }
    assert_eq!(stub.count("/token"), 1);
}

#[tokio::test]
async fn a_refusal_is_remembered_for_both_kinds() {
    let stub = Stub::of_legs(vec![refusal()], Vec::new()).await;
    let credentials = stub.credentials();
    assert_eq!(credentials.maskinporten_token().await.unwrap_err().code(), Some("MP-200"));
    assert_eq!(credentials.maskinporten_token().await.unwrap_err().code(), Some("MP-200"));
    assert_eq!(credentials.token().await.unwrap_err().code(), Some("MP-200"));
    assert_eq!(stub.count("/token"), 1);
    credentials.forget_refusal();
    assert!(credentials.maskinporten_token().await.is_ok());
    assert!(credentials.token().await.is_ok());
}

#[tokio::test]
async fn what_the_exchange_refuses_does_not_matter_to_it() {
    let stub = Stub::of_legs(Vec::new(), vec![Reply::new(403, "")]).await;
    let credentials = stub.credentials();
    assert_eq!(credentials.token().await.unwrap_err().leg(), Some(Leg::Exchange));
    let kept = credentials.maskinporten_token().await.unwrap();
    credentials.invalidate_maskinporten(&kept);
    assert!(credentials.maskinporten_token().await.is_ok());
    // The exchange's refusal is remembered all the same.
    assert_eq!(credentials.token().await.unwrap_err().leg(), Some(Leg::Exchange));
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (2, 1));
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_an_error_here_too() {
    let stub = Stub::of_legs(vec![Reply::granted_for(120, "altinn:other")], Vec::new()).await;
    let error = stub.credentials().maskinporten_token().await.unwrap_err();
    assert_eq!((error.kind(), error.missing_scopes().len()), (ErrorKind::ScopeNotGranted, 2));
}

#[tokio::test]
async fn one_that_was_refused_is_replaced_unless_it_is_already() {
    let stub = Stub::of_legs(vec![lasting(120), lasting(121)], Vec::new()).await;
    let credentials = stub.credentials();
    let first = credentials.maskinporten_token().await.unwrap();
    credentials.invalidate_maskinporten(&first);
    let second = credentials.maskinporten_token().await.unwrap();
    assert_ne!(first.expose(), second.expose());
    credentials.invalidate_maskinporten(&first);
    assert_eq!(credentials.maskinporten_token().await.unwrap().expose(), second.expose());
    assert_eq!(stub.count("/token"), 2);
}

#[tokio::test]
async fn other_requests_have_tokens_of_their_own() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let credentials = stub.credentials();
    credentials.maskinporten_token().await.unwrap();
    let other: OrgNumber = "991825827".parse().unwrap();
    credentials.on_behalf_of(other).maskinporten_token().await.unwrap();
    let grants: Vec<_> = stub.received("/token").iter().map(|call| call.grant()["consumer_org"].clone()).collect();
    assert_eq!(grants, [json!(null), json!("991825827")]);
}

/// A scope of another API's, beside those of the access.
const OTHER: &str = "digdir:dialogporten.serviceprovider";

#[tokio::test]
async fn it_may_have_scopes_for_other_apis_and_is_kept_apart_then() {
    let scopes = format!("{BOTH_SCOPES} {OTHER}");
    let stub = Stub::of_legs(vec![Reply::granted(), Reply::granted_for(120, &scopes)], Vec::new()).await;
    let credentials = stub.credentials();
    credentials.maskinporten_token().await.unwrap();
    let more = credentials.with_request(credentials.request().clone().additional_scope(OTHER).unwrap());
    for _ in 0..2 {
        assert!(more.maskinporten_token().await.unwrap().scopes().any(|scope| scope == OTHER));
        assert!(credentials.maskinporten_token().await.unwrap().scopes().all(|scope| scope != OTHER));
    }
    let asked: Vec<_> = stub.received("/token").iter().map(|call| call.grant()["scope"].clone()).collect();
    assert_eq!(asked, [BOTH_SCOPES, scopes.as_str()]);
}

#[tokio::test]
async fn an_additional_scope_that_was_not_granted_is_missed() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let credentials = stub.credentials();
    let more = credentials.with_request(credentials.request().clone().additional_scope(OTHER).unwrap());
    let error = more.maskinporten_token().await.unwrap_err();
    assert_eq!((error.kind(), error.missing_scopes()), (ErrorKind::ScopeNotGranted, &[OTHER.to_owned()][..]));
    assert!(credentials.maskinporten_token().await.is_ok());
}

#[tokio::test]
async fn sources_that_have_none_say_so_and_ask_nobody() {
    let stub = Stub::start(|_, _| Reply::exchanged()).await;
    let ttd = || "405003309".parse().unwrap();
    let local = LocalTest::new(&stub.environment(), "ttd", ttd()).unwrap();
    let tt02 = Environment::tt02();
    let generator = TestTokenGenerator::new(&tt02, "ttd", ttd(), "user", "the-password").unwrap();
    let given = Credentials::<Read>::with_token(stub.environment(), jwt(&json!({"iat": 1, "exp": 9_000_000_000_u64})));
    for credentials in [
        given,
        Credentials::<Read>::from_provider(stub.environment(), local),
        Credentials::<Read>::from_provider(tt02, generator),
    ] {
        let error = credentials.maskinporten_token().await.unwrap_err();
        assert_eq!((error.kind(), error.leg()), (ErrorKind::Config, None), "{error}");
        assert!(error.advice().contains("client"), "{error}");
    }
    assert_eq!(stub.count("/token") + stub.count("/Home/auth/serviceowner"), 0);
}

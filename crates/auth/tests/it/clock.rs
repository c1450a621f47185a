//! How far this computer's clock may be from Maskinporten's, to the second.
//!
//! Maskinporten takes an `iat` up to 10 s ahead of its clock, and an `exp` up to 10 s behind it. A grant of ours is dated
//! 10 s back and ends 100 s from now, so our clock may be 20 s ahead and 110 s behind. Each judgement is made within
//! one second of both clocks, or made again.

use std::time::Duration;

use altinn_auth::{Credentials, Error, ErrorKind, Signer, SigningKey};
use altinn_core::{Environment, Read};
use altinn_emulator::{Emulator, NewClient, RegisteredClient};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::stub::{Reply, Stub, http};

/// Does `call` within one second of the wall clock.
async fn within_a_second<T>(call: impl AsyncFn(i64) -> T) -> T {
    loop {
        let second = Timestamp::now().as_second();
        let result = call(second).await;
        if Timestamp::now().as_second() == second {
            return result;
        }
    }
}

/// A Maskinporten that shows our clock to be so many seconds ahead.
async fn ahead_by(seconds: i64) -> (Emulator, RegisteredClient) {
    let emulator = Emulator::start().await.unwrap();
    emulator.clock().advance(SignedDuration::from_secs(-seconds));
    let client = emulator.register_client(NewClient::new("405003309")).unwrap();
    (emulator, client)
}

async fn outcome(ahead: i64) -> Result<(), Error> {
    let (emulator, client) = ahead_by(ahead).await;
    within_a_second(async |_| {
        let key = SigningKey::from_jwk(client.jwk()).unwrap();
        let environment = Environment::emulator(emulator.url()).unwrap();
        let builder = Credentials::<Read>::builder(environment).client_id(client.client_id()).key(key);
        builder.build().unwrap().token().await.map(|_| ())
    })
    .await
}

#[tokio::test]
async fn nine_and_eleven_seconds_do_no_harm_either_way() {
    for ahead in [9, -9, 11, -11] {
        assert!(outcome(ahead).await.is_ok(), "{ahead}");
    }
}

#[tokio::test]
async fn twenty_seconds_ahead_and_a_hundred_and_ten_behind_are_the_last_good_ones() {
    for (good, bad, word) in [(20, 21, "21 s ahead"), (-110, -111, "111 s behind")] {
        assert!(outcome(good).await.is_ok(), "{good}");
        let error = outcome(bad).await.unwrap_err();
        assert_eq!((error.kind(), error.clock_skew()), (ErrorKind::ClockSkew, Some(bad)), "{error}");
        assert!(error.to_string().contains(word), "{error}");
        assert!(error.advice().contains("NTP"), "{error}");
    }
}

/// Maskinporten's status for a grant with these dates, in seconds from now.
async fn judged(iat: i64, exp: i64) -> u16 {
    let (emulator, client) = ahead_by(0).await;
    let key = SigningKey::from_jwk(client.jwk()).unwrap();
    let jwk: Value = serde_json::from_str(client.jwk()).unwrap();
    within_a_second(async |now| {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({
            "aud": emulator.url(), "iss": client.client_id(), "scope": "altinn:serviceowner/instances.read",
            "iat": now + iat, "exp": now + exp, "jti": Timestamp::now().to_string(),
        });
        let input = format!("{}.{}", part(json!({"alg": "RS256", "kid": jwk["kid"]})), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()).await.unwrap());
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &format!("{input}.{signature}")),
        ];
        http().post(format!("{}token", emulator.url())).form(&form).send().await.unwrap().status().as_u16()
    })
    .await
}

#[tokio::test]
async fn maskinporten_s_own_leeway_is_ten_seconds() {
    for (iat, exp, status) in
        [(9, 60, 200), (10, 60, 200), (11, 60, 400), (-60, -9, 200), (-60, -10, 200), (-60, -11, 400)]
    {
        assert_eq!(judged(iat, exp).await, status, "{iat} {exp}");
    }
}

#[tokio::test]
async fn a_clock_that_was_set_right_is_gone_by_again() {
    for off in [200, -200] {
        let (emulator, client) = ahead_by(off).await;
        let key = SigningKey::from_jwk(client.jwk()).unwrap();
        let environment = Environment::emulator(emulator.url()).unwrap();
        let builder = Credentials::<Read>::builder(environment).client_id(client.client_id()).key(key);
        let credentials = builder.correct_clock(true).build().unwrap();
        let refused = || emulator.journal().token_requests().failed;
        let first = credentials.maskinporten_token().await.unwrap();
        assert!(refused() > 0, "{off}");

        emulator.clock().advance(SignedDuration::from_secs(off));
        credentials.invalidate_maskinporten(&first);
        let before = refused();
        let second = credentials.maskinporten_token().await.unwrap();
        let after = refused();
        assert!(after > before, "{off}");

        credentials.invalidate_maskinporten(&second);
        credentials.maskinporten_token().await.unwrap();
        assert_eq!(refused(), after, "{off}");
        assert_eq!(credentials.statistics().failed(), 0, "{off}");
    }
}

/// A refusal for a clock that is ahead by months.
fn too_early() -> Reply {
    Reply::refused(400, "invalid_grant", "Issue time is in the future.", "")
        .with("date", "Thu, 01 Jan 2026 00:00:00 GMT")
}

#[tokio::test]
async fn a_refusal_for_the_clock_is_remembered_for_a_few_seconds() {
    let stub = Stub::of_legs(vec![too_early(); 4], Vec::new()).await;
    let credentials = stub.credentials();
    for (requests, seconds) in [(1, 5), (2, 10), (3, 10), (4, 10)] {
        // The first goes out in real time: a paused clock would run ahead of the answer.
        let error = credentials.token().await.unwrap_err();
        tokio::time::pause();
        for _ in 0..200 {
            assert_eq!(credentials.token().await.unwrap_err().to_string(), error.to_string());
        }
        tokio::time::advance(Duration::from_secs(seconds - 1)).await;
        assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::ClockSkew);
        assert_eq!(stub.count("/token"), requests);
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::time::resume();
    }
    assert!(credentials.token().await.is_ok());
}

#[tokio::test]
async fn a_grant_with_the_clock_made_good_is_not_held_back() {
    let stub = Stub::of_legs(vec![too_early()], Vec::new()).await;
    let key = SigningKey::from_jwk(crate::stub::JWK).unwrap();
    let builder = Credentials::<Read>::builder(stub.environment()).client_id("the-client").key(key);
    let credentials = builder.correct_clock(true).build().unwrap();
    assert!(credentials.token().await.is_ok());
    let dates: Vec<_> =
        stub.received("/token").iter().map(|request| request.grant()["iat"].as_i64().unwrap()).collect();
    let [refused, good] = dates[..] else { panic!("{dates:?}") };
    let january: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    assert!((good - january.as_second()).abs() < 60 && refused > good, "{dates:?}");
}

#[tokio::test]
async fn a_refusal_that_the_correction_does_not_cure_is_remembered_too() {
    let stub = Stub::of_legs(vec![too_early(); 9], Vec::new()).await;
    let key = SigningKey::from_jwk(crate::stub::JWK).unwrap();
    let builder = Credentials::<Read>::builder(stub.environment()).client_id("the-client").key(key);
    let credentials = builder.correct_clock(true).build().unwrap();
    for _ in 0..200 {
        assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::ClockSkew);
    }
    assert_eq!(stub.count("/token"), 2);
}

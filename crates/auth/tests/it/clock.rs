//! How far this computer's clock may be from Maskinporten's, to the second.
//!
//! Maskinporten takes an `iat` up to 10 s ahead of its clock, and an `exp` up to 10 s behind it. A grant of ours is dated
//! 10 s back and ends 100 s from now, so our clock may be 20 s ahead and 110 s behind. Each judgement is made within
//! one second of both clocks, or made again.

use altinn_auth::{Credentials, Error, ErrorKind, Signer, SigningKey};
use altinn_core::{Environment, Read};
use altinn_emulator::{Emulator, NewClient, RegisteredClient};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::stub::http;

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

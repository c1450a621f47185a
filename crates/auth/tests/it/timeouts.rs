//! How long an answer is waited for. The clock is paused: it jumps to the next deadline when there is nothing to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use altinn_auth::{Credentials, Error, ErrorKind, Leg, SigningKey};
use altinn_core::{Environment, Read};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::stub::{EXCHANGE, JWK, Reply, Stub};

const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Answers as usual, but the first call to `silent` never. Gives how long a token took.
async fn wait(silent: &'static str, discover: bool) -> (Stub, Duration) {
    let stub = Stub::start(move |request, before| match request.target.as_str() {
        target if target == silent && before == 0 => Reply::Never,
        METADATA => Reply::new(404, ""),
        EXCHANGE => Reply::exchanged(),
        _ => Reply::granted(),
    })
    .await;
    let key = SigningKey::from_jwk(JWK).unwrap();
    let builder = Credentials::<Read>::builder(stub.environment()).client_id("c").key(key).discover(discover);
    let credentials = builder.build().unwrap();
    let started = Instant::now();
    credentials.token().await.unwrap();
    (stub, started.elapsed())
}

#[track_caller]
fn assert_within(took: Duration, from: u64, to: u64) {
    assert!(took >= Duration::from_secs(from) && took < Duration::from_secs(to), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn metadata_are_waited_for_for_five_seconds() {
    let (stub, took) = wait(METADATA, true).await;
    assert_within(took, 5, 6);
    assert_eq!((stub.count(METADATA), stub.count("/token")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_waited_for_for_ten_seconds() {
    let (stub, took) = wait("/token", false).await;
    assert_within(took, 10, 12);
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn the_exchange_is_waited_for_for_twenty_seconds() {
    let (stub, took) = wait(EXCHANGE, false).await;
    assert_within(took, 20, 22);
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn many_tokens_of_a_maskinporten_that_hangs_fail_together() {
    let stub = Stub::of_legs(vec![Reply::Never; 99], Vec::new()).await;
    let credentials = stub.credentials();
    let started = Instant::now();
    let callers: Vec<_> = (0..100)
        .map(|number| {
            let request = credentials.request().clone().additional_scope(format!("a:{number}")).unwrap();
            let credentials = credentials.with_request(request);
            tokio::spawn(async move { credentials.token().await.unwrap_err() })
        })
        .collect();
    for caller in callers {
        let error = caller.await.unwrap();
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        assert!(error.is_transient());
    }
    // The last try begins within 30 s, and is given its 10.
    assert_within(started.elapsed(), 30, 41);
    assert!(stub.count("/token") < 99, "{}", stub.count("/token"));
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_waited_for_for_five_seconds() {
    // Takes connections and says nothing, so that TLS, which is part of connecting, never comes about.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}/", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move { while stream.read_buf(&mut Vec::new()).await.is_ok_and(|read| read > 0) {} });
        }
    });
    let environment = Environment::custom("silent", Some(&address), &address, &address).unwrap();
    let key = SigningKey::from_jwk(JWK).unwrap();
    let credentials = Credentials::<Read>::builder(environment).client_id("c").key(key).build().unwrap();
    let started = Instant::now();
    let error: Error = credentials.token().await.unwrap_err();
    assert_eq!((error.kind(), error.leg()), (ErrorKind::Transport, Some(Leg::Maskinporten)));
    assert!(error.to_string().contains("did not answer in time"), "{error}");
    // Three tries with a pause of at most two seconds between.
    assert_eq!(connections.load(Ordering::SeqCst), 3);
    assert_within(started.elapsed(), 15, 18);
}

#[tokio::test(start_paused = true)]
async fn an_exchange_that_takes_ten_seconds_to_say_no_is_heard_out_twice() {
    let refusal = Reply::json(401, &serde_json::json!({"title": "Unauthorized", "status": 401}));
    let late = Reply::After(Duration::from_secs(12), Box::new(refusal));
    let stub = Stub::of_legs(Vec::new(), vec![late; 9]).await;
    let error = stub.credentials().token().await.unwrap_err();
    assert_eq!((error.kind(), error.status().map(|status| status.as_u16())), (ErrorKind::Exchange, Some(401)));
    assert!(error.advice().contains("list of organisations"), "{error}");
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (2, 2));
}

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::redaction::assert_redacted;

async fn get(server: &FaultServer, path: &str) -> reqwest::Result<reqwest::Response> {
    reqwest::Client::builder().no_proxy().build()?.get(server.url().join(path).expect("a path")).send().await
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_script() {
    let server = FaultServer::start([
        Answer::status(401),
        Answer::status(503).header("retry-after", "7").times(2),
        Answer::json(200, &json!({"count": 0})),
    ])
    .await
    .unwrap();
    assert_eq!(get(&server, "/a").await.unwrap().status(), 401);
    for _ in 0..2 {
        let busy = get(&server, "/a").await.unwrap();
        assert_eq!((busy.status().as_u16(), busy.headers()["retry-after"].as_bytes()), (503, b"7".as_slice()));
    }
    let last = get(&server, "/a").await.unwrap();
    assert_eq!(last.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(last.text().await.unwrap(), r#"{"count":0}"#);
}

#[tokio::test]
async fn a_script_at_its_end_says_so() {
    let server = FaultServer::start([]).await.unwrap();
    assert_eq!(get(&server, "/").await.unwrap().status(), 501);
    server.push(Answer::status(204));
    assert_eq!(get(&server, "/").await.unwrap().status(), 204);
}

#[tokio::test]
async fn an_answer_can_be_repeated_for_ever_and_pushed_ones_wait_behind_it() {
    let server = FaultServer::start([Answer::text(200, "again").repeated()]).await.unwrap();
    server.push(Answer::status(500));
    for _ in 0..5 {
        assert_eq!(get(&server, "/").await.unwrap().text().await.unwrap(), "again");
    }
}

#[tokio::test]
async fn answers_for_a_path_are_given_there_only() {
    let server = FaultServer::start([
        Answer::text(200, "token").at("/token").repeated(),
        Answer::status(401).at("/storage/"),
        Answer::status(200).at("/storage/"),
    ])
    .await
    .unwrap();
    assert_eq!(get(&server, "/storage/api").await.unwrap().status(), 401);
    assert_eq!(get(&server, "/token").await.unwrap().text().await.unwrap(), "token");
    assert_eq!(get(&server, "/storage/api").await.unwrap().status(), 200);
    assert_eq!(get(&server, "/other").await.unwrap().status(), 501);
}

#[tokio::test]
async fn requests_are_kept_as_they_came() {
    let server = FaultServer::start([Answer::status(201)]).await.unwrap();
    let url = server.url().join("/p%20q/x?filter=a%2Fb").unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.post(url).bearer_auth("secret-token-value").body("blåbær").send().await.unwrap();
    let requests = server.wait_for(1).await;
    let [request] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/p%20q/x?filter=a%2Fb"));
    assert_eq!((request.path(), request.query()), ("/p%20q/x", Some("filter=a%2Fb")));
    assert_eq!(request.bearer(), Some("secret-token-value"));
    assert_eq!(request.body, "blåbær".as_bytes());
    assert!(request.complete);
    assert_redacted(&format!("{request:?}"), &[("token", "secret-token-value")]);
}

#[tokio::test]
async fn a_chunked_request_is_put_together_and_the_connection_goes_on() {
    let server = FaultServer::start([Answer::status(200).repeated()]).await.unwrap();
    let mut stream = TcpStream::connect(address(&server)).await.unwrap();
    stream
        .write_all(
            b"PUT /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\nt: 1\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
        )
        .await
        .unwrap();
    let requests = server.wait_for(2).await;
    assert_eq!((&requests[0].body[..], requests[0].complete), (b"abcdefgh".as_slice(), true));
    assert_eq!(requests[1].target, "/b");
}

#[tokio::test]
async fn a_request_that_breaks_off_is_kept_as_incomplete() {
    let server = FaultServer::start([]).await.unwrap();
    let mut stream = TcpStream::connect(address(&server)).await.unwrap();
    stream.write_all(b"PUT /a HTTP/1.1\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    drop(stream);
    let requests = server.wait_for(1).await;
    assert_eq!((&requests[0].body[..], requests[0].complete), (b"abc".as_slice(), false));
}

#[tokio::test]
async fn a_cut_before_the_head_answers_nothing() {
    let server = FaultServer::start([Answer::cut()]).await.unwrap();
    let mut stream = TcpStream::connect(address(&server)).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut got = Vec::new();
    stream.read_to_end(&mut got).await.unwrap();
    assert!(got.is_empty());
}

#[tokio::test]
async fn a_cut_in_the_body_breaks_the_promise_of_the_head() {
    for answer in [Answer::text(200, "0123456789").cut_after(4), Answer::text(200, "0123456789").chunked().cut_after(4)]
    {
        let server = FaultServer::start([answer]).await.unwrap();
        let mut response = get(&server, "/").await.unwrap();
        let mut got = Vec::new();
        let error = loop {
            match response.chunk().await {
                Ok(Some(bytes)) => got.extend_from_slice(&bytes),
                Ok(None) => panic!("the body ended as if it were whole"),
                Err(error) => break error,
            }
        };
        assert!(error.is_decode() || error.is_body(), "{error:?}");
        assert_eq!(got, b"0123");
    }
}

#[tokio::test]
async fn a_chunked_body_comes_whole() {
    let server =
        FaultServer::start([Answer::text(200, "0123456789").chunked().times(2), Answer::status(200).chunked()])
            .await
            .unwrap();
    let response = get(&server, "/").await.unwrap();
    assert_eq!(response.content_length(), None);
    assert_eq!(response.text().await.unwrap(), "0123456789");
    assert_eq!(get(&server, "/").await.unwrap().text().await.unwrap(), "0123456789");
    assert_eq!(get(&server, "/").await.unwrap().text().await.unwrap(), "");
}

#[tokio::test]
async fn a_stall_in_the_body_lasts_until_the_caller_gives_up() {
    let server = FaultServer::start([Answer::text(200, "0123456789").stall_after(3)]).await.unwrap();
    let mut response = get(&server, "/").await.unwrap();
    assert_eq!(response.chunk().await.unwrap().as_deref(), Some(b"012".as_slice()));
    let more = tokio::time::timeout(Duration::from_millis(50), response.chunk()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn a_held_answer_comes_when_the_gate_opens() {
    let gate = Gate::closed();
    let server = FaultServer::start([Answer::text(200, "late").hold(&gate).times(2)]).await.unwrap();
    let mut asking = std::pin::pin!(get(&server, "/"));
    tokio::select! {
        _ = server.wait_for(1) => {}
        _ = &mut asking => panic!("answered before the gate was open"),
    }
    gate.open();
    assert_eq!(asking.await.unwrap().text().await.unwrap(), "late");
    assert_eq!(get(&server, "/").await.unwrap().text().await.unwrap(), "late");
}

#[tokio::test]
async fn a_delay_passes_before_the_head() {
    let delay = Duration::from_millis(30);
    let server = FaultServer::start([Answer::status(200).delay(delay)]).await.unwrap();
    let before = std::time::Instant::now();
    assert_eq!(get(&server, "/").await.unwrap().status(), 200);
    assert!(before.elapsed() >= delay);
}

#[tokio::test]
async fn a_head_request_gets_no_body() {
    let server = FaultServer::start([Answer::text(200, "abc"), Answer::status(204)]).await.unwrap();
    let mut stream = TcpStream::connect(address(&server)).await.unwrap();
    stream.write_all(b"HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"204 No Content\r\n\r\n") {
        assert!(stream.read_buf(&mut got).await.unwrap() > 0);
    }
    let text = String::from_utf8(got).unwrap();
    assert_eq!(
        text,
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 3\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
    );
}

#[tokio::test]
async fn a_dropped_server_is_gone_and_an_unreachable_one_was_never_there() {
    let server = FaultServer::start([Answer::status(200).repeated()]).await.unwrap();
    let mut stream = TcpStream::connect(address(&server)).await.unwrap();
    drop(server);
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
    let nobody = unreachable_url().await.unwrap();
    assert!(TcpStream::connect((nobody.host_str().unwrap(), nobody.port().unwrap())).await.is_err());
}

#[tokio::test]
async fn a_scripted_token_is_not_printed() {
    let token = "eyJhbGciOiJub25lIn0.e30.scripted";
    let answer = Answer::json(200, &json!({"access_token": token})).header("set-cookie", token);
    let server = FaultServer::start([answer.clone()]).await.unwrap();
    assert_redacted(&format!("{answer:?} {server:?}"), &[("token", token)]);
}

fn address(server: &FaultServer) -> (String, u16) {
    let url = server.url();
    (url.host_str().expect("a host").to_owned(), url.port().expect("a port"))
}

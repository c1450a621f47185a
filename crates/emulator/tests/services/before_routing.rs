//! What the platform's services refuse on every path, before they look for a route.

use crate::support::{Setup, get};
use altinn_emulator::NewClient;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PATH: &str = "authentication/api/v1/exchange/maskinporten";

async fn setup() -> Setup {
    Setup::new(NewClient::new("405003309")).await
}

#[tokio::test]
async fn an_unreadable_token_fails_every_path_of_the_platform_but_not_maskinporten() {
    let setup = setup().await;
    let platform = [
        PATH,
        "authentication/api/v1/openid/.well-known/openid-configuration",
        "authentication/nothing",
        "storage/api/v1/instances",
        "storage/nothing",
        "health",
        "nothing",
        ".well-known/openid-configuration",
    ];
    for path in platform {
        assert_eq!(get(&setup, path, "not.a.token").await, (500, String::new()), "{path}");
    }
    for path in ["jwk", ".well-known/oauth-authorization-server", "orgs/altinn-orgs.json"] {
        assert_eq!(get(&setup, path, "not.a.token").await.0, 200, "{path}");
    }
    assert_eq!(get(&setup, "token", "not.a.token").await.0, 405);
    assert_eq!(get(&setup, "nothing", "abc").await, (404, String::new()));
}

#[tokio::test]
async fn typed_claims_of_another_kind_make_a_token_unreadable() {
    let setup = setup().await;
    for claims in [json!({"aud": 5}), json!({"aud": ["a", {}]}), json!({"sub": ["a"]}), json!({"exp": 1e30})] {
        let token = setup.signer.sign(&json!({"alg": "RS256"}), &claims);
        assert_eq!(get(&setup, PATH, &token).await, (500, String::new()), "{claims}");
    }
    let readable = json!({"aud": ["a", "b"], "sub": 5, "exp": "4102444800.5"});
    assert_eq!(get(&setup, PATH, &setup.signer.sign(&json!({"alg": "RS256"}), &readable)).await.0, 401);
}

#[tokio::test]
async fn headers_have_to_be_utf_8_whatever_the_path() {
    let setup = setup().await;
    let latin = reqwest::header::HeaderValue::from_bytes(b"bl\xe5b\xe6r").unwrap();
    for path in [PATH, "storage/api/v1/instances", "authentication/nothing", "health"] {
        for token in ["abc", "not.a.token"] {
            let request = setup.http.get(format!("{}{path}", setup.emulator.url())).bearer_auth(token);
            let answer = request.header("x-any", latin.clone()).send().await.unwrap();
            assert_eq!((answer.status().as_u16(), answer.content_length()), (400, Some(0)), "{path} {token}");
        }
    }
    assert_eq!(setup.get(PATH, &[("x-any", "blåbær")]).await.status(), 401);
}

#[tokio::test]
async fn too_many_header_bytes_are_refused_by_the_platform() {
    let setup = setup().await;
    let long = "x".repeat(40_000);
    assert_eq!(setup.get(PATH, &[("x-long", &long)]).await.status(), 431);
}

#[tokio::test]
async fn dot_segments_are_resolved_before_routing() {
    let setup = setup().await;
    let address = setup.emulator.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    // Clients resolve such paths themselves, so this one writes its request by hand.
    let status = async |path: &str| {
        let mut connection = TcpStream::connect(&address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    for (path, expected) in [
        ("/storage/api/v1/x/../applications", "200"),
        ("/x/%2e%2E/storage/./api/v1/applications/?x=/../..", "200"),
        ("/../health/x/..", "200"),
        ("/storage/api/v1/applications/..", "404"),
        ("/storage/api/v1/x/..%2fapplications", "404"),
    ] {
        assert_eq!(status(path).await, expected, "{path}");
    }
}

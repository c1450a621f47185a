//! The layer among layers of the user's own, outside and inside of it.

use std::sync::{Arc, Mutex};

use altinn_auth::{AltinnToken, AuthLayer, Credentials, Error, TokenProvider, TokenRequest};
use altinn_core::Read;
use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderValue, StatusCode};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use serde_json::json;

use crate::stub::{Reply, Stub, http, jwt};

#[derive(Debug)]
struct Fixed;

impl TokenProvider for Fixed {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        AltinnToken::from_jwt(token())
    }
}

fn token() -> String {
    jwt(&json!({"iat": 1_000, "exp": 2_800}))
}

/// Notes what passes, in both directions.
#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[derive(Debug)]
struct Noting(&'static str, Notes);

#[async_trait]
impl Middleware for Noting {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let authorized = if request.headers().contains_key(AUTHORIZATION) { "with token" } else { "bare" };
        self.1.0.lock().unwrap().push(format!("{} {authorized}", self.0));
        let response = next.run(request, extensions).await?;
        self.1.0.lock().unwrap().push(format!("{} {}", self.0, response.status().as_u16()));
        Ok(response)
    }
}

/// Sends once more what was answered with a 503.
#[derive(Debug)]
struct Retrying;

#[async_trait]
impl Middleware for Retrying {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let again = request.try_clone();
        let response = next.clone().run(request, extensions).await?;
        match again {
            Some(request) if response.status() == StatusCode::SERVICE_UNAVAILABLE => {
                next.run(request, extensions).await
            }
            _ => Ok(response),
        }
    }
}

/// Sets what it was given.
#[derive(Debug)]
struct Authorizing(&'static str);

#[async_trait]
impl Middleware for Authorizing {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static(self.0));
        next.run(request, extensions).await
    }
}

async fn api(answers: Vec<Reply>) -> Stub {
    Stub::start(move |_, before| answers.get(before).cloned().unwrap_or_else(|| Reply::new(200, "done"))).await
}

fn layer(stub: &Stub) -> AuthLayer {
    AuthLayer::new(Credentials::<Read>::from_provider(stub.environment(), Fixed))
}

async fn get(client: &ClientWithMiddleware, stub: &Stub) -> StatusCode {
    client.get(stub.url("api")).send().await.unwrap().status()
}

#[tokio::test]
async fn layers_outside_see_no_token_and_those_inside_see_each_attempt() {
    let refused = Reply::new(401, "").with("date", "Sun, 01 Jan 2096 00:00:00 GMT");
    let stub = api(vec![refused]).await;
    let notes = Notes::default();
    let client = ClientBuilder::new(http())
        .with(Noting("outer", notes.clone()))
        .with(layer(&stub))
        .with(Noting("inner", notes.clone()))
        .build();
    assert_eq!(get(&client, &stub).await, StatusCode::OK);
    assert_eq!(
        notes.all(),
        ["outer bare", "inner with token", "inner 401", "inner with token", "inner 200", "outer 200"]
    );
}

#[tokio::test]
async fn each_attempt_of_a_layer_that_retries_has_a_token() {
    for inside in [false, true] {
        let stub = api(vec![Reply::new(503, "")]).await;
        let builder = ClientBuilder::new(http());
        let client = if inside {
            builder.with(layer(&stub)).with(Retrying).build()
        } else {
            builder.with(Retrying).with(layer(&stub)).build()
        };
        assert_eq!(get(&client, &stub).await, StatusCode::OK);
        let bearers: Vec<_> = stub.received("/api").iter().map(|request| request.bearer().to_owned()).collect();
        assert_eq!(bearers, [token(), token()]);
    }
}

#[tokio::test]
async fn a_header_that_an_outer_layer_sets_is_left_alone_and_an_inner_one_has_the_last_word() {
    for outside in [true, false] {
        let stub = api(vec![Reply::new(401, "")]).await;
        let builder = ClientBuilder::new(http());
        let client = if outside {
            builder.with(Authorizing("Basic own")).with(layer(&stub)).build()
        } else {
            builder.with(layer(&stub)).with(Authorizing("Basic own")).build()
        };
        client.get(stub.url("api")).send().await.unwrap();
        let received = stub.received("/api");
        assert!(received.iter().all(|request| request.header("authorization") == Some("Basic own")));
        if outside {
            // Its 401 is its own business, too.
            assert_eq!(received.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_header_of_the_caller_s_is_replaced_where_that_is_wanted() {
    let stub = api(Vec::new()).await;
    let client = ClientBuilder::new(http()).with(layer(&stub).overwrite_authorization(true)).build();
    client.get(stub.url("api")).header(AUTHORIZATION, "Basic eDp5").send().await.unwrap();
    let calls = stub.received("/api");
    assert_eq!(
        calls.iter().map(|call| call.header("authorization").unwrap()).collect::<Vec<_>>(),
        [format!("Bearer {}", token())]
    );
    // The access still counts, as it is this layer's token that is sent.
    let error = client.put(stub.url("api")).header(AUTHORIZATION, "Basic eDp5").send().await.unwrap_err();
    assert!(matches!(error, reqwest_middleware::Error::Middleware(_)));
}

#[tokio::test]
async fn two_layers_of_ours_do_not_get_in_each_other_s_way() {
    let stub = api(Vec::new()).await;
    let client = ClientBuilder::new(http()).with(layer(&stub)).with(layer(&stub)).build();
    assert_eq!(get(&client, &stub).await, StatusCode::OK);
    assert_eq!(stub.count("/api"), 1);
}

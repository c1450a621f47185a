//! The one listener, and which service a request goes to.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::serve::ListenerExt;
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::dotnet::query::percent_decode;
use crate::platform::Platform;
use crate::response::Unhandled;
use crate::storage::Fault;
use crate::{authentication, cdn, chunked, dots, maskinporten, response, staging, storage, token};

/// The platform's web server refuses more header bytes than this.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// The longest first line of a request that it takes.
const MAX_LINE_BYTES: usize = 8 * 1024;

/// How long requests in progress may take after the end was asked for.
const GRACE: Duration = Duration::from_secs(5);

/// How the server is asked to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// Finish the requests in progress.
    Gently,
    /// Close every connection.
    AtOnce,
}

/// Serves until asked to stop, or until whoever could ask is gone.
pub(crate) async fn serve(listener: TcpListener, platform: Arc<Platform>, stop: oneshot::Receiver<Stop>) {
    let router = Router::new().fallback(move |request: Request<Body>| {
        let platform = Arc::clone(&platform);
        async move { answer(platform, request).await }
    });
    let (drain, drained) = oneshot::channel::<()>();
    // Bodies go out in several small writes, which would otherwise wait for each other's acknowledgement.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        drained.await.ok();
    });
    let mut server = std::pin::pin!(std::future::IntoFuture::into_future(server));
    let how = tokio::select! {
        result = &mut server => {
            if let Err(error) = result {
                tracing::error!(%error, "the server ended");
            }
            return;
        }
        how = stop => how.unwrap_or(Stop::AtOnce),
    };
    if matches!(how, Stop::Gently) {
        drain.send(()).ok();
        tokio::time::timeout(GRACE, server).await.ok();
    }
}

async fn answer(platform: Arc<Platform>, request: Request<Body>) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let routed = shown(Arc::clone(&platform), request, &path);
    let mut response = match platform.failures.take(&path) {
        Some(failure) => failure.happen(routed).await,
        None => routed.await,
    };
    // Clients measure clock skew by this header, so it has to follow the emulator's clock.
    if let Some(date) = http_date(platform.clock.now()) {
        // A failure on order may have a date of its own.
        response.headers_mut().entry(DATE).or_insert(date);
    }
    tracing::debug!(%method, path, status = response.status().as_u16(), "answered");
    platform.journal.record(&method, &path, response.status());
    response
}

/// The service's answer; in a staging environment with what is hidden elsewhere.
async fn shown(platform: Arc<Platform>, request: Request<Body>, path: &str) -> Response {
    let staging = platform.world().platform.staging && platform.storage.faults().shows(Fault::StagingShowsExceptions);
    if !staging {
        return route(platform, request, path).await;
    }
    let headers = request.headers().clone();
    let response = route(platform, request, path).await;
    match response.extensions().get::<Unhandled>() {
        Some(_) => staging::page(&headers),
        None => response,
    }
}

async fn route(platform: Arc<Platform>, request: Request<Body>, path: &str) -> Response {
    if maskinporten::owns(path) {
        return maskinporten::handle(&platform, request).await;
    }
    if service_of(path) == "orgs" {
        return cdn::handle(&platform, &request);
    }
    if let Some(refused) = before_routing(&request, path) {
        return refused;
    }
    let request = dots::resolved(request);
    let path = request.uri().path();
    match service_of(path).as_str() {
        "storage" => storage::handle(platform, request).await,
        "authentication" => authentication::handle(&platform, &request),
        "health" if path.trim_end_matches('/').len() == "/health".len() => health(),
        _ => response::empty(StatusCode::NOT_FOUND),
    }
}

fn service_of(path: &str) -> String {
    percent_decode(path.split('/').nth(1).unwrap_or_default()).to_ascii_lowercase()
}

/// What the platform's services refuse on every path, those without a route included: the web server when it reads
/// line and headers, which have to be UTF-8, and then the handler that reads tokens.
fn before_routing(request: &Request<Body>, path: &str) -> Option<Response> {
    let headers = request.headers();
    let status = if path.contains("%00") {
        StatusCode::BAD_REQUEST
    } else if line_bytes(request) > MAX_LINE_BYTES {
        StatusCode::URI_TOO_LONG
    } else if header_bytes(headers) > MAX_HEADER_BYTES {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    } else if !headers.values().all(|value| std::str::from_utf8(value.as_bytes()).is_ok()) {
        StatusCode::BAD_REQUEST
    } else if token::is_unreadable(headers) {
        let mut response = response::empty(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(Unhandled);
        return Some(response);
    } else {
        return None;
    };
    Some(response::empty(status))
}

/// Whatever the method: the framework asks for none here.
fn health() -> Response {
    let mut response = Response::new(Body::from("Healthy"));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    chunked::response(response)
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// The length of `GET /path?query HTTP/1.1` with the end of the line.
fn line_bytes(request: &Request<Body>) -> usize {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    request.method().as_str().len() + target + " ".len() + " HTTP/1.1\r\n".len()
}

fn http_date(now: jiff::Timestamp) -> Option<HeaderValue> {
    let text = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_form_of_http() {
        let date = http_date(jiff::Timestamp::from_second(784_111_777).unwrap()).unwrap();
        assert_eq!(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}

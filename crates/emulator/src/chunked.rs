//! Bodies without a length.

use axum::body::Body;
use axum::response::Response;
use http_body::Body as _;

/// `response` with its body, if it has one, sent in chunks and without `Content-Length`: so the platform's web server
/// sends what an action wrote piece by piece.
pub(crate) fn response(response: Response) -> Response {
    if response.body().size_hint().exact() == Some(0) {
        return response;
    }
    response.map(|body| Body::from_stream(body.into_data_stream()))
}

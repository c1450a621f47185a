//! A layer of a client that holds what passes it.

use altinn_storage::reqwest_middleware::{Middleware, Next, Result as Sent};
use bytes::Bytes;
use http::Extensions;

use super::Surface;

/// Fails the test as soon as something is sent or answered that the documents do not have.
///
/// # Panics
/// Then.
#[async_trait::async_trait]
impl Middleware for Surface {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Sent<reqwest::Response> {
        let (method, url, given) = (request.method().clone(), request.url().clone(), request.headers().clone());
        let sent = request.body().map(|body| body.as_bytes().unwrap_or(b"a stream"));
        let outcome = self.check_request(&method, &url, &given, sent);
        assert!(outcome.is_ok(), "{method} {}: the document lacks {outcome:?}", url.path());
        let answer = next.run(request, extensions).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if status.is_success() {
            self.note(&method, &url, &given);
            // A file's content is not held back until it is whole.
            if self.answers_a_file(&method, &url, status) {
                let outcome = self.check_answer(&method, &url, status, &headers, b"");
                assert!(outcome.is_ok(), "{method} {}: the document lacks {outcome:?}", url.path());
                return Ok(answer);
            }
        } else {
            self.note_refusal(&method, &url);
        }
        let body: Bytes = answer.bytes().await?;
        let outcome = self.check_answer(&method, &url, status, &headers, &body);
        assert!(outcome.is_ok(), "{method} {}: the document lacks {outcome:?}", url.path());
        let mut rebuilt = http::Response::new(body);
        *rebuilt.status_mut() = status;
        *rebuilt.headers_mut() = headers;
        Ok(rebuilt.into())
    }
}

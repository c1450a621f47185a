use altinn_core::transport::{Answer, Transport};
use altinn_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::Value;

use super::isolate::{self, Isolated};
use super::list::{Page, Unreadable};
use super::{ContinuationToken, Instance, InstanceQuery, LIST};

/// Reads a list page by page, in the sizes that the service can stand.
#[derive(Debug)]
pub(super) struct Reader {
    transport: Transport,
    query: InstanceQuery,
    token: Option<ContinuationToken>,
    wanted: Option<u32>,
    /// Set while the service can't serve pages of the wanted size.
    reduced: Option<u32>,
}

/// The service's own page size.
const DEFAULT_SIZE: u32 = 100;

#[derive(Deserialize)]
struct Listed<I> {
    #[serde(default)]
    next: Option<String>,
    #[serde(default = "Vec::new")]
    instances: Vec<I>,
}

impl Reader {
    pub(super) fn new(
        transport: Transport,
        query: InstanceQuery,
        wanted: Option<u32>,
        token: Option<ContinuationToken>,
    ) -> Self {
        Self { transport, query, token, wanted, reduced: None }
    }

    pub(super) fn token(&self) -> Option<&ContinuationToken> {
        self.token.as_ref()
    }

    /// The next page. After an error it is the same page that comes next.
    pub(super) async fn next(&mut self) -> Result<Page, Error> {
        loop {
            let spec =
                self.query.spec(self.reduced.or(self.wanted), self.token.as_ref().map(ContinuationToken::as_str))?;
            let error = match self.transport.answer(&spec).await {
                Ok(answer) => {
                    let page = read(&answer)?;
                    self.token.clone_from(&page.next);
                    self.grow();
                    return Ok(page);
                }
                Err(error) => error,
            };
            if !is_too_much(&error) {
                return Err(error);
            }
            let size = self.reduced.or(self.wanted).unwrap_or(DEFAULT_SIZE);
            if size > 1 {
                tracing::debug!(size, "the service can't serve a page of this size; trying a smaller one");
                self.reduced = Some((size / 4).max(1));
                continue;
            }
            // A single instance is too much, so that one is what the service fails on; unless it fails on everything.
            match isolate::head(&self.transport, &self.query, self.token.as_ref()).await {
                Some(Isolated { from, through }) => {
                    let unreadable = Unreadable { id: None, from, through: Some(through), error };
                    self.token = Some(ContinuationToken::at_end_of(through));
                    let next = self.token.clone();
                    return Ok(Page { instances: Vec::new(), unreadable: vec![unreadable], next });
                }
                None => return Err(error),
            }
        }
    }

    fn grow(&mut self) {
        let wanted = self.wanted.unwrap_or(DEFAULT_SIZE);
        self.reduced = self.reduced.map(|size| size.saturating_mul(2)).filter(|size| *size < wanted);
    }
}

/// Whether a smaller page may succeed: the service gave up on its database, or did not answer in time. When its
/// database is gone altogether it says the same, so this is a guess that a smaller page puts to the test.
fn is_too_much(error: &Error) -> bool {
    let by_status = matches!(error.status().map(|status| status.as_u16()), Some(400 | 408 | 499 | 500 | 504));
    error.is_transient() && (by_status || error.kind() == ErrorKind::Timeout)
}

fn read(answer: &Answer) -> Result<Page, Error> {
    let (listed, unreadable) = match answer.json::<Listed<Instance>>() {
        Ok(listed) => (listed, Vec::new()),
        Err(_) => one_by_one(answer)?,
    };
    let next = match listed.next.as_deref() {
        None | Some("") => None,
        // A `next` that can't be read must not pass for the end of the list.
        Some(next) => Some(
            ContinuationToken::from_next(next)
                .ok_or_else(|| Error::new(ErrorKind::Protocol, LIST).with_detail("its next page carries no token"))?,
        ),
    };
    Ok(Page { instances: listed.instances, unreadable, next })
}

/// For a page that can't be read whole: what can be read of it, and what can't.
fn one_by_one(answer: &Answer) -> Result<(Listed<Instance>, Vec<Unreadable>), Error> {
    let listed: Listed<Value> = answer.json()?;
    let mut instances = Vec::new();
    let mut unreadable = Vec::new();
    for (n, value) in listed.instances.into_iter().enumerate() {
        let id = value["id"].as_str().and_then(|id| id.parse().ok());
        let changed = value["lastChanged"].as_str().and_then(|time| time.parse().ok());
        match serde_json::from_value(value) {
            Ok(instance) => instances.push(instance),
            Err(_) => {
                let detail = match &id {
                    Some(id) => format!("the instance {id} can't be read"),
                    None => format!("the instance at place {} of its page can't be read", n + 1),
                };
                unreadable.push(Unreadable { id, from: changed, through: changed, error: answer.undecodable(detail) });
            }
        }
    }
    Ok((Listed { next: listed.next, instances }, unreadable))
}

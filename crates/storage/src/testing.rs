//! What the unit tests share.

use altinn_core::transport::{RequestSpec, Transport};
use altinn_core::{DataElementId, InstanceId, RetryPolicy};
use url::Url;

fn base() -> Url {
    Url::parse("http://localhost/").unwrap()
}

/// A transport that nothing is to be sent by.
pub(crate) fn transport() -> Transport {
    let http = reqwest_middleware::ClientBuilder::new(reqwest::Client::new()).build();
    Transport::new(http, base(), RetryPolicy::none())
}

pub(crate) fn instance() -> InstanceId {
    "501337/00000000-0000-4000-8000-000000000abc".parse().unwrap()
}

pub(crate) fn element() -> DataElementId {
    "00000000-0000-4000-8000-000000000002".parse().unwrap()
}

/// Path and query, with `{i}` for [`instance`] and `{e}` for [`element`].
pub(crate) fn target(spec: &RequestSpec) -> String {
    let url = spec.url(&base()).unwrap();
    let target = url.as_str().strip_prefix(base().as_str()).unwrap();
    target.replace(&instance().to_string(), "{i}").replace(&element().to_string(), "{e}")
}

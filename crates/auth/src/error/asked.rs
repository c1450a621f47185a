use url::Url;

use super::scrub;

/// Who asked for what, and where: the same for all failures of one step. Not on whose behalf: that may be a person.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    endpoint: Option<String>,
    client_id: Option<String>,
    kid: Option<String>,
    scopes: Vec<String>,
}

impl Asked {
    pub(crate) fn at(address: &Url) -> Self {
        Self::default().then_at(address)
    }

    /// The same in a later step, which is at another address.
    pub(crate) fn then_at(mut self, address: &Url) -> Self {
        let path = if address.cannot_be_a_base() { "" } else { address.path() };
        self.endpoint = Some(format!("{}{path}", address.origin().ascii_serialization()));
        self
    }

    pub(crate) fn scoped(mut self, scopes: &[String]) -> Self {
        self.scopes = scopes.to_vec();
        self
    }

    /// Neither is secret, but what was put in their place by mistake may be.
    pub(crate) fn by(mut self, client_id: &str, kid: Option<&str>) -> Self {
        self.client_id = Some(scrub(client_id));
        self.kid = kid.map(scrub);
        self
    }

    pub(super) fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// The endpoint's host, with its port if that is not the usual one.
    pub(super) fn host(&self) -> Option<&str> {
        let (_, rest) = self.endpoint()?.split_once("://")?;
        rest.split('/').next()
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    pub(super) fn scopes(&self) -> &[String] {
        &self.scopes
    }
}

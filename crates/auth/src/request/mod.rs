//! What a token is asked for.

mod system_user;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use altinn_core::{INSTANCES_READ, INSTANCES_WRITE, OrgNumber, PersonNumber, Scope};
use serde_json::Value;
use url::Url;

use crate::error::{Error, ErrorKind};

pub use system_user::SystemUser;

/// What a token is asked for: the scopes it must have, and for whom it speaks. Equal requests are equal values, so
/// tokens are kept by it.
///
/// Made by [`Credentials::request`](crate::Credentials::request), changed by the methods here, and put to use by
/// [`Credentials::with_request`](crate::Credentials::with_request). `Debug` shows no person number, and of claims of
/// your own only the names.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenRequest {
    /// Sorted and without duplicates.
    scopes: Vec<String>,
    resources: Vec<String>,
    consumer: Option<OrgNumber>,
    person: Option<Person>,
    details: Option<Value>,
    claims: BTreeMap<String, Value>,
}

/// The claims that have a method of their own, or are ours alone.
const RESERVED: [&str; 12] = [
    "aud",
    "iss",
    "scope",
    "iat",
    "exp",
    "nbf",
    "sub",
    "jti",
    "resource",
    "pid",
    "consumer_org",
    "authorization_details",
];

impl TokenRequest {
    pub(crate) fn of<S: Scope>() -> Self {
        let none = Self {
            scopes: Vec::new(),
            resources: Vec::new(),
            consumer: None,
            person: None,
            details: None,
            claims: BTreeMap::new(),
        };
        none.with_access::<S>()
    }

    /// The same for the access `S`, with the scopes that were added to those of the access before.
    pub(crate) fn with_access<S: Scope>(mut self) -> Self {
        self.scopes.retain(|scope| !comes_with_access(scope));
        S::SCOPES.iter().for_each(|scope| self.add(scope));
        self
    }

    /// With a scope beside those of the access, for another API that takes the same token: Maskinporten's own
    /// ([`Credentials::maskinporten_token`](crate::Credentials::maskinporten_token)) or Altinn's. Called again it adds
    /// another.
    ///
    /// * `scope`: one scope in its registered spelling, such as `digdir:dialogporten.serviceprovider`.
    ///
    /// It must be on the client, and is checked to have been granted, as those of the access are.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when it is empty or holds characters that no scope has, such as a space; and for the scopes
    /// that come with the access, where the access `S` doesn't bring them: they are had by making the credentials with
    /// more access.
    pub fn additional_scope(mut self, scope: impl AsRef<str>) -> Result<Self, Error> {
        let scope = scope.as_ref();
        if scope.is_empty() || !scope.bytes().all(of_scope) {
            return Err(Error::of(ErrorKind::Config, "the scope is no single scope")
                .advice("add them one by one")
                .into());
        }
        if comes_with_access(scope) && !self.scopes.iter().any(|own| own == scope) {
            return Err(Error::of(ErrorKind::Config, format!("{scope} goes beyond the credentials' access"))
                .advice("make the credentials with ReadConfirm or ReadWrite")
                .into());
        }
        self.add(scope);
        Ok(self)
    }

    fn add(&mut self, scope: &str) {
        if let Err(place) = self.scopes.binary_search_by(|own| own.as_str().cmp(scope)) {
            self.scopes.insert(place, scope.to_owned());
        }
    }

    /// For another organisation, which has delegated the scopes to the one that owns the client (`consumer_org`).
    ///
    /// `organisation`: the one that delegated. It must not be the client's own.
    #[must_use]
    pub fn on_behalf_of(mut self, organisation: OrgNumber) -> Self {
        self.consumer = Some(organisation);
        self
    }

    /// For a system user (`authorization_details`): the way in which a system vendor acts for a customer.
    #[must_use]
    pub fn system_user(mut self, system_user: SystemUser) -> Self {
        self.details = Some(system_user.details());
        self
    }

    /// With `authorization_details` of another kind, such as a consent, in place of a system user.
    ///
    /// `details`: the one object in the array that Maskinporten wants.
    #[must_use]
    pub fn authorization_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// For one end user (`pid`).
    #[must_use]
    pub fn person(mut self, person: PersonNumber) -> Self {
        self.person = Some(Person(person));
        self
    }

    /// For one API only (`resource`), which Maskinporten puts into the token as its audience. Called again it adds
    /// another.
    ///
    /// `resource`: the API's absolute address, spelled as the API itself has it. It goes out letter by letter, as
    /// audiences are compared: `https://api.example` is another one than `https://api.example/`, which is what
    /// [`Url`] would make of it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when it is no absolute address, holds white space, or has a fragment (`#…`), which
    /// Maskinporten refuses.
    pub fn resource(mut self, resource: impl AsRef<str>) -> Result<Self, Error> {
        let resource = resource.as_ref();
        let wrong = |what, advice: &'static str| Error::of(ErrorKind::Config, what).advice(advice).build();
        // The parser overlooks white space and control characters.
        if resource.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            return Err(wrong("the resource holds white space", "give its address alone"));
        }
        let url = Url::parse(resource)
            .map_err(|_| wrong("the resource is no absolute address", "it is one such as https://api.example/v1"))?;
        if url.fragment().is_some() {
            return Err(wrong("the resource has a fragment", "leave out what comes from # on"));
        }
        self.resources.push(resource.to_owned());
        self.resources.sort_unstable();
        self.resources.dedup();
        Ok(self)
    }

    /// With a claim of your own in the grant. Maskinporten refuses those that it does not know.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the name is empty, or that of a claim that is set otherwise.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Result<Self, Error> {
        let name = name.into();
        if name.is_empty() || RESERVED.contains(&name.as_str()) {
            return Err(
                Error::of(ErrorKind::Config, "a claim of your own has the name of one that is set otherwise").into()
            );
        }
        self.claims.insert(name, value.into());
        Ok(self)
    }

    /// The scopes, sorted.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The scopes as Maskinporten wants them: parted by spaces.
    pub fn scope(&self) -> String {
        self.scopes.join(" ")
    }

    /// The APIs that the token is for, sorted. Empty for a token without an audience.
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// The organisation that the token is asked for on behalf of.
    pub fn consumer(&self) -> Option<OrgNumber> {
        self.consumer
    }

    pub(crate) fn person_number(&self) -> Option<&PersonNumber> {
        self.person.as_ref().map(|person| &person.0)
    }

    pub(crate) fn details(&self) -> Option<&Value> {
        self.details.as_ref()
    }

    pub(crate) fn claims(&self) -> &BTreeMap<String, Value> {
        &self.claims
    }
}

/// Whether the access decides alone about a scope: what a client may do must not depend on what else it asks for.
fn comes_with_access(scope: &str) -> bool {
    [INSTANCES_READ, INSTANCES_WRITE].contains(&scope)
}

/// The characters that OAuth allows in a scope.
fn of_scope(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Person(PersonNumber);

impl Hash for Person {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.expose().hash(state);
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("scopes", &self.scopes)
            .field("resources", &self.resources)
            .field("consumer", &self.consumer)
            .field("person", &self.person)
            .field("authorization_details", &self.details.as_ref().and_then(|details| details.get("type")))
            .field("claims", &self.claims.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests;

//! What a token is asked for.

mod claims;
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
    /// Whether the scopes of the access are left out.
    bare: bool,
    resources: Vec<String>,
    /// Whether a single resource goes out as a string.
    resource_as_string: bool,
    consumer: Option<OrgNumber>,
    person: Option<Person>,
    details: Option<Value>,
    claims: BTreeMap<String, Value>,
}

impl TokenRequest {
    pub(crate) fn of<S: Scope>() -> Self {
        let none = Self {
            scopes: Vec::new(),
            bare: false,
            resources: Vec::new(),
            resource_as_string: false,
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
        if !self.bare {
            S::SCOPES.iter().for_each(|scope| self.add(scope));
        }
        self
    }

    /// With these scopes in place of those of the access and of any that were added: for a client whose organisation is
    /// no service owner, such as a system vendor's, and so has none of `altinn:serviceowner/…`. The access goes on to
    /// decide which methods there are. A token without those scopes need not name a service owner, and lists no
    /// service owner's instances.
    ///
    /// `scopes`: each in its registered spelling, such as `altinn:instances.read`; at least one. They must be on the
    /// client, and are checked to have been granted.
    ///
    /// ```
    /// # use altinn_auth::{Credentials, Error, SystemUser};
    /// # use altinn_core::Read;
    /// # fn example(credentials: Credentials<Read>, customer: SystemUser) -> Result<(), Error> {
    /// let request = credentials.request().clone().only_scopes(["altinn:instances.read"])?;
    /// let for_customer = credentials.with_request(request.system_user(customer));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when there is none, when one is empty or holds characters that no scope has, such as a
    /// space; and for the scopes that come with an access.
    pub fn only_scopes<T: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = T>) -> Result<Self, Error> {
        self.scopes.clear();
        self.bare = true;
        for scope in scopes {
            self = self.additional_scope(scope)?;
        }
        if self.scopes.is_empty() {
            return Err(Error::of(ErrorKind::Config, "there is no scope to ask for")
                .advice("Maskinporten gives no token without one")
                .into());
        }
        Ok(self)
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
    /// that come with the access, where the access `S` doesn't bring them, or [they were left out](Self::only_scopes):
    /// they are had by making the credentials with more access.
    pub fn additional_scope(mut self, scope: impl AsRef<str>) -> Result<Self, Error> {
        let scope = scope.as_ref();
        if scope.is_empty() || !scope.bytes().all(of_scope) {
            return Err(Error::of(ErrorKind::Config, "the scope is no single scope")
                .advice("add them one by one")
                .into());
        }
        if comes_with_access(scope) && self.bare {
            return Err(Error::of(ErrorKind::Config, format!("{scope} comes with the credentials' access"))
                .advice("use additional_scope for those beside it, and not only_scopes")
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
    ///
    /// The claim `iss_onbehalfof` and it exclude each other: where the request has both, no grant is sent, and asking
    /// for a token is [`ErrorKind::Config`].
    #[must_use]
    pub fn on_behalf_of(mut self, organisation: OrgNumber) -> Self {
        self.consumer = Some(organisation);
        self
    }

    /// For a system user (`authorization_details`): the way in which a system vendor acts for a customer. A vendor that is
    /// no service owner needs [scopes of its own](Self::only_scopes), too.
    #[must_use]
    pub fn system_user(mut self, system_user: SystemUser) -> Self {
        self.details = Some(system_user.details());
        self
    }

    /// With `authorization_details` of another kind, such as a consent, in place of a system user.
    ///
    /// `details`: the one object in the array that Maskinporten wants, with its `type`. The array is put around it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when it is no object, or has no text as its `type`.
    pub fn authorization_details(mut self, details: Value) -> Result<Self, Error> {
        let wrong = |what, advice: &'static str| Error::of(ErrorKind::Config, what).advice(advice).build();
        let members = details.as_object().ok_or_else(|| {
            wrong("the authorization details are no JSON object", "give the object alone: the array is put around it")
        })?;
        if members.get("type").and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(wrong("the authorization details have no type", "name it, such as urn:altinn:consent"));
        }
        self.details = Some(details);
        Ok(self)
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

    /// Whether a single [`resource`](Self::resource) goes into the grant as a string, and not as an array with one in it, as
    /// Maskinporten documents it. Both have been seen to be taken; it is for an API that wants the other `aud` in its tokens.
    /// Several are an array in any case, and a token sidecar gets a string in any case. `false` unless set.
    #[must_use]
    pub fn resource_as_string(mut self, yes: bool) -> Self {
        self.resource_as_string = yes;
        self
    }

    /// With a claim of your own in the grant. Maskinporten refuses those that it does not know.
    ///
    /// * `name`: as Maskinporten documents it.
    /// * `value`: takes the place of one that was given before under the same name.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the name is empty; when it is that of a claim which has a method here or is set for
    /// every grant; for `sub` and `nbf`, which do not belong in a grant; and for `iss_onbehalfof` beside
    /// [`on_behalf_of`](Self::on_behalf_of), as they exclude each other.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Result<Self, Error> {
        let name = name.into();
        claims::check(&name)?;
        self.claims.insert(name, value.into());
        self.check()?;
        Ok(self)
    }

    /// That its parts go together, in whatever order they came.
    pub(crate) fn check(&self) -> Result<(), Error> {
        claims::check_consumer(self.consumer.is_some(), self.claims.keys().map(String::as_str))
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

    /// The one resource, where it goes out as a string.
    pub(crate) fn resource_string(&self) -> Option<&str> {
        match &*self.resources {
            [one] if self.resource_as_string => Some(one),
            _ => None,
        }
    }

    pub(crate) fn takes_resource_as_string(&self) -> bool {
        self.resource_as_string
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
            .field("resource_as_string", &self.resource_as_string)
            .field("consumer", &self.consumer)
            .field("person", &self.person)
            .field("authorization_details", &self.details.as_ref().and_then(|details| details.get("type")))
            .field("claims", &self.claims.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests;

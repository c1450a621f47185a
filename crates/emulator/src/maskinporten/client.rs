//! Registering a client, as one does in the self-service portal.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::keys::{KeyError, Role, RsaKey, shared_key};
use crate::world::{ClientEntry, KeyEntry, ScopeEntry};

const DEFAULT_SCOPES: [&str; 2] = ["altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write"];
const DEFAULT_LIFETIME_SECONDS: i64 = 120;

/// A Maskinporten client to be registered.
///
/// ```
/// use altinn_emulator::NewClient;
///
/// let client = NewClient::new("405003309")
///     .scopes(["altinn:serviceowner/instances.read"])
///     .token_lifetime(600);
/// ```
#[derive(Debug)]
#[must_use]
pub struct NewClient {
    org_number: String,
    scopes: Vec<ScopeEntry>,
    token_lifetime: i64,
    key: KeyChoice,
}

enum KeyChoice {
    Shared,
    Fresh,
    Public(String),
    None,
}

/// A caller may have given a whole private key where a public one was asked for.
impl fmt::Debug for KeyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared => "Shared",
            Self::Fresh => "Fresh",
            Self::Public(_) => "Public",
            Self::None => "None",
        })
    }
}

/// A client that has been registered, with the key to sign its grants.
pub struct RegisteredClient {
    client_id: String,
    org_number: String,
    jwk: String,
}

/// The JWK is a private key.
impl fmt::Debug for RegisteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredClient")
            .field("client_id", &self.client_id)
            .field("org_number", &self.org_number)
            .finish_non_exhaustive()
    }
}

impl NewClient {
    /// A client of the organisation `org_number` (nine digits) with both scopes of service owners, tokens that live
    /// 120 seconds, and the RSA key of 2048 bits that all such clients of the process share.
    pub fn new(org_number: impl Into<String>) -> Self {
        Self {
            org_number: org_number.into(),
            scopes: DEFAULT_SCOPES.map(|name| scope(name, None)).to_vec(),
            token_lifetime: DEFAULT_LIFETIME_SECONDS,
            key: KeyChoice::Shared,
        }
    }

    pub(crate) fn org_number(&self) -> &str {
        &self.org_number
    }

    /// The scopes that the client may ask for, instead of the default ones.
    pub fn scopes<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.scopes = names.into_iter().map(|name| scope(name.as_ref(), None)).collect();
        self
    }

    /// One more scope, whose tokens live at most `max_age` seconds.
    pub fn scope_with_max_age(mut self, name: &str, max_age: i64) -> Self {
        self.scopes.push(scope(name, Some(max_age)));
        self
    }

    /// How long the client's tokens live, in seconds, unless a scope says less.
    pub fn token_lifetime(mut self, seconds: i64) -> Self {
        self.token_lifetime = seconds;
        self
    }

    /// A key of the client's own instead of the shared one. Generating it takes a good part of a second.
    pub fn fresh_key(mut self) -> Self {
        self.key = KeyChoice::Fresh;
        self
    }

    /// A public key of the caller's: a JWK as JSON text, RSA of 2048 to 8192 bits, with `kid`. Private members are
    /// ignored.
    pub fn public_jwk(mut self, jwk: impl Into<String>) -> Self {
        self.key = KeyChoice::Public(jwk.into());
        self
    }

    /// No key: the client signs with an enterprise certificate.
    pub fn without_key(mut self) -> Self {
        self.key = KeyChoice::None;
        self
    }

    pub(crate) fn into_entry(self) -> Result<(RegisteredClient, ClientEntry), KeyError> {
        let kid = uuid::Uuid::new_v4().to_string();
        let generated = |key: &Arc<RsaKey>| {
            let private = Value::Object(key.private_jwk(&kid, "RS256")).to_string();
            (private, vec![entry(key.public_jwk(&kid, "RS256"))])
        };
        let (jwk, keys) = match self.key {
            KeyChoice::Shared => generated(&shared_key(Role::Client)?),
            KeyChoice::Fresh => generated(&Arc::new(RsaKey::generate()?)),
            KeyChoice::Public(text) => {
                let jwk: Map<String, Value> = serde_json::from_str(&text).map_err(|_| KeyError::NotClientKey)?;
                (text, vec![entry(jwk)])
            }
            KeyChoice::None => (String::new(), Vec::new()),
        };
        let registered =
            RegisteredClient { client_id: uuid::Uuid::new_v4().to_string(), org_number: self.org_number.clone(), jwk };
        let entry = ClientEntry {
            client_id: registered.client_id.clone(),
            org_number: self.org_number,
            keys,
            scopes: self.scopes,
            token_lifetime: self.token_lifetime,
            integration_type: "maskinporten".to_owned(),
        };
        Ok((registered, entry))
    }
}

impl RegisteredClient {
    /// The client's id: a UUID.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The number of the organisation that owns the client.
    pub fn org_number(&self) -> &str {
        &self.org_number
    }

    /// The client's key as JWK text: the private one that was made for it (`kty`, `use`, `kid`, `alg`, `n`, `e`, `d`,
    /// `p`, `q`, `dp`, `dq`, `qi`), the text as given for a client that brought its own, empty for one without a key.
    pub fn jwk(&self) -> &str {
        &self.jwk
    }
}

fn scope(name: &str, max_age: Option<i64>) -> ScopeEntry {
    ScopeEntry { name: name.to_owned(), max_age }
}

fn entry(jwk: Map<String, Value>) -> KeyEntry {
    KeyEntry { expires: None, jwk: jwk.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_part_of_the_key() {
        let (registered, entry) = NewClient::new("405003309").into_entry().unwrap();
        let jwk: Value = serde_json::from_str(registered.jwk()).unwrap();
        let shown = format!("{registered:?}");
        for member in ["d", "p", "q", "dp", "dq", "qi"] {
            let secret = jwk[member].as_str().unwrap();
            assert!(!shown.contains(&secret[..12]));
            assert!(!format!("{entry:?}").contains(&secret[..12]));
            let pasted = NewClient::new("405003309").public_jwk(registered.jwk());
            assert!(!format!("{pasted:?}").contains(&secret[..12]));
        }
    }

    #[test]
    fn clients_share_a_key_but_no_id() {
        let (one, _) = NewClient::new("405003309").into_entry().unwrap();
        let (two, _) = NewClient::new("405003309").into_entry().unwrap();
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let (one_jwk, two_jwk) = (parse(one.jwk()), parse(two.jwk()));
        assert_eq!(one_jwk["n"], two_jwk["n"]);
        assert_ne!(one_jwk["kid"], two_jwk["kid"]);
        assert_ne!(one.client_id(), two.client_id());
        let (own, _) = NewClient::new("405003309").fresh_key().into_entry().unwrap();
        assert_ne!(parse(own.jwk())["n"], one_jwk["n"]);
    }
}

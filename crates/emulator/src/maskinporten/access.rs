//! Whether a client may have the scopes it asks for.

use super::Maskinporten;
use super::grant::TokenRequest;
use super::refusal::Refusal;
use super::registry::Client;

/// On whose behalf the token is issued, and for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) consumer: String,
    /// The client's owner, when it acts for another organisation.
    pub(crate) supplier: Option<String>,
    /// Seconds.
    pub(crate) lifetime: i64,
}

pub(crate) fn decide(maskinporten: &Maskinporten, client: &Client, request: &TokenRequest) -> Result<Access, Refusal> {
    if client.integration_type != "maskinporten" {
        return Err(Refusal::IntegrationType);
    }
    let consumer = match &request.consumer_org {
        Some(consumer) if *consumer == client.org_number => return Err(Refusal::ConsumerIsOwner),
        Some(consumer) => consumer,
        None => {
            let unknown = request.scopes.iter().find(|scope| registered(client, scope).is_none());
            if let Some(scope) = unknown {
                return Err(Refusal::Scope(scope.clone()));
            }
            &client.org_number
        }
    };
    for scope in &request.scopes {
        if request.consumer_org.is_some() {
            delegated(maskinporten, client, consumer, scope)?;
        }
        if !maskinporten.registry().is_granted(scope, consumer) {
            return Err(Refusal::NotGranted(scope.clone()));
        }
    }
    Ok(Access {
        consumer: consumer.clone(),
        supplier: request.consumer_org.as_ref().map(|_| client.org_number.clone()),
        lifetime: lifetime(client, request),
    })
}

/// A delegated scope need not be registered on the client.
fn delegated(maskinporten: &Maskinporten, client: &Client, consumer: &str, scope: &str) -> Result<(), Refusal> {
    if maskinporten.registry().is_delegated(consumer, &client.org_number, scope) {
        return Ok(());
    }
    Err(Refusal::NotDelegated {
        consumer: consumer.to_owned(),
        scope: scope.to_owned(),
        supplier: client.org_number.clone(),
    })
}

/// The shortest of the client's own and those of the scopes. A scope's 0 means that it sets no limit.
fn lifetime(client: &Client, request: &TokenRequest) -> i64 {
    request
        .scopes
        .iter()
        .filter_map(|scope| registered(client, scope)?.max_age)
        .filter(|max_age| *max_age > 0)
        .fold(client.token_lifetime, i64::min)
}

fn registered<'c>(client: &'c Client, scope: &str) -> Option<&'c crate::world::ScopeEntry> {
    client.scopes.iter().find(|entry| entry.name == scope)
}

//! Clients and what they may do.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::keys::{KeyError, PublicKey};
use crate::world::{ClientEntry, Delegation, ScopeEntry, World};

/// A registered key is accepted for this long.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);

/// Everything that can be registered while the emulator runs.
#[derive(Debug)]
pub(crate) struct Registry {
    clients: BTreeMap<String, Client>,
    delegations: Vec<Delegation>,
}

#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) org_number: String,
    pub(crate) keys: Vec<ClientKey>,
    pub(crate) scopes: Vec<ScopeEntry>,
    pub(crate) token_lifetime: i64,
    pub(crate) integration_type: String,
}

#[derive(Clone, Debug)]
pub(crate) struct ClientKey {
    pub(crate) public: PublicKey,
    pub(crate) expires: Timestamp,
}

impl Registry {
    pub(crate) fn new(world: &World, now: Timestamp) -> Result<Self, KeyError> {
        let mut registry = Self { clients: BTreeMap::new(), delegations: world.delegations.clone() };
        for entry in &world.clients {
            registry.add(entry, now)?;
        }
        Ok(registry)
    }

    /// Adds a client, or replaces the one with its id.
    pub(crate) fn add(&mut self, entry: &ClientEntry, now: Timestamp) -> Result<(), KeyError> {
        let end = now.saturating_add(KEY_LIFE).unwrap_or(Timestamp::MAX);
        let keys = entry.keys.iter().map(|key| {
            Ok(ClientKey { public: PublicKey::from_jwk(key.jwk.members())?, expires: key.expires.unwrap_or(end) })
        });
        let client = Client {
            id: entry.client_id.clone(),
            org_number: entry.org_number.clone(),
            keys: keys.collect::<Result<_, KeyError>>()?,
            scopes: entry.scopes.clone(),
            token_lifetime: entry.token_lifetime,
            integration_type: entry.integration_type.clone(),
        };
        self.clients.insert(client.id.clone(), client);
        Ok(())
    }

    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.get(id)
    }

    pub(crate) fn add_key(&mut self, client_id: &str, public: PublicKey, now: Timestamp) -> bool {
        let expires = now.saturating_add(KEY_LIFE).unwrap_or(Timestamp::MAX);
        self.change(client_id, |client| client.keys.push(ClientKey { public, expires }))
    }

    pub(crate) fn remove_key(&mut self, client_id: &str, kid: &str) -> bool {
        self.change(client_id, |client| client.keys.retain(|key| key.public.kid() != Some(kid)))
    }

    pub(crate) fn expire_keys(&mut self, client_id: &str, now: Timestamp) -> bool {
        self.change(client_id, |client| {
            for key in &mut client.keys {
                key.expires = now;
            }
        })
    }

    pub(crate) fn remove_scope(&mut self, client_id: &str, scope: &str) -> bool {
        self.change(client_id, |client| client.scopes.retain(|entry| entry.name != scope))
    }

    pub(crate) fn delegate(&mut self, consumer: &str, supplier: &str, scope: &str) {
        self.delegations.push(Delegation {
            consumer: consumer.to_owned(),
            supplier: supplier.to_owned(),
            scope: scope.to_owned(),
        });
    }

    pub(crate) fn is_delegated(&self, consumer: &str, supplier: &str, scope: &str) -> bool {
        self.delegations.iter().any(|d| d.consumer == consumer && d.supplier == supplier && d.scope == scope)
    }

    fn change(&mut self, client_id: &str, change: impl FnOnce(&mut Client)) -> bool {
        self.clients.get_mut(client_id).map(change).is_some()
    }
}

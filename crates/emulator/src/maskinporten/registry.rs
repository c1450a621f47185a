//! Clients and what they may do.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::keys::{KeyError, PublicKey};
use crate::world::{ClientEntry, Consent, Delegation, ScopeEntry, SystemUser, World};

/// A registered key is accepted for this long.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);

/// Everything that can be registered while the emulator runs.
#[derive(Debug)]
pub(crate) struct Registry {
    clients: BTreeMap<String, Client>,
    delegations: Vec<Delegation>,
    system_users: Vec<SystemUser>,
    consents: BTreeMap<Uuid, Consent>,
    /// Scope to the organisations that may use it. Scopes that aren't listed are open to all.
    restricted_scopes: BTreeMap<String, Vec<String>>,
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

/// A client's key that no grant could be verified with.
#[derive(Debug)]
pub(crate) struct UselessKey {
    pub(crate) client_id: String,
    pub(crate) why: KeyError,
}

impl Client {
    pub(crate) fn read(entry: &ClientEntry, now: Timestamp) -> Result<Self, UselessKey> {
        let mut client = Self {
            id: entry.client_id.clone(),
            org_number: entry.org_number.clone(),
            keys: Vec::new(),
            scopes: entry.scopes.clone(),
            token_lifetime: entry.token_lifetime,
            integration_type: entry.integration_type.clone(),
        };
        for key in &entry.keys {
            let public = PublicKey::of_client(key.jwk.members())
                .map_err(|why| UselessKey { client_id: entry.client_id.clone(), why })?;
            client.put_key(public, key.expires.unwrap_or_else(|| end_of_key(now)));
        }
        Ok(client)
    }

    /// A key that is posted again begins its year anew.
    fn put_key(&mut self, public: PublicKey, expires: Timestamp) {
        self.keys.retain(|key| key.public.kid() != public.kid());
        self.keys.push(ClientKey { public, expires });
    }

    fn put_scope(&mut self, scope: ScopeEntry) {
        self.scopes.retain(|entry| entry.name != scope.name);
        self.scopes.push(scope);
    }
}

fn end_of_key(posted: Timestamp) -> Timestamp {
    posted.saturating_add(KEY_LIFE).unwrap_or(Timestamp::MAX)
}

impl Registry {
    pub(crate) fn new(world: &World, now: Timestamp) -> Result<Self, UselessKey> {
        let mut registry = Self {
            clients: BTreeMap::new(),
            delegations: Vec::new(),
            system_users: Vec::new(),
            consents: BTreeMap::new(),
            restricted_scopes: BTreeMap::new(),
        };
        registry.add(world, now)?;
        Ok(registry)
    }

    /// Adds what `world` registers, and replaces what has the same id. Nothing is changed when a key is of no use.
    pub(crate) fn add(&mut self, world: &World, now: Timestamp) -> Result<(), UselessKey> {
        let clients: Vec<Client> =
            world.clients.iter().map(|entry| Client::read(entry, now)).collect::<Result<_, _>>()?;
        for client in clients {
            self.put(client);
        }
        for delegation in &world.delegations {
            self.delegate(delegation.clone());
        }
        for user in &world.system_users {
            self.put_system_user(user.clone());
        }
        for consent in &world.consents {
            self.put_consent(consent.clone());
        }
        self.restricted_scopes.extend(world.restricted_scopes.clone());
        Ok(())
    }

    /// Adds a client, or replaces the one with its id.
    pub(crate) fn put(&mut self, client: Client) {
        self.clients.insert(client.id.clone(), client);
    }

    /// Whether there was such a client.
    pub(crate) fn remove(&mut self, client_id: &str) -> bool {
        self.clients.remove(client_id).is_some()
    }

    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.get(id)
    }

    /// False when there is no such client, as in all that change one.
    pub(crate) fn add_key(&mut self, client_id: &str, public: PublicKey, now: Timestamp) -> bool {
        self.change(client_id, |client| client.put_key(public, end_of_key(now)))
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

    pub(crate) fn add_scope(&mut self, client_id: &str, scope: ScopeEntry) -> bool {
        self.change(client_id, |client| client.put_scope(scope))
    }

    pub(crate) fn remove_scope(&mut self, client_id: &str, scope: &str) -> bool {
        self.change(client_id, |client| client.scopes.retain(|entry| entry.name != scope))
    }

    fn change(&mut self, client_id: &str, change: impl FnOnce(&mut Client)) -> bool {
        self.clients.get_mut(client_id).map(change).is_some()
    }

    pub(crate) fn delegate(&mut self, delegation: Delegation) {
        if !self.delegations.contains(&delegation) {
            self.delegations.push(delegation);
        }
    }

    pub(crate) fn withdraw(&mut self, delegation: &Delegation) {
        self.delegations.retain(|known| known != delegation);
    }

    pub(crate) fn is_delegated(&self, consumer: &str, supplier: &str, scope: &str) -> bool {
        self.delegations.iter().any(|d| d.consumer == consumer && d.supplier == supplier && d.scope == scope)
    }

    /// Whether the owner of `scope` lets the organisation use it.
    pub(crate) fn is_granted(&self, scope: &str, organisation: &str) -> bool {
        self.restricted_scopes.get(scope).is_none_or(|granted| granted.iter().any(|known| known == organisation))
    }

    /// Adds a system user, or replaces the one with its id.
    pub(crate) fn put_system_user(&mut self, user: SystemUser) {
        self.system_users.retain(|known| known.id != user.id);
        self.system_users.push(user);
    }

    pub(crate) fn remove_system_user(&mut self, id: Uuid) {
        self.system_users.retain(|known| known.id != id);
    }

    /// The system user of `owner` in the systems of `vendor`.
    pub(crate) fn system_user(&self, vendor: &str, owner: &str, external_ref: Option<&str>) -> Option<&SystemUser> {
        self.system_users.iter().find(|user| {
            // A system user without a reference of its own is known by its owner's number.
            let reference = user.external_ref.as_deref().unwrap_or(&user.owner);
            user.vendor == vendor && user.owner == owner && reference == external_ref.unwrap_or(owner)
        })
    }

    /// Adds a consent, or replaces the one with its id.
    pub(crate) fn put_consent(&mut self, consent: Consent) {
        self.consents.insert(consent.id, consent);
    }

    pub(crate) fn remove_consent(&mut self, id: Uuid) {
        self.consents.remove(&id);
    }

    pub(crate) fn consent(&self, id: Uuid) -> Option<&Consent> {
        self.consents.get(&id)
    }
}

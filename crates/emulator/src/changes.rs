//! What can be changed at Maskinporten while the emulator runs.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::emulator::Emulator;
use crate::error::EmulatorError;
use crate::keys::{PublicKey, RsaKey};
use crate::maskinporten::{CertificateAuthority, EnterpriseCertificate, NewClient, RegisteredClient, Registry};
use crate::world::{Consent, Delegation, ScopeEntry, SystemUser};

impl Emulator {
    /// Registers a Maskinporten client.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::OrgNumber`] when its organisation number has another form than nine digits,
    /// [`EmulatorError::Key`] when its key can't be made, or when the public key that came with it is of no use.
    pub fn register_client(&self, client: NewClient) -> Result<RegisteredClient, EmulatorError> {
        let number = client.org_number();
        if number.len() != 9 || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(EmulatorError::OrgNumber);
        }
        Ok(self.platform().maskinporten.register(client, self.platform().clock.now())?)
    }

    /// Takes the client `client_id` out, with its keys. Tokens that it has got are good until they expire.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`].
    pub fn remove_client(&self, client_id: &str) -> Result<(), EmulatorError> {
        self.change_client(client_id, |registry| registry.remove(client_id))
    }

    /// Registers a key on the client `client_id`, for a year. `public_jwk` is JSON text: an RSA key of 2048 to 8192 bits
    /// with `kid`; private members are ignored. It replaces a key of the same `kid`: a key that has expired is good again
    /// once it has been posted again.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`], and [`EmulatorError::Key`] when no grant could be verified with the key.
    pub fn add_key(&self, client_id: &str, public_jwk: &str) -> Result<(), EmulatorError> {
        let public = PublicKey::of_client_text(public_jwk)?;
        let now = self.platform().clock.now();
        self.change_client(client_id, |registry| registry.add_key(client_id, public, now))
    }

    /// Makes an RSA key of 2048 bits, registers it on the client `client_id` beside those it has, and gives it as a
    /// private JWK with `kid` and `alg`. It takes a good part of a second.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`], and [`EmulatorError::Key`] when the cryptographic library fails.
    pub fn new_key(&self, client_id: &str) -> Result<String, EmulatorError> {
        let key = RsaKey::generate()?;
        let kid = Uuid::new_v4().to_string();
        let public = PublicKey::from_rsa(&key, &kid);
        let now = self.platform().clock.now();
        self.change_client(client_id, |registry| registry.add_key(client_id, public, now))?;
        Ok(Value::Object(key.private_jwk(&kid, "RS256")).to_string())
    }

    /// Takes the key `kid` from the client `client_id`. It is no error if the client doesn't have it.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`].
    pub fn remove_key(&self, client_id: &str, kid: &str) -> Result<(), EmulatorError> {
        self.change_client(client_id, |registry| registry.remove_key(client_id, kid))
    }

    /// Has all keys of the client `client_id` expire now.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`].
    pub fn expire_keys(&self, client_id: &str) -> Result<(), EmulatorError> {
        let now = self.platform().clock.now();
        self.change_client(client_id, |registry| registry.expire_keys(client_id, now))
    }

    /// Lets the client `client_id` ask for tokens with `scope`, which live as long as the client's tokens do.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`].
    pub fn add_scope(&self, client_id: &str, scope: &str) -> Result<(), EmulatorError> {
        let scope = ScopeEntry { name: scope.to_owned(), max_age: None };
        self.change_client(client_id, |registry| registry.add_scope(client_id, scope))
    }

    /// Takes `scope` from the client `client_id`. It is no error if the client doesn't have it.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`].
    pub fn remove_scope(&self, client_id: &str, scope: &str) -> Result<(), EmulatorError> {
        self.change_client(client_id, |registry| registry.remove_scope(client_id, scope))
    }

    /// Has Maskinporten sign with another key from now on and publish that one alone, also in the place of those that
    /// the world's `maskinporten.main` has. `pem` and `kid` as for
    /// [`Builder::maskinporten_key`](crate::Builder::maskinporten_key).
    ///
    /// An exchange that has read the former keys goes by them for up to twelve hours more, and refuses what the new one
    /// signs, unless [`Fault::KeysAreKept`](crate::Fault::KeysAreKept) is switched off.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when `pem` holds no RSA private key of at least 2048 bits.
    pub fn rotate_maskinporten_key(&self, pem: &str, kid: Option<&str>) -> Result<(), EmulatorError> {
        self.platform().maskinporten.rotate(RsaKey::from_pem(pem)?, kid);
        Ok(())
    }

    /// Lets the organisation `supplier` ask for tokens with `scope` on behalf of `consumer`. Both are organisation
    /// numbers of nine digits.
    pub fn delegate(&self, consumer: &str, supplier: &str, scope: &str) {
        self.platform().maskinporten.registry().delegate(delegation(consumer, supplier, scope));
    }

    /// Takes back what [`delegate`](Self::delegate) or the world allowed. It is no error if there is no such delegation.
    pub fn withdraw_delegation(&self, consumer: &str, supplier: &str, scope: &str) {
        self.platform().maskinporten.registry().withdraw(&delegation(consumer, supplier, scope));
    }

    /// Adds a system user of the organisation `owner` in the system `system_id` of the organisation `vendor`, and gives
    /// its id, a UUID. Both are organisation numbers of nine digits, and a system's id is as `405003309_mottak`. A client
    /// of `vendor` gets tokens for it by naming `owner`, and `external_ref` if it has one.
    pub fn add_system_user(&self, vendor: &str, owner: &str, system_id: &str, external_ref: Option<&str>) -> String {
        let id = Uuid::new_v4();
        self.platform().maskinporten.registry().put_system_user(SystemUser {
            vendor: vendor.to_owned(),
            owner: owner.to_owned(),
            external_ref: external_ref.map(str::to_owned),
            id,
            system_id: system_id.to_owned(),
        });
        id.to_string()
    }

    /// Takes out the system user with the id `id`, a UUID, which [`add_system_user`](Self::add_system_user) gave or which
    /// stands in the world. Tokens for it are good until they expire. It is no error if there is no such system user.
    pub fn remove_system_user(&self, id: &str) {
        if let Ok(id) = Uuid::try_parse(id) {
            self.platform().maskinporten.registry().remove_system_user(id);
        }
    }

    /// Adds a consent that `from` has given to the organisation `to`, now and until `valid_to`, and gives its id, a UUID.
    /// `from` is `urn:altinn:person:identifier-no:` with eleven digits or `urn:altinn:organization:identifier-no:` with
    /// nine, `to` the latter. `rights` stand in the token as they are; nobody has published their form. A client of `to`
    /// gets tokens for the consent by naming its id and `from`.
    pub fn add_consent(&self, from: &str, to: &str, valid_to: Timestamp, rights: Value) -> String {
        let id = Uuid::new_v4();
        self.platform().maskinporten.registry().put_consent(Consent {
            id,
            from: from.to_owned(),
            to: to.to_owned(),
            consented: self.platform().clock.now(),
            valid_to,
            consent_rights: rights,
        });
        id.to_string()
    }

    /// Takes back the consent with the id `id`, a UUID. Tokens for it are good until they expire. It is no error if there
    /// is no such consent.
    pub fn remove_consent(&self, id: &str) {
        if let Ok(id) = Uuid::try_parse(id) {
            self.platform().maskinporten.registry().remove_consent(id);
        }
    }

    /// Makes an enterprise certificate of the organisation `org_number` (nine digits), for clients that sign with one
    /// instead of a registered key.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when the cryptographic library fails.
    pub fn enterprise_certificate(
        &self,
        authority: CertificateAuthority,
        org_number: &str,
    ) -> Result<EnterpriseCertificate, EmulatorError> {
        Ok(self.platform().maskinporten.issue_certificate(authority, org_number)?)
    }

    fn change_client(&self, client_id: &str, change: impl FnOnce(&mut Registry) -> bool) -> Result<(), EmulatorError> {
        if change(&mut self.platform().maskinporten.registry()) {
            Ok(())
        } else {
            Err(EmulatorError::UnknownClient(client_id.to_owned()))
        }
    }
}

fn delegation(consumer: &str, supplier: &str, scope: &str) -> Delegation {
    Delegation { consumer: consumer.to_owned(), supplier: supplier.to_owned(), scope: scope.to_owned() }
}

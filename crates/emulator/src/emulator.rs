//! The running emulator, as its users see it.

use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::authentication;
use crate::builder::Builder;
use crate::clock::Clock;
use crate::failures::Failure;
use crate::journal::Journal;
use crate::keys::{KeyError, PublicKey, RsaKey};
use crate::maskinporten::{CertificateAuthority, EnterpriseCertificate, Maskinporten, NewClient, RegisteredClient};
use crate::outages::Outages;
use crate::platform::Platform;
use crate::seed::{self, Submission};
use crate::server::Stop;

/// Why the emulator can't start or can't do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// The port is taken, or the system gives none.
    #[error("port {port} on 127.0.0.1 can't be listened on")]
    Bind {
        /// The port that was asked for; 0 stands for any free one.
        port: u16,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The thread or the runtime of the server can't be started.
    #[error("the server's thread can't be started")]
    Thread(#[source] std::io::Error),
    /// A key can't be read, made or used.
    #[error("a key can't be used")]
    Key(#[from] KeyError),
    /// No Maskinporten client has this id.
    #[error("no client {0} is registered")]
    UnknownClient(String),
    /// The world has no service owner with this code and a number.
    #[error("the world has no service owner {0}")]
    UnknownOrg(String),
    /// The world uses a name of the real services, with which the emulator's tokens and links must not be confused.
    #[error("{0} is a name of the real services")]
    RealName(String),
    /// The claims of a token to mint are no JSON object.
    #[error("the claims of a token must be a JSON object")]
    Claims,
}

/// A running emulator. Dropping it closes its connections and frees its port.
///
/// It runs on threads of its own: what the caller's runtime does, paused time included, doesn't touch it, and several
/// can run in one process.
#[derive(Debug)]
pub struct Emulator {
    platform: Arc<Platform>,
    stop: Option<oneshot::Sender<Stop>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    pub(crate) fn running(platform: Arc<Platform>, stop: oneshot::Sender<Stop>, thread: JoinHandle<()>) -> Self {
        Self { platform, stop: Some(stop), thread: Some(thread) }
    }

    /// Starts an emulator with the demonstration world on a free port.
    ///
    /// # Errors
    ///
    /// As for [`Builder::start`].
    pub async fn start() -> Result<Self, EmulatorError> {
        Self::builder().start().await
    }

    /// Settings to start an emulator with.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where the emulator listens, with a slash at the end: `http://127.0.0.1:4711/`. It is the base of all paths,
    /// and Maskinporten's issuer unless the world names another.
    pub fn url(&self) -> &str {
        self.platform.base_url.as_str()
    }

    /// The clock that all services go by.
    pub fn clock(&self) -> &Clock {
        &self.platform.clock
    }

    /// Counts of what has been asked so far.
    pub fn journal(&self) -> &Journal {
        &self.platform.journal
    }

    /// Switches that put parts of the platform out of order.
    pub fn outages(&self) -> &Outages {
        &self.platform.outages
    }

    /// Registers a Maskinporten client.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when its key can't be made, or when the public key that came with it is of no use.
    pub fn register_client(&self, client: NewClient) -> Result<RegisteredClient, EmulatorError> {
        Ok(self.platform.maskinporten.register(client, self.platform.clock.now())?)
    }

    /// Registers one more key on the client `client_id`, for a year. `public_jwk` is JSON text with a `kid`; private
    /// members are ignored.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`], and [`EmulatorError::Key`] when `public_jwk` is no RSA or P-256 key.
    pub fn add_key(&self, client_id: &str, public_jwk: &str) -> Result<(), EmulatorError> {
        let public = PublicKey::from_text(public_jwk)?;
        let now = self.platform.clock.now();
        self.change_client(client_id, |maskinporten| maskinporten.add_key(client_id, public, now))
    }

    /// Takes the key `kid` from the client `client_id`. It is no error if the client doesn't have it.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`].
    pub fn remove_key(&self, client_id: &str, kid: &str) -> Result<(), EmulatorError> {
        self.change_client(client_id, |maskinporten| maskinporten.remove_key(client_id, kid))
    }

    /// Has all keys of the client `client_id` expire now.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`].
    pub fn expire_keys(&self, client_id: &str) -> Result<(), EmulatorError> {
        let now = self.platform.clock.now();
        self.change_client(client_id, |maskinporten| maskinporten.expire_keys(client_id, now))
    }

    /// Takes `scope` from the client `client_id`. It is no error if the client doesn't have it.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownClient`].
    pub fn remove_scope(&self, client_id: &str, scope: &str) -> Result<(), EmulatorError> {
        self.change_client(client_id, |maskinporten| maskinporten.remove_scope(client_id, scope))
    }

    /// Has Maskinporten sign with another key from now on and publish that one alone, also in the place of those that
    /// the world's `maskinporten.main` has. `pem` and `kid` as for [`Builder::maskinporten_key`].
    ///
    /// An exchange that has read the former keys goes by them for up to twelve hours more, and refuses what the new one
    /// signs, unless [`Fault::KeysAreKept`](crate::Fault::KeysAreKept) is switched off.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when `pem` holds no RSA private key of at least 2048 bits.
    pub fn rotate_maskinporten_key(&self, pem: &str, kid: Option<&str>) -> Result<(), EmulatorError> {
        self.platform.maskinporten.rotate(RsaKey::from_pem(pem)?, kid);
        Ok(())
    }

    /// Lets the organisation `supplier` ask for tokens with `scope` on behalf of `consumer`. Both are organisation
    /// numbers of nine digits.
    pub fn delegate(&self, consumer: &str, supplier: &str, scope: &str) {
        self.platform.maskinporten.delegate(consumer, supplier, scope);
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
        Ok(self.platform.maskinporten.issue_certificate(authority, org_number)?)
    }

    /// Puts a submission into Storage and gives the id of its instance, `{party id}/{guid}`.
    pub fn seed(&self, submission: Submission) -> String {
        seed::insert(&self.platform, submission)
    }

    /// Lets `subject` do exactly `actions` in the app `app_id` (`org/app`) from now on, whatever the world's policy gave
    /// it: a policy that is deployed, a delegation, or the end of one. A subject is `owner`, `org:CODE`, `user:ID` or
    /// `systemuser:ID`; an action is a word such as `read`, `write` or `complete`.
    ///
    /// What Storage asked lately counts for up to five minutes more, unless
    /// [`Fault::DecisionsAreKept`](crate::Fault::DecisionsAreKept) is switched off.
    pub fn set_rights(&self, app_id: &str, subject: &str, actions: &[&str]) {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        self.platform.storage.decisions().set_rights(app_id, subject, actions);
    }

    /// Lets the next request whose path begins with `path`, such as `/token` or `/storage/`, meet with `failure`.
    /// Several orders for one path are met in turn.
    pub fn fail_next(&self, path: impl Into<String>, failure: Failure) {
        self.platform.failures.order(path.into(), failure);
    }

    /// Takes back what [`fail_next`](Self::fail_next) ordered and has not happened yet, and tells how many that were: as
    /// many as were ordered when no request met with any.
    pub fn clear_failures(&self) -> usize {
        self.platform.failures.clear()
    }

    /// An Altinn token of the service owner with the code `org`, as an exchange would issue it now, without asking
    /// Maskinporten. `scopes` are separated by blanks.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::UnknownOrg`] when the world has no such organisation or it has no number,
    /// [`EmulatorError::Key`] when signing fails.
    pub fn service_owner_token(&self, org: &str, scopes: &str) -> Result<String, EmulatorError> {
        let number = self.platform.world.org(org).and_then(|org| org.org_number.as_deref());
        let number = number.ok_or_else(|| EmulatorError::UnknownOrg(org.to_owned()))?;
        let claims = authentication::of_service_owner(&self.platform, org, number, scopes);
        Ok(self.platform.keys.sign(&claims)?)
    }

    /// Signs an Altinn token with exactly these claims, whatever they are: nothing is added, and `exp` (seconds since
    /// 1970) is as given.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Claims`] when `claims` is no JSON object, [`EmulatorError::Key`] when signing fails.
    pub fn sign_altinn_token(&self, claims: &Value) -> Result<String, EmulatorError> {
        let claims: &Map<String, Value> = claims.as_object().ok_or(EmulatorError::Claims)?;
        Ok(self.platform.keys.sign(claims)?)
    }

    /// Stops after the requests in progress, which get five seconds. The port is free afterwards.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(Stop::Gently).ok();
        }
        if let Some(thread) = self.thread.take() {
            let (done, finished) = oneshot::channel();
            let waiter = std::thread::Builder::new().spawn(move || {
                thread.join().ok();
                done.send(()).ok();
            });
            if waiter.is_ok() {
                finished.await.ok();
            }
        }
    }

    fn change_client(&self, client_id: &str, change: impl FnOnce(&Maskinporten) -> bool) -> Result<(), EmulatorError> {
        if change(&self.platform.maskinporten) {
            Ok(())
        } else {
            Err(EmulatorError::UnknownClient(client_id.to_owned()))
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(Stop::AtOnce).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

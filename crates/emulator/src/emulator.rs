//! The running emulator, as its users see it.

use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::{Map, Value};
use tokio::sync::oneshot;
use url::Url;

use crate::authentication;
use crate::builder::Builder;
use crate::clock::Clock;
use crate::error::EmulatorError;
use crate::failures::Failure;
use crate::journal::Journal;
use crate::outages::Outages;
use crate::platform::Platform;
use crate::seed::{self, Submission};
use crate::server::Stop;

/// A running emulator. Dropping it closes its connections and frees its port.
///
/// It runs on threads of its own: what the caller's runtime does, paused time included, doesn't touch it, and several
/// can run in one process.
#[derive(Debug)]
pub struct Emulator {
    platform: Arc<Platform>,
    control: Option<Url>,
    stop: Option<oneshot::Sender<Stop>>,
    thread: Option<JoinHandle<()>>,
}

/// What has been started.
pub(crate) struct Running {
    pub(crate) platform: Arc<Platform>,
    pub(crate) control: Option<Url>,
}

impl Emulator {
    pub(crate) fn running(started: Running, stop: oneshot::Sender<Stop>, thread: JoinHandle<()>) -> Self {
        Self { platform: started.platform, control: started.control, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn platform(&self) -> &Platform {
        &self.platform
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

    /// Where the emulator is controlled over HTTP, with a slash at the end, when it was started with
    /// [`Builder::control_port`].
    pub fn control_url(&self) -> Option<&str> {
        self.control.as_ref().map(Url::as_str)
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
    /// Several orders for one path are met in turn. A slash that `path` lacks at its beginning is added.
    pub fn fail_next(&self, path: impl Into<String>, failure: Failure) {
        let path = path.into();
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        self.platform.failures.order(path, failure);
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
        let world = self.platform.world();
        let number = world.org(org).and_then(|org| org.org_number.as_deref());
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

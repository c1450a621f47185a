//! What an operation needs before it can be called, and when the fault comes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use altinn_auth::Credentials;
use altinn_core::{Environment, InstanceId, ReadWrite};
use altinn_emulator::{Emulator, Failure};
use altinn_storage::{Client, DataElement, InstanceEvent, InstanceEventType, InstanceLock};
use altinn_tests::clients::quick;
use altinn_tests::owner::{OPEN, Owner, task};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::{Fault, MINUTE, Operation, PATIENCE};

/// An instance of its own for each operation, with a data element.
pub(super) struct Stage<'a> {
    emulator: &'a Emulator,
    times: usize,
    failure: Failure,
    called: Arc<Mutex<BTreeSet<&'static str>>>,
    /// Meets the fault.
    pub(super) client: Client<ReadWrite>,
    /// Has all the time and the retries to look at what happened.
    pub(super) look: Client<ReadWrite>,
    pub(super) id: InstanceId,
    pub(super) element: DataElement,
    /// What the operation works on, where that is no matter of the instance alone.
    lock: Mutex<Option<InstanceLock>>,
    pub(super) event: Uuid,
    pub(super) folder: TempDir,
}

impl<'a> Stage<'a> {
    /// `http` makes the connections, which takes longer to set up than all the rest.
    pub(super) async fn set(owner: &'a Owner, http: &reqwest::Client, operation: Operation, fault: &Fault) -> Self {
        let emulator = &owner.emulator;
        let kind = if operation == Operation::Sign { ("Task_2", "signing") } else { ("Task_1", "data") };
        let id = owner.instance_in(OPEN, task(kind.0, kind.1)).await;
        let data_type = if operation == Operation::DeleteLater { "autodelete" } else { "attachment" };
        let element = owner.upload(id, data_type).await;
        let patience = if fault.stalls() { PATIENCE } else { MINUTE };
        // One that has its own limit on retries, so that earlier faults do not use this one's up.
        let called: Arc<Mutex<BTreeSet<&'static str>>> = Arc::default();
        let notes = Arc::clone(&called);
        let client = client(emulator, http, patience);
        let client = client.observed(move |call| notes.lock().unwrap().extend([call.operation()]));
        let mut stage = Self {
            emulator,
            times: fault.times,
            failure: fault.failure.clone(),
            called,
            look: self::client(emulator, http, MINUTE),
            client,
            id,
            element,
            lock: Mutex::default(),
            event: Uuid::nil(),
            folder: tempfile::tempdir().unwrap(),
        };
        match operation {
            Operation::Undelete => drop(stage.look.instances().delete(id).await.unwrap()),
            Operation::UnlockData => drop(stage.look.data(id).lock(stage.element.id).await.unwrap()),
            Operation::LockExtend | Operation::LockRelease | Operation::LockHold => {
                let lock = stage.client.instances().lock(id, MINUTE).await.unwrap();
                *stage.lock.lock().unwrap() = Some(lock);
            }
            Operation::Event => {
                let posted = stage.look.events(id).post(InstanceEvent::new(InstanceEventType::Saved)).await.unwrap();
                stage.event = posted.id.unwrap();
            }
            _ => {}
        }
        // What it took to get here does not count.
        stage.called.lock().unwrap().clear();
        stage
    }

    /// The names of the operations that were called.
    pub(super) fn called(&self) -> BTreeSet<&'static str> {
        self.called.lock().unwrap().clone()
    }

    /// From here on the fault awaits requests.
    pub(super) fn strike(&self) {
        for _ in 0..self.times {
            self.emulator.fail_next("/storage/", self.failure.clone());
        }
    }

    /// The lock that was taken for the operation.
    pub(super) fn held(&self) -> InstanceLock {
        self.lock.lock().unwrap().take().unwrap()
    }
}

/// `patience` is how long it lets a connection stand still.
fn client(emulator: &Emulator, http: &reqwest::Client, patience: Duration) -> Client<ReadWrite> {
    // A minute old: with one of the last seconds a 401 is first taken for a matter of clocks, and waits.
    let begun = jiff::Timestamp::now().as_second() - 60;
    let claims = json!({
        "scope": "altinn:serviceowner/instances.read altinn:serviceowner/instances.write",
        "urn:altinn:org": "ttd", "urn:altinn:orgNumber": "405003309", "urn:altinn:authlevel": 3,
        "iat": begun, "nbf": begun, "exp": begun + 1800,
    });
    let token = emulator.sign_altinn_token(&claims).unwrap();
    let credentials = Credentials::with_token(Environment::emulator(emulator.url()).unwrap(), token);
    Client::builder(credentials).http(http.clone()).retry(quick()).idle_timeout(patience).build().unwrap()
}

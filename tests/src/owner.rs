//! A service owner with its apps in an emulator, for tests of operations.

#![allow(clippy::expect_used, reason = "what a test is built on fails as loudly as a test")]

use altinn_auth::Credentials;
use altinn_core::{AppId, DataElementId, Environment, InstanceId, PartyId, Scope};
use altinn_core::{ReadWrite, Timestamp};
use altinn_emulator::{Emulator, World};
use altinn_storage::{Client, DataElement, NewInstance, ProcessElement, ProcessState};

use serde_json::json;

use crate::clients::quick;
use crate::surface::Surface;

/// Where every action is granted to the service owner `ttd`.
pub const OPEN: &str = "ttd/open";
/// With the rights of the usual policy file: no deleting, no signing, no confirmation task.
pub const USUAL: &str = "ttd/usual";
/// As [`OPEN`], but archived instances can't be deleted for 30 days.
pub const KEPT: &str = "ttd/kept";
/// An app of another service owner, `digdir`.
pub const FOREIGN: &str = "digdir/open";

const WORLD: &str = r#"{
  "orgs": {"ttd": {"orgNumber": "405003309", "name": {"nb": "Testdepartementet"}},
           "digdir": {"orgNumber": "991825827", "name": {"nb": "Digitaliseringsdirektoratet"}}},
  "parties": [{"partyId": 510001, "person": "01039012345"}, {"partyId": 520001, "organisation": "310000001"}],
  "users": [{"userId": 20001, "partyId": 510001}],
  "policies": {
    "open": {"owner": ["read", "write", "instantiate", "delete", "complete", "confirm", "reject", "sign", "pay"]},
    "usual": {"owner": ["read", "write", "instantiate", "complete"]}
  },
  "obligations": {"minimum-authenticationlevel": 2, "minimum-authenticationlevel-org": 3},
  "dataTypes": [
    {"id": "model", "appLogic": {"autoCreate": true, "classRef": "Model"}, "taskId": "Task_1"},
    {"id": "attachment"},
    {"id": "autodelete", "appLogic": {"autoDeleteOnProcessEnd": true}},
    {"id": "signature", "taskId": "Task_2"}
  ],
  "apps": {
    "ttd/open": {"policy": "open", "metadata": {"title": {"nb": "Blåbær"}}},
    "ttd/usual": {"policy": "usual"},
    "ttd/kept": {"policy": "open", "metadata": {"preventInstanceDeletionForDays": 30}},
    "digdir/open": {"policy": "open"}
  }
}"#;

/// The emulator, and the service owner's client.
#[derive(Debug)]
pub struct Owner {
    /// Where it all is.
    pub emulator: Emulator,
    /// Of the service owner `ttd`, with all access.
    pub client: Client<ReadWrite>,
    /// What `client` is held against.
    pub surface: Surface,
}

impl Owner {
    /// Starts an emulator for it.
    ///
    /// # Panics
    /// When the emulator can't start.
    pub async fn start() -> Self {
        Self::held_by(&Surface::load().expect("the documents")).await
    }

    /// Starts an emulator for it, and has `surface` count what its clients call.
    ///
    /// # Panics
    /// When the emulator can't start.
    pub async fn held_by(surface: &Surface) -> Self {
        let world = World::from_json(WORLD).expect("a world");
        let emulator = Emulator::builder().world(world).start().await.expect("an emulator");
        let client = held_client(&emulator, "ttd", surface);
        Self { emulator, client, surface: surface.clone() }
    }

    /// A client of the service owner `org` of the same world, held against the same documents.
    ///
    /// # Panics
    /// When there is no such service owner.
    pub fn client_of<S: Scope>(&self, org: &str) -> Client<S> {
        held_client(&self.emulator, org, &self.surface)
    }

    /// Makes an instance of `app` that stands in its first task, `Task_1`, of the kind `data`.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn instance(&self, app: &str) -> InstanceId {
        self.instance_in(app, task("Task_1", "data")).await
    }

    /// Makes an instance of `app` whose process stands at `process`.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn instance_in(&self, app: &str, process: ProcessState) -> InstanceId {
        let new = NewInstance::new(party()).process(process);
        self.client.instances().create(&app_id(app), new).await.expect("an instance").id
    }

    /// Uploads a small text file.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn upload(&self, instance: InstanceId, data_type: &str) -> DataElement {
        let upload = self.client.data(instance).upload(data_type.parse().expect("a data type"), "innhold");
        upload.content_type(mime::TEXT_PLAIN).file_name("blåbær.txt").await.expect("an element")
    }

    /// Deploys a text of `app`, as Altinn Studio does.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn deploy_texts(&self, app: &str, language: &str, id: &str, value: &str) {
        let claims = json!({"urn:altinn:app": "studio.designer", "exp": 4_000_000_000_u64});
        let token = self.emulator.sign_altinn_token(&claims).expect("a token");
        let url = format!("{}storage/api/v1/applications/{app}/texts", self.emulator.url());
        let texts = json!({"language": language, "resources": [{"id": id, "value": value}]});
        let answer = reqwest::Client::new().post(url).bearer_auth(token).json(&texts).send().await;
        answer.and_then(reqwest::Response::error_for_status).expect("deployed texts");
    }
}

/// A client of the service owner `org` of this world. What it sends, and is answered, is held against `openapi/`.
///
/// # Panics
/// When there is no such service owner.
pub fn client<S: Scope>(emulator: &Emulator, org: &str) -> Client<S> {
    held_client(emulator, org, &Surface::load().expect("the documents"))
}

fn held_client<S: Scope>(emulator: &Emulator, org: &str, surface: &Surface) -> Client<S> {
    let scopes = S::SCOPES.join(" ");
    let token = emulator.service_owner_token(org, &scopes).expect("a token");
    let environment = Environment::emulator(emulator.url()).expect("loopback");
    let client = Client::builder(Credentials::with_token(environment, token)).layer(surface.clone()).retry(quick());
    client.build().expect("a client")
}

/// The party that owns the instances.
///
/// # Panics
/// Never.
pub fn party() -> PartyId {
    PartyId::new(510_001).expect("a party")
}

/// An app's id.
///
/// # Panics
/// When it is none.
pub fn app_id(text: &str) -> AppId {
    text.parse().expect("an app id")
}

/// The id of no instance.
///
/// # Panics
/// Never.
pub fn no_instance() -> InstanceId {
    "510001/00000000-0000-4000-8000-00000000dead".parse().expect("an instance id")
}

/// The id of no data element.
///
/// # Panics
/// Never.
pub fn no_element() -> DataElementId {
    "00000000-0000-4000-8000-00000000dead".parse().expect("a data element id")
}

/// A process that stands in a task of this kind.
pub fn task(id: &str, kind: &str) -> ProcessState {
    let mut element = ProcessElement::default();
    element.element_id = Some(id.into());
    element.altinn_task_type = Some(kind.into());
    element.started = Some(Timestamp::now());
    let mut state = ProcessState::default();
    state.started = Some(Timestamp::now());
    state.start_event = Some("StartEvent_1".into());
    state.current_task = Some(element);
    state
}

/// A process that has ended now.
pub fn ended() -> ProcessState {
    let mut state = ProcessState::default();
    state.started = Some(Timestamp::now());
    state.start_event = Some("StartEvent_1".into());
    state.ended = Some(Timestamp::now());
    state.end_event = Some("EndEvent_1".into());
    state
}

//! Each operation meets each fault: it succeeds or fails with a typed error, in time, and nothing is done twice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::time::{Duration, Instant};

use altinn_auth::Credentials;
use altinn_core::{Environment, Error, ErrorKind, InstanceId, ReadWrite};
use altinn_emulator::{Emulator, Failure};
use altinn_storage::{
    Client, DataElement, EventFilter, InstanceEvent, InstanceEventType, InstanceQuery, MessageLanguage, MessageQuery,
    NewInstance, PlatformUser, ReadStatus, SignRequest, Signee, Substatus,
};
use altinn_tests::clients::quick;
use altinn_tests::owner::{OPEN, Owner, USUAL, app_id, party, task};
use serde_json::json;

macro_rules! operations {
    ($($name:ident)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Operation {
            $($name,)+
        }

        const OPERATIONS: &[Operation] = &[$(Operation::$name,)+];
    };
}

operations! {
    List Get Create Confirm Delete Undelete ReadStatus Substatus Texts Values InstanceLock Sign
    DataList Download Upload Replace DeleteData Metadata LockData UnlockData
    Process ProcessAndEvents History AuthInfo Events Event Post
    GetByGuid LockExtend LockRelease DeleteLater DeleteForGood
    Applications ApplicationsOf Application Text Messages Message MessageEvents Raw RawWrite
}

impl Operation {
    async fn run(self, client: &Client<ReadWrite>, id: InstanceId, element: &DataElement) -> Result<(), Error> {
        let (instances, data, process) = (client.instances(), client.data(id), client.process(id));
        match self {
            Self::List => instances.list(InstanceQuery::app(app_id(OPEN))).await.map(drop),
            Self::Get => instances.get(id).await.map(drop),
            Self::Create => instances.create(&app_id(USUAL), NewInstance::new(party())).await.map(drop),
            Self::Confirm => instances.confirm(id).await.map(drop),
            Self::Delete => instances.delete(id).await.map(drop),
            Self::Undelete => instances.undelete(id).await,
            Self::ReadStatus => instances.set_read_status(id, ReadStatus::Read).await.map(drop),
            Self::Substatus => instances.set_substatus(id, Substatus::new("merke")).await.map(drop),
            Self::Texts => instances.set_presentation_texts(id, [("navn", "Åse")]).await.map(drop),
            Self::Values => instances.set_data_values(id, [("a", "1")]).await.map(drop),
            Self::InstanceLock => instances.lock(id, Duration::from_secs(60)).await.map(drop),
            Self::Sign => {
                let request = SignRequest::new("signature".parse().unwrap(), Signee::user(20_001)).element(element.id);
                instances.sign(id, request).await
            }
            Self::DataList => data.list().await.map(drop),
            Self::Download => data.download(element).bytes().await.map(drop),
            Self::Upload => data.upload("attachment".parse().unwrap(), "nytt innhold").await.map(drop),
            Self::Replace => data.replace(element.id, "annet innhold").keeping(element).await.map(drop),
            Self::DeleteData => data.delete(element.id).await.map(drop),
            Self::Metadata => data.update_metadata(element).await.map(drop),
            Self::LockData => data.lock(element.id).await.map(drop),
            Self::UnlockData => data.unlock(element.id).await.map(drop),
            Self::Process => process.update(task("Task_2", "signing")).await.map(drop),
            Self::History => process.history().await.map(drop),
            Self::AuthInfo => process.auth_info().await.map(drop),
            Self::Events => client.events(id).list(EventFilter::new()).await.map(drop),
            Self::Post => client.events(id).post(InstanceEvent::new(InstanceEventType::Saved)).await.map(drop),
            Self::ProcessAndEvents => {
                let event = InstanceEvent::new(InstanceEventType::Saved).user(PlatformUser::org("ttd", 3));
                process.update_with_events(task("Task_2", "data"), [event]).await.map(drop)
            }
            Self::Event => client.events(id).get(uuid::Uuid::nil()).await.map(drop).or_else(unless_missing),
            Self::GetByGuid => instances.get_by_guid(id.guid()).await.map(drop),
            // The order in which a failure was made waits for the first request, which is the one that takes the lock.
            Self::LockExtend => match instances.lock(id, MINUTE).await {
                Ok(lock) => lock.extend(MINUTE).await,
                Err(error) => Err(error),
            },
            Self::LockRelease => match instances.lock(id, MINUTE).await {
                Ok(lock) => lock.release().await,
                Err(error) => Err(error),
            },
            Self::DeleteLater => data.delete(element.id).delayed().await.map(drop).or_else(unless_rejected),
            Self::DeleteForGood => instances.delete(id).hard(true).await.map(drop),
            Self::Applications => client.applications().list().await.map(drop),
            Self::ApplicationsOf => client.applications().list_of("ttd").await.map(drop),
            Self::Application => client.applications().get(&app_id(OPEN)).await.map(drop),
            Self::Text => client.applications().text(&app_id(OPEN), "nb").await.map(drop).or_else(unless_missing),
            Self::Messages => client.message_box().search(MessageQuery::of([party()])).await.map(drop),
            Self::Message => client.message_box().get(id, MessageLanguage::Bokmal).await.map(drop),
            Self::MessageEvents => client.message_box().events(id).await.map(drop),
            Self::Raw => client.raw_get(["applications", "ttd"]).send().await.map(drop),
            Self::RawWrite => {
                let path = ["instances", &id.party().to_string(), &id.guid().to_string(), "data"].map(str::to_owned);
                let upload = client.raw_write(http::Method::POST, path).query("dataType", "attachment");
                upload.payload("nytt innhold").send().await.map(drop)
            }
        }
    }

    /// Whether it only reads, so that every passing fault must be got over.
    fn only_reads(self) -> bool {
        matches!(
            self,
            Self::List
                | Self::Get
                | Self::GetByGuid
                | Self::DataList
                | Self::Download
                | Self::History
                | Self::AuthInfo
                | Self::Events
                | Self::Event
                | Self::Applications
                | Self::ApplicationsOf
                | Self::Application
                | Self::Text
                | Self::Messages
                | Self::Message
                | Self::MessageEvents
                | Self::Raw
        )
    }

    /// What may be there once more after it.
    fn makes(self) -> Counts {
        Counts {
            instances: usize::from(self == Self::Create),
            elements: usize::from(matches!(self, Self::Upload | Self::RawWrite | Self::Sign)),
            posted: usize::from(matches!(self, Self::Post | Self::ProcessAndEvents)),
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// There is no such thing in the set-up, and that it is missing is an answer.
fn unless_missing(error: Error) -> Result<(), Error> {
    if error.kind() == ErrorKind::NotFound && error.status().is_some() { Ok(()) } else { Err(error) }
}

/// The data type does not allow it, and that is an answer.
fn unless_rejected(error: Error) -> Result<(), Error> {
    if error.kind() == ErrorKind::Rejected { Ok(()) } else { Err(error) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    instances: usize,
    elements: usize,
    posted: usize,
}

impl Counts {
    async fn of(client: &Client<ReadWrite>, id: InstanceId) -> Self {
        let created = client.instances().list(InstanceQuery::app(app_id(USUAL))).page_size(1000).await.unwrap();
        let events = client.events(id).list(EventFilter::new().event_type(InstanceEventType::Saved)).await.unwrap();
        Self {
            instances: created.instances.len(),
            elements: client.data(id).list().await.unwrap().len(),
            // Replacing leaves an event of the same kind, for its element.
            posted: events.iter().filter(|event| event.data_id.is_none()).count(),
        }
    }
}

fn faults() -> [(&'static str, usize, Failure); 13] {
    let now = "Wed, 01 May 2024 12:00:00 GMT";
    [
        ("503 once", 1, Failure::status(503)),
        ("500 once", 1, Failure::status(500).body("{\"title\":\"An error occurred\",\"status\":500}")),
        ("429 once", 1, Failure::status(429).header("retry-after", "0")),
        ("429 with a date once", 1, Failure::status(429).header("date", now).header("retry-after", now)),
        ("stalled once", 1, Failure::delayed(10 * MINUTE)),
        ("late once", 1, Failure::delayed(Duration::from_millis(20))),
        ("401 once", 1, Failure::status(401)),
        ("lost once", 1, Failure::lost_answer()),
        ("cut once", 1, Failure::cut_after(3)),
        ("a page of the gateway once", 1, Failure::status(502).body("<html>")),
        ("broken JSON once", 1, Failure::status(200).header("content-type", "application/json").body("{\"id\":")),
        ("503 for good", 9, Failure::status(503)),
        ("lost for good", 9, Failure::lost_answer()),
    ]
}

/// `patience` is how long it lets a connection stand still.
fn client(emulator: &Emulator, patience: Duration) -> Client<ReadWrite> {
    // A minute old: with one of the last seconds a 401 is first taken for a matter of clocks, and waits.
    let begun = jiff::Timestamp::now().as_second() - 60;
    let claims = json!({
        "scope": "altinn:serviceowner/instances.read altinn:serviceowner/instances.write",
        "urn:altinn:org": "ttd", "urn:altinn:orgNumber": "405003309", "urn:altinn:authlevel": 3,
        "iat": begun, "nbf": begun, "exp": begun + 1800,
    });
    let token = emulator.sign_altinn_token(&claims).unwrap();
    let credentials = Credentials::with_token(Environment::emulator(emulator.url()).unwrap(), token);
    Client::builder(credentials).retry(quick()).idle_timeout(patience).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_meets_every_fault() {
    let mut matrix = tokio::task::JoinSet::new();
    for (name, times, failure) in faults() {
        matrix.spawn(every_operation_meets(name, times, failure));
    }
    matrix.join_all().await;
}

async fn every_operation_meets(name: &'static str, times: usize, failure: Failure) {
    let owner = Owner::start().await;
    let look = client(&owner.emulator, MINUTE);
    let patience = if name.starts_with("stalled") { Duration::from_millis(200) } else { MINUTE };
    for &operation in OPERATIONS {
        let kind = if operation == Operation::Sign { ("Task_2", "signing") } else { ("Task_1", "data") };
        let id = owner.instance_in(OPEN, task(kind.0, kind.1)).await;
        let element = owner.upload(id, "attachment").await;
        let before = Counts::of(&look, id).await;
        // One that has its own limit on retries, so that earlier faults do not use this one's up.
        let client = client(&owner.emulator, patience);
        for _ in 0..times {
            owner.emulator.fail_next("/storage/", failure.clone());
        }
        let begun = Instant::now();
        let result = operation.run(&client, id, &element).await;
        assert!(begun.elapsed() < Duration::from_secs(5), "{operation:?} after {name} took {:?}", begun.elapsed());
        owner.emulator.clear_failures();

        let (after, makes) = (Counts::of(&look, id).await, operation.makes());
        let grown = Counts {
            instances: after.instances - before.instances,
            elements: after.elements.saturating_sub(before.elements),
            posted: after.posted - before.posted,
        };
        let at_most_once =
            grown.instances <= makes.instances && grown.elements <= makes.elements && grown.posted <= makes.posted;
        assert!(at_most_once, "{operation:?} after {name}: {grown:?}");
        if let Err(error) = result {
            check(operation, name, &error, grown);
        }
    }
}

/// A typed error that tells the truth about what may have happened.
fn check(operation: Operation, name: &str, error: &Error, grown: Counts) {
    let expected = [
        ErrorKind::Server,
        ErrorKind::Transport,
        ErrorKind::Timeout,
        ErrorKind::Decode,
        ErrorKind::Unauthorized,
        // What a second try finds: the first one took effect, and its answer was lost.
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Forbidden,
    ];
    assert!(expected.contains(&error.kind()), "{operation:?} after {name}: {error:?}");
    if grown != (Counts { instances: 0, elements: 0, posted: 0 }) {
        assert!(error.may_have_reached_server(), "{operation:?} after {name} took effect: {error:?}");
    }
    let once = name.ends_with("once") && !name.starts_with("401") && !name.starts_with("broken");
    assert!(
        !(operation.only_reads() && once),
        "{operation:?} is harmless to repeat, and did not get over {name}: {error:?}"
    );
}

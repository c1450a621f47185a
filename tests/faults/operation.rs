//! Every operation of a client, with what it needs and what it leaves behind.

use altinn_core::Error;
use altinn_storage::{
    EventFilter, InstanceEvent, InstanceEventType, InstanceQuery, MessageLanguage, MessageQuery, NewInstance,
    PlatformUser, ReadStatus, SignRequest, Signee, Substatus,
};
use altinn_tests::owner::{OPEN, USUAL, app_id, party, task};
use futures::TryStreamExt;
use serde_json::Value;

use super::MINUTE;
use super::stage::Stage;

macro_rules! operations {
    ($($name:ident)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Operation {
            $($name,)+
        }

        pub(super) const OPERATIONS: &[Operation] = &[$(Operation::$name,)+];
    };
}

operations! {
    List Get GetByGuid ListPages Create Confirm Delete DeleteForGood Undelete ReadStatus Substatus Texts Values
    InstanceLock LockExtend LockRelease LockHold Sign
    DataList Download ToFile ToWriter Stream Upload Replace DeleteData DeleteLater Metadata EditMetadata
    LockData UnlockData
    State Process ProcessAndEvents History AuthInfo Events Event Post
    Applications ApplicationsOf Application Text Messages Message MessageEvents Raw RawStream RawWrite
}

const CONTENT: &str = "innhold";

impl Operation {
    /// Orders the fault, and calls the operation. What it reads is checked here.
    pub(super) async fn run(self, stage: &Stage<'_>) -> Result<(), Error> {
        let (client, id, element) = (&stage.client, stage.id, &stage.element);
        let (instances, data, process) = (client.instances(), client.data(id), client.process(id));
        if self != Self::ListPages {
            stage.strike();
        }
        match self {
            Self::List => {
                let page = instances.list(InstanceQuery::app(app_id(OPEN))).await?;
                assert_eq!(page.instances.iter().filter(|instance| instance.id == id).count(), 1);
            }
            Self::ListPages => pages(stage).await?,
            Self::Get => assert_eq!(instances.get(id).await?.id, id),
            Self::GetByGuid => assert_eq!(instances.get_by_guid(id.guid()).await?.id, id),
            Self::Create => drop(instances.create(&app_id(USUAL), NewInstance::new(party())).await?),
            Self::Confirm => assert!(instances.confirm(id).await?.is_confirmed_by("ttd")),
            Self::Delete => drop(instances.delete(id).await?),
            Self::DeleteForGood => drop(instances.delete(id).hard(true).await?),
            Self::Undelete => instances.undelete(id).await?,
            Self::ReadStatus => drop(instances.set_read_status(id, ReadStatus::Read).await?),
            Self::Substatus => drop(instances.set_substatus(id, Substatus::new("merke")).await?),
            Self::Texts => drop(instances.set_presentation_texts(id, [("navn", "Åse")]).await?),
            Self::Values => drop(instances.set_data_values(id, [("a", "1")]).await?),
            Self::InstanceLock => drop(instances.lock(id, MINUTE).await?),
            Self::LockExtend => stage.held().extend(MINUTE).await?,
            Self::LockRelease => stage.held().release().await?,
            Self::LockHold => stage.held().hold(MINUTE, async {}).await?,
            Self::Sign => {
                let request = SignRequest::new("signature".parse().unwrap(), Signee::user(20_001)).element(element.id);
                instances.sign(id, request).await?;
            }
            Self::DataList => assert_eq!(data.list().await?.len(), 1),
            Self::Download => assert_eq!(data.download(element).bytes().await?, CONTENT),
            Self::ToFile => {
                let path = stage.folder.path().join("fil");
                let outcome = data.download(element).to_file(&path).await;
                let there = std::fs::read_dir(stage.folder.path()).unwrap().count();
                assert_eq!(there, usize::from(outcome.is_ok()), "a file is there as a whole or not at all");
                outcome?;
                assert_eq!(std::fs::read_to_string(path).unwrap(), CONTENT);
            }
            Self::ToWriter => {
                let mut written = Vec::new();
                data.download(element).to_writer(&mut written).await?;
                assert_eq!(written, CONTENT.as_bytes());
            }
            Self::Stream => {
                let chunks: Vec<_> = data.download(element).stream().await?.try_collect().await?;
                assert_eq!(chunks.concat(), CONTENT.as_bytes());
            }
            Self::Upload => drop(data.upload("attachment".parse().unwrap(), "nytt innhold").await?),
            Self::Replace => drop(data.replace(element.id, "annet innhold").keeping(element).await?),
            Self::DeleteData => drop(data.delete(element.id).await?),
            Self::DeleteLater => drop(data.delete(element.id).delayed().await?),
            Self::Metadata => {
                let mut tagged = element.clone();
                tagged.add_tag("lest");
                data.update_metadata(&tagged).await?;
            }
            Self::EditMetadata => drop(data.edit_metadata(element.id, |element| element.add_tag("lest")).await?),
            Self::LockData => drop(data.lock(element.id).await?),
            Self::UnlockData => drop(data.unlock(element.id).await?),
            Self::State => assert!(process.state().await?.is_some()),
            Self::Process => drop(process.update(task("Task_2", "signing")).await?),
            Self::ProcessAndEvents => {
                let event = InstanceEvent::new(InstanceEventType::Saved).user(PlatformUser::org("ttd", 3));
                process.update_with_events(task("Task_2", "data"), [event]).await?;
            }
            Self::History => drop(process.history().await?),
            Self::AuthInfo => assert!(process.auth_info().await?.process.is_some()),
            Self::Events => assert_eq!(client.events(id).list(EventFilter::new()).await?.len(), 2),
            Self::Event => assert_eq!(client.events(id).get(stage.event).await?.id, Some(stage.event)),
            Self::Post => drop(client.events(id).post(InstanceEvent::new(InstanceEventType::Saved)).await?),
            Self::Applications => assert_eq!(client.applications().list().await?.len(), 4),
            Self::ApplicationsOf => assert_eq!(client.applications().list_of("ttd").await?.len(), 3),
            Self::Application => drop(client.applications().get(&app_id(OPEN)).await?),
            Self::Text => {
                assert_eq!(client.applications().text(&app_id(OPEN), "nb").await?.get("tittel"), Some("Blåbær"));
            }
            Self::Messages => assert!(!client.message_box().search(MessageQuery::of([party()])).await?.is_empty()),
            Self::Message => drop(client.message_box().get(id, MessageLanguage::Bokmal).await?),
            Self::MessageEvents => drop(client.message_box().events(id).await?),
            Self::Raw => {
                let answer: Value = client.raw_get(["applications", "ttd"]).send().await?.json()?;
                assert_eq!(answer["applications"].as_array().unwrap().len(), 3);
            }
            Self::RawStream => {
                let chunks: Vec<_> = client.raw_get(["applications", "ttd"]).stream().await?.try_collect().await?;
                assert!(!chunks.is_empty());
            }
            Self::RawWrite => {
                let path = ["instances", &id.party().to_string(), &id.guid().to_string(), "data"].map(str::to_owned);
                let upload = client.raw_write(http::Method::POST, path).query("dataType", "attachment");
                upload.payload("nytt innhold").send().await?;
            }
        }
        Ok(())
    }

    /// Whether it only reads, so that every passing fault must be got over.
    pub(super) fn only_reads(self) -> bool {
        use Operation as O;
        matches!(
            self,
            O::List
                | O::ListPages
                | O::Get
                | O::GetByGuid
                | O::DataList
                | O::Download
                | O::ToFile
                | O::ToWriter
                | O::Stream
                | O::State
                | O::History
                | O::AuthInfo
                | O::Events
                | O::Event
                | O::Applications
                | O::ApplicationsOf
                | O::Application
                | O::Text
                | O::Messages
                | O::Message
                | O::MessageEvents
                | O::Raw
                | O::RawStream
        )
    }

    /// Whether it hands content on before it is there as a whole.
    pub(super) fn passes_on(self) -> bool {
        matches!(self, Self::Stream | Self::ToWriter | Self::RawStream)
    }

    /// Whether the service reports its own faults as 404 for it.
    pub(super) fn knows_disguises(self) -> bool {
        matches!(self, Self::Get | Self::GetByGuid | Self::State | Self::AuthInfo)
    }

    /// Whether the status is all that it looks at.
    pub(super) fn reads_no_answer(self) -> bool {
        matches!(
            self,
            Self::Undelete | Self::LockExtend | Self::LockRelease | Self::LockHold | Self::Sign | Self::RawWrite
        )
    }
}

/// A list of several pages that meets the fault at its second one: each instance comes once.
async fn pages(stage: &Stage<'_>) -> Result<(), Error> {
    let expected = stage.look.instances().list(InstanceQuery::app(app_id(OPEN))).page_size(1_000).await.unwrap();
    // More than one page from the first operation on.
    let list = stage.client.instances().list(InstanceQuery::app(app_id(OPEN))).page_size(1).prefetch(false);
    let mut items = list.items();
    let mut found = Vec::new();
    while let Some(instance) = items.try_next().await? {
        if found.is_empty() {
            stage.strike();
        }
        found.push(instance.id);
    }
    assert_eq!(found, expected.instances.iter().map(|instance| instance.id).collect::<Vec<_>>());
    Ok(())
}

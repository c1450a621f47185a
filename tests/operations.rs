//! Every operation of the client over the emulator, as it should go.

use altinn_watch as _;

use std::collections::BTreeSet;
use std::time::Duration;

use altinn_core::{ErrorKind, Payload, Read};
use altinn_storage::{
    EventFilter, InstanceEvent, InstanceEventType, MessageLanguage, MessageQuery, NewInstance, PlatformUser,
    ReadStatus, ReferenceType, SignRequest, Signee, Substatus,
};
use altinn_tests::owner::{self, OPEN, Owner, USUAL, app_id, ended, party, task};
use futures::TryStreamExt;
use uuid::Uuid;

#[tokio::test]
async fn an_instance_is_created_as_it_was_described() {
    let owner = Owner::start().await;
    let new = NewInstance::new(party())
        .person(&"01039012345".parse().unwrap())
        .due_before("2030-01-01T00:00:00Z".parse().unwrap())
        .visible_after("2029-01-01T00:00:00Z".parse().unwrap())
        .data_value("saksnummer", "2024/17")
        .process(task("Task_1", "data"));
    let created = owner.client.instances().create(&app_id(OPEN), new).await.unwrap();
    let read = owner.client.instances().get(created.id).await.unwrap();
    assert_eq!(read, owner.client.instances().get_by_guid(created.id.guid()).await.unwrap());
    assert_eq!(read.app_id, Some(app_id(OPEN)));
    assert_eq!((read.due_before, read.visible_after), (created.due_before, created.visible_after));
    assert_eq!(read.due_before, Some("2030-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(read.data_values["saksnummer"].as_deref(), Some("2024/17"));
    let person = read.instance_owner.unwrap().person_number.unwrap();
    assert_eq!(person.expose(), "01039012345");
    assert!(!read.status.unwrap().is_archived);
}

#[tokio::test]
async fn an_instance_goes_to_the_bin_comes_back_and_goes_for_good() {
    let owner = Owner::start().await;
    let instances = owner.client.instances();
    let id = owner.instance(OPEN).await;
    instances.undelete(id).await.unwrap();
    assert!(instances.delete(id).await.unwrap().status.unwrap().is_soft_deleted);
    instances.undelete(id).await.unwrap();
    assert!(!instances.get(id).await.unwrap().status.unwrap().is_soft_deleted);
    let gone = instances.delete(id).hard(true).await.unwrap().status.unwrap();
    assert!(gone.is_soft_deleted && gone.is_hard_deleted && gone.hard_deleted.is_some());
    let types = EventFilter::new().event_type(InstanceEventType::Deleted).event_type(InstanceEventType::Undeleted);
    assert_eq!(owner.client.events(id).list(types).await.unwrap().len(), 3);
}

#[tokio::test]
async fn small_changes_show_on_the_instance() {
    let owner = Owner::start().await;
    let instances = owner.client.instances();
    let id = owner.instance(OPEN).await;
    let status = instances.set_read_status(id, ReadStatus::UpdatedSinceLastReview).await.unwrap().status.unwrap();
    assert_eq!(status.read_status, Some(ReadStatus::UpdatedSinceLastReview));
    let substatus = Substatus::new("merke").description("forklaring");
    let set = instances.set_substatus(id, substatus.clone()).await.unwrap();
    assert_eq!(set.status.unwrap().substatus, Some(substatus));

    instances.set_presentation_texts(id, [("navn", "Åse"), ("sted", "Bø")]).await.unwrap();
    instances.set_data_values(id, [("a".to_owned(), "1".to_owned())]).await.unwrap();
    let read = instances.set_presentation_texts(id, [("sted", "Ål")]).await.unwrap();
    assert_eq!(read.presentation_texts["navn"].as_deref(), Some("Åse"));
    assert_eq!(read.presentation_texts["sted"].as_deref(), Some("Ål"));
    assert_eq!(read.data_values["a"].as_deref(), Some("1"));
}

#[tokio::test]
async fn a_replacement_keeps_what_it_is_told_to_keep() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let data = owner.client.data(id);
    let other = owner.upload(id, "attachment").await;
    let upload = data.upload("attachment".parse().unwrap(), "første").content_type(mime::TEXT_PLAIN_UTF_8);
    let first = upload.file_name("a+b æ.txt").refers_to(other.id).generated_from_task("Task_1").await.unwrap();

    let kept = data.replace(first.id, "andre").keeping(&first).await.unwrap();
    assert_eq!((&kept.filename, &kept.content_type), (&first.filename, &first.content_type));
    assert_eq!((&kept.refs, &kept.references), (&first.refs, &first.references));
    assert_eq!(kept.refs, Some(vec![other.id]));
    let reference = &kept.references.as_ref().unwrap()[0];
    assert_eq!((reference.value.as_deref(), &reference.value_type), (Some("Task_1"), &Some(ReferenceType::Task)));
    assert_eq!(kept.size, "andre".len() as u64);

    let chunks = ["tre", "dje"].map(|part| Ok(bytes::Bytes::from_static(part.as_bytes())));
    let stream = Payload::stream(None, futures::stream::iter(chunks));
    let bare = data.replace(first.id, stream).await.unwrap();
    assert_eq!((bare.filename, bare.content_type.as_deref()), (None, Some("application/octet-stream")));
    assert_eq!(bare.references, None);
    assert_eq!(data.download(first.id).bytes().await.unwrap(), "tredje");

    let set = data.replace(first.id, "fjerde").keeping(&first).file_name("ny.txt").refers_to(first.id);
    let set = set.content_type(mime::TEXT_HTML).generated_from_task("Task_2").await.unwrap();
    assert_eq!((set.filename.as_deref(), set.content_type.as_deref()), (Some("ny.txt"), Some("text/html")));
    assert_eq!(set.refs, Some(vec![other.id, first.id]));
    assert_eq!(set.references.unwrap()[0].value.as_deref(), Some("Task_2"));
}

#[tokio::test]
async fn file_names_arrive_as_given() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let data = owner.client.data(id);
    for name in [
        "blåbær æøå ÆØÅ.pdf",
        "\"sitat\" 'q'; filename=x.txt",
        "\"sitat\"",
        "a+b.txt",
        "100%.txt",
        "%2B%252B%25.txt",
        "semikolon;komma,=&?#.txt",
        "日本語 🫐.txt",
        " blank foran",
        ".skjult",
        "~!@$^*()[]{}|<>:`.txt",
    ] {
        let upload = data.upload("attachment".parse().unwrap(), "innhold").file_name(name);
        let element = upload.await.unwrap();
        assert_eq!(element.filename.as_deref(), Some(name));
        let replaced = data.replace(element.id, "nytt").keeping(&element).await.unwrap();
        assert_eq!(replaced.filename.as_deref(), Some(name));
        let listed = data.list().await.unwrap().into_iter().find(|listed| listed.id == element.id).unwrap();
        assert_eq!(listed.filename.as_deref(), Some(name));
    }
}

#[tokio::test]
async fn an_element_is_deleted_at_once_or_later() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let data = owner.client.data(id);
    let (now, later) = (owner.upload(id, "attachment").await, owner.upload(id, "autodelete").await);
    assert_eq!(data.delete(now.id).await.unwrap().id, now.id);
    assert!(data.delete(later.id).delayed().await.unwrap().is_hard_deleted());
    assert!(data.delete(later.id).delayed().await.unwrap().is_hard_deleted());
    let left: Vec<_> = data.list().await.unwrap().into_iter().map(|element| element.id).collect();
    assert_eq!(left, [later.id]);
    assert_eq!(data.download(later.id).bytes().await.unwrap(), "innhold");
}

#[tokio::test]
async fn metadata_is_read_changed_and_written_back_whole() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let data = owner.client.data(id);
    let uploaded = owner.upload(id, "attachment").await;
    data.lock(uploaded.id).await.unwrap();
    let before = owner.client.instances().get(id).await.unwrap();

    let mut element = data.list().await.unwrap().remove(0);
    element.add_tag("lest");
    element.set_user_defined("tittel", "Blåbær");
    let written = data.update_metadata(&element).await.unwrap();
    assert_eq!((written.tags.as_slice(), written.user_defined("tittel")), (["lest".into()].as_slice(), Some("Blåbær")));
    assert!(written.locked, "the lock was read, so it stays");
    assert_eq!(written.filename, uploaded.filename);

    let after = owner.client.instances().get(id).await.unwrap();
    assert!(after.last_changed >= before.last_changed, "the instance does not move back in time");
    let mut element = after.data.into_iter().next().unwrap();
    assert!(element.remove_tag("lest") && element.remove_user_defined("tittel"));
    let written = data.update_metadata(&element).await.unwrap();
    assert!(written.tags.is_empty() && written.user_defined("tittel").is_none());
}

#[tokio::test]
async fn a_locked_element_keeps_its_content() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let data = owner.client.data(id);
    let element = owner.upload(id, "attachment").await;
    assert!(data.lock(element.id).await.unwrap().locked);
    assert!(data.lock(element.id).await.unwrap().locked);
    let refused = data.replace(element.id, "nytt").keeping(&element).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(!data.unlock(element.id).await.unwrap().locked);
    assert!(!data.unlock(element.id).await.unwrap().locked);
    data.replace(element.id, "nytt").keeping(&element).await.unwrap();
    data.lock(element.id).await.unwrap();
    data.delete(element.id).await.unwrap();
}

#[tokio::test]
async fn an_instance_lock_is_held_extended_and_released() {
    let owner = Owner::start().await;
    let instances = owner.client.instances();
    let id = owner.instance(OPEN).await;
    let minute = Duration::from_secs(60);
    let lock = instances.lock(id, minute).await.unwrap();
    assert_eq!(lock.instance(), id);
    assert_eq!(instances.lock(id, minute).await.unwrap_err().kind(), ErrorKind::Conflict);
    lock.extend(10 * minute).await.unwrap();
    owner.emulator.clock().advance(jiff::SignedDuration::from_mins(5));
    assert_eq!(instances.lock(id, minute).await.unwrap_err().kind(), ErrorKind::Conflict, "it was extended");
    lock.release().await.unwrap();
    instances.lock(id, minute).await.unwrap().release().await.unwrap();
}

#[tokio::test]
async fn a_process_is_moved_to_its_end() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let process = owner.client.process(id);
    let current =
        |state: Option<altinn_storage::ProcessState>| state.unwrap().current_task.unwrap().element_id.unwrap();
    assert_eq!(current(process.state().await.unwrap()), "Task_1");
    process.update(task("Task_2", "signing")).await.unwrap();
    let info = process.auth_info().await.unwrap();
    assert_eq!((current(info.process), info.app_id), ("Task_2".into(), Some(app_id(OPEN))));
    let sent = EventFilter::new().event_type(InstanceEventType::SentToSign);
    assert_eq!(owner.client.events(id).list(sent).await.unwrap().len(), 1);
    let over = process.update(ended()).await.unwrap();
    assert!(over.is_complete() && over.status.unwrap().is_archived);
}

#[tokio::test]
async fn a_process_is_moved_together_with_its_events() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let process = owner.client.process(id);
    let receipt = || async {
        let upload = owner.client.data(id).upload("attachment".parse().unwrap(), "kvittering");
        upload.generated_from_task("Task_2").await.unwrap().id
    };
    let event = |event_type, state: &altinn_storage::ProcessState| {
        let mut event = InstanceEvent::new(event_type).user(PlatformUser::org("ttd", 3));
        event.process_info = Some(state.clone());
        event
    };
    let kept = receipt().await;
    let state = task("Task_2", "data");
    let begun = event(InstanceEventType::ProcessStartTask, &state);
    process.update_with_events(state.clone(), [begun]).keeping_generated_elements().await.unwrap();
    assert_eq!(owner.client.data(id).list().await.unwrap()[0].id, kept);

    process.update_with_events(state.clone(), []).await.unwrap();
    assert!(owner.client.data(id).list().await.unwrap().is_empty(), "what was generated in the task is deleted");

    let end = ended();
    let events = [event(InstanceEventType::ProcessEndTask, &state), event(InstanceEventType::ProcessEndEvent, &end)];
    assert!(process.update_with_events(end, events).await.unwrap().is_complete());
    let history = process.history().await.unwrap();
    let steps: Vec<_> = history.iter().map(|item| item.element_id.as_deref().unwrap()).collect();
    assert_eq!(steps, ["Task_2", "EndEvent_1"]);
    assert!(history[0].started.is_some() && history[0].ended.is_some() && history[1].occurred.is_some());
    assert_eq!(history[0].performed_by.as_ref().unwrap().expose(), "ttd");
}

#[tokio::test]
async fn events_are_posted_listed_and_read() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let events = owner.client.events(id);
    let at = "2024-05-01T12:00:00.5Z".parse().unwrap();
    let event = InstanceEvent::new(InstanceEventType::Submitted).user(PlatformUser::user(20_001, 3)).created(at);
    let event_id = event.id.unwrap();
    let posted = events.post(event).await.unwrap();
    assert_eq!((posted.id, posted.created), (Some(event_id), Some(at)));
    let read = events.get(event_id).await.unwrap();
    assert_eq!(read.event_type, Some(InstanceEventType::Submitted));
    assert_eq!((read.instance_id, read.user.unwrap().user_id), (Some(id.to_string().into()), Some(20_001)));

    assert_eq!(events.list(EventFilter::new()).await.unwrap().len(), 2);
    let just_then = EventFilter::new().between(at, at);
    assert_eq!(events.list(just_then).await.unwrap()[0].id, Some(event_id));
    let never = "2020-01-01T00:00:00Z".parse().unwrap();
    assert!(events.list(EventFilter::new().between(never, never)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_signature_becomes_a_locked_element() {
    let owner = Owner::start().await;
    let id = owner.instance_in(OPEN, task("Task_2", "signing")).await;
    let form = owner.upload(id, "attachment").await;
    let signee = Signee::user(20_001).person("01039012345".parse().unwrap());
    let request = SignRequest::new("signature".parse().unwrap(), signee).element(form.id).generated_from_task("Task_2");
    for _ in 0..2 {
        owner.client.instances().sign(id, request.clone()).await.unwrap();
    }
    let elements = owner.client.data(id).list().await.unwrap();
    let signatures: Vec<_> = elements.iter().filter(|element| element.id != form.id).collect();
    assert_eq!(signatures.len(), 1, "the same signee's signature is replaced");
    assert!(signatures[0].locked);
    let content = owner.client.data(id).download(signatures[0].id).bytes().await.unwrap();
    let document: serde_json::Value = serde_json::from_slice(&content).unwrap();
    assert_eq!(document["dataElementSignatures"][0]["dataElementId"], form.id.to_string());
    assert_eq!(document["signeeInfo"]["userId"], "20001");

    let system = SignRequest::new("signature".parse().unwrap(), Signee::system_user(Uuid::new_v4())).element(form.id);
    owner.client.instances().sign(id, system).await.unwrap();
    assert_eq!(owner.client.data(id).list().await.unwrap().len(), 3);
}

#[tokio::test]
async fn apps_and_their_texts_are_read() {
    let owner = Owner::start().await;
    let client = owner::client::<Read>(&owner.emulator, "ttd");
    let applications = client.applications();
    assert_eq!(applications.list().await.unwrap().len(), 4);
    assert_eq!(applications.list_of("ttd").await.unwrap().len(), 3);
    assert!(applications.list_of("nosuch").await.unwrap().is_empty());
    let app = applications.get(&app_id(OPEN)).await.unwrap();
    assert_eq!(app.title["nb"].as_deref(), Some("Blåbær"));
    assert!(app.data_type("autodelete").unwrap().app_logic.as_ref().unwrap().auto_delete_on_process_end);
    let kept = applications.get(&app_id(owner::KEPT)).await.unwrap();
    assert_eq!(kept.prevent_instance_deletion_for_days, Some(30));

    owner.deploy_texts(OPEN, "nb", "tittel", "Blåbær").await;
    let texts = applications.text(&app_id(OPEN), "nb").await.unwrap();
    assert_eq!(texts.get("tittel"), Some("Blåbær"));
}

#[tokio::test]
async fn the_message_box_shows_what_the_owner_sees() {
    let owner = Owner::start().await;
    let (first, other) = (owner.instance(OPEN).await, owner.instance(USUAL).await);
    owner.client.instances().set_presentation_texts(first, [("navn", "Åse")]).await.unwrap();
    owner.client.instances().set_substatus(first, Substatus::new("merke")).await.unwrap();
    owner.deploy_texts(OPEN, "nn", "appName", "Blåbær på nynorsk").await;
    owner.upload(first, "attachment").await;
    owner.client.instances().delete(first).await.unwrap();

    // The search is a POST, and no more than reading all the same.
    let reader = owner::client::<Read>(&owner.emulator, "ttd");
    let messages = reader.message_box();
    let ids = async |query: MessageQuery| {
        let found = messages.search(query).await.unwrap();
        found.iter().map(|message| message.instance_id().unwrap()).collect::<BTreeSet<_>>()
    };
    let query = || MessageQuery::of([party(), "520001".parse().unwrap()]);
    assert_eq!(ids(query()).await, BTreeSet::from([first, other]));
    assert_eq!(ids(query().deleted()).await, BTreeSet::from([first]));
    assert_eq!(ids(query().active()).await, BTreeSet::from([other]));
    assert_eq!(ids(query().app(app_id(USUAL))).await, BTreeSet::from([other]));
    assert_eq!(ids(query().search("blåbær")).await, BTreeSet::from([first]), "by the app's title");
    let reference = first.guid().to_string()[30..].to_owned();
    assert_eq!(ids(query().archive_reference(reference)).await, BTreeSet::from([first]));
    assert!(ids(MessageQuery::of(["520001".parse().unwrap()])).await.is_empty());

    let message = messages.get(first, MessageLanguage::Nynorsk).await.unwrap();
    assert_eq!(message.title.as_deref(), Some("Blåbær på nynorsk, Åse"));
    assert!(message.is_deleted() && message.allow_delete && message.authorized_for_write);
    assert_eq!(message.process_current_task.as_deref(), Some("FormFilling"));
    assert_eq!(message.substatus.unwrap().label.as_deref(), Some("merke"));
    assert!(!messages.get(other, MessageLanguage::Bokmal).await.unwrap().allow_delete, "as its policy says");
    let events = messages.events(first).await.unwrap();
    let types: Vec<_> = events.iter().map(|event| event.event_type.as_ref().unwrap().as_str()).collect();
    assert_eq!(types, ["Created", "SubstatusUpdated", "Saved", "Deleted"]);
}

#[tokio::test]
async fn a_created_instance_is_found_and_confirmed() {
    let owner = Owner::start().await;
    let id = owner.instance_in(OPEN, ended()).await;
    let query = altinn_storage::InstanceQuery::org("ttd").confirmed(false);
    let found: Vec<_> = owner.client.instances().list(query.clone()).items().try_collect().await.unwrap();
    assert_eq!(found.iter().map(|instance| instance.id).collect::<Vec<_>>(), [id]);
    assert!(owner.client.instances().confirm(id).await.unwrap().is_confirmed_by("ttd"));
    let found: Vec<_> = owner.client.instances().list(query).items().try_collect().await.unwrap();
    assert!(found.is_empty());
}

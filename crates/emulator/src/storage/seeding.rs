//! Instances that were there before the first request.

use std::collections::BTreeMap;

use bytes::Bytes;
use uuid::Uuid;

use super::blobs::Blob;
use super::data::blob_path;
use super::events::event;
use super::model::{
    CompleteConfirmation, DataElement, FileScanResult, Instance, InstanceOwner, InstanceStatus, PlatformUser,
    ProcessElementInfo, ProcessState, TextMap,
};
use crate::dotnet::datetime::DateTime;
use crate::dotnet::guid;
use crate::platform::Platform;
use crate::seed::{ScanResult, SeedElement, Submission};

/// The only task of a seeded process.
const TASK: &str = "Task_1";

/// Stores a submission as the app would have, with the events that tell how it came about, and gives its id.
pub(crate) fn seed(platform: &Platform, submission: Submission) -> String {
    let created = DateTime::utc(submission.created.unwrap_or_else(|| platform.clock.now()));
    let changed = submission.last_changed.map_or(created, DateTime::utc);
    let guid = Uuid::new_v4();
    let id = format!("{}/{guid}", submission.party_id);
    let user = platform.world().user_of_party(submission.party_id.into()).map(|user| user.user_id);
    let user = user.and_then(|id| i32::try_from(id).ok());
    let by = user.map(|id| id.to_string());
    let org = submission.app_id.split('/').next().unwrap_or_default().to_owned();
    let instance = Instance {
        id: Some(id.clone()),
        instance_owner: Some(owner(platform, submission.party_id)),
        app_id: Some(submission.app_id.clone()),
        org: Some(org.clone()),
        visible_after: Some(created),
        process: Some(process(created, submission.finished.then_some(changed))),
        status: (!submission.without_status).then(|| InstanceStatus {
            is_archived: submission.finished,
            archived: submission.finished.then_some(changed),
            ..InstanceStatus::default()
        }),
        complete_confirmations: submission
            .confirmed
            .then(|| vec![CompleteConfirmation { stakeholder_id: Some(org.clone()), confirmed_on: changed }]),
        presentation_texts: texts(submission.presentation_texts),
        data_values: texts(submission.data_values),
        created: Some(created),
        created_by: by.clone(),
        last_changed: Some(changed.to_micros()),
        last_changed_by: by.clone(),
        ..Instance::default()
    };
    let mut state = platform.storage.lock();
    for (event_type, process, at) in steps(&instance, created, changed, submission.finished) {
        let user = PlatformUser { user_id: user, authentication_level: 3, ..PlatformUser::default() };
        let told = Instance { process: Some(process), ..instance.clone() };
        state.events.add(guid, event(&told, event_type, user, at));
    }
    state.rows.insert(guid, submission.party_id.into(), instance);
    for seeded in submission.elements {
        let Some(path) = state.rows.get(guid).map(|row| blob_path(row, Uuid::new_v4())) else { continue };
        let (element, content) = element(guid, &path, seeded, changed, by.clone());
        let element_id = element.id.as_deref().and_then(guid::parse).unwrap_or_default();
        state.blobs.insert(path, Blob::of(content));
        state.rows.add_element(guid, element_id, element);
    }
    let confirmed = (!submission.predates_confirmed_column).then_some(submission.confirmed);
    state.rows.change(guid, |row| {
        row.confirmed = confirmed;
        row.main_version = submission.main_version;
    });
    id
}

fn owner(platform: &Platform, party: i32) -> InstanceOwner {
    let world = platform.world();
    let known = world.party(party.into());
    InstanceOwner {
        party_id: Some(party.to_string()),
        person_number: known.and_then(|party| party.person.clone()),
        organisation_number: known.and_then(|party| party.organisation.clone()),
        ..InstanceOwner::default()
    }
}

fn process(started: DateTime, ended: Option<DateTime>) -> ProcessState {
    ProcessState {
        started: Some(started),
        start_event: Some("StartEvent_1".to_owned()),
        current_task: ended.is_none().then(|| task(started)),
        ended,
        end_event: ended.map(|_| "EndEvent_1".to_owned()),
    }
}

fn task(started: DateTime) -> ProcessElementInfo {
    ProcessElementInfo {
        flow: Some(2),
        started: Some(started),
        element_id: Some(TASK.to_owned()),
        name: Some("Utfylling".to_owned()),
        altinn_task_type: Some("data".to_owned()),
        ..ProcessElementInfo::default()
    }
}

/// The events that an app posts on the way, each with the process at its time.
fn steps(
    instance: &Instance,
    created: DateTime,
    changed: DateTime,
    finished: bool,
) -> Vec<(&'static str, ProcessState, DateTime)> {
    let filling_in = process(created, None);
    let mut steps = vec![
        ("Created", filling_in.clone(), created),
        ("process_StartEvent", filling_in.clone(), created),
        ("process_StartTask", filling_in.clone(), created),
    ];
    if finished {
        let ended = instance.process.clone().unwrap_or_default();
        steps.extend([
            ("process_EndTask", filling_in, changed),
            ("process_EndEvent", ended.clone(), changed),
            ("Submited", ended, changed),
        ]);
    }
    steps
}

fn texts(texts: BTreeMap<String, String>) -> Option<TextMap> {
    let texts: TextMap = texts.into_iter().map(|(key, text)| (key, Some(text))).collect();
    Some(texts).filter(|texts| !texts.is_empty())
}

fn element(guid: Uuid, path: &str, seeded: SeedElement, at: DateTime, by: Option<String>) -> (DataElement, Bytes) {
    let content = Bytes::from(seeded.content);
    let element = DataElement {
        id: path.rsplit('/').next().map(str::to_owned),
        instance_guid: Some(guid.to_string()),
        data_type: Some(seeded.data_type),
        filename: seeded.filename,
        content_type: Some(seeded.content_type),
        blob_storage_path: Some(path.to_owned()),
        size: i64::try_from(content.len()).unwrap_or(i64::MAX),
        file_scan_result: match seeded.scan_result {
            ScanResult::NotApplicable => FileScanResult::NotApplicable,
            ScanResult::Pending => FileScanResult::Pending,
            ScanResult::Clean => FileScanResult::Clean,
            ScanResult::Infected => FileScanResult::Infected,
        },
        created: Some(at),
        created_by: by.clone(),
        last_changed: Some(at.round_to_micros()),
        last_changed_by: by,
        ..DataElement::default()
    };
    (element, content)
}

//! What Studio may see and do with instances.

use http::StatusCode;
use uuid::Uuid;

use super::context::{Answer, Context, Refusal, unhandled};
use super::events;
use super::instances::{InstanceQuery, mark_deleted};
use super::model::{
    DataElement, Instance, InstanceEvent, PlatformUser, QueryResponse, ReadStatus, SimpleDataElement, SimpleInstance,
    SimpleInstanceDetails,
};
use super::store::Row;
use crate::dotnet::datetime::DateTime;
use crate::dotnet::guid;
use crate::response;

/// The rows per page when nobody says.
const DEFAULT_SIZE: i32 = 10;

/// `GET studio/instances/{org}/{app}`: newest first, page by page.
pub(crate) fn list(context: &Context) -> Answer {
    let mut binding = context.bind();
    let bound = InstanceQuery::bind(&context.query, &mut binding.binder);
    binding.finish()?;
    let query = InstanceQuery {
        org: Some(context.values.get("org").to_owned()),
        app_id: Some(path_id(context)),
        reference: context.query.text("archiveReference").map(str::to_owned),
        task: bound.task,
        is_complete: bound.is_complete,
        confirmed: bound.confirmed,
        is_archived: bound.is_archived,
        is_soft_deleted: bound.is_soft_deleted,
        is_hard_deleted: bound.is_hard_deleted,
        last_changed: bound.last_changed,
        created: bound.created,
        token: bound.token,
        size: Some(bound.size.unwrap_or(DEFAULT_SIZE)),
        main_version_include: Some(3),
        include_elements: true,
        ..InstanceQuery::default()
    };
    let page = query.run(&context.state().rows, context.platform.storage.faults(), context.now);
    let page = page.map_err(|fault| context.bad_query(&fault.0))?;
    let instances: Vec<SimpleInstance> = page.instances.iter().map(simple).collect();
    let next = page.next.map(|token| token.to_string().replace(';', "%3b"));
    Ok(response::json(StatusCode::OK, &QueryResponse { count: instances.len(), this: None, next, instances }))
}

/// `GET studio/instances/{org}/{app}/{guid}`.
pub(crate) fn read(context: &Context) -> Answer {
    let guid = bound_guid(context)?;
    let state = context.state();
    let row = state.rows.get(guid).filter(|row| is_of(row, context));
    let row = row.ok_or_else(|| context.problem(StatusCode::NOT_FOUND, None))?;
    let instance = row.with_elements();
    let data = instance.data.iter().flatten().map(simple_element).collect();
    Ok(response::json(StatusCode::OK, &SimpleInstanceDetails { instance: simple(&instance), data }))
}

/// `DELETE studio/instances/{org}/{app}/{guid}`: softly, and only once.
pub(crate) fn delete(context: &Context) -> Answer {
    let guid = bound_guid(context)?;
    let mut state = context.state();
    let Some(row) = state.rows.get(guid).filter(|row| is_of(row, context)) else {
        let id = path_id(context);
        let words = format!("Didn't find the object that should be deleted with instanceId={id}/{guid}");
        return Err(context.message(StatusCode::NOT_FOUND, &words));
    };
    if row.instance.status.as_ref().is_some_and(|status| status.is_soft_deleted) {
        return Ok(response::empty(StatusCode::NO_CONTENT));
    }
    let org = row.org().to_owned();
    let caller = context.caller()?;
    mark_deleted(context, &mut state, caller, guid, false)?;
    let number = context.platform.world().orgs.get(&org).and_then(|org| org.org_number.clone());
    let instance = state.rows.change(guid, |row| {
        row.instance.last_changed_by = number;
        row.without_elements()
    });
    let event = InstanceEvent {
        user: Some(PlatformUser { org_id: Some(org), ..PlatformUser::default() }),
        additional_info: Some("Instance soft deleted by app owner via Altinn Studio".to_owned()),
        ..events::about(&instance.ok_or_else(unhandled)?, "Deleted", caller, context)
    };
    context.tell(&mut state, guid, event)?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

fn bound_guid(context: &Context) -> Result<Uuid, Refusal> {
    let mut binding = context.bind();
    binding.path_guid("instanceGuid");
    binding.finish()?;
    guid::parse(context.values.get("instanceGuid")).ok_or_else(unhandled)
}

fn path_id(context: &Context) -> String {
    format!("{}/{}", context.values.get("org"), context.values.get("app"))
}

fn is_of(row: &Row, context: &Context) -> bool {
    row.app() == path_id(context)
}

fn simple(instance: &Instance) -> SimpleInstance {
    let offset = |date: Option<DateTime>| date.map(DateTime::as_offset);
    let status = instance.status.as_ref();
    let process = instance.process.as_ref();
    let task = process.and_then(|process| process.current_task.as_ref());
    let id = instance.id.as_deref().unwrap_or_default();
    let app = instance.app_id.as_deref().unwrap_or_default();
    let confirmed = instance.complete_confirmations.iter().flatten().map(|confirmation| confirmation.confirmed_on);
    SimpleInstance {
        id: id.rsplit('/').next().unwrap_or_default().to_owned(),
        org: instance.org.clone().unwrap_or_default(),
        app: app.rsplit('/').next().unwrap_or_default().to_owned(),
        is_read: status
            .is_some_and(|status| matches!(status.read_status, ReadStatus::Read | ReadStatus::UpdatedSinceLastReview)),
        current_task_id: task.and_then(|task| task.element_id.clone()),
        current_task_name: task.and_then(|task| task.name.clone()),
        completed_at: offset(process.and_then(|process| process.ended)),
        archived_at: offset(status.and_then(|status| status.archived)),
        soft_deleted_at: offset(status.and_then(|status| status.soft_deleted)),
        hard_deleted_at: offset(status.and_then(|status| status.hard_deleted)),
        confirmed_at: offset(confirmed.min_by_key(|date| date.ticks())),
        created_at: offset(instance.created),
        last_changed_at: offset(instance.last_changed),
    }
}

fn simple_element(element: &DataElement) -> SimpleDataElement {
    let offset = |date: Option<DateTime>| date.map(DateTime::as_offset);
    SimpleDataElement {
        id: element.id.clone().unwrap_or_default(),
        data_type: element.data_type.clone(),
        content_type: element.content_type.clone(),
        size: element.size,
        locked: element.locked,
        is_read: element.is_read,
        file_scan_result: element.file_scan_result,
        hard_deleted_at: offset(element.delete_status.as_ref().and_then(|status| status.hard_deleted)),
        created_at: offset(element.created),
        last_changed_at: offset(element.last_changed),
    }
}

//! A data element's metadata: replaced as a whole, and locked.

use altinn_core::transport::{Operation, RequestSpec, Transport};
use altinn_core::{DataElementId, Error, ErrorKind, InstanceId, Timestamp};
use http::Method;
use serde_json::{Map, Value};

use super::{DataElement, EDIT_METADATA, LOCK, UNLOCK, UPDATE_METADATA, advice, of};
use crate::instances::{self, Instance};

/// Reads the element out of its instance, which also tells the instance's time of change.
pub(super) async fn edit(
    transport: &Transport,
    instance: InstanceId,
    id: DataElementId,
    change: impl FnOnce(&mut DataElement),
) -> Result<DataElement, Error> {
    let read: Instance = transport.json(&read(instance)).await?;
    let known = read.data.into_iter().find(|element| element.id == id).ok_or_else(|| missing(EDIT_METADATA))?;
    let mut changed = known.clone();
    change(&mut changed);
    changed.id = id;
    if changed == known {
        return Ok(known);
    }
    let now = transport.service_now();
    let at = read.last_changed.map_or(now, |instance| instance.max(now));
    existing(transport, &update(EDIT_METADATA, instance, &changed, at)?).await
}

pub(super) async fn replace(
    transport: &Transport,
    instance: InstanceId,
    element: &DataElement,
) -> Result<DataElement, Error> {
    existing(transport, &update(UPDATE_METADATA, instance, element, transport.service_now())?).await
}

fn read(instance: InstanceId) -> RequestSpec {
    of(RequestSpec::new(EDIT_METADATA, Method::GET), instance).judge(instances::advice::get)
}

fn update(
    operation: Operation,
    instance: InstanceId,
    element: &DataElement,
    at: Timestamp,
) -> Result<RequestSpec, Error> {
    let body = updated(instance, element, at)
        .map_err(|detail| Error::new(ErrorKind::InvalidInput, operation).with_detail(detail))?;
    of(RequestSpec::new(operation, Method::PUT), instance)
        .path(["dataelements"])
        .segment(element.id)
        .judge(advice::update_metadata)
        .json(&body)
}

/// The service stores what the body says, and takes what the body leaves out as removed. So the body is the element as
/// it was read, unknown members included, but for the time of change.
fn updated(instance: InstanceId, element: &DataElement, at: Timestamp) -> Result<DataElement, &'static str> {
    // An element that was made by hand lacks what the service would then take as removed.
    if element.data_type.is_none() {
        return Err("the element has no data type: it must be one that was read from the service");
    }
    let Some(guid) = &element.instance_guid else {
        return Err("the element does not say which instance it belongs to: it must be one that was read");
    };
    if *guid != instance.guid() {
        return Err("the element belongs to another instance");
    }
    let mut sent = element.clone();
    // The service writes this time to the instance, too, even backwards; a list by time of change that has passed it
    // would then miss the instance.
    sent.last_changed = Some(element.last_changed.map_or(at, |before| before.max(at)));
    Ok(sent)
}

pub(super) fn lock(instance: InstanceId, element: DataElementId) -> RequestSpec {
    lock_of(RequestSpec::new(LOCK, Method::PUT), instance, element).judge(advice::lock)
}

pub(super) fn unlock(instance: InstanceId, element: DataElementId) -> RequestSpec {
    lock_of(RequestSpec::new(UNLOCK, Method::DELETE), instance, element).judge(advice::unlock)
}

fn lock_of(spec: RequestSpec, instance: InstanceId, element: DataElementId) -> RequestSpec {
    of(spec, instance).path(["data"]).segment(element).path(["lock"])
}

/// Sends, and reads the element out of the answer. For one that does not exist the service answers success with an
/// element that has no id.
pub(super) async fn existing(transport: &Transport, spec: &RequestSpec) -> Result<DataElement, Error> {
    let answer = transport.answer(spec).await?;
    if answer.json::<Map<String, Value>>()?.get("id").is_none_or(Value::is_null) {
        return Err(missing(spec.operation()));
    }
    answer.json()
}

fn missing(operation: Operation) -> Error {
    Error::new(ErrorKind::NotFound, operation).with_detail("there is no such data element")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{element as id, instance, target};

    fn element(change: Value) -> DataElement {
        let mut element = json!({"id": id(), "dataType": "attachment",
            "instanceGuid": "00000000-0000-4000-8000-000000000ABC", "tags": ["a"], "locked": true,
            "lastChanged": "2999-01-01T00:00:00.1234567Z", "newMember": {"x": [1, null]}});
        element.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(element).unwrap()
    }

    fn body(element: &DataElement) -> Value {
        serde_json::to_value(updated(instance(), element, present()).unwrap()).unwrap()
    }

    fn present() -> Timestamp {
        "2024-05-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_was_read_goes_back_whole() {
        let nested = json!({
            "userDefinedMetadata": [{"key": "k", "value": null, "newMember": 1}],
            "metadata": [{"key": "k", "value": "v"}],
            "references": [{"value": "Task_1", "relation": "Newer", "valueType": "Task", "newMember": 1}],
            "deleteStatus": {"isHardDeleted": true, "hardDeleted": "9999-12-31T23:59:59.9999999Z", "newMember": 1},
            "created": "0001-01-01T00:00:00Z",
        });
        let element = element(nested.clone());
        let sent = body(&element);
        for (name, member) in nested.as_object().unwrap() {
            assert_eq!(&sent[name], member);
        }
        assert_eq!(sent["newMember"], json!({"x": [1, null]}));
        assert_eq!((&sent["tags"], &sent["locked"]), (&json!(["a"]), &json!(true)));
        assert_eq!(sent["instanceGuid"], "00000000-0000-4000-8000-000000000abc");
        assert_eq!(sent["lastChanged"], "2999-01-01T00:00:00.1234567Z", "never backwards");
        assert_eq!(
            target(&update(UPDATE_METADATA, instance(), &element, present()).unwrap()),
            "instances/{i}/dataelements/{e}"
        );
    }

    #[test]
    fn the_time_of_change_moves_to_the_present() {
        for read in [json!("2020-01-01T00:00:00"), Value::Null] {
            let sent = body(&element(json!({"lastChanged": read})));
            assert_eq!(sent["lastChanged"], "2024-05-01T12:00:00Z");
        }
    }

    #[test]
    fn a_lock_has_its_path() {
        assert_eq!(target(&lock(instance(), id())), "instances/{i}/data/{e}/lock");
        assert_eq!(target(&unlock(instance(), id())), "instances/{i}/data/{e}/lock");
    }

    #[test]
    fn an_element_that_was_not_read_is_refused() {
        let bare = DataElement::new(id());
        let foreign = element(json!({"instanceGuid": "00000000-0000-4000-8000-000000000fff"}));
        for element in [bare, foreign, element(json!({"instanceGuid": null})), element(json!({"dataType": null}))] {
            let refused = update(UPDATE_METADATA, instance(), &element, present()).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        }
    }
}

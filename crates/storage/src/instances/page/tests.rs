use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const PAGE: &str = include_str!("../../../../../tests/contract/storage/page-of-100.json");

static VALUE: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(PAGE).unwrap());

/// Each member that is known somewhere, with values of which some fit it.
fn object() -> impl Strategy<Value = Value> {
    let names = "id|instanceOwner|partyId|personNumber|organisationNumber|username|appId|org|selfLinks|apps|platform|\
        dueBefore|process|started|startEvent|currentTask|flow|elementId|validated|canCompleteTask|ended|status|isArchived|\
        archived|isSoftDeleted|readStatus|substatus|label|completeConfirmations|stakeholderId|confirmedOn|data|\
        instanceGuid|dataType|filename|contentType|size|locked|refs|isRead|tags|metadata|userDefinedMetadata|key|value|\
        deleteStatus|isHardDeleted|fileScanResult|references|relation|valueType|presentationTexts|dataValues|created|\
        createdBy|lastChanged|lastChangedBy|[a-z]{1,3}|\\PC{0,4}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,30}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just("501337/3d241248-9d65-4471-8b76-85b73ad99035".into()),
        Just("3d241248-9d65-4471-8b76-85b73ad99035".into()),
        "ttd/[a-z]{1,9}".prop_map(Value::from),
        "2026-[01][0-9]-[0-3][0-9]T[012][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,9})?(Z|\\+01:00)?".prop_map(Value::from),
        Just("Read".into()),
    ];
    leaf.prop_recursive(4, 60, 10, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..12).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// An instance as the service could write it, with some members replaced or added.
fn instance() -> impl Strategy<Value = Value> {
    (0..100_usize, prop::collection::vec(("[a-z]{1,4}", object()), 0..3), any::<prop::sample::Index>(), object(), 0..6)
        .prop_map(|(n, further, which, with, times)| {
            let mut instance = VALUE["instances"][n].clone();
            let members = instance.as_object_mut().unwrap();
            members.extend(further);
            if times > 0 {
                let name = members.keys().nth(which.index(members.len())).unwrap().clone();
                members.insert(name, with);
            }
            instance
        })
}

/// Whether what is read directly, wherever something is, is what serde reads.
fn agrees(text: &str) -> Result<(), TestCaseError> {
    if let Some(listed) = directly(text.as_bytes()) {
        match serde_json::from_str::<Listed<Instance>>(text) {
            Ok(expected) => {
                prop_assert_eq!(listed.next, expected.next);
                prop_assert_eq!(listed.instances, expected.instances);
            }
            Err(error) => prop_assert!(false, "{text:?} was read, but it is refused: {error}"),
        }
    }
    Ok(())
}

fn page(instances: &[Value]) -> String {
    json!({ "count": instances.len(), "instances": instances }).to_string()
}

#[test]
fn a_page_of_the_service_is_read_directly_and_whole() {
    let listed = directly(PAGE.as_bytes()).unwrap();
    assert_eq!(listed.instances.len(), 100);
    assert_eq!(listed.instances, serde_json::from_str::<Listed<Instance>>(PAGE).unwrap().instances);
    for (read, written) in listed.instances.iter().zip(VALUE["instances"].as_array().unwrap()) {
        assert!(read.extra.is_empty());
        assert_eq!(read.data.len(), written["data"].as_array().unwrap().len());
    }
}

#[test]
fn all_that_an_instance_can_hold_is_read_directly() {
    let guid = "3d241248-9d65-4471-8b76-85b73ad99035";
    let at = "2026-11-25T00:47:46.4824429Z";
    let element = json!({
        "id": guid, "instanceGuid": guid, "dataType": "model", "filename": "sø\"ker.xml", "contentType": "application/xml",
        "blobStoragePath": "x", "selfLinks": { "apps": "a", "platform": "p" }, "size": 500, "contentHash": "h",
        "locked": true, "refs": [guid], "isRead": false, "tags": ["a", "b"],
        "userDefinedMetadata": [{ "key": "k", "value": "v", "other": 1 }], "metadata": [{ "key": "k", "value": null }],
        "deleteStatus": { "isHardDeleted": true, "hardDeleted": at }, "fileScanResult": "Clean",
        "references": [{ "value": "Task_1", "relation": "GeneratedFrom", "valueType": "Task" }],
        "created": at, "createdBy": "1", "lastChanged": at, "lastChangedBy": "2", "unheardOf": { "a": [1.5] }
    });
    let instance = json!({
        "id": format!("501337/{guid}"),
        "instanceOwner": { "partyId": "501337", "personNumber": "01039012345", "organisationNumber": null, "username": "u",
            "externalIdentifier": "e" },
        "appId": "ttd/app", "org": "ttd", "selfLinks": { "apps": "a", "platform": "p" }, "dueBefore": at,
        "visibleAfter": at, "process": { "started": at, "startEvent": "s", "currentTask": { "flow": 2, "started": at,
            "elementId": "Task_1", "name": "Utfylling", "altinnTaskType": "data", "ended": at,
            "validated": { "timestamp": at, "canCompleteTask": true }, "flowType": "CompleteCurrentMoveToNext" },
            "ended": "2026-11-25T00:47:46", "endEvent": "e" },
        "status": { "isArchived": true, "archived": at, "isSoftDeleted": true, "softDeleted": at, "isHardDeleted": true,
            "hardDeleted": at, "readStatus": "Read", "substatus": { "label": "l", "description": "d" } },
        "completeConfirmations": [{ "stakeholderId": "ttd", "confirmedOn": at }], "data": [element],
        "presentationTexts": { "a": "b" }, "dataValues": { "a": null }, "created": at, "createdBy": "1",
        "lastChanged": at, "lastChangedBy": "2", "unheardOf": [null]
    });
    let text = page(std::slice::from_ref(&instance));
    // serde_json sorts the members by name, so that their order is another than the service's, and `id` is not first.
    let first = text.replacen("\"instances\":[{", &format!("\"instances\":[{{\"id\":\"501337/{guid}\","), 1);
    let text = first
        .replace(&format!(",\"id\":\"501337/{guid}\""), "")
        .replace("\"data\":[{", &format!("\"data\":[{{\"id\":\"{guid}\","));
    let text = text.replacen(&format!(",\"id\":\"{guid}\",\"instanceGuid\""), ",\"instanceGuid\"", 1);
    let listed = directly(text.as_bytes()).expect("all of it is usual");
    assert_eq!(listed.instances, serde_json::from_str::<Listed<Instance>>(&text).unwrap().instances);
    assert_eq!(listed.instances[0].extra.len(), 1);
    assert_eq!(listed.instances[0].data[0].extra.len(), 1);
    assert_eq!(listed.instances[0].data[0].filename.as_deref(), Some("sø\"ker.xml"));
}

#[test]
fn what_is_written_in_another_way_is_read_all_the_same() {
    let usual = Page::from_json(PAGE.as_bytes()).unwrap();
    let pretty = Page::from_json(serde_json::to_string_pretty(&*VALUE).unwrap().as_bytes()).unwrap();
    assert_eq!(usual.instances, pretty.instances);
    assert_eq!(usual.next, pretty.next);
}

#[test]
fn what_is_no_page_is_said_by_place_alone() {
    for wrong in ["", "[]", "{\"instances\":[{\"id\":\"Bærland\"", "{\"instances\":7}", "{} {}", "{\"next\":1}"] {
        let error = Page::from_json(wrong.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{wrong}");
        assert!(!error.to_string().contains("Bærland"));
    }
    let error = Page::from_json(b"{\"next\":\"nowhere\",\"instances\":[]}").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[test]
fn a_member_that_stands_there_twice_is_left_to_serde() {
    let id = "\"id\":\"501337/3d241248-9d65-4471-8b76-85b73ad99035\"";
    for twice in [
        format!("{{{id},\"org\":\"a\",\"org\":\"b\"}}"),
        format!("{{{id},{id}}}"),
        format!("{{{id},\"process\":{{}},\"process\":null}}"),
    ] {
        let text = format!("{{\"instances\":[{twice}]}}");
        assert!(directly(text.as_bytes()).is_none(), "{text}");
        assert_eq!(Page::from_json(text.as_bytes()).unwrap().instances.len(), 1);
    }
}

proptest! {
    #[test]
    fn an_instance_is_read_as_by_serde(instances in prop::collection::vec(instance(), 1..3)) {
        agrees(&page(&instances))?;
    }

    #[test]
    fn any_object_is_read_as_by_serde(instance in object(), order in any::<bool>()) {
        agrees(&page(std::slice::from_ref(&instance)))?;
        // With the id where the service writes it.
        if let (Value::Object(mut members), true) = (instance, order) {
            members.remove("id");
            let rest = Value::Object(members).to_string();
            let rest = rest.trim_start_matches('{');
            let comma = if rest == "}" { "" } else { "," };
            let id = "\"id\":\"501337/3d241248-9d65-4471-8b76-85b73ad99035\"";
            agrees(&format!("{{\"instances\":[{{{id}{comma}{rest}]}}"))?;
        }
    }

    #[test]
    fn a_damaged_page_is_judged_as_by_serde(n in 0..100_usize, at in any::<prop::sample::Index>(), length in 0..4_usize, with in "[\\[\\]{}:,\"\\\\0-9a-zA-Z.+\\- \n]{0,3}") {
        let begins = |n: usize| PAGE.find(VALUE["instances"][n]["id"].as_str()?).map(|id| id - "{\"id\":\"".len());
        let (begin, end) = (begins(n).unwrap(), begins(n + 1).map_or(PAGE.len() - "]}".len(), |next| next - ",".len()));
        let mut text = format!("{{\"instances\":[{}]}}", &PAGE[begin..end]);
        prop_assert!(directly(text.as_bytes()).is_some());
        let from = (0..=at.index(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let through = (from + length..).find(|at| *at >= text.len() || text.is_char_boundary(*at)).unwrap().min(text.len());
        text.replace_range(from..through, &with);
        agrees(&text)?;
    }
}

#[test]
fn an_empty_object_is_no_instance() {
    assert!(directly(b"{\"instances\":[{}]}").is_none());
    assert_eq!(Page::from_json(b"{\"instances\":[{}]}").unwrap().unreadable.len(), 1);
}

#[test]
fn an_object_without_the_list_is_no_page() {
    let next = "\"next\":\"https://x/instances?continuationToken=638;7\"";
    for without in [
        "{}".to_owned(),
        "{\"status\":\"Bærland\"}".to_owned(),
        "{\"count\":0,\"next\":null}".to_owned(),
        format!("{{{next}}}"),
        "{\"Instances\":[]}".to_owned(),
        "{\"data\":{\"instances\":[]}}".to_owned(),
        "{\"instances\":null}".to_owned(),
        "[null,[]]".to_owned(),
    ] {
        // Directly, through serde in one piece, and instance by instance.
        assert!(directly(without.as_bytes()).is_none(), "{without}");
        for text in [without.clone(), format!(" {without}"), without.replace(':', ": ")] {
            let error = Page::from_json(text.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{text}");
            assert!(!format!("{error} {error:?} {error:#?}").contains("Bærland"));
        }
    }
    for empty in ["{\"instances\":[]}", "{\"count\":0,\"self\":null,\"next\":null,\"instances\":[]}"] {
        assert_eq!(directly(empty.as_bytes()).unwrap().instances, []);
        for text in [empty.to_owned(), format!(" {empty}"), empty.replace(':', ": ")] {
            let page = Page::from_json(text.as_bytes()).unwrap();
            assert_eq!((page.instances.len(), page.unreadable.len(), page.next), (0, 0, None), "{text}");
        }
    }
}

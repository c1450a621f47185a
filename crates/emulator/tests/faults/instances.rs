//! Faults around single instances.

use altinn_emulator::{Fault, Submission};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setup::{Setup, token};

/// Whether the fault shows, if it is one of instances.
pub(crate) async fn shows(setup: &Setup, fault: Fault) -> Option<bool> {
    let id = setup.seed();
    Some(match fault {
        Fault::TextsAreNeverRemoved => {
            let path = format!("instances/{}/presentationtexts", setup.seed());
            setup.send(Method::PUT, &path, Some(json!({"texts": {"a": "1", "b": "2"}}))).await;
            let (_, answer) = setup.send(Method::PUT, &path, Some(json!({"texts": {"a": ""}}))).await;
            answer["presentationTexts"]["a"] == "1"
        }
        Fault::ConfirmationsAreDoubled => {
            let path = format!("instances/{}/complete", setup.seed());
            setup.send(Method::POST, &path, None).await;
            let other = token(&setup.emulator, "digdir");
            let (_, answer) = setup.send_as(&other, Method::POST, &path, None).await;
            answer["completeConfirmations"].as_array().unwrap().len() == 3
        }
        Fault::ConfirmationsRace => {
            let path = format!("instances/{}/complete", setup.seed());
            let twenty = std::iter::repeat_with(|| setup.send(Method::POST, &path, None)).take(20);
            let answers = futures::future::join_all(twenty).await;
            assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK));
            let (_, last) = setup.send(Method::POST, &path, None).await;
            last["completeConfirmations"].as_array().unwrap().len() > 1
        }
        Fault::PartyInPathIsIgnored => {
            let path = format!("instances/1/{}", setup.seed().split_once('/').unwrap().1);
            setup.send(Method::GET, &path, None).await.0 == StatusCode::OK
        }
        Fault::UnknownInstanceIsForbidden => {
            let unknown = "instances/501337/00000000-0000-4000-8000-00000000dead";
            let mut usual = 0;
            for (method, path, body, status) in [
                (Method::POST, "complete", Value::Null, StatusCode::FORBIDDEN),
                (Method::PUT, "substatus", json!({"label": "a"}), StatusCode::INTERNAL_SERVER_ERROR),
                (Method::PUT, "presentationtexts", json!({"texts": {}}), StatusCode::INTERNAL_SERVER_ERROR),
                (Method::PUT, "datavalues", json!({"values": {}}), StatusCode::INTERNAL_SERVER_ERROR),
                (Method::DELETE, "data/00000000-0000-4000-8000-000000000001/lock", Value::Null, StatusCode::FORBIDDEN),
            ] {
                let body = Some(body).filter(|body| !body.is_null());
                let (got, _) = setup.send(method, &format!("{unknown}/{path}"), body).await;
                assert!(got == status || got == StatusCode::NOT_FOUND, "{path}: {got}");
                usual += usize::from(got == status);
            }
            assert!(usual == 0 || usual == 5, "{usual}");
            usual == 5
        }
        Fault::LastChangedStays => {
            let (_, before) = setup.send(Method::GET, &format!("instances/{id}"), None).await;
            let data = before["data"][0]["id"].as_str().unwrap();
            let (lock, scan) = (format!("data/{data}/lock"), format!("dataelements/{data}/filescanstatus"));
            let event = json!({"instanceId": id, "eventType": "Saved", "user": {"orgId": "ttd"}});
            let (mut last, mut moves) = (before["lastChanged"].clone(), 0);
            for (method, path, body) in [
                (Method::PUT, "readstatus?status=Read", Value::Null),
                (Method::PUT, "presentationtexts", json!({"texts": {"a": "1"}})),
                (Method::PUT, "datavalues", json!({"values": {"a": "1"}})),
                (Method::PUT, &lock, Value::Null),
                (Method::DELETE, &lock, Value::Null),
                (Method::PUT, &scan, json!({"fileScanResult": "Clean"})),
                (Method::POST, "events", event),
            ] {
                setup.pass(1);
                let body = Some(body).filter(|body| !body.is_null());
                let (status, _) = setup.send(method, &format!("instances/{id}/{path}"), body).await;
                assert!(status.is_success(), "{path}: {status}");
                let (_, now) = setup.send(Method::GET, &format!("instances/{id}"), None).await;
                // Where queries look, too.
                assert!(
                    setup.lists(&format!("lastChanged=eq:{}", now["lastChanged"].as_str().unwrap())).await,
                    "{path}"
                );
                moves += usize::from(now["lastChanged"] != last);
                last = now["lastChanged"].clone();
            }
            assert!(moves == 0 || moves == 7, "{moves}");
            moves == 0
        }
        Fault::EventsAreStoredApart => {
            let path = format!("instances/{id}/complete");
            setup.emulator.outages().set_events(true);
            let (status, _) = setup.send(Method::POST, &path, None).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
            setup.emulator.outages().set_events(false);
            let (_, instance) = setup.send(Method::GET, &format!("instances/{id}"), None).await;
            let confirmed = instance["completeConfirmations"].is_array();
            assert_eq!(setup.send(Method::POST, &path, None).await.0, StatusCode::OK);
            let events = format!("instances/{id}/events?eventTypes=ConfirmedComplete");
            let (_, events) = setup.send(Method::GET, &events, None).await;
            assert_eq!(confirmed, events["instanceEvents"] == json!([]), "it is never told of");
            confirmed
        }
        Fault::ReadingFaultIs404 => {
            let path = format!("instances/{}", setup.seed());
            setup.emulator.outages().set_database(true);
            let (status, _) = setup.send(Method::GET, &path, None).await;
            setup.emulator.outages().set_database(false);
            assert_eq!(setup.send(Method::GET, &path, None).await.0, StatusCode::OK);
            status == StatusCode::NOT_FOUND
        }
        Fault::SoftDeletionIsStampedAnew => {
            let path = format!("instances/{id}");
            let delete = || setup.send(Method::DELETE, &path, None);
            let (_, first) = delete().await;
            setup.emulator.clock().advance(jiff::SignedDuration::from_secs(1));
            let (_, second) = delete().await;
            assert!(first["status"]["softDeleted"].is_string());
            first["status"]["softDeleted"] != second["status"]["softDeleted"]
        }
        Fault::SubstatusWithoutStatusIsLost => {
            let id = setup.emulator.seed(Submission::new("ttd/app", 501_337).without_status());
            let path = format!("instances/{id}/substatus");
            let (status, _) = setup.send(Method::PUT, &path, Some(json!({"label": "a"}))).await;
            assert_eq!(status, StatusCode::OK);
            let (_, instance) = setup.send(Method::GET, &format!("instances/{id}"), None).await;
            let (_, told) = setup.send(Method::GET, &format!("instances/{id}/events"), None).await;
            let told = told["instanceEvents"].as_array().unwrap();
            assert!(told.iter().any(|event| event["eventType"] == "SubstatusUpdated"), "it is told of all the same");
            assert_eq!(instance["status"].is_object(), instance["status"]["substatus"]["label"] == "a");
            instance["status"].is_null()
        }
        Fault::UndeclaredSignatureIs405 => {
            let request = json!({"signatureDocumentDataType": "nosuch", "signee": {"userId": "7"},
                                 "dataElementSignatures": []});
            let (status, _) = setup.send(Method::POST, &format!("instances/{id}/sign"), Some(request)).await;
            assert!(status.is_client_error());
            status == StatusCode::METHOD_NOT_ALLOWED
        }
        Fault::EventPathIsIgnored => {
            let other = setup.seed();
            let event = |of: &str| json!({"instanceId": of, "eventType": "Saved", "user": {"orgId": "ttd"}});
            let path = format!("instances/{id}/events");
            let (_, own) = setup.send(Method::POST, &path, Some(event(&id))).await;
            let elsewhere = format!("instances/{other}/events/{}", own["id"].as_str().unwrap());
            let read = setup.send(Method::GET, &elsewhere, None).await.0 == StatusCode::OK;
            let posted = setup.send(Method::POST, &path, Some(event(&other))).await.0 == StatusCode::CREATED;
            assert_eq!(read, posted);
            read
        }
        Fault::HalfOpenPeriodIsIgnored => {
            let path = format!("instances/{id}/events?from=2999-01-01");
            setup.send(Method::GET, &path, None).await.1["instanceEvents"] != json!([])
        }
        Fault::EventsNeedOnlyRead => {
            let event = json!({"instanceId": id, "eventType": "Saved", "user": {"orgId": "digdir"}});
            let other = token(&setup.emulator, "digdir");
            let path = format!("instances/{id}/events");
            assert_eq!(setup.send(Method::POST, &path, Some(event.clone())).await.0, StatusCode::CREATED);
            setup.send_as(&other, Method::POST, &path, Some(event)).await.0 == StatusCode::CREATED
        }
        Fault::ScopesAreNotChecked => {
            let reader = setup.emulator.service_owner_token("ttd", "altinn:serviceowner/instances.read").unwrap();
            let path = format!("instances/{id}");
            assert_eq!(setup.send_as(&reader, Method::GET, &path, None).await.0, StatusCode::OK);
            let (search, asked) = ("sbl/instances/search", json!({"instanceOwnerPartyIdList": [501_337]}));
            assert_eq!(setup.send_as(&reader, Method::POST, search, Some(asked)).await.0, StatusCode::OK, "it reads");
            let (path, label) = (format!("{path}/substatus"), json!({"label": "a"}));
            assert_eq!(setup.send(Method::PUT, &path, Some(label.clone())).await.0, StatusCode::OK);
            setup.send_as(&reader, Method::PUT, &path, Some(label)).await.0 == StatusCode::OK
        }
        Fault::LockProtectsNothing => {
            let path = format!("instances/{id}");
            let asked = Some(json!({"ttlSeconds": 60}));
            let (_, lock) = setup.send(Method::POST, &format!("{path}/lock"), asked).await;
            let mine = ("altinn-storage-lock-token", lock["lockToken"].as_str().unwrap());
            let kind = ("content-type", "application/json");
            let substatus = |headers: Vec<_>| {
                let path = format!("{path}/substatus");
                async move { setup.answer(Method::PUT, &path, &headers, r#"{"label": "a"}"#).await.status() }
            };
            assert_eq!(substatus(vec![kind, mine]).await, StatusCode::OK);
            let protects_nothing = substatus(vec![kind]).await == StatusCode::OK;
            setup.pass(61);
            assert_eq!(substatus(vec![kind]).await, StatusCode::OK, "it is over");
            protects_nothing
        }
        Fault::LockOfNoTimeIsGranted => {
            let path = format!("instances/{id}/lock");
            setup.send(Method::POST, &path, Some(json!({"ttlSeconds": 0}))).await.0 == StatusCode::OK
        }
        Fault::LockTimeIsUnlimited => {
            let path = format!("instances/{id}/lock");
            let ask = |seconds: i32| setup.send(Method::POST, &path, Some(json!({"ttlSeconds": seconds})));
            let granted = ask(i32::MAX).await.0 == StatusCode::OK;
            let (status, lock) = ask(3600).await;
            assert_eq!(status, if granted { StatusCode::CONFLICT } else { StatusCode::OK });
            if !granted {
                let token = lock["lockToken"].as_str().unwrap();
                let headers = [("altinn-storage-lock-token", token), ("content-type", "application/json")];
                let answer = setup.answer(Method::PATCH, &path, &headers, r#"{"ttlSeconds": 3601}"#).await;
                assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
            }
            granted
        }
        Fault::ProcessTimesStayAsSent => {
            let process = json!({"started": "2024-05-01T12:00:00", "ended": "2024-05-01T12:00:00"});
            let (status, answer) = setup.send(Method::PUT, &format!("instances/{id}/process"), Some(process)).await;
            assert_eq!(status, StatusCode::OK);
            answer["process"]["ended"] == "2024-05-01T12:00:00"
        }
        Fault::ConfirmedHeedsCase => {
            let claims =
                json!({"urn:altinn:org": "TTD", "urn:altinn:orgNumber": "405003309", "urn:altinn:authlevel": 3});
            let path = format!("instances/{id}/complete");
            let (status, _) = setup.send_as(&setup.token_of(claims), Method::POST, &path, None).await;
            assert_eq!(status, StatusCode::OK);
            !setup.lists("confirmed=true").await
        }
        Fault::RefusalsHaveManyShapes => {
            let stranger = setup.token_of(json!({"urn:altinn:userid": 7, "urn:altinn:authlevel": 3}));
            let missing = "instances/501337/00000000-0000-4000-8000-00000000dead";
            let (_, nothing) = setup.send_as(&stranger, Method::GET, &format!("instances/{id}"), None).await;
            let (_, words) = setup.send(Method::GET, missing, None).await;
            let shapes = (nothing.is_null(), words.is_string());
            assert_eq!(shapes.0, shapes.1);
            assert!(shapes.0 || (nothing["status"] == 403 && words["detail"].is_string()));
            shapes.0
        }
        _ => return None,
    })
}

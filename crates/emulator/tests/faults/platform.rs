//! Faults of what stands behind the instances: the registry of applications, the decision point, the environment.

use altinn_emulator::Fault;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::setup::{Setup, token};

/// Whether the fault shows, if it is one of these.
pub(crate) async fn shows(setup: &Setup, fault: Fault) -> Option<bool> {
    let id = setup.seed();
    Some(match fault {
        Fault::MetadataIsStale => {
            let path = "applications/ttd/app";
            assert!(setup.send(Method::GET, path, None).await.1["homepage"].is_null());
            let changed = json!({"id": "ttd/app", "org": "ttd", "homepage": "a", "dataTypes": []});
            assert_eq!(setup.send_as(&studio(setup), Method::PUT, path, Some(changed)).await.0, StatusCode::OK);
            let stale = setup.send(Method::GET, path, None).await.1["homepage"].is_null();
            setup.pass(61);
            assert_eq!(setup.send(Method::GET, path, None).await.1["homepage"], "a");
            stale
        }
        Fault::TextsAreStale => {
            let path = "applications/ttd/app/texts";
            let read = || setup.send(Method::GET, "applications/ttd/app/texts/nb", None);
            assert_eq!(read().await.0, StatusCode::NOT_FOUND);
            let text = json!({"language": "nb", "resources": []});
            assert_eq!(setup.send_as(&studio(setup), Method::POST, path, Some(text)).await.0, StatusCode::OK);
            let stale = read().await.0 == StatusCode::NOT_FOUND;
            setup.pass(61);
            assert_eq!(read().await.0, StatusCode::OK);
            stale
        }
        Fault::CountsDefaultToZero => {
            let (_, application) = setup.send(Method::GET, "applications/ttd/app", None).await;
            application["dataTypes"][0]["maxCount"] == 0
        }
        Fault::DecisionsAreKept => {
            let path = format!("instances/{id}");
            let read = || setup.send(Method::GET, &path, None);
            assert_eq!(read().await.0, StatusCode::OK);
            setup.emulator.set_rights("ttd/app", "owner", &[]);
            let kept = read().await.0 == StatusCode::OK;
            let anew = setup.send_as(&token(&setup.emulator, "ttd"), Method::GET, &path, None).await;
            assert_eq!(anew.0, StatusCode::FORBIDDEN, "another token is another question");
            setup.pass(301);
            assert_eq!(read().await.0, StatusCode::FORBIDDEN);
            kept
        }
        Fault::FailedDecisionIsKept => {
            let path = format!("instances/{id}/complete");
            let confirm = || setup.send(Method::POST, &path, None);
            setup.emulator.outages().set_decision_point(true);
            assert_eq!(confirm().await.0, StatusCode::INTERNAL_SERVER_ERROR);
            setup.emulator.outages().set_decision_point(false);
            let kept = confirm().await.0 == StatusCode::INTERNAL_SERVER_ERROR;
            let anew = setup.send_as(&token(&setup.emulator, "ttd"), Method::POST, &path, None).await;
            assert_eq!(anew.0, StatusCode::OK, "another token is another question");
            setup.pass(301);
            assert_eq!(confirm().await.0, StatusCode::OK);
            kept
        }
        Fault::StagingShowsExceptions => {
            let answer = setup.answer(Method::POST, "instances?appId=ttd/app", &[JSON], "{}").await;
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let page = answer.text().await.unwrap();
            assert_eq!(page.starts_with("System."), page.contains(&setup.token), "the page repeats the headers");
            page.starts_with("System.")
        }
        _ => return None,
    })
}

const JSON: (&str, &str) = ("content-type", "application/json");

fn studio(setup: &Setup) -> String {
    setup.token_of(json!({"urn:altinn:app": "studio.designer"}))
}

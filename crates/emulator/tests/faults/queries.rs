//! Faults of the instance list.

use altinn_emulator::{Fault, Submission};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setup::Setup;

/// Whether the fault shows, if it is one of the list's.
pub(crate) async fn shows(setup: &Setup, fault: Fault) -> Option<bool> {
    let noon = "2024-05-01T12:00:00.5Z".parse().unwrap();
    let finished = setup.emulator.seed(Submission::new("ttd/app", 501_337).created(noon).last_changed(noon));
    Some(match fault {
        Fault::DescendingPagesLoseTies => {
            let at = "2024-05-01T12:00:00Z".parse().unwrap();
            for _ in 0..3 {
                setup.emulator.seed(Submission::new("ttd/app", 501_337).created(at).last_changed(at));
            }
            let (_, first) = setup
                .send(Method::GET, "instances?appId=ttd/app&size=2&lastChanged=eq:2024-05-01T12:00:00Z", None)
                .await;
            let next = first["next"].as_str().unwrap();
            let query = next.split_once('?').unwrap().1;
            let (_, second) = setup.send(Method::GET, &format!("instances?{query}"), None).await;
            let ids = |page: &Value| -> Vec<Value> {
                page["instances"].as_array().unwrap().iter().map(|instance| instance["id"].clone()).collect()
            };
            let (first, second) = (ids(&first), ids(&second));
            second.len() != 1 || first.contains(&second[0])
        }
        Fault::OddTokenEndsTheList => {
            setup.seed();
            setup.send(Method::GET, "instances?appId=ttd/app&continuationToken=x", None).await.0 == StatusCode::OK
        }
        Fault::EmptyPageHasANext => {
            setup.send(Method::GET, "instances?appId=ttd/app&size=0", None).await.1["next"].is_string()
        }
        Fault::BadQueryIsAServerError => {
            let (status, words) = setup.send(Method::GET, "instances?appId=ttd/app&created=gt:x", None).await;
            assert!(words.as_str().unwrap().starts_with("Invalid date expression"));
            status == StatusCode::INTERNAL_SERVER_ERROR
        }
        Fault::OddDateFilterIsIgnored => {
            assert!(!setup.lists("created=gt:2999-01-01").await);
            setup.lists("created=GT:2999-01-01").await
        }
        Fault::EndEventFilterIsIgnored => {
            assert!(setup.lists("process.endEvent=EndEvent_1").await);
            setup.lists("process.endEvent=nosuch").await
        }
        Fault::SetTimesAreComparedAsText => !setup.lists("process.ended=gt:2024-05-01T12:00:00Z").await,
        Fault::UnknownFilterIsIgnored => setup.lists("nosuch=1").await,
        Fault::DeletedIsListed => {
            let path = format!("instances/{finished}?hard=true");
            assert_eq!(setup.send(Method::DELETE, &path, None).await.0, StatusCode::OK);
            assert!(setup.lists("status.isHardDeleted=true&status.isSoftDeleted=true").await);
            setup.lists("order=asc:lastChanged").await
        }
        Fault::UnstartedIsNeither => {
            let body = json!({"instanceOwner": {"partyId": "501337"}});
            let created = setup.send(Method::POST, "instances?appId=ttd/app", Some(body)).await;
            assert_eq!(created.0, StatusCode::CREATED);
            !setup.lists("process.isComplete=false").await
        }
        Fault::OrderWithoutDirectionAscends => {
            setup.seed();
            let (_, page) = setup.send(Method::GET, "instances?appId=ttd/app&order=lastChanged", None).await;
            page["instances"][0]["id"] == finished
        }
        Fault::NextLinkIsOdd => {
            setup.seed();
            let (_, page) = setup.send(Method::GET, "instances?appId=ttd/app&size=1", None).await;
            let next = page["next"].as_str().unwrap();
            let following = next.split_once("/v1/").unwrap().1;
            let (_, second) = setup.send(Method::GET, following, None).await;
            assert_eq!(second["instances"][0]["id"], finished);
            next.contains("%253b")
        }
        Fault::LastChangedGoesBack => {
            // A change comes in between now and then; and the list then has the instance where it was before.
            for round in 0..50 {
                let path = format!("instances/{}", setup.seed());
                let (texts, substatus) = (format!("{path}/presentationtexts"), format!("{path}/substatus"));
                setup.pass(1);
                let (_, changed) = tokio::join!(
                    setup.send(Method::PUT, &texts, Some(json!({"texts": {"a": round.to_string()}}))),
                    setup.send(Method::PUT, &substatus, Some(json!({"label": "a"}))),
                );
                assert_eq!(changed.0, StatusCode::OK);
                let moved = changed.1["lastChanged"].as_str().unwrap();
                if !setup.lists(&format!("lastChanged=gte:{moved}")).await {
                    return Some(true);
                }
            }
            false
        }
        _ => return None,
    })
}

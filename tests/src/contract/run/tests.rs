use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::contract::keys::KeyKind;
use crate::fault::{Answer, FaultServer};

fn runner(base: &Url) -> Runner {
    let folder = TempDir::new().unwrap();
    let path: PathBuf = folder.path().join("actors.json");
    let actors = json!({"owner": {"claims": {"scope": "s"}}, "raw": {"raw": "not.a.token"}});
    std::fs::write(&path, actors.to_string()).unwrap();
    let mut keys = KeyRing::new("main", "contract").unwrap();
    keys.generate("main", KeyKind::Rsa2048).unwrap();
    Runner::new(base.clone(), Actors::read(&path).unwrap(), Arc::new(keys), Clock::new()).unwrap()
}

fn scenario(steps: Value) -> Scenario {
    let json = json!({"name": "n", "about": "a", "vars": {"fixed": "2020-01-01"}, "steps": steps});
    serde_json::from_value(json).unwrap()
}

async fn run(server: &FaultServer, steps: Value) -> Vec<Outcome> {
    runner(server.url()).run("file", &scenario(steps)).await
}

#[tokio::test]
async fn values_of_one_answer_are_used_in_the_next_request() {
    let id = "501337/3d241248-9d65-4471-8b76-85b73ad99035";
    let server = FaultServer::start([
        Answer::json(201, &json!({"id": id, "created": "2026-01-02T03:04:05Z"})),
        Answer::text(200, format!("got {id}")),
    ])
    .await
    .unwrap();
    let outcomes = run(
        &server,
        json!([
            {"name": "create", "as": "owner", "method": "POST", "path": "/i?at={{fixed}}", "body": {"json": {"z": "{{run}}", "a": 1}},
             "save": {"id": {"json": "/id"}},
             "response": {"status": 201, "headers": {"content-type": "application/json; charset=utf-8"},
                          "body": {"json": {"id": "{{id}}", "created": "<time>"}}}},
            {"name": "read", "method": "GET", "path": "/i/{{id}}",
             "response": {"status": 200, "headers": {"content-type": "text/plain; charset=utf-8", "content-length": "47"},
                          "body": {"text": "got {{id}}"}}},
        ]),
    )
    .await;
    for outcome in &outcomes {
        assert_eq!(outcome.differences, [""; 0], "{}", outcome.id());
    }
    let requests = server.requests();
    assert_eq!(requests[0].target, "/i?at=2020-01-01");
    assert_eq!(
        (requests[0].header("content-type"), requests[0].header("content-length")),
        (Some("application/json"), Some("22"))
    );
    assert_eq!(requests[0].bearer().unwrap().split('.').count(), 3);
    assert_eq!(requests[1].target, format!("/i/{id}"));
    assert_eq!((requests[1].header("authorization"), requests[1].header("content-length")), (None, Some("0")));
}

#[tokio::test]
async fn headers_are_set_left_out_and_doubled_as_the_step_says() {
    let server = FaultServer::start([Answer::status(200).repeated()]).await.unwrap();
    let response = json!({"status": 200, "headers": {}, "body": null});
    run(
        &server,
        json!([
            {"name": "a", "as": "raw", "method": "PUT", "path": "/", "body": {"json": 1}, "response": response,
             "headers": {"content-type": "text/x", "authorization": "Basic x", "X-Upper": "{{fixed}}"}},
            {"name": "b", "as": "anonymous", "method": "PUT", "path": "/", "body": {"text": "abc"}, "response": response,
             "headers": {"content-length": null, "x": ["1 {{token:raw}}", "2"]}},
            {"name": "c", "method": "POST", "path": "/", "body": {"json": 1}, "headers": {"content-type": null}, "response": response},
        ]),
    )
    .await;
    let requests = server.requests();
    assert_eq!(requests[0].header("content-type"), Some("text/x"));
    assert_eq!((requests[0].bearer(), requests[0].header("x-upper")), (Some("not.a.token"), Some("2020-01-01")));
    assert_eq!((requests[1].header("transfer-encoding"), &requests[1].body[..]), (Some("chunked"), b"abc".as_slice()));
    assert_eq!(requests[1].headers.get_all("x").iter().collect::<Vec<_>>(), ["1 not.a.token", "2"]);
    assert_eq!((requests[2].header("content-type"), &requests[2].body[..]), (None, b"1".as_slice()));
}

#[tokio::test]
async fn a_step_that_differs_or_cannot_be_run_does_not_end_the_run() {
    let server = FaultServer::start([Answer::status(404), Answer::cut(), Answer::cut(), Answer::json(200, &json!({}))])
        .await
        .unwrap();
    let outcomes = run(
        &server,
        json!([
            {"name": "differs", "method": "GET", "path": "/", "response": {"status": 200, "headers": {}, "body": null}},
            {"name": "unknown", "method": "GET", "path": "/{{nothing}}", "response": {"status": 200, "headers": {}, "body": null}},
            {"name": "nobody", "as": "nobody", "method": "GET", "path": "/", "response": {"status": 200, "headers": {}, "body": null}},
            {"name": "cut", "method": "GET", "path": "/", "response": {"status": 200, "headers": {}, "body": null}},
            {"name": "cut as recorded", "method": "GET", "path": "/", "response": {"error": "socket hang up"}},
            {"name": "saves nothing", "method": "GET", "path": "/", "save": {"id": {"json": "/id"}},
             "response": {"status": 201, "headers": {}, "body": {"json": {}}}, "ignore": ["headers"]},
        ]),
    )
    .await;
    let passed: Vec<bool> = outcomes.iter().map(Outcome::passed).collect();
    assert_eq!(passed, [false, false, false, false, true, false]);
    assert_eq!(outcomes[0].differences, ["status: want 200, got 404"]);
    assert_eq!(outcomes[1].differences, ["no variable `nothing`"]);
    assert_eq!(outcomes[2].differences, ["no actor `nobody`"]);
    assert_eq!(outcomes[5].differences, ["status: want 201, got 200", "nothing to save as `id` (status 200)"]);
    assert_eq!(outcomes[0].id(), "file / differs");
}

#[tokio::test]
async fn a_token_is_the_same_for_all_steps_and_seen_as_sent() {
    let server = FaultServer::start([Answer::status(200).times(2)]).await.unwrap();
    let step = |name: &str| json!({"name": name, "as": "owner", "method": "GET", "path": "/", "response": {"status": 200, "headers": {}, "body": null}});
    run(&server, json!([step("a"), step("b")])).await;
    let requests = server.requests();
    assert_eq!(requests[0].bearer(), requests[1].bearer());
    let header = requests[0].header("authorization").unwrap();
    assert_eq!(sent_claims(header).unwrap()["scope"], "s");
}

#[test]
fn every_recording_of_the_project_can_be_read() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("contract");
    let mut read = 0;
    for service in ["storage", "exchange"] {
        let actors = Actors::read(&folder.join(service).join("actors.json")).unwrap();
        for entry in std::fs::read_dir(folder.join(service).join("recorded")).unwrap() {
            let path = entry.unwrap().path();
            let scenario = Scenario::read(&path).unwrap();
            assert_eq!(Some(scenario.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
            for step in &scenario.steps {
                let actor = step.actor.as_deref().unwrap_or("anonymous");
                assert!(actor == "anonymous" || actors.get(actor).is_ok(), "{} / {}", scenario.name, step.name);
            }
            read += 1;
        }
    }
    assert_eq!(read, 27 + 12);
}

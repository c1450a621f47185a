//! The documents in `openapi/` against the list of what covers their operations.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use std::collections::BTreeSet;

use altinn_auth::{Credentials, LocalTest, SigningKey, SystemUser, TestTokenGenerator};
use altinn_core::{Environment, INSTANCES_READ, OrgNumber, Read, Timestamp};
use altinn_emulator::{Emulator, NewClient};
use altinn_storage::{
    Client, EventFilter, InstanceEvent, InstanceEventType, InstanceOwnerFilter, InstanceQuery, MessageLanguage,
    MessageQuery, PlatformUser, ReadStatus, SignRequest, Signee, Substatus, Window,
};
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::owner::{OPEN, Owner, app_id, ended, party, task};
use altinn_tests::surface::{Cover, HoldingProxy, SERVICES, Surface, covered, covers, ids, read_file};
use altinn_watch::Recording;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use regex_lite::Regex;
use serde_json::{Value, json};

#[test]
fn every_operation_has_a_method_or_a_reason() {
    let covers = covers();
    assert_eq!(covers.keys().collect::<BTreeSet<_>>(), SERVICES.map(str::to_owned).iter().collect());
    for (service, covers) in covers {
        let ids = ids(&service);
        assert_eq!(ids.keys().collect::<BTreeSet<_>>(), covers.keys().collect(), "{service}");
        for (operation, cover) in &covers {
            let id = &ids[operation];
            match cover {
                Cover::Method(method) => {
                    // `instances.list` is `Client::instances().list`, so that names are the same everywhere.
                    let (of, method) = method.split_once("::").unwrap();
                    let name = method.replace("()", "");
                    // A token may take several calls.
                    let other = of != "Client" && id.split('.').next() == Some(&*name);
                    assert!(*id == name || other, "{operation} is {id}, and not {name}");
                }
                Cover::Absent(reason) => assert!(reason.len() > 20, "{operation} has no reason worth reading"),
            }
        }
    }
}

#[test]
fn every_reference_in_a_document_leads_somewhere() {
    fn walk<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                out.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| walk(value, out));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, out)),
            _ => {}
        }
    }
    for service in SERVICES {
        let document: Value = serde_json::from_str(&read_file(&format!("{service}.json"))).unwrap();
        let mut references = Vec::new();
        walk(&document, &mut references);
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{service}: {reference}");
        }
    }
}

/// The names of the spans of attempts that were answered.
fn named_in(log: &str) -> BTreeSet<String> {
    let span = r#"DEBUG ([a-z_.]+)\{otel\.name="([a-z_.]+)" op="([a-z_.]+)" attempt=\d+ status=2\d\d\}: altinn_core"#;
    let names = Regex::new(span).unwrap();
    let names = names.captures_iter(log).map(|span| {
        assert_eq!((&span[1], &span[1]), (&span[2], &span[3]));
        span[1].to_owned()
    });
    names.collect()
}

/// The layer in the owner's client holds each request and answer on the way against the document. On the way each has a
/// span that is named after the operation.
#[tokio::test]
async fn every_operation_keeps_to_the_document() {
    let recording = Recording::of_this_thread();
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let element = owner.upload(id, "attachment").await;
    instances(&owner, id).await;

    let data = owner.client.data(id);
    data.download(&element).bytes().await.unwrap();
    data.replace(element.id, "nytt").keeping(&element).await.unwrap();
    data.lock(element.id).await.unwrap();
    data.unlock(element.id).await.unwrap();
    let mut read = data.list().await.unwrap().remove(0);
    read.add_tag("lest");
    data.update_metadata(&read).await.unwrap();

    let process = owner.client.process(id);
    process.update(task("Task_2", "signing")).await.unwrap();
    let request = SignRequest::new("signature".parse().unwrap(), Signee::user(20_001)).element(element.id);
    owner.client.instances().sign(id, request).await.unwrap();
    let mut event = InstanceEvent::new(InstanceEventType::ProcessEndEvent).user(PlatformUser::org("ttd", 3));
    event.process_info = Some(ended());
    process.update_with_events(ended(), [event.clone()]).keeping_generated_elements().await.unwrap();
    process.history().await.unwrap();
    process.auth_info().await.unwrap();

    let events = owner.client.events(id);
    events.get(event.id.unwrap()).await.unwrap();
    events.post(InstanceEvent::new(InstanceEventType::Saved)).await.unwrap();
    let (from, to) = ("2020-01-01T00:00:00Z".parse().unwrap(), "2999-01-01T00:00:00Z".parse().unwrap());
    events.list(EventFilter::new().event_type(InstanceEventType::Saved).between(from, to)).await.unwrap();
    assert!(!events.list(EventFilter::new().since(from)).await.unwrap().is_empty());
    assert!(events.list(EventFilter::new().since(to)).await.unwrap().is_empty());

    let applications = owner.client.applications();
    applications.list().await.unwrap();
    applications.list_of("ttd").await.unwrap();
    applications.get(&app_id(OPEN)).await.unwrap();
    owner.deploy_texts(OPEN, "nb", "tittel", "Blåbær").await;
    applications.text(&app_id(OPEN), "nb").await.unwrap();
    data.delete(element.id).await.unwrap();
    let messages = owner.client.message_box();
    let at = "2020-01-01T00:00:00Z".parse().unwrap();
    let query =
        MessageQuery::of([party()]).app(app_id(OPEN)).active().archived().deleted().search("Åse").altinn3_only();
    assert_eq!(messages.search(query.last_changed(Window::from(at)).created(Window::from(at))).await.unwrap().len(), 1);
    messages.get(id, MessageLanguage::English).await.unwrap();
    messages.events(id).await.unwrap();

    parameters(&owner).await;
    assert_eq!(owner.surface.called("storage"), covered("storage"));
    let mut named = covered("storage");
    // To the service it is an extension by no time.
    named.insert("instances.lock.release".to_owned());
    assert_eq!(named_in(&recording.text()), named);
    assert_eq!(owner.surface.unsent("storage"), [""; 0], "the documents have what the SDK never sends");
}

/// What may go along with a request and did not so far.
async fn parameters(owner: &Owner) {
    let id = owner.instance(OPEN).await;
    let data = owner.client.data(id);
    let (first, later) = (owner.upload(id, "attachment").await, owner.upload(id, "autodelete").await);
    let upload = data.upload("attachment".parse().unwrap(), "kvittering").refers_to(first.id);
    let second = upload.generated_from_task("Task_1").await.unwrap();
    data.replace(second.id, "ny").refers_to(first.id).generated_from_task("Task_1").await.unwrap();
    data.delete(later.id).delayed().await.unwrap();

    let at: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    let by = |query: InstanceQuery| async move { owner.client.instances().list(query).page_size(1).await.unwrap() };
    let app = || InstanceQuery::app(app_id(OPEN));
    let window = || Window::from(at);
    let times = app().created(window()).last_changed(window()).ended(window()).due_before(window());
    by(times.visible_after(window())).await;
    by(app().complete(false).confirmed(false).archived(false).soft_deleted(false).hard_deleted(false)).await;
    by(app().not_confirmed_by("digdir").current_task("Task_1").data_elements(false).newest_first()).await;
    // They replace each other.
    by(app().main_version(3).search("Åse")).await;
    by(app().not_main_version(2)).await;
    by(app().archive_reference("0123456789ab")).await;
    by(app().altinn2_archive_reference("AR1")).await;
    by(app().owner(InstanceOwnerFilter::Party(party()))).await;
    by(app().owner(InstanceOwnerFilter::Person("01039012345".parse().unwrap()))).await;
    let organisation = OrgNumber::synthetic("310000001").unwrap();
    by(app().owner(InstanceOwnerFilter::Organisation(organisation))).await;
    let next = by(app()).await.next.unwrap();
    owner.client.instances().list(app()).resume(next).await.unwrap();
}

/// From the grant to a list, on the wire: Maskinporten, the exchange and Storage behind a proxy that holds all of it.
#[tokio::test]
async fn the_way_to_a_token_keeps_to_the_documents() {
    let emulator = Emulator::start().await.unwrap();
    let surface = Surface::load().unwrap();
    let proxy = HoldingProxy::start(&surface).await.unwrap();
    let http = proxy.client().unwrap();
    let registered = emulator.register_client(NewClient::new("991825827")).unwrap();
    let builder = |client_id: &str| {
        let environment = Environment::emulator(emulator.url()).unwrap();
        let key = SigningKey::from_jwk(registered.jwk()).unwrap();
        Credentials::<Read>::builder(environment).client_id(client_id).key(key).http(http.clone()).discover(true)
    };
    let credentials = builder(registered.client_id()).test_organisation(true).build().unwrap();
    assert_eq!(credentials.token().await.unwrap().org(), Some("ttd"));
    let client = Client::builder(credentials.clone()).http(http.clone()).build().unwrap();
    client.instances().list(InstanceQuery::org("ttd")).await.unwrap();
    for service in ["maskinporten", "authentication"] {
        assert_eq!(surface.called(service), covered(service), "{service}");
    }

    // Refusals: of the grant, and of the exchange.
    assert!(builder("11111111-2222-3333-4444-555555555555").build().unwrap().token().await.is_err());
    emulator.clock().advance(jiff::SignedDuration::from_mins(5));
    let late = credentials.maskinporten_token().await.unwrap();
    let ask = async |path: &str, token: Option<&str>| {
        let request = http.get(format!("{}{path}", emulator.url()));
        let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
        request.send().await.unwrap().status().as_u16()
    };
    let exchange = "authentication/api/v1/exchange/maskinporten";
    assert_eq!(ask(exchange, Some(late.expose())).await, 401);
    assert_eq!(ask(&format!("{exchange}?test=true"), Some("no-token")).await, 401);

    // What is answered to others than the SDK.
    let token = credentials.token().await.unwrap();
    emulator.clock().advance(jiff::SignedDuration::from_mins(-5));
    assert_eq!(ask("authentication/api/v1/refresh", Some(token.expose())).await, 200);
    let documents = "authentication/api/v1/openid/.well-known/openid-configuration";
    for path in ["jwk", documents, &format!("{documents}/jwks"), "orgs/altinn-orgs.json"] {
        assert_eq!(ask(path, None).await, 200, "{path}");
    }
    assert_eq!(proxy.faults(), [""; 0]);
}

/// Where a token comes from elsewhere. There is nothing that stands in for these services but a script.
#[tokio::test]
async fn other_sources_of_tokens_are_asked_as_the_documents_say() {
    let emulator = Emulator::start().await.unwrap();
    let token = emulator.service_owner_token("ttd", INSTANCES_READ).unwrap();
    let sidecar = Answer::json(200, &json!({"access_token": token, "expires_in": 60, "token_type": "Bearer"}));
    let answers = [
        sidecar.clone().at("/api/v1/token"),
        sidecar.clone().at("/api/v1/token"),
        sidecar.at("/api/v1/token"),
        Answer::text(200, &token).at("/api/GetEnterpriseToken"),
        Answer::status(404).at("/Home/auth/serviceowner"),
        Answer::text(200, &token).at("/Home/GetTestOrgToken"),
    ];
    let server = FaultServer::start(answers).await.unwrap();
    let at = |path: &str| server.url().join(path).unwrap();
    let number: OrgNumber = "405003309".parse().unwrap();

    let beside = Credentials::<Read>::builder(Environment::emulator(server.url().as_str()).unwrap());
    let beside = beside.token_sidecar(at("api/v1/token")).build().unwrap();
    beside.maskinporten_token().await.unwrap();
    let for_customer = beside.for_system_user(SystemUser::new(number));
    // What was refused is not to come from the sidecar's cache.
    for_customer.invalidate_maskinporten(&for_customer.maskinporten_token().await.unwrap());
    for_customer.maskinporten_token().await.unwrap();
    let tools = TestTokenGenerator::new(&Environment::tt02(), "ttd", number, "user", "password").unwrap();
    let tools = tools.at(at("api/")).unwrap();
    Credentials::<Read>::from_provider(Environment::tt02(), tools).token().await.unwrap();
    let local = Environment::emulator(server.url().as_str()).unwrap();
    let from_local = LocalTest::new(&local, "ttd", number).unwrap();
    Credentials::<Read>::from_provider(local, from_local).token().await.unwrap();

    let (surface, asked) = (Surface::load().unwrap(), server.requests());
    assert_eq!(asked.len(), 6);
    for asked in &asked {
        let (method, url) = (&asked.method, at(&asked.target));
        assert_eq!(surface.check_request(method, &url, &asked.headers, Some(&asked.body)), Ok(()), "{url}");
    }
    let basic =
        asked.iter().filter(|asked| asked.header("authorization").is_some_and(|text| text.starts_with("Basic ")));
    assert_eq!(basic.map(|asked| asked.path()).collect::<Vec<_>>(), ["/api/GetEnterpriseToken"]);
}

/// The checks themselves: each of these differs from what the documents say in one point.
#[test]
fn what_no_document_has_is_noticed() {
    let surface = Surface::load().unwrap();
    let request = |method: Method, path: &str, headers: &[(&'static str, &str)], body: Option<&str>| {
        let url = format!("https://platform.altinn.no/storage/api/v1/{path}").parse().unwrap();
        surface.check_request(&method, &url, &map(headers), body.map(str::as_bytes))
    };
    let instance = "instances/501337/00000000-0000-4000-8000-000000000001";
    let (lock, owner) = (format!("{instance}/lock"), "x-ai-instanceowneridentifier");
    let (json, token) = (("content-type", "application/json"), ("altinn-storage-lock-token", "x"));
    let ttl = Some(r#"{"ttlSeconds": 60}"#);
    assert_eq!(request(Method::GET, "instances?org=ttd", &[(owner, "person:01039012345")], None), Ok(()));
    assert_eq!(request(Method::PATCH, &lock, &[json, token], ttl), Ok(()));
    for (method, path, headers, body) in [
        (Method::PUT, "instances", vec![], None),
        (Method::GET, "instances?orgs=ttd", vec![], None),
        (Method::GET, "instances?size=many", vec![], None),
        (Method::GET, "instances/x/00000000-0000-4000-8000-000000000001", vec![], None),
        (Method::GET, "instances?org=ttd", vec![(owner, "01039012345")], None),
        (Method::GET, "instances?org=ttd", vec![token], None),
        (Method::GET, "instances?org=ttd", vec![], Some("{}")),
        (Method::PATCH, &*lock, vec![json], ttl),
        (Method::PATCH, &*lock, vec![json, token], None),
        (Method::PATCH, &*lock, vec![json, token], Some(r#"{"ttl": 60}"#)),
        (Method::PATCH, &*lock, vec![token, ("content-type", "text/plain")], ttl),
    ] {
        assert!(request(method.clone(), path, &headers, body).is_err(), "{method} {path} {headers:?} {body:?}");
    }

    let answer = |status: u16, headers: &[(&'static str, &str)], body: &str| {
        let url = format!("https://platform.altinn.no/storage/api/v1/{lock}").parse().unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        surface.check_answer(&Method::PATCH, &url, status, &map(headers), body.as_bytes())
    };
    assert_eq!(answer(204, &[], ""), Ok(()));
    assert_eq!(answer(422, &[json], r#"{"title": "Unprocessable Entity", "status": 422}"#), Ok(()));
    assert_eq!(answer(403, &[], ""), Ok(()));
    for (status, headers, body) in [
        (200, vec![], ""),
        (204, vec![json], "{}"),
        (204, vec![("location", "x")], ""),
        (422, vec![json], r#"{"title": 1}"#),
        (422, vec![json], r#"{"heading": "x"}"#),
        (422, vec![("content-type", "text/html")], "<html>"),
        (422, vec![], "words"),
    ] {
        assert!(answer(status, &headers, body).is_err(), "{status} {headers:?} {body}");
    }
}

fn map(headers: &[(&'static str, &str)]) -> HeaderMap {
    headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

async fn instances(owner: &Owner, id: altinn_core::InstanceId) {
    let instances = owner.client.instances();
    instances.get(id).await.unwrap();
    instances.get_by_guid(id.guid()).await.unwrap();
    instances.list(InstanceQuery::org("ttd")).items().try_next().await.unwrap();
    instances.set_read_status(id, ReadStatus::Read).await.unwrap();
    instances.set_substatus(id, Substatus::new("merke")).await.unwrap();
    instances.set_presentation_texts(id, [("navn", "Åse")]).await.unwrap();
    instances.set_data_values(id, [("a", "1")]).await.unwrap();
    let lock = instances.lock(id, std::time::Duration::from_secs(60)).await.unwrap();
    lock.extend(std::time::Duration::from_secs(60)).await.unwrap();
    lock.release().await.unwrap();
    instances.confirm(id).await.unwrap();
    instances.delete(id).await.unwrap();
    instances.undelete(id).await.unwrap();
    let another = owner.instance(OPEN).await;
    instances.delete(another).hard(true).await.unwrap();
}

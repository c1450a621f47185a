//! Every action of Storage with its path.

use std::sync::LazyLock;

use futures::future::BoxFuture;
use http::Method;

use super::context::{Answer, Context, unhandled};
use super::dispatch::{Access, Endpoint, Run};
use super::{
    applications, cleanup, data, events, instances, locks, message_box, metrics, process, sign, studio, texts,
};
use crate::response::ProblemType;
use crate::routing::Router;

const INSTANCES: &str = "instances";
const BY_GUID: &str = "instances/{instanceGuid:guid}";
const INSTANCE: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}";
const COMPLETE: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/complete";
const READ_STATUS: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/readstatus";
const SUBSTATUS: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/substatus";
const PRESENTATION_TEXTS: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/presentationtexts";
const DATA_VALUES: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/datavalues";
const DATA: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/data";
const DATA_GUID: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/data/{dataGuid:guid}";
const DATA_ANY: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/data/{dataGuid}";
const DATA_LOCK: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/data/{dataGuid:guid}/lock";
const ELEMENTS: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/dataelements";
const ELEMENT: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/dataelements/{dataGuid}";
const SCAN_STATUS: &str =
    "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/dataelements/{dataGuid}/filescanstatus";
const ELEMENT_EXISTS: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/dataelementexists/{dataGuid}";
const LOCK: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/lock";
const PROCESS: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/process";
const PROCESS_AND_EVENTS: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/process/instanceandevents";
const HISTORY: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/process/history";
const AUTH_INFO: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/process/authinfo";
const EVENTS: &str = "instances/{instanceOwnerPartyId}/{instanceGuid}/events";
const EVENT: &str = "instances/{instanceOwnerPartyId}/{instanceGuid}/events/{eventGuid:guid}";
const SIGN: &str = "instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/sign";
const APPLICATIONS: &str = "applications";
const APPLICATIONS_OF: &str = "applications/{org}";
const APPLICATION: &str = "applications/{org}/{app}";
const TEXTS: &str = "applications/{org}/{app}/texts";
const TEXT: &str = "applications/{org}/{app}/texts/{language}";
const BOX_SEARCH: &str = "sbl/instances/search";
const BOX_INSTANCE: &str = "sbl/instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}";
const BOX_EVENTS: &str = "sbl/instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/events";
const BOX_UNDELETE: &str = "sbl/instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/undelete";
const STUDIO: &str = "studio/instances/{org}/{app}";
const STUDIO_INSTANCE: &str = "studio/instances/{org}/{app}/{instanceGuid}";

/// The table.
pub(super) static ROUTES: LazyLock<Router<Endpoint>> = LazyLock::new(|| {
    let router = instance_routes(Router::new());
    let router = data_routes(router);
    let router = process_routes(router);
    let router = registry_routes(router);
    other_routes(router)
});

fn instance_routes(router: Router<Endpoint>) -> Router<Endpoint> {
    let read = Access::Policy("read");
    router
        .route(Method::GET, INSTANCES, whole(Access::Authenticated, instances::list).without_database())
        .route(Method::POST, INSTANCES, whole(Access::Authenticated, instances::create).json().without_database())
        .route(Method::GET, BY_GUID, whole(Access::Authenticated, instances::read).without_database())
        .route(Method::GET, INSTANCE, whole(Access::Authenticated, instances::read).without_database())
        .route(Method::DELETE, INSTANCE, whole(Access::Policy("delete"), instances::delete).tells())
        .route(Method::POST, COMPLETE, streamed(Access::Policy("complete"), Run::Streamed(instances::complete)).tells())
        .route(Method::PUT, READ_STATUS, waiting(read, instances::set_read_status))
        .route(Method::PUT, SUBSTATUS, whole(Access::Authenticated, instances::set_substatus).tells())
        .route(Method::PUT, PRESENTATION_TEXTS, waiting(Access::Authenticated, instances::set_texts).json())
        .route(Method::PUT, DATA_VALUES, waiting(Access::Authenticated, instances::set_values).json())
        .route(Method::POST, LOCK, whole(Access::Authenticated, locks::acquire).json())
        .route(Method::PATCH, LOCK, whole(Access::Authenticated, locks::prolong).json())
}

fn data_routes(router: Router<Endpoint>) -> Router<Endpoint> {
    let write = Access::Policy("write");
    router
        .route(Method::GET, DATA_GUID, streamed(Access::Authenticated, Run::Streamed(data::download)))
        .route(Method::POST, DATA, streamed(write, Run::Streamed(data::upload)).tells())
        .route(Method::PUT, DATA_ANY, streamed(write, Run::Streamed(data::replace)).tells())
        .route(Method::DELETE, DATA_GUID, waiting(write, data::delete).tells())
        .route(Method::PUT, DATA_LOCK, whole(Access::Authenticated, data::lock))
        .route(Method::DELETE, DATA_LOCK, whole(Access::Authenticated, data::unlock))
        .route(Method::GET, ELEMENTS, whole(Access::Authenticated, data::list))
        .route(Method::PUT, ELEMENT, whole(write, data::replace_metadata).json())
        // The service can be set up to ask for a platform access token here; the recorded one was not.
        .route(Method::PUT, SCAN_STATUS, whole(Access::Anonymous, data::set_scan_status).json())
        .route(Method::GET, ELEMENT_EXISTS, whole(Access::Anonymous, data::exists))
}

fn process_routes(router: Router<Endpoint>) -> Router<Endpoint> {
    let read = Access::Policy("read");
    router
        .route(Method::PUT, PROCESS, whole(Access::Authenticated, process::update).json().tells())
        .route(
            Method::PUT,
            PROCESS_AND_EVENTS,
            whole(Access::Authenticated, process::update_with_events).json().tells(),
        )
        .route(Method::GET, HISTORY, whole(read, process::history))
        .route(Method::GET, AUTH_INFO, whole(Access::Anonymous, process::auth_info).without_database())
        .route(Method::POST, EVENTS, whole(read, events::post).json())
        .route(Method::GET, EVENTS, whole(read, events::list))
        .route(Method::GET, EVENT, whole(read, events::read))
        .route(Method::POST, SIGN, waiting(Access::Policy("sign"), sign::sign).tells())
}

fn registry_routes(router: Router<Endpoint>) -> Router<Endpoint> {
    let register = whole(Access::Studio, applications::register).json();
    let register = Endpoint { without_json: Some(applications::is_valid_id), ..register };
    let id_check = whole(Access::Anonymous, applications::is_valid_id);
    router
        .route(Method::GET, APPLICATIONS, whole(Access::Anonymous, applications::list))
        .route(Method::POST, APPLICATIONS, register)
        .any(APPLICATIONS, id_check)
        .route(Method::GET, APPLICATIONS_OF, whole(Access::Anonymous, applications::list_of))
        .route(Method::GET, APPLICATION, whole(Access::Anonymous, applications::read).without_database())
        .route(Method::PUT, APPLICATION, whole(Access::Studio, applications::replace).json())
        .route(Method::DELETE, APPLICATION, whole(Access::Studio, applications::remove))
        .route(Method::POST, TEXTS, whole(Access::Studio, texts::create))
        .route(Method::GET, TEXT, whole(Access::Authenticated, texts::read))
        .route(Method::PUT, TEXT, whole(Access::Studio, texts::replace))
        .route(Method::DELETE, TEXT, whole(Access::Studio, texts::remove))
}

fn other_routes(router: Router<Endpoint>) -> Router<Endpoint> {
    router
        .route(Method::POST, BOX_SEARCH, bare(Access::Authenticated, message_box::search))
        .route(Method::GET, BOX_INSTANCE, bare(Access::Authenticated, message_box::read))
        .route(Method::DELETE, BOX_INSTANCE, bare(Access::Policy("delete"), message_box::delete).tells())
        .route(Method::GET, BOX_EVENTS, bare(Access::Policy("read"), message_box::events))
        .route(Method::PUT, BOX_UNDELETE, bare(Access::Policy("delete"), message_box::undelete).tells())
        .route(Method::GET, STUDIO, whole(Access::Studio, studio::list))
        .route(Method::GET, STUDIO_INSTANCE, whole(Access::Studio, studio::read))
        .route(Method::DELETE, STUDIO_INSTANCE, bare(Access::Studio, studio::delete).tells())
        .route(Method::DELETE, "cleanup/cleanupinstances", bare(Access::Anonymous, cleanup::instances))
        .route(
            Method::DELETE,
            "cleanup/cleanupinstancesforapp/{appId}",
            bare(Access::Anonymous, cleanup::instances_of_app),
        )
        .route(Method::DELETE, "cleanup/cleanupdataelements", bare(Access::Anonymous, cleanup::data_elements))
        .route(Method::GET, "metrics/instances", bare(Access::Anonymous, metrics::instances))
        // Where the framework sends what ends in an exception; it can be asked for as well.
        .any("error", bare(Access::Anonymous, |_| Err(unhandled())).without_parameters())
}

/// An action that declares that it produces JSON.
fn whole(access: Access, run: fn(&Context) -> Answer) -> Endpoint {
    Endpoint {
        access,
        wants_json: false,
        without_json: None,
        problems: ProblemType::Json,
        without_database: false,
        tells: false,
        has_parameters: true,
        run: Run::Whole(run),
    }
}

/// An action that waits between its steps.
fn waiting(access: Access, run: for<'r> fn(&'r Context) -> BoxFuture<'r, Answer>) -> Endpoint {
    Endpoint { run: Run::Waiting(run), ..whole(access, data::list) }
}

/// An action that reads its body as it likes, and may wait.
fn streamed(access: Access, run: Run) -> Endpoint {
    Endpoint { run, ..whole(access, data::list) }
}

/// An action that declares nothing.
fn bare(access: Access, run: fn(&Context) -> Answer) -> Endpoint {
    Endpoint { problems: ProblemType::Problem, ..whole(access, run) }
}

impl Endpoint {
    /// The action asks for `application/json` by its route.
    fn json(self) -> Self {
        Self { wants_json: true, ..self }
    }

    /// The action stores an event apart from the change that it tells of.
    fn tells(self) -> Self {
        Self { tells: true, ..self }
    }

    /// The action takes nothing from the request.
    fn without_parameters(self) -> Self {
        Self { has_parameters: false, ..self }
    }

    /// The action minds itself what becomes of it without a database.
    fn without_database(self) -> Self {
        Self { without_database: true, ..self }
    }
}

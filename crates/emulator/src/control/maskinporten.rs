//! What is registered at Maskinporten, changed and taken out. Whole clients, delegations and the like are added as world.

use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::refused::{Refused, read};
use super::{Answer, Shared, done};
use crate::keys::PublicKey;
use crate::world::{Delegation, ScopeEntry};

pub(super) async fn remove_client(State(platform): Shared, Path(client): Path<String>) -> Answer {
    changed(platform.maskinporten.registry().remove(&client), &client)
}

pub(super) async fn add_key(State(platform): Shared, Path(client): Path<String>, body: Bytes) -> Answer {
    let jwk: Map<String, Value> = read(&body)?;
    let public = PublicKey::of_client(&jwk).map_err(|why| Refused::bad(why.to_string()))?;
    let now = platform.clock.now();
    changed(platform.maskinporten.registry().add_key(&client, public, now), &client)
}

pub(super) async fn remove_key(State(platform): Shared, Path((client, kid)): Path<(String, String)>) -> Answer {
    changed(platform.maskinporten.registry().remove_key(&client, &kid), &client)
}

pub(super) async fn expire_keys(State(platform): Shared, Path(client): Path<String>) -> Answer {
    let now = platform.clock.now();
    changed(platform.maskinporten.registry().expire_keys(&client, now), &client)
}

pub(super) async fn add_scope(State(platform): Shared, Path((client, name)): Path<(String, String)>) -> Answer {
    let scope = ScopeEntry { name, max_age: None };
    changed(platform.maskinporten.registry().add_scope(&client, scope), &client)
}

pub(super) async fn remove_scope(State(platform): Shared, Path((client, scope)): Path<(String, String)>) -> Answer {
    changed(platform.maskinporten.registry().remove_scope(&client, &scope), &client)
}

pub(super) async fn withdraw_delegation(
    State(platform): Shared,
    Path((consumer, supplier, scope)): Path<(String, String, String)>,
) -> Response {
    platform.maskinporten.registry().withdraw(&Delegation { consumer, supplier, scope });
    done()
}

pub(super) async fn remove_system_user(State(platform): Shared, Path(id): Path<String>) -> Answer {
    platform.maskinporten.registry().remove_system_user(uuid_of(&id)?);
    Ok(done())
}

pub(super) async fn remove_consent(State(platform): Shared, Path(id): Path<String>) -> Answer {
    platform.maskinporten.registry().remove_consent(uuid_of(&id)?);
    Ok(done())
}

fn uuid_of(id: &str) -> Result<Uuid, Refused> {
    Uuid::try_parse(id).map_err(|_| Refused::bad("the id is a UUID"))
}

fn changed(known: bool, client: &str) -> Answer {
    if known { Ok(done()) } else { Err(Refused::no_such_client(client)) }
}

//! A piece of world, added to the one in use.

use serde_json::{Map, Value};

use super::refused::{Refused, read};
use crate::maskinporten::UselessKey;
use crate::platform::Platform;
use crate::seed;
use crate::world::World;

/// The members of a world that can be added while it is in use.
const MEMBERS: [&str; 11] = [
    "orgs",
    "parties",
    "users",
    "policies",
    "apps",
    "clients",
    "restrictedScopes",
    "delegations",
    "systemUsers",
    "consents",
    "submissions",
];

/// Takes over the piece and gives the ids of the instances that its submissions have become, in their order. Either all
/// of it is taken over or nothing.
pub(super) fn add(platform: &Platform, body: &[u8]) -> Result<Vec<String>, Refused> {
    let members: Map<String, Value> = read(body)?;
    if members.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(Refused::bad(format!("these members can be added to a world in use: {}", MEMBERS.join(", "))));
    }
    let mut piece = World::from_slice(body).map_err(|error| Refused::unreadable(&error))?;
    if !piece.unknown_members().is_empty() {
        return Err(Refused::bad(format!("not known: {}", piece.unknown_members().join(", "))));
    }
    platform.world().knows_submissions_of(&piece).map_err(|unknown| Refused::bad(unknown.to_string()))?;
    let registered = platform.maskinporten.registry().add(&piece, platform.clock.now());
    registered.map_err(useless)?;
    let submissions = std::mem::take(&mut piece.submissions);
    let apps: Vec<String> = piece.apps.keys().cloned().collect();
    platform.change_world(|world| world.add(piece));
    let storage = &platform.storage;
    storage.lock().registry.register(&platform.world(), &apps, storage.faults());
    Ok(submissions.into_iter().map(|submission| seed::insert(platform, submission)).collect())
}

fn useless(UselessKey { client_id, why }: UselessKey) -> Refused {
    Refused::bad(format!("a key of the client {client_id} can't be used: {why}"))
}

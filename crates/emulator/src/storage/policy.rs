//! The decision point: what the world's policies let a caller do, and who is refused how.

use super::caller::Caller;
use crate::platform::Platform;
use crate::world::World;

/// Whether `caller` may take `action` in `app`: a subject of the policy has it, and the caller is authenticated as
/// strongly as the policy asks.
pub(crate) fn permits(world: &World, app: &str, caller: &Caller, action: &str) -> bool {
    let Some(policy) = world.policy_of(app) else { return false };
    let owner = app.split_once('/').is_some_and(|(org, _)| caller.is_org(org));
    let granted =
        |subject: &str| policy.get(subject).is_some_and(|actions| actions.iter().any(|granted| granted == action));
    let has_right = (owner && granted("owner")) || caller.subjects().any(|subject| granted(&subject));
    has_right && is_strong_enough(world, app, caller)
}

/// Whether the caller's authentication level meets the policy's obligations. The level for organisations can only lower the
/// general one; a missing level counts as 0.
fn is_strong_enough(world: &World, app: &str, caller: &Caller) -> bool {
    let obligations = world.obligations_of(app);
    let asked = |name: &str| obligations.get(name).copied();
    let level = caller.auth_level().unwrap_or(0);
    match asked("minimum-authenticationlevel") {
        Some(least) if level < least => {
            caller.org.is_some() && asked("minimum-authenticationlevel-org").is_some_and(|least| level >= least)
        }
        _ => true,
    }
}

/// Whether one of `actions` is permitted.
pub(crate) fn permits_any(world: &World, app: &str, caller: &Caller, actions: &[&str]) -> bool {
    actions.iter().any(|action| permits(world, app, caller, action))
}

/// What a policy that guards a whole route says about an instance. The synchroniser passes without being asked,
/// except to confirm and sign; an instance that doesn't exist has no policy that could permit anything.
pub(crate) fn guards(platform: &Platform, app: Option<&str>, caller: &Caller, action: &str) -> bool {
    let bypass = matches!(action, "read" | "write" | "delete") && caller.is_sync_adapter();
    bypass || app.is_some_and(|app| permits(&platform.world, app, caller, action))
}

/// The actions of which one is needed to work on a task of this type.
pub(crate) fn task_actions(task_type: Option<&str>) -> Vec<&str> {
    match task_type {
        None => Vec::new(),
        Some("data" | "feedback" | "pdf" | "eFormidling" | "fiksArkiv" | "subformPdf") => vec!["write"],
        Some("payment") => vec!["pay", "write"],
        Some("confirmation") => vec!["confirm"],
        Some("signing") => vec!["sign", "write"],
        Some(other) => vec![other],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::token::Claims;

    fn world() -> World {
        let text = json!({
            "policies": {"open": {"owner": ["read"], "org:digdir": ["complete"], "user:7": ["write"]}},
            "obligations": {"minimum-authenticationlevel": 2, "minimum-authenticationlevel-org": 1},
            "apps": {"ttd/a": {"policy": "open"}, "ttd/b": {"policy": "open", "obligations": {}}},
        });
        World::from_json(&text.to_string()).expect("a world")
    }

    fn caller(claims: &serde_json::Value) -> Caller {
        Caller::from(Claims::from(claims.as_object().expect("an object").clone()))
    }

    #[test]
    fn subjects_have_their_actions() {
        let world = world();
        let owner = caller(&json!({"urn:altinn:org": "ttd", "urn:altinn:authlevel": 3}));
        let other = caller(&json!({"urn:altinn:org": "digdir", "urn:altinn:authlevel": 3}));
        let user = caller(&json!({"urn:altinn:userid": 7, "urn:altinn:authlevel": 3}));
        assert!(permits(&world, "ttd/a", &owner, "read"));
        assert!(!permits(&world, "ttd/a", &owner, "complete"));
        assert!(permits(&world, "ttd/a", &other, "complete"));
        assert!(permits_any(&world, "ttd/a", &user, &["read", "write"]));
        assert!(!permits(&world, "ttd/nosuch", &owner, "read"));
    }

    #[test]
    fn the_level_for_organisations_only_lowers() {
        let world = world();
        let org = |level: i64| caller(&json!({"urn:altinn:org": "ttd", "urn:altinn:authlevel": level}));
        let user = caller(&json!({"urn:altinn:userid": 7, "urn:altinn:authlevel": 1}));
        assert!(permits(&world, "ttd/a", &org(1), "read"));
        assert!(!permits(&world, "ttd/a", &org(0), "read"));
        assert!(!permits(&world, "ttd/a", &user, "write"));
        assert!(permits(&world, "ttd/b", &org(0), "read"));
    }

    #[test]
    fn tasks_ask_for_their_actions() {
        assert_eq!(task_actions(Some("signing")), ["sign", "write"]);
        assert_eq!(task_actions(Some("Data")), ["Data"]);
        assert!(task_actions(None).is_empty());
    }
}

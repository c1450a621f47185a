//! The decision point: what the world's policies let a caller do, and who is refused how.

use super::caller::Caller;
use super::decisions::{Asked, Decisions, Question};
use super::faults::Fault;
use crate::platform::Platform;
use crate::world::World;

/// Whether the decision point lets `caller` take `action` in `app`, asked now. One that gives no answer is taken for a
/// no.
pub(crate) fn permits(platform: &Platform, app: &str, caller: &Caller, action: &str) -> bool {
    !platform.outages.decision_point()
        && has_right(&platform.world(), platform.storage.decisions(), app, caller, action)
        && is_strong_enough(&platform.world(), app, caller)
}

/// Whether a subject of the policy has the action, by the world or by what has changed since.
fn has_right(world: &World, decisions: &Decisions, app: &str, caller: &Caller, action: &str) -> bool {
    let policy = world.policy_of(app);
    let owner = app.split_once('/').is_some_and(|(org, _)| caller.is_org(org));
    let granted = |subject: &str| {
        decisions.changed(app, subject, action).unwrap_or_else(|| {
            let actions = policy.and_then(|policy| policy.get(subject));
            actions.is_some_and(|actions| actions.iter().any(|granted| granted == action))
        })
    };
    (owner && granted("owner")) || caller.subjects().any(|subject| granted(&subject))
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
pub(crate) fn permits_any(platform: &Platform, app: &str, caller: &Caller, actions: &[&str]) -> bool {
    actions.iter().any(|action| permits(platform, app, caller, action))
}

/// What a policy that guards a whole route says about an instance; `None` when the decision point says nothing, which
/// is a fault there. The synchroniser passes without being asked, except to confirm and sign; an instance that doesn't
/// exist has no policy that could permit anything.
pub(crate) fn guards(platform: &Platform, asked: Option<&Asked>, caller: &Caller, action: &str) -> Option<bool> {
    if passes_unasked(caller, action) {
        return Some(true);
    }
    let Some(asked) = asked else { return (!platform.outages.decision_point()).then_some(false) };
    let (now, decisions) = (platform.clock.now(), platform.storage.decisions());
    let question = Question::new(asked, caller, action);
    if decisions.is_silent(&question, now) {
        return None;
    }
    let decision = decide(platform, asked, caller, action);
    if decision.is_none() && platform.storage.faults().shows(Fault::FailedDecisionIsKept) {
        decisions.keep_silence(question, now);
    }
    decision
}

/// Whether the caller may read an instance, where the action asks and not the route: no answer is a no there.
pub(crate) fn lets_read(platform: &Platform, asked: &Asked, caller: &Caller) -> bool {
    decide(platform, asked, caller, "read").unwrap_or(false)
}

/// What the decision point says now, or has said within the time that its answers are kept. The strength of the
/// authentication is judged each time: it is an obligation that comes with the answer.
fn decide(platform: &Platform, asked: &Asked, caller: &Caller, action: &str) -> Option<bool> {
    let (now, decisions) = (platform.clock.now(), platform.storage.decisions());
    let question = Question::new(asked, caller, action);
    let answer = decisions.answer(&question, now).or_else(|| {
        if platform.outages.decision_point() {
            return None;
        }
        let answer = has_right(&platform.world(), decisions, &asked.app, caller, action);
        if platform.storage.faults().shows(Fault::DecisionsAreKept) {
            decisions.keep_answer(question, answer, now);
        }
        Some(answer)
    });
    answer.map(|granted| granted && is_strong_enough(&platform.world(), &asked.app, caller))
}

/// Whether the decision point is not asked at all.
fn passes_unasked(caller: &Caller, action: &str) -> bool {
    matches!(action, "read" | "write" | "delete") && caller.is_sync_adapter()
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

    fn grants(world: &World, app: &str, caller: &Caller, action: &str) -> bool {
        has_right(world, &Decisions::default(), app, caller, action) && is_strong_enough(world, app, caller)
    }

    #[test]
    fn subjects_have_their_actions() {
        let world = world();
        let owner = caller(&json!({"urn:altinn:org": "ttd", "urn:altinn:authlevel": 3}));
        let other = caller(&json!({"urn:altinn:org": "digdir", "urn:altinn:authlevel": 3}));
        let user = caller(&json!({"urn:altinn:userid": 7, "urn:altinn:authlevel": 3}));
        assert!(grants(&world, "ttd/a", &owner, "read"));
        assert!(!grants(&world, "ttd/a", &owner, "complete"));
        assert!(grants(&world, "ttd/a", &other, "complete"));
        assert!(["read", "write"].iter().any(|action| grants(&world, "ttd/a", &user, action)));
        assert!(!grants(&world, "ttd/nosuch", &owner, "read"));
    }

    #[test]
    fn the_level_for_organisations_only_lowers() {
        let world = world();
        let org = |level: i64| caller(&json!({"urn:altinn:org": "ttd", "urn:altinn:authlevel": level}));
        let user = caller(&json!({"urn:altinn:userid": 7, "urn:altinn:authlevel": 1}));
        assert!(grants(&world, "ttd/a", &org(1), "read"));
        assert!(!grants(&world, "ttd/a", &org(0), "read"));
        assert!(!grants(&world, "ttd/a", &user, "write"));
        assert!(grants(&world, "ttd/b", &org(0), "read"));
    }

    #[test]
    fn tasks_ask_for_their_actions() {
        assert_eq!(task_actions(Some("signing")), ["sign", "write"]);
        assert_eq!(task_actions(Some("Data")), ["Data"]);
        assert!(task_actions(None).is_empty());
    }
}

//! Which POSTs access without writing has.

use altinn_core::{Environment, InstanceId};
use url::Url;

/// Whether the address is the one at which the environment's Storage takes the confirmation of an instance.
pub(super) fn confirms(address: &Url, environment: &Environment) -> bool {
    let Some(path) = below_storage(address, environment) else { return false };
    let instance = path.strip_prefix("instances/").and_then(|rest| rest.strip_suffix("/complete"));
    instance.is_some_and(|instance| instance.parse::<InstanceId>().is_ok())
}

/// Whether the address is the one at which the environment's Storage is asked for messages: a question, with
/// conditions that an address has no room for.
pub(super) fn asks(address: &Url, environment: &Environment) -> bool {
    below_storage(address, environment).is_some_and(|path| path == "sbl/instances/search")
}

/// The path below Storage's own, of an address without a query. Addresses are compared as a whole: one that merely
/// ends like another may do something else.
fn below_storage(address: &Url, environment: &Environment) -> Option<String> {
    let storage = environment.platform_url().ok()?.join("storage/api/v1/").ok()?;
    let ours = address.origin() == storage.origin() && address.query().is_none();
    ours.then(|| address.path().strip_prefix(storage.path()).map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTANCE: &str = "510001/0d4a1bb4-5b5c-4c1f-9f0a-1f4bb8f2e7aa";

    #[test]
    fn only_the_confirmation_of_one_instance_is_one() {
        let tt02 = Environment::tt02();
        let instances = "https://platform.tt02.altinn.no/storage/api/v1/instances";
        let at = |address: &str| confirms(&Url::parse(address).unwrap(), &tt02);
        assert!(at(&format!("{instances}/{INSTANCE}/complete")));
        for other in [
            format!("{instances}/{INSTANCE}"),
            format!("{instances}/{INSTANCE}/complete/"),
            format!("{instances}/{INSTANCE}/complete?hard=true"),
            format!("{instances}/{INSTANCE}/Complete"),
            format!("{instances}/{INSTANCE}/undelete"),
            format!("{instances}/{INSTANCE}/data/complete"),
            format!("{instances}/{INSTANCE}/data/../complete/x"),
            format!("{instances}/510001/data/complete"),
            format!("{instances}/x/{INSTANCE}/complete"),
            format!("{instances}/0/complete"),
            format!("{instances}//complete"),
            format!("{instances}/complete"),
            format!("https://platform.tt02.altinn.no/authorization/api/v1/instances/{INSTANCE}/complete"),
            format!("https://ttd.apps.tt02.altinn.no/storage/api/v1/instances/{INSTANCE}/complete"),
            format!("https://platform.altinn.no/storage/api/v1/instances/{INSTANCE}/complete"),
        ] {
            assert!(!at(&other), "{other}");
        }
    }

    #[test]
    fn only_the_search_for_messages_is_a_question() {
        let tt02 = Environment::tt02();
        let at = |address: &str| asks(&Url::parse(address).unwrap(), &tt02);
        assert!(at("https://platform.tt02.altinn.no/storage/api/v1/sbl/instances/search"));
        for other in [
            "https://platform.tt02.altinn.no/storage/api/v1/sbl/instances/search/",
            "https://platform.tt02.altinn.no/storage/api/v1/sbl/instances/search?x=y",
            "https://platform.tt02.altinn.no/storage/api/v1/sbl/instances",
            "https://platform.tt02.altinn.no/storage/api/v1/instances/search",
            "https://platform.tt02.altinn.no/sbl/instances/search",
            "https://platform.altinn.no/storage/api/v1/sbl/instances/search",
        ] {
            assert!(!at(other), "{other}");
        }
    }

    #[test]
    fn a_platform_below_a_path_counts_with_it() {
        let nested = Environment::custom("nested", None, "https://p.example/altinn/", "https://a.example/").unwrap();
        let at = |path: &str| {
            confirms(&Url::parse(&format!("https://p.example{path}/{INSTANCE}/complete")).unwrap(), &nested)
        };
        assert!(at("/altinn/storage/api/v1/instances"));
        assert!(!at("/storage/api/v1/instances"));
    }
}

use altinn_core::{Environment, InstanceId};
use url::Url;

/// Whether the address is the one at which the environment's Storage takes the confirmation of an instance.
///
/// Compared as a whole: an address that merely ends like it may do something else.
pub(super) fn is(address: &Url, environment: &Environment) -> bool {
    let Ok(platform) = environment.platform_url() else { return false };
    let Ok(instances) = platform.join("storage/api/v1/instances/") else { return false };
    let instance = address.path().strip_prefix(instances.path()).and_then(|rest| rest.strip_suffix("/complete"));
    address.origin() == instances.origin()
        && address.query().is_none()
        && instance.is_some_and(|instance| instance.parse::<InstanceId>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTANCE: &str = "510001/0d4a1bb4-5b5c-4c1f-9f0a-1f4bb8f2e7aa";

    #[test]
    fn only_the_confirmation_of_one_instance_is_one() {
        let tt02 = Environment::tt02();
        let instances = "https://platform.tt02.altinn.no/storage/api/v1/instances";
        let at = |address: &str| is(&Url::parse(address).unwrap(), &tt02);
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
    fn a_platform_below_a_path_counts_with_it() {
        let nested = Environment::custom("nested", None, "https://p.example/altinn/", "https://a.example/").unwrap();
        let at =
            |path: &str| is(&Url::parse(&format!("https://p.example{path}/{INSTANCE}/complete")).unwrap(), &nested);
        assert!(at("/altinn/storage/api/v1/instances"));
        assert!(!at("/storage/api/v1/instances"));
    }
}

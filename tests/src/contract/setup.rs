//! The state that a recording's `setup` names, and how an emulator gets into it.

use altinn_emulator::{Emulator, OrgsList};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::ContractError;
use super::keys::KeyRing;
use super::run::{Outcome, Runner};
use super::scenario::Scenario;

/// The key that the main Maskinporten changes to, and the id it is published under then.
const NEW_KEY: (&str, &str) = ("foreign", "mp-new");

/// What `setup` says. The words are those of the world file's member `setups`; another one is an error, since it would
/// mean a state that nobody brings about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    #[serde(default)]
    orgs: Option<Orgs>,
    #[serde(default)]
    keys: Option<Keys>,
    #[serde(default)]
    audit: bool,
    #[serde(default)]
    provider: Option<Provider>,
    /// Nothing is kept from before, as in every emulator that has just started.
    #[serde(rename = "fresh", default)]
    _fresh: bool,
}

/// What is wrong with the list of service owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Orgs {
    #[serde(rename = "404")]
    NotFound,
    Down,
    Drop,
    Html,
    Bare,
    None,
    Null,
    Missing,
    Twice,
    TwoEmpty,
    OneEmpty,
    Capital,
    #[serde(rename = "up then down")]
    UpThenDown,
}

/// What is wrong with Maskinporten's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Keys {
    Down,
    DownMaskinporten,
    DownTest,
    #[serde(rename = "up then rotated")]
    UpThenRotated,
    #[serde(rename = "down then up")]
    DownThenUp,
}

/// Whose own tokens the service takes, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Provider {
    Maskinporten,
}

impl Setup {
    /// The state that `scenario` needs: the plain one unless it says otherwise.
    ///
    /// # Errors
    ///
    /// [`ContractError::Parse`] when its `setup` has an unknown member or word.
    pub fn of(scenario: &Scenario) -> Result<Self, ContractError> {
        let Some(setup) = &scenario.setup else { return Ok(Self::default()) };
        let what = || format!("the setup of {}", scenario.name);
        Self::deserialize(setup).map_err(|source| ContractError::Parse { what: what(), source })
    }

    /// Changes `world`, the service's configuration as JSON, as far as the state is one of configuration.
    pub fn configure(&self, world: &mut Value) {
        if self.audit {
            world["platform"]["auditLog"] = true.into();
        }
        if self.provider == Some(Provider::Maskinporten) {
            let main = &world["maskinporten"]["main"];
            let provider = json!({"issuer": main["issuer"], "metadata": main["metadata"]});
            world["platform"]["oidcProviders"] = json!({"maskinporten": provider});
        }
    }

    /// Brings `emulator`, which has just started, into the state. Where something has to happen first, that is one
    /// exchange; its outcome is given, and does not pass when the exchange did not end as the state wants it.
    ///
    /// * `runner`: asks this emulator.
    /// * `world`: what the emulator knew at the start.
    /// * `keys`: where the key is that Maskinporten changes to.
    ///
    /// # Errors
    ///
    /// [`ContractError::Unknown`] and [`ContractError::Key`] when that key is missing or of no use;
    /// [`ContractError::Parse`] when the exchange that comes first can't be asked for.
    pub async fn arrange(
        &self,
        emulator: &Emulator,
        runner: &Runner,
        world: &Value,
        keys: &KeyRing,
    ) -> Result<Vec<Outcome>, ContractError> {
        let outages = emulator.outages();
        let mut before = Vec::new();
        if self.orgs == Some(Orgs::UpThenDown) {
            before.extend(exchange(runner, 200).await?);
        }
        if let Some(orgs) = self.orgs {
            outages.set_orgs_list_answer(orgs.answer(world));
        }
        match self.keys {
            Some(Keys::Down) => outages.set_maskinporten_keys(true),
            Some(Keys::DownMaskinporten) => outages.set_main_maskinporten_keys(true),
            Some(Keys::DownTest) => outages.set_alternative_maskinporten_keys(true),
            Some(Keys::UpThenRotated) => {
                before.extend(exchange(runner, 200).await?);
                let (name, kid) = NEW_KEY;
                let rotated = emulator.rotate_maskinporten_key(&keys.pem(name)?, Some(kid));
                rotated.map_err(|_| ContractError::Key { name: name.to_owned(), problem: "is refused" })?;
            }
            Some(Keys::DownThenUp) => {
                outages.set_maskinporten_keys(true);
                before.extend(exchange(runner, 401).await?);
                outages.set_maskinporten_keys(false);
            }
            None => {}
        }
        Ok(before)
    }
}

impl Orgs {
    fn answer(self, world: &Value) -> OrgsList {
        let more = |orgs: &[(&str, Value)]| list(world, orgs);
        match self {
            Self::NotFound => OrgsList::status(404),
            Self::Down | Self::UpThenDown => OrgsList::status(500),
            Self::Drop => OrgsList::dropped(),
            Self::Html => OrgsList::page("<!DOCTYPE html><html><body>Velkommen</body></html>"),
            Self::Bare => OrgsList::document(json!({})),
            Self::None => OrgsList::document(json!({"orgs": {}})),
            Self::Null => more(&[("sst", json!({"orgnr": null}))]),
            Self::Missing => more(&[("sst", json!({}))]),
            Self::Twice => more(&[("sst", json!({"orgnr": world["orgs"]["skd"]["orgNumber"]}))]),
            Self::TwoEmpty => more(&[("sst", json!({"orgnr": ""})), ("nb", json!({"orgnr": ""}))]),
            Self::OneEmpty => more(&[("sst", json!({"orgnr": ""}))]),
            Self::Capital => more(&[("NAV", json!({"orgnr": "889640782"}))]),
        }
    }
}

/// The published list of the world's service owners, and `more`.
fn list(world: &Value, more: &[(&str, Value)]) -> OrgsList {
    let own = world["orgs"].as_object().into_iter().flatten();
    let own = own.map(|(code, org)| (code.clone(), json!({"name": org["name"], "orgnr": org["orgNumber"]})));
    let more = more.iter().map(|(code, org)| ((*code).to_owned(), org.clone()));
    OrgsList::document(json!({"orgs": own.chain(more).collect::<Map<_, _>>()}))
}

/// One exchange of a good token, which ends with `status`.
async fn exchange(runner: &Runner, status: u16) -> Result<Vec<Outcome>, ContractError> {
    let step = json!({
        "name": "before", "as": "mp-ttd", "method": "GET", "path": "/authentication/api/v1/exchange/maskinporten",
        "ignore": ["headers", "body"], "response": {"status": status},
    });
    let scenario = json!({"name": "before", "about": "what comes first", "steps": [step]});
    let what = || "the exchange before a recording".to_owned();
    let scenario = Scenario::deserialize(scenario).map_err(|source| ContractError::Parse { what: what(), source })?;
    Ok(runner.run("before", &scenario).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(setup: Value) -> Result<Setup, ContractError> {
        let scenario = json!({"name": "n", "about": "a", "setup": setup, "steps": []});
        Setup::of(&serde_json::from_value(scenario).unwrap())
    }

    #[test]
    fn words_are_read_and_unknown_ones_refused() {
        let words = setup(json!({"orgs": "404", "keys": "up then rotated", "fresh": true})).unwrap();
        assert_eq!((words.orgs, words.keys), (Some(Orgs::NotFound), Some(Keys::UpThenRotated)));
        assert_eq!(setup(Value::Null).unwrap(), Setup::default());
        for unknown in [json!({"orgs": "gone"}), json!({"keys": "x"}), json!({"other": 1}), json!({"provider": "x"})] {
            assert!(setup(unknown.clone()).unwrap_err().to_string().contains("the setup of n"), "{unknown}");
        }
    }

    #[test]
    fn every_word_of_the_world_file_is_known() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/exchange/world.json");
        let world: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for member in ["orgs", "keys"] {
            for word in world["setups"][member].as_object().unwrap().keys() {
                assert!(setup(json!({member: word})).is_ok(), "{member}: {word}");
            }
        }
    }

    #[test]
    fn configuration_is_laid_over_the_world() {
        let mut world =
            json!({"platform": {"auditLog": false}, "maskinporten": {"main": {"issuer": "i", "metadata": "m"}}});
        setup(json!({"audit": true, "provider": "maskinporten"})).unwrap().configure(&mut world);
        let provider = json!({"maskinporten": {"issuer": "i", "metadata": "m"}});
        assert_eq!(world["platform"], json!({"auditLog": true, "oidcProviders": provider}));
    }
}

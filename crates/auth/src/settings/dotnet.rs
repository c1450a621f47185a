//! `MaskinportenSettings`: what Altinn's clients for .NET and its apps are configured with.

use std::path::Path;

use altinn_core::{Environment, Secret};
use zeroize::Zeroizing;

use super::members::Members;
use super::{Content, Origin, Setting, Settings};
use crate::error::{Error, ErrorKind};
use crate::key::{GivenKid, KeyError, SigningKey};

const SECTION: &str = "MaskinportenSettings";

/// Those that say the same as one of ours, the first one to count first.
const MEMBERS: [(&str, Setting); 13] = [
    (ENVIRONMENTS[0], Setting::Environment),
    (ENVIRONMENTS[1], Setting::Environment),
    ("ClientId", Setting::ClientId),
    ("EncodedJwk", Setting::Key),
    ("Jwk", Setting::Key),
    ("JwkBase64", Setting::Key),
    ("EncodedX509", Setting::Key),
    (KID, Setting::Kid),
    ("Scope", Setting::Scopes),
    ("Authority", Setting::Issuer),
    ("Resource", Setting::Resource),
    ("ConsumerOrgNo", Setting::Consumer),
    ("UseAltinnTestOrg", Setting::TestOrganisation),
];

/// Those that can't be met, with what to do instead.
const ENTERPRISE_USER: (&str, &str) =
    ("EnterpriseUserName", "Altinn has no enterprise users any more: use a system user");
const THUMBPRINT: (&str, &str) =
    ("CertificateStoreThumbprint", "export the key and its certificates from the store as PEM");
const ALWAYS_EXCHANGED: &str = "tokens are always exchanged here: leave it out, or make it true";

/// Those clients have their environment in two parts, Altinn's and Maskinporten's. We have one.
const ENVIRONMENTS: [&str; 2] = ["TokenExchangeEnvironment", "Environment"];
const MIXED: &str = "a token of the test Maskinporten's is no good in production, nor the other way round: make both \
                     production, or neither";

const PKCS12_PATH: &str = "CertificatePkcs12Path";
#[cfg(feature = "pkcs12")]
const PKCS12_PASSWORD: &str = "CertificatePkcs12Password";
#[cfg(not(feature = "pkcs12"))]
const NO_PKCS12: &str =
    "turn on the feature pkcs12, or give the key and its certificates as PEM (openssl pkcs12 -nodes)";

/// The first is how the original spells it.
const EXCHANGE: [&str; 2] = ["ExhangeToAltinnToken", "ExchangeToAltinnToken"];

const KID: &str = "Kid";

pub(super) fn variables(settings: &mut Settings, lookup: &impl Fn(&str) -> Option<String>) {
    let find = |member: &str| {
        let name = format!("{SECTION}__{member}");
        // .NET does not tell small from capital letters here, and shells prefer the latter.
        [name.to_ascii_uppercase(), name].into_iter().find_map(|name| lookup(&name).map(|value| (name, value)))
    };
    if let Some((name, store)) = find(PKCS12_PATH) {
        #[cfg(feature = "pkcs12")]
        let content = pkcs12(store, find(PKCS12_PASSWORD).map(|(_, password)| password));
        #[cfg(not(feature = "pkcs12"))]
        let content = {
            drop(store);
            Content::Unmet(NO_PKCS12)
        };
        settings.put(Setting::Key, content, Origin::Variable(name));
    }
    for (place, member) in ENVIRONMENTS.into_iter().enumerate() {
        if let Some((name, value)) = find(member) {
            settings.pair.note(place, &value, Origin::Variable(name));
        }
    }
    for (member, setting) in MEMBERS {
        if let Some((name, value)) = find(member) {
            settings.put(setting, Content::Text(translate(setting, value)), Origin::Variable(name));
        }
    }
    // A key that counts before it takes its place.
    if let Some((name, _)) = find(THUMBPRINT.0) {
        settings.put(Setting::Key, Content::Unmet(THUMBPRINT.1), Origin::Variable(name));
    }
    let unmet = find(ENTERPRISE_USER.0).map(|(name, _)| (name, ENTERPRISE_USER.1));
    let unmet = unmet.or_else(|| {
        let switched_off = |member| find(member).filter(|(_, value)| is_false(value));
        EXCHANGE.into_iter().find_map(switched_off).map(|(name, _)| (name, ALWAYS_EXCHANGED))
    });
    if let Some((name, advice)) = unmet {
        settings.unmet.get_or_insert((Origin::Variable(name), advice));
    }
}

pub(super) fn file(settings: &mut Settings, path: &Path) -> Result<(), Error> {
    let failed = || Error::of(ErrorKind::Config, format!("the settings file {} can't be used", path.display()));
    let bytes = Zeroizing::new(std::fs::read(path).map_err(|error| failed().source(error).build())?);
    let members = Members::parse(&bytes, SECTION).ok_or_else(|| failed().advice("it is no JSON object").build())?;
    let unmet = |member, advice| Err(failed().advice(format!("{member}: {advice}")).into());
    for (member, advice) in [ENTERPRISE_USER, THUMBPRINT] {
        if members.text(member).is_some() {
            return unmet(member, advice);
        }
    }
    if let Some(member) = EXCHANGE.into_iter().find(|member| members.text(member).is_some_and(|value| is_false(&value)))
    {
        return unmet(member, ALWAYS_EXCHANGED);
    }
    if let Some(store) = members.text(PKCS12_PATH) {
        #[cfg(feature = "pkcs12")]
        {
            let password = members.text(PKCS12_PASSWORD).map(|password| password.to_string());
            let origin = Origin::File { path: path.to_owned(), member: Some(PKCS12_PATH) };
            settings.put(Setting::Key, pkcs12(store.to_string(), password), origin);
        }
        #[cfg(not(feature = "pkcs12"))]
        {
            drop(store);
            return unmet(PKCS12_PATH, NO_PKCS12);
        }
    }
    for (place, member) in ENVIRONMENTS.into_iter().enumerate() {
        if let Some(value) = members.text(member) {
            settings.pair.note(place, &value, Origin::File { path: path.to_owned(), member: Some(member) });
        }
    }
    for (member, setting) in MEMBERS {
        let Some(value) = members.text(member) else { continue };
        let content = match setting {
            Setting::Key => Content::KeyInSettings(path.to_owned()),
            _ => Content::Text(translate(setting, value.to_string())),
        };
        settings.put(setting, content, Origin::File { path: path.to_owned(), member: Some(member) });
    }
    Ok(())
}

#[cfg(feature = "pkcs12")]
fn pkcs12(path: String, password: Option<String>) -> Content {
    Content::Pkcs12File(path.trim().into(), Secret::new(password.unwrap_or_default()))
}

/// What [`ENVIRONMENTS`] say: from where, and whether it is production. Each is from the place that counts before others,
/// as those clients put them together.
#[derive(Debug, Clone, Default)]
pub(super) struct Pair([Option<(Origin, bool)>; 2]);

impl Pair {
    fn note(&mut self, place: usize, value: &str, origin: Origin) {
        let Some(known) = self.0.get_mut(place) else { return };
        if known.as_ref().is_none_or(|(earlier, _)| origin.rank() < earlier.rank()) {
            let production = value.parse::<Environment>().is_ok_and(|environment| environment.is_production());
            *known = Some((origin, production));
        }
    }

    /// That both are production or neither, where the environment is from one of them.
    pub(super) fn check(&self, used: &Origin) -> Result<(), Error> {
        match &self.0 {
            [Some((exchange, one)), Some((maskinporten, other))]
                if one != other && [exchange, maskinporten].contains(&used) =>
            {
                let message = format!("of {exchange} and {maskinporten} one is production and the other is not");
                Err(Error::of(ErrorKind::Config, message).advice(MIXED).into())
            }
            _ => Ok(()),
        }
    }
}

fn is_false(value: &str) -> bool {
    value.trim().eq_ignore_ascii_case("false")
}

/// Whether this is where such a file has the key id.
pub(super) fn is_kid_of(origin: &Origin, file: &Path) -> bool {
    matches!(origin, Origin::File { path, member: Some(KID) } if path == file)
}

/// The keys in a settings file.
pub(super) fn keys(bytes: &[u8]) -> Result<Vec<SigningKey>, KeyError> {
    let members = Members::parse(bytes, SECTION).ok_or(KeyError::NotJwk)?;
    let names = MEMBERS.iter().filter(|(_, setting)| *setting == Setting::Key).map(|(member, _)| *member);
    let text = names.filter_map(|name| members.text(name)).next().ok_or(KeyError::Empty)?;
    SigningKey::detect_all(text.as_bytes())
}

/// The same under the key id in that file, which may be replaced together with the key.
pub(super) fn keys_with_kid(bytes: &[u8]) -> Result<Vec<SigningKey>, KeyError> {
    let keys = keys(bytes)?;
    match Members::parse(bytes, SECTION).and_then(|members| members.text(KID)) {
        Some(kid) => GivenKid::Overriding(kid.to_string()).apply(keys),
        None => Ok(keys),
    }
}

/// A value in our words.
fn translate(setting: Setting, value: String) -> Secret {
    let trimmed = value.trim();
    match setting {
        Setting::Environment => Secret::new(match trimmed.to_ascii_lowercase().as_str() {
            "prod" => "production",
            "test" | "ver1" | "ver2" => "tt02",
            _ => trimmed,
        }),
        // Those clients put the slash there themselves.
        Setting::Issuer if !trimmed.ends_with('/') => Secret::new(format!("{trimmed}/")),
        _ => Secret::new(value),
    }
}

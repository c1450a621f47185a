//! `MaskinportenSettings`: what Altinn's clients for .NET and its apps are configured with.

use std::path::Path;

use altinn_core::Secret;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{Content, Origin, Setting, Settings};
use crate::error::{Error, ErrorKind};
use crate::key::{KeyError, SigningKey};

const SECTION: &str = "MaskinportenSettings";

/// Those that say the same as one of ours, the first one to count first.
const MEMBERS: [(&str, Setting); 13] = [
    ("TokenExchangeEnvironment", Setting::Environment),
    ("Environment", Setting::Environment),
    ("ClientId", Setting::ClientId),
    ("EncodedJwk", Setting::Key),
    ("Jwk", Setting::Key),
    ("JwkBase64", Setting::Key),
    ("EncodedX509", Setting::Key),
    ("Kid", Setting::Kid),
    ("Scope", Setting::Scopes),
    ("Authority", Setting::Issuer),
    ("Resource", Setting::Resource),
    ("ConsumerOrgNo", Setting::Consumer),
    ("UseAltinnTestOrg", Setting::TestOrganisation),
];

/// Those that can't be met, with the reason.
const REFUSED: [(&str, &str); 2] = [
    ("EnterpriseUserName", "Altinn has no enterprise users any more: use a system user"),
    ("CertificateStoreThumbprint", "export the key and its certificates from the store as PEM"),
];

const PKCS12_PATH: &str = "CertificatePkcs12Path";
#[cfg(feature = "pkcs12")]
const PKCS12_PASSWORD: &str = "CertificatePkcs12Password";

/// The first is how the original spells it.
const EXCHANGE: [&str; 2] = ["ExhangeToAltinnToken", "ExchangeToAltinnToken"];

pub(super) fn variables(settings: &mut Settings, lookup: &impl Fn(&str) -> Option<String>) {
    // What can't be met is left to files: in variables it may be another program's.
    for (member, setting) in MEMBERS {
        // .NET does not tell small from capital letters here, and shells prefer the latter.
        let name = format!("{SECTION}__{member}");
        for name in [name.to_ascii_uppercase(), name] {
            if let Some(value) = lookup(&name) {
                settings.put(setting, Content::Text(translate(setting, value)), Origin::Variable(name));
            }
        }
    }
}

pub(super) fn file(settings: &mut Settings, path: &Path) -> Result<(), Error> {
    let failed = || Error::of(ErrorKind::Config, format!("the settings file {} can't be used", path.display()));
    let bytes = Zeroizing::new(std::fs::read(path).map_err(|error| failed().source(error).build())?);
    let mut members = members(&bytes).ok_or_else(|| failed().advice("it is no JSON object").build())?;
    for (member, advice) in REFUSED {
        if take(&mut members, member).is_some() {
            return Err(failed().advice(format!("{member}: {advice}")).into());
        }
    }
    #[cfg(not(feature = "pkcs12"))]
    if take(&mut members, PKCS12_PATH).is_some() {
        let advice = "turn on the feature pkcs12, or give the key and its certificates as PEM (openssl pkcs12 -nodes)";
        return Err(failed().advice(format!("{PKCS12_PATH}: {advice}")).into());
    }
    #[cfg(feature = "pkcs12")]
    if let Some(store) = take(&mut members, PKCS12_PATH) {
        let password = Secret::new(take(&mut members, PKCS12_PASSWORD).unwrap_or_default());
        let origin = Origin::File { path: path.to_owned(), member: Some(PKCS12_PATH) };
        settings.put(Setting::Key, Content::Pkcs12File(store.into(), password), origin);
    }
    for member in EXCHANGE {
        if take(&mut members, member).is_some_and(|value| value.eq_ignore_ascii_case("false")) {
            return Err(failed().advice(format!("{member} is false, and tokens are always exchanged here")).into());
        }
    }
    for (member, setting) in MEMBERS {
        let Some(value) = take(&mut members, member) else { continue };
        let content = match setting {
            Setting::Key => Content::KeyInSettings(path.to_owned()),
            _ => Content::Text(translate(setting, value)),
        };
        settings.put(setting, content, Origin::File { path: path.to_owned(), member: Some(member) });
    }
    Ok(())
}

/// The keys in a settings file.
pub(super) fn keys(bytes: &[u8]) -> Result<Vec<SigningKey>, KeyError> {
    let mut members = members(bytes).ok_or(KeyError::NotJwk)?;
    let kid = take(&mut members, "Kid");
    let names = MEMBERS.iter().filter(|(_, setting)| *setting == Setting::Key).map(|(member, _)| *member);
    let text = names.filter_map(|name| take(&mut members, name)).next().ok_or(KeyError::Empty)?;
    let keys = SigningKey::detect_all(Zeroizing::new(text).as_bytes())?;
    Ok(match kid {
        Some(kid) => keys.into_iter().map(|key| key.with_kid(kid.as_str())).collect(),
        None => keys,
    })
}

fn members(bytes: &[u8]) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}');
    let mut whole: Map<String, Value> = serde_json::from_str(text).ok()?;
    match remove(&mut whole, SECTION) {
        Some(Value::Object(section)) => Some(section),
        Some(_) => None,
        None => Some(whole),
    }
}

fn remove(members: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = members.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    members.remove(&key)
}

/// A member as text; `None` for one that is absent or blank.
fn take(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    let text = match remove(members, name)? {
        Value::String(text) => text,
        Value::Null => return None,
        other => other.to_string(),
    };
    (!text.trim().is_empty()).then_some(text)
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

//! The names that NAIS gives to settings, as variables and as mounted files, and ours beside them.

use std::io;
use std::path::Path;

use altinn_core::Secret;

use super::{Content, Origin, Setting, Settings};
use crate::error::{Error, ErrorKind};

pub(super) const ENVIRONMENT: &str = "ALTINN_ENVIRONMENT";
pub(super) const CLIENT_ID: &str = "MASKINPORTEN_CLIENT_ID";
pub(super) const CLIENT_JWK: &str = "MASKINPORTEN_CLIENT_JWK";
pub(super) const KEY_FILE: &str = "MASKINPORTEN_CLIENT_KEY_FILE";

const NAMES: [(&str, Setting); 15] = [
    (ENVIRONMENT, Setting::Environment),
    (CLIENT_ID, Setting::ClientId),
    (CLIENT_JWK, Setting::Key),
    ("MASKINPORTEN_CLIENT_KID", Setting::Kid),
    ("MASKINPORTEN_CLIENT_KEY_EXPIRES", Setting::KeyExpires),
    ("MASKINPORTEN_CLIENT_KEY_STRICT_PERMISSIONS", Setting::StrictPermissions),
    ("NAIS_TOKEN_ENDPOINT", Setting::TokenSidecar),
    ("ALTINN_TOKEN", Setting::Token),
    ("MASKINPORTEN_SCOPES", Setting::Scopes),
    ("MASKINPORTEN_ISSUER", Setting::Issuer),
    ("MASKINPORTEN_TOKEN_ENDPOINT", Setting::TokenEndpoint),
    ("MASKINPORTEN_RESOURCE", Setting::Resource),
    ("MASKINPORTEN_CONSUMER_ORG", Setting::Consumer),
    ("ALTINN_TEST_ORGANISATION", Setting::TestOrganisation),
    ("ALTINN_SERVICE_OWNER", Setting::ServiceOwner),
];

pub(super) fn variables(settings: &mut Settings, lookup: &impl Fn(&str) -> Option<String>) {
    for (name, setting) in NAMES {
        if let Some(value) = lookup(name) {
            settings.put(setting, Content::Text(Secret::new(value)), Origin::Variable(name.to_owned()));
        }
    }
    if let Some(path) = lookup(KEY_FILE) {
        settings.put(Setting::Key, Content::KeyFile(path.trim().into()), Origin::Variable(KEY_FILE.to_owned()));
    }
}

pub(super) fn folder(settings: &mut Settings, folder: &Path) -> Result<(), Error> {
    let failed = |path: &Path, error: io::Error| {
        Error::of(ErrorKind::Config, format!("{} can't be read", path.display())).source(error).build()
    };
    // Otherwise a wrong path would look like a folder without settings.
    std::fs::read_dir(folder).map_err(|error| failed(folder, error))?;
    for (name, setting) in NAMES.into_iter().chain([(KEY_FILE, Setting::Key)]) {
        let path = folder.join(name);
        let content = match name {
            // Not read here: only the reader of keys overwrites what it has read.
            CLIENT_JWK => std::fs::metadata(&path).map(|file| (file.len() > 0).then(|| Content::KeyFile(path.clone()))),
            _ => std::fs::read_to_string(&path).map(|text| match name {
                _ if text.trim().is_empty() => None,
                KEY_FILE => Some(Content::KeyFile(text.trim().into())),
                _ => Some(Content::Text(Secret::new(text))),
            }),
        };
        match content {
            Ok(Some(content)) => settings.put(setting, content, Origin::File { path, member: None }),
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&path, error)),
        }
    }
    Ok(())
}

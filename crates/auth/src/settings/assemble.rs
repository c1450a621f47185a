//! From settings to credentials, with the checks that need several of them.

use std::str::FromStr;
use std::time::SystemTime;

use altinn_core::{Environment, OrgNumber, Scope, Secret};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use url::Url;

use super::nais::{CLIENT_ID, CLIENT_JWK, ENVIRONMENT, KEY_FILE};
use super::{Content, Found, Origin, Setting, Settings, dotnet, unusable};
use crate::builder::CredentialsBuilder;
use crate::credentials::Credentials;
use crate::error::{Builder, Error, ErrorKind};
use crate::identifier::{NO_IDENTIFIER, is_identifier};
use crate::key::{GivenKid, KeyError, KeyFile, SigningKey};

pub(super) fn credentials<S: Scope>(settings: &Settings) -> Result<Credentials<S>, Error> {
    let environment = environment(settings)?;
    // Of a token, a key and a sidecar, one that was left in a variable must not take the place of an argument.
    let sources = [Setting::Token, Setting::Key, Setting::TokenSidecar];
    let best = sources.iter().filter_map(|source| settings.origin(*source)).map(Origin::rank).min();
    let counts = |origin: &Origin| Some(origin.rank()) == best;
    if let Some((token, _)) = settings.text(Setting::Token).filter(|(_, origin)| counts(origin)) {
        let credentials = Credentials::with_token(environment, token);
        return match settings.text(Setting::ServiceOwner) {
            Some((code, _)) => credentials.expect_service_owner(code),
            None => Ok(credentials),
        };
    }
    if let Some((origin, advice)) = &settings.unmet {
        return Err(Error::of(ErrorKind::Config, format!("{origin} can't be met")).advice(*advice).into());
    }
    check_scopes::<S>(settings)?;
    check_addresses(settings, &environment)?;
    let mut builder = CredentialsBuilder::new(environment)
        .test_organisation(is_set(settings, Setting::TestOrganisation)?)
        .strict_permissions(is_set(settings, Setting::StrictPermissions)?);
    if let Some((code, _)) = settings.text(Setting::ServiceOwner) {
        builder = builder.service_owner(code);
    }
    let end = key_expires(settings)?;
    let key = settings.found.get(&Setting::Key).filter(|key| counts(&key.origin));
    let sidecar = settings.text(Setting::TokenSidecar).filter(|(_, origin)| counts(origin));
    builder = match (key, sidecar) {
        // A key can ask for more than a sidecar can.
        (Some(key), _) => {
            let (client_id, origin) =
                settings.text(Setting::ClientId).ok_or_else(|| missing(Setting::ClientId, CLIENT_ID).build())?;
            if !is_identifier(client_id) {
                return Err(unusable(Setting::ClientId, origin).advice(NO_IDENTIFIER).into());
            }
            // One from a place that counts less is another key's.
            if let Some((end, _)) = end.filter(|(_, origin)| origin.rank() <= key.origin.rank()) {
                builder = builder.key_expires(end);
            }
            with_key(builder.client_id(client_id), key, kid(settings, &key.origin)?)?
        }
        (None, Some((endpoint, origin))) => {
            let endpoint =
                Url::parse(endpoint).map_err(|error| unusable(Setting::TokenSidecar, origin).source(error).build())?;
            builder.token_sidecar(endpoint)
        }
        (None, None) if settings.text(Setting::ClientId).is_none() => {
            return Err(missing(Setting::ClientId, CLIENT_ID).into());
        }
        (None, None) => {
            let advice = format!("set it, or {KEY_FILE} to the path of a file with the key");
            return Err(missing(Setting::Key, CLIENT_JWK).advice(advice).into());
        }
    };
    let credentials = builder.build()?;
    narrowed(settings, credentials)
}

fn missing(setting: Setting, variable: &str) -> Builder {
    Error::of(ErrorKind::Config, format!("the {setting} is missing: {variable} is not set, nor is it given otherwise"))
}

/// A name, or the address of an emulator.
fn environment(settings: &Settings) -> Result<Environment, Error> {
    let found = settings.text(Setting::Environment);
    let (text, origin) = found.ok_or_else(|| {
        let advice = "set it to tt02, production, another name, or the address of an emulator";
        missing(Setting::Environment, ENVIRONMENT).advice(advice).build()
    })?;
    settings.pair.check(origin)?;
    let result = if text.contains("://") { Environment::emulator(text) } else { text.parse() };
    result.map_err(|error| unusable(Setting::Environment, origin).source(error).build())
}

/// The key id as it was set, with where.
///
/// `key`: where the key is from. A key id from a place that counts less does not replace the key's own.
fn kid<'a>(settings: &'a Settings, key: &Origin) -> Result<Option<(GivenKid, &'a Origin)>, Error> {
    let Some((kid, origin)) = settings.text(Setting::Kid) else { return Ok(None) };
    if kid.is_empty() {
        return Err(unusable(Setting::Kid, origin).advice("it is blank").into());
    }
    if !is_identifier(kid) {
        return Err(unusable(Setting::Kid, origin).advice(NO_IDENTIFIER).into());
    }
    let given = if origin.rank() <= key.rank() { GivenKid::Overriding } else { GivenKid::ForUnnamed };
    Ok(Some((given(kid.to_owned()), origin)))
}

fn with_key<S: Scope>(
    builder: CredentialsBuilder<S>,
    found: &Found,
    kid: Option<(GivenKid, &Origin)>,
) -> Result<CredentialsBuilder<S>, Error> {
    let origin = &found.origin;
    let file = match &found.content {
        Content::Text(text) => {
            let key = key(text, kid.map(|(kid, _)| kid)).map_err(|error| {
                Error::of(ErrorKind::Key, format!("the key in {origin} can't be used")).source(error).build()
            })?;
            return Ok(builder.key(key));
        }
        Content::Unmet(advice) => return Err(unusable(Setting::Key, origin).advice(*advice).into()),
        Content::KeyInSettings(path) if kid.as_ref().is_some_and(|(_, origin)| dotnet::is_kid_of(origin, path)) => {
            return Ok(builder.key_source(KeyFile::with(path.clone(), dotnet::keys_with_kid)));
        }
        Content::KeyInSettings(path) => KeyFile::with(path.clone(), dotnet::keys),
        Content::KeyFile(path) => KeyFile::new(path.clone()),
        #[cfg(feature = "pkcs12")]
        Content::Pkcs12File(path, password) => KeyFile::pkcs12(path.clone(), password.clone()),
    };
    Ok(builder.key_source(match kid {
        Some((kid, _)) => file.named(kid),
        None => file,
    }))
}

fn key(text: &Secret, kid: Option<GivenKid>) -> Result<SigningKey, KeyError> {
    let Some(kid) = kid else { return SigningKey::detect(text.expose()) };
    let mut keys = kid.apply(SigningKey::detect_all(text.expose().as_bytes())?)?;
    match (keys.len(), keys.pop()) {
        (1, Some(key)) => Ok(key),
        (count, _) => Err(KeyError::SeveralKeys(count)),
    }
}

/// What the client has is a hint of what it will be granted, so a gap shows before anything is sent.
fn check_scopes<S: Scope>(settings: &Settings) -> Result<(), Error> {
    let Some((scopes, origin)) = settings.text(Setting::Scopes) else { return Ok(()) };
    let missing: Vec<String> = S::SCOPES
        .iter()
        .filter(|needed| !scopes.split_ascii_whitespace().any(|scope| scope == **needed))
        .map(|scope| (*scope).to_owned())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::of(ErrorKind::Config, format!("{origin} lacks {}", missing.join(" and ")))
        .advice("add it to the client, or ask for less access (Read instead of ReadWrite)")
        .missing_scopes(missing)
        .build())
}

fn check_addresses(settings: &Settings, environment: &Environment) -> Result<(), Error> {
    let endpoint = environment.maskinporten_token_endpoint();
    let own = [
        (Setting::Issuer, environment.maskinporten_issuer()),
        (Setting::TokenEndpoint, endpoint.as_ref().map(Url::as_str)),
    ];
    for (setting, own) in own {
        if let (Some((given, origin)), Some(own)) = (settings.text(setting), own)
            && given != own
        {
            return Err(Error::of(ErrorKind::Config, format!("{origin} is not {own}, as {environment} has it"))
                .advice("test environments go with the test Maskinporten, production with the real one")
                .into());
        }
    }
    Ok(())
}

fn is_set(settings: &Settings, setting: Setting) -> Result<bool, Error> {
    let Some((text, origin)) = settings.text(setting) else { return Ok(false) };
    text.to_ascii_lowercase().parse().map_err(|_| unusable(setting, origin).advice("it is true or false").build())
}

/// A time, or a date, which begins at midnight in Greenwich, with where it was set.
fn key_expires(settings: &Settings) -> Result<Option<(SystemTime, &Origin)>, Error> {
    let Some((text, origin)) = settings.text(Setting::KeyExpires) else { return Ok(None) };
    let start = |date: Date| date.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp());
    let end = text.parse::<Timestamp>().or_else(|_| text.parse().and_then(start));
    let advice = "it is a date such as 2027-03-01, or a time such as 2027-03-01T12:00:00Z";
    end.map(|end| Some((end.into(), origin))).map_err(|_| unusable(Setting::KeyExpires, origin).advice(advice).build())
}

/// A number whose check digit does not fit is a slip of the pen in production. Test environments invent such numbers.
fn consumer(text: &str, origin: &Origin, environment: &Environment) -> Result<OrgNumber, Error> {
    let fault = match OrgNumber::from_str(text) {
        Ok(organisation) => return Ok(organisation),
        Err(fault) => fault,
    };
    let unusable = unusable(Setting::Consumer, origin);
    match OrgNumber::synthetic(text) {
        Ok(organisation) if !environment.is_production() => {
            tracing::warn!(%origin, "the consumer organisation's check digit does not fit: is it the right number?");
            Ok(organisation)
        }
        Ok(_) => Err(unusable
            .advice("compare its digits with those in the register: numbers that are made up are for test environments")
            .source(fault)
            .into()),
        Err(_) => Err(unusable.advice("it is nine digits, without spaces").source(fault).into()),
    }
}

/// Applies what concerns single tokens.
fn narrowed<S: Scope>(settings: &Settings, credentials: Credentials<S>) -> Result<Credentials<S>, Error> {
    let mut request = credentials.request().clone();
    if let Some((text, origin)) = settings.text(Setting::Consumer) {
        request = request.on_behalf_of(consumer(text, origin, credentials.environment())?);
    }
    if let Some((text, origin)) = settings.text(Setting::Resource) {
        request = request.resource(text).map_err(|error| {
            unusable(Setting::Resource, origin).advice(error.advice().to_owned()).source(error).build()
        })?;
    }
    Ok(if &request == credentials.request() { credentials } else { credentials.with_request(request) })
}

//! Settings from environment variables, with the names that NAIS gives them.

use altinn_core::{Environment, Scope};

use crate::builder::CredentialsBuilder;
use crate::error::{Error, ErrorKind};
use crate::key::SigningKey;

const ENVIRONMENT: &str = "ALTINN_ENVIRONMENT";
const CLIENT_ID: &str = "MASKINPORTEN_CLIENT_ID";
const CLIENT_JWK: &str = "MASKINPORTEN_CLIENT_JWK";
const SCOPES: &str = "MASKINPORTEN_SCOPES";
const ISSUER: &str = "MASKINPORTEN_ISSUER";
const TOKEN_ENDPOINT: &str = "MASKINPORTEN_TOKEN_ENDPOINT";

pub(crate) fn builder<S: Scope>(lookup: impl Fn(&str) -> Option<String>) -> Result<CredentialsBuilder<S>, Error> {
    let optional = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
    let needed = |name: &'static str| {
        optional(name).ok_or_else(|| Error::from(Error::of(ErrorKind::Config, format!("{name} is not set"))))
    };

    let environment = environment(&needed(ENVIRONMENT)?)?;
    let client_id = needed(CLIENT_ID)?;
    let key = SigningKey::from_jwk(&needed(CLIENT_JWK)?).map_err(|error| {
        Error::of(ErrorKind::Key, format!("the key in {CLIENT_JWK} can't be used")).source(error).build()
    })?;
    if let Some(scopes) = optional(SCOPES) {
        check_scopes::<S>(&scopes)?;
    }
    let own_endpoint = environment.maskinporten_token_endpoint();
    let own =
        [(ISSUER, environment.maskinporten_issuer()), (TOKEN_ENDPOINT, own_endpoint.as_ref().map(|u| u.as_str()))];
    for (name, own) in own {
        if let (Some(given), Some(own)) = (optional(name), own)
            && given.trim() != own
        {
            return Err(Error::of(ErrorKind::Config, format!("{name} is not {own}, as {ENVIRONMENT} has it"))
                .advice("test environments go with the test Maskinporten, production with the real one")
                .into());
        }
    }
    Ok(CredentialsBuilder::new(environment).client_id(client_id).key(key))
}

/// A name, or the address of an emulator.
fn environment(value: &str) -> Result<Environment, Error> {
    let value = value.trim();
    let result = if value.contains("://") { Environment::emulator(value) } else { value.parse() };
    result.map_err(|error| Error::of(ErrorKind::Config, format!("{ENVIRONMENT} can't be used")).source(error).build())
}

/// What the client has is a hint of what it will be granted, so a gap shows before anything is sent.
fn check_scopes<S: Scope>(scopes: &str) -> Result<(), Error> {
    let missing: Vec<String> = S::SCOPES
        .iter()
        .filter(|needed| !scopes.split_ascii_whitespace().any(|scope| scope == **needed))
        .map(|scope| (*scope).to_owned())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::of(ErrorKind::Config, format!("{SCOPES} lacks {}", missing.join(" and ")))
        .advice("add it to the client, or ask for less access (Read instead of ReadWrite)")
        .missing_scopes(missing)
        .build())
}

#[cfg(test)]
mod tests;

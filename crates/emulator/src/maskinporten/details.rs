//! Rich authorization details: system users, and which other kind is meant.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::access::Access;
use super::grant::TokenRequest;
use super::refusal::Refusal;
use super::registry::{Client, Registry};
use super::{Maskinporten, consent};

const SYSTEM_USER: &str = "urn:altinn:systemuser";
const AUTHORITY: &str = "iso6523-actorid-upis";
const PREFIX: &str = "0192:";
const FIELDS: [&str; 3] = ["type", "systemuser_org", "externalRef"];
const MAX_EXTERNAL_REF_CHARS: usize = 255;

/// The details that go into the token: the system user or the consent that the grant names, looked up. None when it
/// names none.
pub(crate) fn resolve(
    maskinporten: &Maskinporten,
    client: &Client,
    request: &TokenRequest,
    access: &Access,
    now: Timestamp,
) -> Result<Option<Value>, Refusal> {
    let Some(details) = &request.authorization_details else {
        return Ok(None);
    };
    let detail = only(details)?;
    let registry = maskinporten.registry();
    let resolved = match detail.get("type").and_then(Value::as_str) {
        Some(SYSTEM_USER) => system_user(&registry, client, detail)?,
        Some(consent::TYPE) => consent::resolve(&registry, &access.consumer, detail, now)?,
        _ => return Err(Refusal::DetailsType),
    };
    Ok(Some(json!([resolved])))
}

fn only(details: &Value) -> Result<&Map<String, Value>, Refusal> {
    match details.as_array().map(Vec::as_slice) {
        Some([Value::Object(detail)]) => Ok(detail),
        _ => Err(Refusal::Malformed("Invalid JWT claim authorization_details.")),
    }
}

/// A member that isn't among `fields` is refused.
pub(super) fn only_fields(detail: &Map<String, Value>, fields: &[&str]) -> Result<(), Refusal> {
    let known = detail.keys().all(|name| fields.contains(&name.as_str()));
    if known { Ok(()) } else { Err(Refusal::DetailsFields) }
}

fn system_user(registry: &Registry, client: &Client, detail: &Map<String, Value>) -> Result<Value, Refusal> {
    let named = Named::parse(detail)?;
    let found = registry.system_user(&client.org_number, &named.owner, named.external_ref.as_deref());
    let user = found.ok_or(Refusal::DetailsValues)?;
    Ok(json!({
        "type": SYSTEM_USER,
        "systemuser_org": {"authority": AUTHORITY, "ID": format!("{PREFIX}{}", user.owner)},
        "systemuser_id": [user.id],
        "system_id": user.system_id,
    }))
}

#[derive(Debug, PartialEq, Eq)]
struct Named {
    owner: String,
    external_ref: Option<String>,
}

impl Named {
    fn parse(detail: &Map<String, Value>) -> Result<Self, Refusal> {
        only_fields(detail, &FIELDS)?;
        let owner = detail.get("systemuser_org").and_then(Value::as_object).and_then(owner);
        Ok(Self { owner: owner.ok_or(Refusal::DetailsValues)?, external_ref: external_ref(detail)? })
    }
}

fn owner(organisation: &Map<String, Value>) -> Option<String> {
    let authority = organisation.get("authority")?.as_str()?;
    let number = organisation.get("ID")?.as_str()?.strip_prefix(PREFIX)?;
    (authority == AUTHORITY).then(|| number.to_owned())
}

fn external_ref(detail: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let Some(value) = detail.get("externalRef") else {
        return Ok(None);
    };
    let text = value.as_str().ok_or(Refusal::DetailsFields)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "øØæÆåÅ_-".contains(c);
    if text.chars().count() > MAX_EXTERNAL_REF_CHARS || !text.chars().all(allowed) {
        return Err(Refusal::DetailsFields);
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(detail: &str) -> Result<Named, Refusal> {
        let details: Value = serde_json::from_str(detail).unwrap();
        Named::parse(only(&details)?)
    }

    fn with(members: &str) -> String {
        format!(
            r#"[{{"type":"urn:altinn:systemuser","systemuser_org":{{"authority":"iso6523-actorid-upis","ID":"0192:310000001"}}{members}}}]"#
        )
    }

    #[test]
    fn exactly_one_detail() {
        assert_eq!(parse(&with("")).unwrap().owner, "310000001");
        assert!(matches!(parse("[]"), Err(Refusal::Malformed(_))));
        assert!(matches!(parse("{}"), Err(Refusal::Malformed(_))));
        let one = with("");
        let two = format!("[{0},{0}]", &one[1..one.len() - 1]);
        assert!(matches!(parse(&two), Err(Refusal::Malformed(_))));
    }

    #[test]
    fn fields_are_known_and_references_plain() {
        assert_eq!(parse(&with(r#","x":1"#)), Err(Refusal::DetailsFields));
        assert_eq!(parse(&with(r#","externalRef":"a b""#)), Err(Refusal::DetailsFields));
        let reference = parse(&with(r#","externalRef":"Ærlig-1_å""#)).unwrap().external_ref;
        assert_eq!(reference.as_deref(), Some("Ærlig-1_å"));
        let long = "a".repeat(256);
        assert_eq!(parse(&with(&format!(r#","externalRef":"{long}""#))), Err(Refusal::DetailsFields));
    }

    #[test]
    fn an_organisation_has_its_prefix() {
        for organisation in [
            r#"{"authority":"iso6523-actorid-upis","ID":"310000001"}"#,
            r#"{"authority":"other","ID":"0192:310000001"}"#,
            "5",
        ] {
            let detail = format!(r#"[{{"type":"urn:altinn:systemuser","systemuser_org":{organisation}}}]"#);
            assert_eq!(parse(&detail), Err(Refusal::DetailsValues), "{organisation}");
        }
    }
}

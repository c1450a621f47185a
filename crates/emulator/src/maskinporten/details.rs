//! Rich authorization details: system users.

use serde_json::{Map, Value, json};

use super::Maskinporten;
use super::grant::TokenRequest;
use super::refusal::Refusal;
use super::registry::Client;

const SYSTEM_USER: &str = "urn:altinn:systemuser";
const AUTHORITY: &str = "iso6523-actorid-upis";
const PREFIX: &str = "0192:";
const FIELDS: [&str; 3] = ["type", "systemuser_org", "externalRef"];
const MAX_EXTERNAL_REF_CHARS: usize = 255;

/// The details that go into the token: the system user that the grant names, looked up. None when it names none.
pub(crate) fn resolve(
    maskinporten: &Maskinporten,
    client: &Client,
    request: &TokenRequest,
) -> Result<Option<Value>, Refusal> {
    let Some(details) = &request.authorization_details else {
        return Ok(None);
    };
    let named = Named::parse(details)?;
    let found = maskinporten.system_users.iter().find(|user| {
        // A system user without a reference of its own is known by its owner's number.
        let reference = user.external_ref.as_deref().unwrap_or(&user.owner);
        user.vendor == client.org_number
            && user.owner == named.owner
            && reference == named.external_ref.as_deref().unwrap_or(&named.owner)
    });
    let user = found.ok_or(Refusal::DetailsValues)?;
    Ok(Some(json!([{
        "type": SYSTEM_USER,
        "systemuser_org": {"authority": AUTHORITY, "ID": format!("{PREFIX}{}", user.owner)},
        "systemuser_id": [user.id],
        "system_id": user.system_id,
    }])))
}

#[derive(Debug, PartialEq, Eq)]
struct Named {
    owner: String,
    external_ref: Option<String>,
}

impl Named {
    fn parse(details: &Value) -> Result<Self, Refusal> {
        let detail = match details.as_array().map(Vec::as_slice) {
            Some([Value::Object(detail)]) => detail,
            _ => return Err(Refusal::Malformed("Invalid JWT claim authorization_details.")),
        };
        if detail.get("type").and_then(Value::as_str) != Some(SYSTEM_USER) {
            return Err(Refusal::DetailsType);
        }
        if detail.keys().any(|name| !FIELDS.contains(&name.as_str())) {
            return Err(Refusal::DetailsFields);
        }
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
        Named::parse(&serde_json::from_str(detail).unwrap())
    }

    fn with(members: &str) -> String {
        format!(
            r#"[{{"type":"urn:altinn:systemuser","systemuser_org":{{"authority":"iso6523-actorid-upis","ID":"0192:310000001"}}{members}}}]"#
        )
    }

    #[test]
    fn exactly_one_detail_of_the_known_type() {
        assert_eq!(parse(&with("")).unwrap().owner, "310000001");
        assert!(matches!(parse("[]"), Err(Refusal::Malformed(_))));
        assert!(matches!(parse("{}"), Err(Refusal::Malformed(_))));
        let one = with("");
        let two = format!("[{0},{0}]", &one[1..one.len() - 1]);
        assert!(matches!(parse(&two), Err(Refusal::Malformed(_))));
        assert_eq!(parse(r#"[{"type":"urn:altinn:consent"}]"#), Err(Refusal::DetailsType));
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

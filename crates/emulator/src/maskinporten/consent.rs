//! Consents: what someone lets an organisation see.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::details::only_fields;
use super::refusal::Refusal;
use super::registry::Registry;

pub(super) const TYPE: &str = "urn:altinn:consent";
const FIELDS: [&str; 3] = ["type", "id", "from"];
const ORGANISATION: &str = "urn:altinn:organization:identifier-no:";

/// The detail of the consent that `detail` names, given to the organisation `consumer`. How the service refuses one that
/// isn't there, is another's or has run out is not known; it is taken to be as for a system user.
pub(super) fn resolve(
    registry: &Registry,
    consumer: &str,
    detail: &Map<String, Value>,
    now: Timestamp,
) -> Result<Value, Refusal> {
    only_fields(detail, &FIELDS)?;
    let text = |name| detail.get(name).and_then(Value::as_str).ok_or(Refusal::DetailsValues);
    let id = Uuid::try_parse(text("id")?).map_err(|_| Refusal::DetailsValues)?;
    let from = text("from")?;
    let receives = |to: &str| to.strip_prefix(ORGANISATION) == Some(consumer);
    let consent = registry
        .consent(id)
        .filter(|consent| consent.from == from && receives(&consent.to) && consent.valid_to > now)
        .ok_or(Refusal::DetailsValues)?;
    Ok(json!({
        "type": TYPE,
        "id": consent.id,
        "from": consent.from,
        "to": consent.to,
        "consented": consent.consented.to_string(),
        "validTo": consent.valid_to.to_string(),
        "consentRights": consent.consent_rights,
    }))
}

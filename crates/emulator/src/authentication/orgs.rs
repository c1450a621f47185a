//! The list of service owners, as the exchange reads it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::platform::Platform;

/// The service owner's code for each organisation number.
pub(super) type Codes = BTreeMap<String, String>;

/// The list can't be used: out of reach, empty, or an organisation in it without a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListBroken;

/// The code of the service owner with the organisation number `number`. None when it isn't on the list.
///
/// # Errors
///
/// [`ListBroken`].
pub(super) fn code_of(platform: &Platform, number: &str) -> Result<Option<String>, ListBroken> {
    let codes = platform.known.codes(platform).ok_or(ListBroken)?;
    Ok(codes.get(number).cloned())
}

/// The codes on `list`. The exchange turns it into a table by number, and one bad entry keeps it from having any.
pub(super) fn read(list: &Value) -> Option<Codes> {
    let orgs = list.get("orgs")?.as_object()?;
    let mut codes = Codes::new();
    for (code, org) in orgs {
        let number = org.get("orgnr")?.as_str()?;
        if codes.insert(number.to_owned(), code.clone()).is_some() {
            return None;
        }
    }
    (!codes.is_empty()).then_some(codes)
}

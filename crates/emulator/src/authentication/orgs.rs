//! The list of service owners, as the exchange reads it.

use std::collections::BTreeMap;

use crate::platform::Platform;

/// The list can't be used: out of reach, empty, or an organisation in it without a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListBroken;

/// The code of the service owner with the organisation number `number`. None when it isn't on the list.
///
/// # Errors
///
/// [`ListBroken`]. The exchange turns the list into a table by number, and one bad entry keeps it from having any.
pub(crate) fn code_of(platform: &Platform, number: &str) -> Result<Option<String>, ListBroken> {
    let orgs = &platform.world.orgs;
    if platform.outages.orgs_list() || orgs.is_empty() {
        return Err(ListBroken);
    }
    let mut table = BTreeMap::new();
    for (code, org) in orgs {
        let number = org.org_number.as_deref().ok_or(ListBroken)?;
        if table.insert(number, code).is_some() {
            return Err(ListBroken);
        }
    }
    Ok(table.get(number).map(|code| (*code).clone()))
}

//! Changes that the service makes in two steps, so that another can come in between.

use std::time::Duration;

use uuid::Uuid;

use crate::storage::context::{Context, Refusal, unhandled};
use crate::storage::faults::Fault;
use crate::storage::model::Instance;
use crate::storage::store::Row;

/// About as long as the real service's database takes between the look and the write.
const BETWEEN: Duration = Duration::from_millis(3);

/// Lets others come in between.
pub(in crate::storage) async fn pause() {
    tokio::time::sleep(BETWEEN).await;
}

/// Makes a change that does not move `lastChanged`, and gives the instance. The service writes the column that
/// queries look at all the same: back to `found`, what it was when the change began.
///
/// # Errors
///
/// An unhandled exception when the instance is gone meanwhile.
pub(super) async fn write_back(
    context: &Context,
    guid: Uuid,
    found: i64,
    change: impl FnOnce(&mut Row),
) -> Result<Instance, Refusal> {
    let by = context.caller()?.changed_by();
    let goes_back = context.shows(Fault::LastChangedGoesBack);
    if goes_back {
        pause().await;
    }
    let changed = context.state().rows.change(guid, |row| {
        change(row);
        if goes_back {
            row.last_changed = found;
        }
        if !context.shows(Fault::LastChangedStays) {
            row.touch(context.date(), by);
        }
        row.with_elements()
    });
    changed.ok_or_else(unhandled)
}

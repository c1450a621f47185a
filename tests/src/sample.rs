//! An instance and a data element as a scripted server has them.

#![allow(clippy::expect_used, reason = "what a test is built on fails as loudly as a test")]

use altinn_core::{DataElementId, InstanceId};
use altinn_storage::DataElement;

use crate::fault::Answer;

/// The content of the data element.
pub const CONTENT: &str = "<skjema>blåbær</skjema>";

/// The id of the instance.
pub fn id() -> InstanceId {
    "501337/00000000-0000-4000-8000-000000000001".parse().expect("an instance id")
}

/// The data element.
///
/// * `size`: its length in bytes as the service lists it.
pub fn element(size: usize) -> DataElement {
    let id: DataElementId = "00000000-0000-4000-8000-000000000002".parse().expect("a data element id");
    let mut element = DataElement::new(id);
    element.size = size as u64;
    element
}

/// The whole [`CONTENT`], without a length, as the service sends it.
pub fn whole() -> Answer {
    Answer::status(200).header("content-type", "application/xml").body(CONTENT).chunked()
}

//! How .NET reads what comes over the wire: numbers, dates, GUIDs, query strings, headers and JSON.
//!
//! The rules are those of the framework, not of one service, and they are visible in answers: which spellings are
//! taken, how they come back, and what a refusal says.

pub(crate) mod charset;
pub(crate) mod datetime;
pub(crate) mod disposition;
pub(crate) mod form_fields;
pub(crate) mod guid;
pub(crate) mod json;
pub(crate) mod media_type;
pub(crate) mod multipart;
pub(crate) mod number;
pub(crate) mod query;

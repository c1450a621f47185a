//! Instances.

mod complete;
mod create;
mod delete;
mod like;
mod links;
mod list;
mod matching;
mod query;
mod race;
mod read;
mod stakeholder;
mod status;
mod texts;
mod token;

pub(super) use complete::complete;
pub(super) use create::create;
pub(super) use delete::{delete, mark_deleted};
pub(super) use list::list;
pub(super) use query::InstanceQuery;
pub(super) use race::pause;
pub(super) use read::{read, reading_fault};
pub(super) use status::{set_read_status, set_substatus};
pub(super) use texts::{set_texts, set_values, task_refuses};

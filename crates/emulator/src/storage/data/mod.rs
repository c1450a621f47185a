//! Data elements: content and metadata.

mod access;
mod body;
mod delete;
mod download;
mod locking;
mod metadata;
mod replace;
mod upload;

pub(super) use delete::{delete, delete_now};
pub(super) use download::download;
pub(super) use locking::{lock, unlock};
pub(super) use metadata::{exists, list, replace_metadata, set_scan_status};
pub(super) use replace::replace;
pub(super) use upload::{blob_path, upload};

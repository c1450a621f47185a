//! What travels over the wire, one file per family. Names, nulls and defaults are those of the service's own models.

mod application;
mod data_element;
mod event;
mod instance;
mod lists;
mod lock;
mod message_box;
mod process;
mod sign;
mod studio;
mod text;

pub(crate) use application::Application;
pub(crate) use data_element::{DataElement, DeleteStatus, FileScanResult, FileScanStatus, Reference};
pub(crate) use event::{InstanceEvent, PlatformUser, is_event_type};
pub(crate) use instance::{
    CompleteConfirmation, DataValues, Instance, InstanceOwner, InstanceStatus, PresentationTexts, ReadStatus,
    ResourceLinks, Substatus, TextMap,
};
pub(crate) use lists::{
    ApplicationList, DataElementList, InstanceEventList, ProcessHistoryItem, ProcessHistoryList, QueryResponse,
};
pub(crate) use lock::{InstanceLockRequest, InstanceLockResponse};
pub(crate) use message_box::{MessageBoxInstance, MessageBoxQuery, SblInstanceEvent};
pub(crate) use process::{AuthInfo, ProcessElementInfo, ProcessState, ProcessStateUpdate};
pub(crate) use sign::{DataElementSignature, DocumentSignature, SignDocument, SignRequest, Signee};
pub(crate) use studio::{SimpleDataElement, SimpleInstance, SimpleInstanceDetails};
pub(crate) use text::TextResource;

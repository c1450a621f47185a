//! Typed clients for Altinn Storage, for service owners (tjenesteeiere).
//!
//! * [Quick start](#quick-start)
//! * [Access](#access)
//! * [Operations](#operations)
//! * [Lists](#lists)
//! * [Downloads and uploads](#downloads-and-uploads)
//! * [Errors](#errors)
//! * [Retries and time-outs](#retries-and-time-outs)
//! * [Layers](#layers)
//! * [What a call took](#what-a-call-took)
//! * [Spans](#spans)
//! * [Tests without a server](#tests-without-a-server)
//! * [Features](#features)
//!
//! # Quick start
//!
//! Fetch what is finished and not confirmed, store it, confirm it. The example runs against `altinn-emulator`; for a
//! real environment take [`Credentials::from_env`](altinn_auth::Credentials::from_env) in place of the first half.
//!
//! ```
//! use std::path::Path;
//!
//! use altinn_auth::{Credentials, SigningKey};
//! use altinn_core::{Environment, Error, ReadConfirm};
//! use altinn_emulator::{Emulator, NewClient, Submission};
//! use altinn_storage::{Client, Instance, InstanceQuery};
//!
//! async fn receive(client: &Client<ReadConfirm>, instance: &Instance, folder: &Path) -> Result<(), Error> {
//!     for element in instance.data.iter().filter(|element| !element.is_hard_deleted()) {
//!         let path = folder.join(element.id.to_string());
//!         client.data(instance.id).download(element).to_file(path).await?;
//!     }
//!     client.instances().confirm(instance.id).await.map(drop)
//! }
//!
//! # use altinn_watch as _;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::start().await?;
//! let form = "<skjema>blåbær</skjema>";
//! emulator.seed(Submission::new("ttd/mottak-demo", 510001).element("model", "application/xml", None, form));
//! let registered = emulator.register_client(NewClient::new("405003309"))?;
//! let credentials: Credentials<ReadConfirm> = Credentials::builder(Environment::emulator(emulator.url())?)
//!     .client_id(registered.client_id())
//!     .key(SigningKey::from_jwk(registered.jwk())?)
//!     .build()?;
//!
//! let client = Client::new(credentials)?;
//! let query = InstanceQuery::org("ttd").complete(true).confirmed(false).hard_deleted(false);
//! let mut pages = client.instances().list(query).pages();
//! # let folder = std::env::temp_dir().join(format!("altinn-storage-quick-start-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let mut received = 0;
//! while let Some(page) = pages.try_next().await? {
//!     for instance in page.instances {
//!         // One that fails, for an infected file say, does not keep the others back. The next pass finds it again.
//!         if let Err(error) = receive(&client, &instance, &folder).await {
//!             eprintln!("{}: {error}", instance.id);
//! #           continue;
//!         }
//! #       received += 1;
//!     }
//!     for unreadable in page.unreadable {
//!         eprintln!("{}", Error::from(unreadable));
//!     }
//! }
//! # assert_eq!(received, 1);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Access
//!
//! [`Client<S>`](Client) takes its access from [`Credentials<S>`](altinn_auth::Credentials):
//! [`Read`](altinn_core::Read), [`ReadConfirm`](altinn_core::ReadConfirm), [`Write`](altinn_core::Write) or
//! [`ReadWrite`](altinn_core::ReadWrite). It decides which methods exist and which scopes are requested at Maskinporten.
//!
//! | access | scopes | may |
//! | --- | --- | --- |
//! | `Read` | `altinn:serviceowner/instances.read` | list, read, download |
//! | `ReadConfirm` | both | list, read, download, and [`confirm`](Instances::confirm) alone of all that changes something |
//! | `Write` | `altinn:serviceowner/instances.write` | create, change, upload, confirm, delete |
//! | `ReadWrite` | both | everything |
//!
//! The service itself checks a scope on lists alone; everything else is decided by the app's policy file. So the type is
//! what keeps a program that should only read from writing. There is no scope for the confirmation alone, so the token
//! of `ReadConfirm` can do more than its client.
//!
//! [`check`](check()) tells whether a set-up works, and if not, which step of it doesn't.
//!
//! # Operations
//!
//! | on | read | write |
//! | --- | --- | --- |
//! | [instances](Instances) | [`list`](Instances::list), [`get`](Instances::get), [`get_by_guid`](Instances::get_by_guid) | [`create`](Instances::create), [`confirm`](Instances::confirm), [`set_read_status`](Instances::set_read_status), [`set_substatus`](Instances::set_substatus), [`set_presentation_texts`](Instances::set_presentation_texts), [`set_data_values`](Instances::set_data_values), [`lock`](Instances::lock), [`sign`](Instances::sign), [`delete`](Instances::delete), [`undelete`](Instances::undelete) |
//! | [data elements](Data) | [`list`](Data::list), [`download`](Data::download) | [`upload`](Data::upload), [`replace`](Data::replace), [`edit_metadata`](Data::edit_metadata), [`update_metadata`](Data::update_metadata), [`lock`](Data::lock), [`unlock`](Data::unlock), [`delete`](Data::delete) |
//! | [process](Process) | [`state`](Process::state), [`history`](Process::history), [`auth_info`](Process::auth_info) | [`update`](Process::update), [`update_with_events`](Process::update_with_events) |
//! | [events](Events) | [`list`](Events::list), [`get`](Events::get) | [`post`](Events::post) |
//! | [apps](Applications) | [`list`](Applications::list), [`list_of`](Applications::list_of), [`get`](Applications::get), [`text`](Applications::text) | |
//! | [the message box](MessageBox) | [`search`](MessageBox::search), [`get`](MessageBox::get), [`events`](MessageBox::events) | |
//!
//! Most of what is on the right an app does for its own instances, and does more: it prefills, validates, calculates,
//! moves the process. Storage stores what it is told. Where the service would destroy something, or say success and do
//! nothing, the call is refused before it is sent, with the reason: an empty [replacement](Data::replace), an empty
//! [presentation text](Instances::set_presentation_texts), or an [event](Events::post) that would break the instance's
//! [history](Process::history) for good, for example.
//!
//! # Lists
//!
//! [`Instances::list`] takes an [`InstanceQuery`] and gives [items](ListInstances::items) or
//! [pages](ListInstances::pages). Lists run from the oldest change to the newest, because only so do the service's
//! pages fit together; [the newest first](InstanceQuery::newest_first) there is one page alone. [`Items::continuation`]
//! says where to go on, also in another process.
//!
//! An instance that the service fails on, or sends in a form that can't be read, does not keep the others back, even if
//! it breaks the JSON of its whole page. Pages have it in [`Page::unreadable`], apart from the rest; among items it is an
//! error, which [`Unreadable::of`] tells from one of the whole page. A program that ends at every error would not get past
//! it.
//!
//! A page's error is one or the other: if it [is transient](altinn_core::Error::is_transient), whoever reads on asks for the
//! same page again; any other ends the list, and its continuation is where it stood.
//!
//! What changed since the last time is a list with a [window](InstanceQuery::last_changed) that begins somewhat before the
//! newest [`last_changed`](Instance::last_changed) of the last pass, and has no end:
//!
//! ```
//! use std::time::Duration;
//!
//! use altinn_core::Timestamp;
//! use altinn_storage::{InstanceQuery, Window};
//!
//! # let newest: Timestamp = "2024-05-01T12:00:00Z".parse()?;
//! let overlap = Duration::from_secs(3600);
//! let since = Timestamp::from(newest.as_jiff() - overlap);
//! let query = InstanceQuery::org("ttd").last_changed(Window::from(since));
//! # Ok::<(), altinn_core::InvalidTimestamp>(())
//! ```
//!
//! The overlap has to be longer than the longest upload, since an upload counts from its beginning. So some instances come
//! again: tell them by id and time. Not every change moves the time: the read status, presentation texts, data values,
//! locks, events and the outcome of a virus scan don't. A [continuation](Items::continuation) is no replacement for a
//! window: it does not see what a slow upload puts behind it.
//!
//! # Downloads and uploads
//!
//! [`Data::download`] goes [to a file](Download::to_file), which appears whole or not at all, [into
//! memory](Download::bytes) or [as a stream](Download::stream). The service sends no length, so pass the
//! [`DataElement`] and not its id alone: then a missing part is noticed.
//!
//! [`Data::upload`] takes bytes, a file or a stream; see [`Payload`](altinn_core::Payload). [`Data::replace`] does so,
//! too, up to 30 MB: give it the element with [`keeping`](Replace::keeping), or its file name and references are lost.
//! A content of type `multipart/…` or `application/x-www-form-urlencoded` the service would read itself instead of
//! storing it, so it is refused: call it `application/octet-stream`.
//!
//! # Errors
//!
//! Every method fails with [`altinn_core::Error`], which knows the operation, the status, the service's own words, the
//! likely cause, and whether trying again may help. `{error}` is one line with all of it; `{error:?}`, which is also what a
//! `main` prints that ends with it, has the causes behind that.
//!
//! | kind | what to do |
//! | --- | --- |
//! | `Credential` | the text says what is wrong: key, client, scopes, clock. [`credential_error`](altinn_core::Error::credential_error) is for programs |
//! | `Unauthorized` | the token belongs to another environment, or the clock is wrong |
//! | `Forbidden` | the app's policy or the scope; the text says which. If it [may pass](altinn_core::Error::may_pass), in the next run |
//! | `NotFound` | it is not there. A fault that the service reports as 404 comes as `Server` |
//! | `Rejected`, `Conflict`, `InvalidInput` | correct the call |
//! | `RateLimited`, `Server`, `Timeout`, `Connect`, `Transport` | later again; for an upload look first whether it arrived |
//! | `Unreadable` | report it; the list goes on after it |
//! | `Integrity` | a part was missing after several attempts, it is larger than the limit, or it was altered: read its metadata anew |
//! | `Io`, `PayloadSource` | a local file or stream |
//! | `Layer` | look at the source: a [layer](#layers) of your own failed |
//! | `Decode`, `Protocol` | the service answers otherwise than known: please report it |
//!
//! # Retries and time-outs
//!
//! Passing faults are tried again up to four times within two minutes, honouring `Retry-After`; see
//! [`RetryPolicy`](altinn_core::RetryPolicy). What creates something (an
//! instance, an upload, an event, a lock, a signature) or moves a process is not sent twice once it may have arrived:
//! [`may_have_reached_server`](altinn_core::Error::may_have_reached_server) tells, and the method says how to find out.
//! All else is repeated, since it leaves the same content and state however often it is done. But
//! [`Instances::delete`], [`Instances::set_substatus`] and [`Data::replace`] leave an event, and move the time of
//! change, each time: if an answer is lost and the call is repeated, the event log shows it twice, or as often as the
//! service did it.
//! There is no limit on how long a transfer takes, only on how long it may stand still; see
//! [`ClientBuilder::idle_timeout`].
//!
//! One page of a [list](#lists) may take more than two minutes. Where the service can't serve it, smaller ones take its
//! place, each a quarter of the one before, and at last a search by time and row for the one instance that it fails on.
//! Tries again share the two minutes, but past them each smaller size and each step of the search is still sent once.
//! From a service that takes half a minute to fail and serves nothing, the error comes after four minutes, and the next
//! page asked for begins at the smallest size. One instance alone on which it fails after half a minute may cost a
//! hundred such steps and, so, most of an hour; usually it fails at once, and the search is over in seconds.
//!
//! # Layers
//!
//! [`ClientBuilder::layer`] adds your own [`reqwest_middleware`] layer around every attempt, and
//! [`ClientBuilder::http`] takes your own [`reqwest`] client. Both crates are part of this one's interface, and so is
//! [`mime`].
//!
//! # What a call took
//!
//! Methods give what they are for. [`Client::observed`] tells an observer of each call's status, request id, attempts and
//! time as well, for a monitor or a single call; an [`Error`](altinn_core::Error) knows them itself.
//!
//! # Spans
//!
//! Each attempt has a [`tracing`] span at the level DEBUG with the target `altinn`, named after its operation, such as
//! `instances.list` or `data.upload`. The same name stands in the fields `op` and `otel.name`. `attempt` counts from 1.
//! Once the answer begins, `status` is its number, and `request_id` the id under which the service has logged it, where
//! it tells one. No field holds an id of an instance, party or data element, a token or anything of the content.
//!
//! A span ends when the answer is read. That is the whole content [in memory](Download::bytes) and [in a
//! file](Download::to_file); of [a stream](Download::stream) and [for a writer](Download::to_writer) it is the beginning
//! of the content, and no span covers the rest.
//!
//! [`tracing`]: https://docs.rs/tracing
//!
//! # Tests without a server
//!
//! A layer that answers by itself stands in for the service: nothing is sent, and the client's own code runs as usual.
//! For tests that need more than a few fixed answers there is `altinn-emulator`, in the same process.
//!
//! ```
//! use altinn_auth::Credentials;
//! use altinn_core::{Environment, Read};
//! use altinn_storage::reqwest_middleware::{Middleware, Next, Result};
//! use altinn_storage::{Client, reqwest};
//!
//! struct Fixed(&'static str);
//!
//! #[async_trait::async_trait]
//! impl Middleware for Fixed {
//!     async fn handle(
//!         &self,
//!         _request: reqwest::Request,
//!         _extensions: &mut http::Extensions,
//!         _next: Next<'_>,
//!     ) -> Result<reqwest::Response> {
//!         Ok(http::Response::new(self.0).into())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! let credentials = Credentials::<Read>::with_token(Environment::tt02(), "not used");
//! let answer = Fixed(r#"{"id": "501337/0d4a1bb4-5b5c-4c1f-9f0a-1f4bb8f2e7aa", "org": "ttd"}"#);
//! let client = Client::builder(credentials).layer(answer).build()?;
//! let instance = client.instances().get("501337/0d4a1bb4-5b5c-4c1f-9f0a-1f4bb8f2e7aa".parse()?).await?;
//! assert_eq!(instance.org.as_deref(), Some("ttd"));
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | what it does |
//! | --- | --- |
//! | `rustls` (default) | TLS by rustls on aws-lc-rs |
//! | `native-tls` | TLS by the system's own library |
//! | `rustls-no-provider` | TLS by rustls, with the cryptography that the program installs for it |

#[cfg(test)]
use altinn_watch as _;

mod advice;
mod applications;
mod client;
mod data;
mod events;
mod instances;
mod message_box;
mod org_code;
mod process;
#[cfg(test)]
mod testing;
mod wire;

pub use applications::{
    AccessMetadata, ApiScopes, ApiScopesConfiguration, Application, ApplicationLogic, Applications, ContactPoint,
    CopyInstanceSettings, DataField, DataType, EFormidlingContract, HideSettings, Keyword, MessageBoxConfig, OnEntry,
    PartyTypesAllowed, ShadowFields, TextElement, TextResource, TextVariable,
};
pub use client::{Client, ClientBuilder, RawRequest, RawStream, check};
pub use data::{
    ContentStream, Data, DataElement, DeleteElement, DeleteStatus, Download, DownloadTarget, Downloaded,
    FileScanResult, InvalidSha256, KeyValue, Reference, ReferenceType, Relation, Replace, ScanPolicy, Sha256, Upload,
    safe_file_name,
};
pub use events::{EventFilter, Events, InstanceEvent, InstanceEventType, PlatformUser};
pub use instances::{
    CompleteConfirmation, ContinuationToken, DeleteInstance, Instance, InstanceLock, InstanceOwner,
    InstanceOwnerFilter, InstanceQuery, InstanceStatus, Instances, InvalidToken, Items, ListInstances, NewInstance,
    Page, Pages, ReadStatus, ResourceLinks, SignRequest, Signee, Substatus, Unreadable, Window,
};
pub use message_box::{Message, MessageBox, MessageEvent, MessageLanguage, MessageQuery};
pub use process::{
    AuthInfo, Process, ProcessElement, ProcessHistoryItem, ProcessState, UpdateWithEvents, ValidationStatus,
};
pub use {mime, reqwest, reqwest_middleware};

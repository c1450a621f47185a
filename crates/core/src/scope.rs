//! Read and write access as types.
//!
//! The marker on a client decides two things at once: which methods exist on it, and which scopes are asked for at
//! Maskinporten. So what compiles and what is requested cannot drift apart. Markers are types and not cargo
//! features, because features are unified over a dependency graph and would widen another crate's access silently.

/// The scope that lets a service owner read instances, their data, metadata and events.
pub const INSTANCES_READ: &str = "altinn:serviceowner/instances.read";

/// The scope that lets a service owner instantiate, upload, change metadata and process state, and confirm.
pub const INSTANCES_WRITE: &str = "altinn:serviceowner/instances.write";

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Read {}
    impl Sealed for super::Write {}
    impl Sealed for super::ReadWrite {}
    impl Sealed for super::ReadConfirm {}
}

/// Access to read only. See [`Scope`].
#[derive(Debug)]
pub enum Read {}

/// Access to write only: enough to instantiate and upload, not to list or download. See [`Scope`].
#[derive(Debug)]
pub enum Write {}

/// Access to read and write. See [`Scope`].
#[derive(Debug)]
pub enum ReadWrite {}

/// Access to read, and to confirm what was received; nothing else that changes something. It is what a program needs
/// that fetches submissions. See [`Scope`].
#[derive(Debug)]
pub enum ReadConfirm {}

/// What a client may do: one of [`Read`], [`Write`], [`ReadWrite`] and [`ReadConfirm`]. Sealed.
pub trait Scope: sealed::Sealed + 'static {
    /// The scopes that are requested at Maskinporten for a client of this kind, in their registered spelling.
    const SCOPES: &'static [&'static str];

    /// Whether operations that read are allowed.
    const READS: bool;

    /// Whether operations that change something are allowed.
    const WRITES: bool;

    /// Whether the confirmation of an instance is allowed. It is whenever [`WRITES`](Self::WRITES) is.
    const CONFIRMS: bool;
}

impl Scope for Read {
    const SCOPES: &'static [&'static str] = &[INSTANCES_READ];
    const READS: bool = true;
    const WRITES: bool = false;
    const CONFIRMS: bool = false;
}

impl Scope for Write {
    const SCOPES: &'static [&'static str] = &[INSTANCES_WRITE];
    const READS: bool = false;
    const WRITES: bool = true;
    const CONFIRMS: bool = true;
}

impl Scope for ReadWrite {
    const SCOPES: &'static [&'static str] = &[INSTANCES_READ, INSTANCES_WRITE];
    const READS: bool = true;
    const WRITES: bool = true;
    const CONFIRMS: bool = true;
}

/// Both scopes: there is none for the confirmation alone, which the server counts as a write.
impl Scope for ReadConfirm {
    const SCOPES: &'static [&'static str] = &[INSTANCES_READ, INSTANCES_WRITE];
    const READS: bool = true;
    const WRITES: bool = false;
    const CONFIRMS: bool = true;
}

/// A [`Scope`] that reads.
#[diagnostic::on_unimplemented(
    message = "a client with access `{Self}` cannot read",
    label = "this call needs the scope `altinn:serviceowner/instances.read`",
    note = "build the credentials with `Credentials::<Read>`, `Credentials::<ReadConfirm>` or `Credentials::<ReadWrite>`"
)]
pub trait CanRead: Scope {}

/// A [`Scope`] that writes.
#[diagnostic::on_unimplemented(
    message = "a client with access `{Self}` cannot write",
    label = "this call needs the access to write, with the scope `altinn:serviceowner/instances.write`",
    note = "build the credentials with `Credentials::<ReadWrite>` (or `Credentials::<Write>`)"
)]
pub trait CanWrite: Scope {}

/// A [`Scope`] that confirms.
#[diagnostic::on_unimplemented(
    message = "a client with access `{Self}` cannot confirm",
    label = "this call needs the scope `altinn:serviceowner/instances.write`",
    note = "build the credentials with `Credentials::<ReadConfirm>`, or with `Credentials::<ReadWrite>` to change more"
)]
pub trait CanConfirm: Scope {}

impl CanRead for Read {}
impl CanRead for ReadConfirm {}
impl CanRead for ReadWrite {}
impl CanWrite for Write {}
impl CanWrite for ReadWrite {}
impl CanConfirm for ReadConfirm {}
impl CanConfirm for Write {}
impl CanConfirm for ReadWrite {}

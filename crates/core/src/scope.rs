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

/// What a client may do: one of [`Read`], [`Write`] and [`ReadWrite`]. Sealed.
pub trait Scope: sealed::Sealed + 'static {
    /// The scopes that are requested at Maskinporten for a client of this kind, in their registered spelling.
    const SCOPES: &'static [&'static str];

    /// Whether operations that read are allowed.
    const READS: bool;

    /// Whether operations that change something are allowed.
    const WRITES: bool;
}

impl Scope for Read {
    const SCOPES: &'static [&'static str] = &[INSTANCES_READ];
    const READS: bool = true;
    const WRITES: bool = false;
}

impl Scope for Write {
    const SCOPES: &'static [&'static str] = &[INSTANCES_WRITE];
    const READS: bool = false;
    const WRITES: bool = true;
}

impl Scope for ReadWrite {
    const SCOPES: &'static [&'static str] = &[INSTANCES_READ, INSTANCES_WRITE];
    const READS: bool = true;
    const WRITES: bool = true;
}

/// A [`Scope`] that reads.
#[diagnostic::on_unimplemented(
    message = "a client with access `{Self}` cannot read",
    label = "this call needs the scope `altinn:serviceowner/instances.read`",
    note = "build the credentials with `Credentials::<Read>` or `Credentials::<ReadWrite>`"
)]
pub trait CanRead: Scope {}

/// A [`Scope`] that writes.
#[diagnostic::on_unimplemented(
    message = "a client with access `{Self}` cannot write",
    label = "this call needs the scope `altinn:serviceowner/instances.write`",
    note = "build the credentials with `Credentials::<ReadWrite>` (or `Credentials::<Write>`)"
)]
pub trait CanWrite: Scope {}

impl CanRead for Read {}
impl CanRead for ReadWrite {}
impl CanWrite for Write {}
impl CanWrite for ReadWrite {}

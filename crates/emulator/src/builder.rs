//! Starting an emulator: its settings, its keys, its thread.

use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use url::Url;

use crate::clock::Clock;
use crate::control;
use crate::emulator::{Emulator, Running};
use crate::error::EmulatorError;
use crate::keys::{KeyError, Role, RsaKey, SigningKeys, shared_key};
use crate::maskinporten::Maskinporten;
use crate::platform::{Parts, Platform};
use crate::seed;
use crate::server::{self, Stop};
use crate::storage::{Fault, Faults, Store};
use crate::world::World;

/// Threads that answer requests. Two are enough to show what concurrent requests do to each other.
const WORKERS: usize = 2;

/// Settings of an emulator to be started. See [`Emulator::builder`].
#[derive(Debug, Default)]
#[must_use]
pub struct Builder {
    port: u16,
    control_port: Option<u16>,
    world: Option<World>,
    signing_key: Option<KeyFile>,
    maskinporten_key: Option<KeyFile>,
    strict: bool,
    faults: Faults,
}

struct KeyFile {
    pem: String,
    kid: Option<String>,
}

/// The text is a private key.
impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Builder {
    /// The port on 127.0.0.1. 0, which is also the default, takes any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// A second port on 127.0.0.1, where programs in any language change what this library changes by its functions;
    /// 0 takes any free one. Default: none. See [`Emulator::control_url`] and, for the requests, the crate's documentation.
    pub fn control_port(mut self, port: u16) -> Self {
        self.control_port = Some(port);
        self
    }

    /// What the services know from the start. Default: [`World::default`].
    pub fn world(mut self, world: World) -> Self {
        self.world = Some(world);
        self
    }

    /// The key that signs Altinn tokens, and that all services trust. `pem` is an unencrypted RSA private key, PKCS#8
    /// or PKCS#1, of at least 2048 bits; `kid` the name it is published under, None for its certificate's thumbprint.
    /// Default: a generated key that all emulators of the process share.
    pub fn signing_key(mut self, pem: impl Into<String>, kid: Option<&str>) -> Self {
        self.signing_key = Some(KeyFile { pem: pem.into(), kid: kid.map(str::to_owned) });
        self
    }

    /// The key that signs Maskinporten's access tokens, as for [`Builder::signing_key`]; `kid` None gives it a name of
    /// the emulator's.
    pub fn maskinporten_key(mut self, pem: impl Into<String>, kid: Option<&str>) -> Self {
        self.maskinporten_key = Some(KeyFile { pem: pem.into(), kid: kid.map(str::to_owned) });
        self
    }

    /// Whether Maskinporten holds grants to the letter of its documentation: a grant lives at most 120 seconds instead
    /// of 180, claims other than the documented ones, `sub` and `nbf` are refused, and one without `jti` can't be used
    /// twice. Default: false, as the real service has been seen to do.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Switches a fault of the real services off. Default: all are shown.
    pub fn without(mut self, fault: Fault) -> Self {
        self.faults = self.faults.without(fault);
        self
    }

    /// Starts the emulator and waits until it listens.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Bind`] when a port is taken, [`EmulatorError::Key`] when a key is of no use,
    /// [`EmulatorError::ClientKey`] when one of a client in the world is,
    /// [`EmulatorError::UnknownApp`] and [`EmulatorError::UnknownParty`] when one of its submissions is,
    /// [`EmulatorError::RealName`] when the world claims to be the real services, [`EmulatorError::Thread`] when the
    /// system gives no thread.
    pub async fn start(self) -> Result<Emulator, EmulatorError> {
        let (ready, started) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("altinn-emulator".to_owned())
            .spawn(move || run(self, ready, stopped))
            .map_err(EmulatorError::Thread)?;
        let running =
            started.await.map_err(|_| EmulatorError::Thread(std::io::Error::other("the thread ended early")))??;
        Ok(Emulator::running(running, stop, thread))
    }

    fn build(self, base_url: Url) -> Result<Platform, EmulatorError> {
        let mut world = self.world.unwrap_or_default();
        if let Some(name) = world.real_name() {
            return Err(EmulatorError::RealName(name.to_owned()));
        }
        world.knows_submissions_of(&world)?;
        let clock = Clock::new();
        let (altinn, altinn_kid) = key(self.signing_key, Role::Altinn)?;
        let (own, own_kid) = key(self.maskinporten_key, Role::Maskinporten)?;
        let maskinporten = Maskinporten::new(&world, own, own_kid, &base_url, clock.now(), self.strict)?;
        let submissions = std::mem::take(&mut world.submissions);
        let platform = Platform::new(Parts {
            keys: SigningKeys::new(altinn, altinn_kid)?,
            maskinporten,
            storage: Store::new(&world, self.faults),
            base_url,
            clock,
            world,
        });
        for submission in submissions {
            seed::insert(&platform, submission);
        }
        Ok(platform)
    }
}

type Started = Result<Running, EmulatorError>;

/// What the server's thread needs.
struct Prepared {
    runtime: Runtime,
    listener: TcpListener,
    control: Option<TcpListener>,
    running: Running,
}

/// The server's thread: making keys, listening and serving, so that none of it holds up the caller's runtime.
fn run(builder: Builder, ready: oneshot::Sender<Started>, stopped: oneshot::Receiver<Stop>) {
    let Prepared { runtime, listener, control, running } = match prepare(builder) {
        Ok(prepared) => prepared,
        Err(error) => {
            ready.send(Err(error)).ok();
            return;
        }
    };
    let platform = Arc::clone(&running.platform);
    if ready.send(Ok(running)).is_err() {
        return;
    }
    runtime.block_on(async move {
        if let Some(listener) = control.and_then(usable) {
            // It ends with the runtime.
            tokio::spawn(control::serve(listener, Arc::clone(&platform)));
        }
        if let Some(listener) = usable(listener) {
            server::serve(listener, platform, stopped).await;
        }
    });
    runtime.shutdown_background();
}

fn usable(listener: TcpListener) -> Option<tokio::net::TcpListener> {
    let listener = tokio::net::TcpListener::from_std(listener);
    listener.inspect_err(|error| tracing::error!(%error, "the listener can't be used")).ok()
}

fn prepare(builder: Builder) -> Result<Prepared, EmulatorError> {
    let (listener, base_url) = listen(builder.port)?;
    let (control, control_url) = builder.control_port.map(listen).transpose()?.unzip();
    let platform = builder.build(base_url)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("altinn-emulator")
        .enable_all()
        .build()
        .map_err(EmulatorError::Thread)?;
    let running = Running { platform: Arc::new(platform), control: control_url };
    Ok(Prepared { runtime, listener, control, running })
}

/// A listener at `port` and its address.
fn listen(port: u16) -> Result<(TcpListener, Url), EmulatorError> {
    let bind = |source| EmulatorError::Bind { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(bind)?;
    listener.set_nonblocking(true).map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let url = Url::parse(&format!("http://{address}/")).map_err(std::io::Error::other).map_err(bind)?;
    Ok((listener, url))
}

fn key(file: Option<KeyFile>, role: Role) -> Result<(Arc<RsaKey>, Option<String>), KeyError> {
    match file {
        Some(KeyFile { pem, kid }) => Ok((Arc::new(RsaKey::from_pem(&pem)?), kid)),
        None => Ok((shared_key(role)?, None)),
    }
}

//! Maskinporten, the Altinn token exchange and Altinn Storage on one loopback port.

#[cfg(test)]
use altinn_watch as _;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use altinn_emulator::{Emulator, EmulatorError, Fault, World};
use clap::Parser;
use serde_json::Value;

/// Emulates Maskinporten, the Altinn token exchange and Altinn Storage, for tests without a network.
///
/// Everything is served on one port of 127.0.0.1. What is stored is gone when the program ends, however it ends: it is
/// kept in memory, and content above 256 KiB in temporary files that go with the program.
///
///   Maskinporten           POST /token, GET /jwk, GET /.well-known/oauth-authorization-server
///   Altinn Authentication  /authentication/api/v1/...
///   Altinn Storage         /storage/api/v1/...
///   Health                 GET /health
///
/// What the services know is the world: the demonstration world, or that of --world. In the demonstration world
/// Maskinporten has the client 6d0a7a8e-2f51-4c64-9b1d-0e5f5a1c7d01 of ttd (405003309), with both scopes of service
/// owners; --client-key-out makes a key for it:
///
///   altinn-emulator --port 5050 --client-key-out key.jwk
///
/// With --control-port a test in any language changes the world, the clock and the answers while the program runs:
///
///   POST   /_emulator/world                         a piece of world in the form of --world: clients, apps, parties, ...
///   POST   /_emulator/clock                         {"advanceSeconds": 1900} or {"now": "2030-05-17T08:00:00Z"}; a
///                                                   client whose clock does not move along gets no token once this one
///                                                   is two minutes ahead, the life of a grant, or ten seconds behind
///   POST   /_emulator/failures                      {"path": "/token", "status": 503, "headers": {"retry-after": "1"}}
///                                                   or drop, cutAfter, stalledAfter in the place of status; delaySeconds;
///                                                   DELETE takes back those that no request has met
///   GET    /_emulator/journal                       how often which path was asked; DELETE forgets it
///   POST   /_emulator/clients/{id}/keys             a public JWK; DELETE /_emulator/clients/{id}/keys/{kid}
///   POST   /_emulator/clients/{id}/expireKeys       all keys of the client expire now
///   PUT    /_emulator/clients/{id}/scopes/{scope}   and DELETE
///   DELETE /_emulator/clients/{id}
///   DELETE /_emulator/delegations/{consumer}/{supplier}/{scope}
///   DELETE /_emulator/systemUsers/{id}              and /_emulator/consents/{id}
///
/// Consents (urn:altinn:consent) are those of the world; their consentRights, whose form nobody has published, stand in
/// the token as they stand there.
///
/// For tests only. Its tokens are worth nothing anywhere else, and it protects nothing.
#[derive(Debug, Parser)]
#[command(name = "altinn-emulator", version, verbatim_doc_comment)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes any free one, which is then printed
    #[arg(long, default_value_t = 0, value_name = "N")]
    port: u16,

    /// What the services know from the start (organisations, parties, apps, clients), as JSON;
    /// without it a small demonstration world with the service owner ttd (405003309)
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// RSA private key (PEM) that signs Altinn tokens and that all services trust; without it a new one is made
    #[arg(long, value_name = "FILE")]
    signing_key: Option<PathBuf>,

    /// Key id (kid) of the signing key; without it the thumbprint of its certificate
    #[arg(long, value_name = "NAME", requires = "signing_key")]
    signing_kid: Option<String>,

    /// RSA private key (PEM) that signs Maskinporten's access tokens; without it a new one is made
    #[arg(long, value_name = "FILE")]
    maskinporten_key: Option<PathBuf>,

    /// Key id (kid) of Maskinporten's key
    #[arg(long, value_name = "NAME", requires = "maskinporten_key")]
    maskinporten_kid: Option<String>,

    /// Make a new RSA key for a Maskinporten client and write it to FILE as a private JWK, readable by its owner alone;
    /// the public half is registered on the client. Where FILE holds a private JWK already, as the last start left it,
    /// that key is registered and FILE stays; other content is refused
    #[arg(long, value_name = "FILE")]
    client_key_out: Option<PathBuf>,

    /// The client that --client-key-out is for; without it the one of the demonstration world
    #[arg(long, value_name = "ID", requires = "client_key_out")]
    client_id: Option<String>,

    /// A second port on 127.0.0.1, for the paths below /_emulator/; 0 takes any free one, which is then printed. Without
    /// it there is none
    #[arg(long, value_name = "N")]
    control_port: Option<u16>,

    /// Hold grants to the letter of Maskinporten's documentation: at most 120 seconds, no claims but the documented ones
    /// (and sub and nbf, which many clients send), no second use without jti
    #[arg(long)]
    strict: bool,

    /// Switch a fault of the real services off; may be given several times. A wrong name lists them all
    #[arg(long, value_name = "FAULT")]
    without: Vec<Fault>,

    /// Log every request to standard error
    #[arg(long, short)]
    verbose: bool,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.verbose {
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(std::io::stderr).init();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(run(arguments)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("altinn-emulator: {}", with_causes(failure.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut builder = Emulator::builder().port(arguments.port).strict(arguments.strict);
    for fault in arguments.without {
        builder = builder.without(fault);
    }
    if let Some(path) = &arguments.world {
        let world = World::from_file(path)?;
        for member in world.unknown_members() {
            eprintln!("altinn-emulator: the world has a member that is not known: {member}");
        }
        builder = builder.world(world);
    }
    if let Some(path) = &arguments.signing_key {
        builder = builder.signing_key(read(path)?, arguments.signing_kid.as_deref());
    }
    if let Some(path) = &arguments.maskinporten_key {
        builder = builder.maskinporten_key(read(path)?, arguments.maskinporten_kid.as_deref());
    }
    if let Some(port) = arguments.control_port {
        builder = builder.control_port(port);
    }
    let emulator = builder.start().await?;
    if let Some(path) = &arguments.client_key_out {
        let client = arguments.client_id.as_deref().unwrap_or(World::DEMO_CLIENT);
        client_key(&emulator, client, path)?;
    }
    println!("altinn-emulator (for tests only) at {}", emulator.url());
    if let Some(url) = emulator.control_url() {
        println!("controlled at {url}_emulator/");
    }
    asked_to_end().await?;
    emulator.stop().await;
    Ok(())
}

fn read(path: &PathBuf) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}", path.display()).into())
}

/// Registers the key in the file on the client, or makes the file with a new one.
fn client_key(emulator: &Emulator, client: &str, path: &Path) -> Result<(), Failure> {
    let unknown = |error| match error {
        EmulatorError::UnknownClient(id) => {
            format!("no client {id} is registered: name one of the world's with --client-id").into()
        }
        other => Failure::from(other),
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return write_private(path, &emulator.new_key(client).map_err(unknown)?);
        }
        Err(error) => return Err(format!("{} can't be read: {error}", path.display()).into()),
    };
    let is_private = serde_json::from_str::<Value>(&text).is_ok_and(|jwk| jwk["d"].is_string());
    if !is_private {
        let words = format!("{} is there and holds no private JWK: give another file, or remove it", path.display());
        return Err(words.into());
    }
    emulator.add_key(client, &text).map_err(|error| match error {
        EmulatorError::Key(why) => format!("the key in {} can't be used: {why}", path.display()).into(),
        other => unknown(other),
    })
}

/// Writes a file that is whole and for nobody else from the moment it is there, also in the place of another one.
fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error: std::io::Error| format!("{} can't be written: {error}", path.display()).into())
}

/// Waits for Ctrl-C, or for SIGTERM where there is one.
async fn asked_to_end() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

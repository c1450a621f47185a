//! Maskinporten, the Altinn token exchange and Altinn Storage on one loopback port.

#[cfg(test)]
use altinn_watch as _;

use std::path::PathBuf;
use std::process::ExitCode;

use altinn_emulator::{Emulator, Fault, World};
use clap::Parser;

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

    /// Hold grants to the letter of Maskinporten's documentation: at most 120 seconds, no undocumented claims
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
        builder = builder.world(World::from_file(path)?);
    }
    if let Some(path) = &arguments.signing_key {
        builder = builder.signing_key(read(path)?, arguments.signing_kid.as_deref());
    }
    if let Some(path) = &arguments.maskinporten_key {
        builder = builder.maskinporten_key(read(path)?, arguments.maskinporten_kid.as_deref());
    }
    let emulator = builder.start().await?;
    println!("altinn-emulator (for tests only) at {}", emulator.url());
    asked_to_end().await?;
    emulator.stop().await;
    Ok(())
}

fn read(path: &PathBuf) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}", path.display()).into())
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

//! The main job: fetch every completed submission that is not confirmed yet, store it, confirm it.
//!
//! ```text
//! cargo run --example quickstart
//! ```
//!
//! `RUST_LOG=debug` has it log what it does to standard error; `trace` has the HTTP stack log, too.
//!
//! With `MASKINPORTEN_CLIENT_ID` set it works against the environment named in `ALTINN_ENVIRONMENT`; without, it starts
//! an emulator in this process, fills it, and receives everything twice to show that nothing comes again.

mod receive;
mod sample;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use altinn_auth::{Credentials, SigningKey};
use altinn_core::{Environment, ReadConfirm};
use altinn_emulator::{Emulator, NewClient};
use altinn_storage::{Client, InstanceQuery};

#[tokio::main]
async fn main() -> ExitCode {
    if let Some(level) = std::env::var("RUST_LOG").ok().and_then(|level| level.parse::<tracing::Level>().ok()) {
        tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    }
    let Err(error) = run().await else { return ExitCode::SUCCESS };
    eprintln!("{error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

async fn run() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::var_os("RECEIVED_DIR").unwrap_or_else(|| "received".into()));
    if std::env::var_os("MASKINPORTEN_CLIENT_ID").is_some() {
        let credentials = Credentials::<ReadConfirm>::from_env()?;
        println!("Receiving from {}.", credentials.environment());
        return receive_all(credentials, &folder).await;
    }

    let emulator = Emulator::start().await?;
    println!("No MASKINPORTEN_CLIENT_ID is set, so this runs against an emulator at {}.", emulator.url());
    sample::fill(&emulator);
    let registered = emulator.register_client(NewClient::new(sample::ORG_NUMBER))?;
    let credentials = Credentials::<ReadConfirm>::builder(Environment::emulator(emulator.url())?)
        .client_id(registered.client_id())
        .key(SigningKey::from_jwk(registered.jwk())?)
        .build()?;
    receive_all(credentials.clone(), &folder).await?;
    println!("\nOnce more:");
    receive_all(credentials, &folder).await?;
    emulator.stop().await;
    Ok(())
}

async fn receive_all(credentials: Credentials<ReadConfirm>, folder: &std::path::Path) -> Result<(), Box<dyn Error>> {
    // Only the service owner's own instances can be listed as a whole, and its token says who that is.
    let token = credentials.token().await?;
    let org = token.org().ok_or("the token names no service owner")?;
    let query = match std::env::var("ALTINN_APP") {
        Ok(app) => InstanceQuery::app(app.parse()?),
        Err(_) => InstanceQuery::org(org),
    };
    let client = Client::builder(credentials.clone()).application("quickstart/0.1").build()?;
    let outcome = receive::pass(&client, query, folder).await?;
    println!("{outcome}");
    // So that whoever runs it every hour notices.
    if outcome.failed() { Err("some submissions failed".into()) } else { Ok(()) }
}

//! A key for a Maskinporten client: the private half into a file, the public half to standard output, for the
//! self-service portal.
//!
//! ```text
//! cargo run --example new_key -- maskinporten.jwk
//! ```
//!
//! On Unix the file is made so that its owner alone can read it; elsewhere it has the rights that its folder gives. One that
//! is there already is left as it is. `--help` lists the other forms.

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use altinn_auth::{Algorithm, KeySize, NewKey};
use clap::Parser;

/// Makes a key for a Maskinporten client. The public half is printed, to be added to the client in the self-service
/// portal.
#[derive(Parser)]
#[command(name = "new_key")]
struct Arguments {
    /// Where the private half goes. It must not exist.
    file: PathBuf,
    /// PEM (PKCS#8, and the public half in PEM, too), which has no key id in it: give that beside it.
    #[arg(long, conflicts_with = "base64")]
    pem: bool,
    /// The JWK in base64, as Azure Key Vault wants it.
    #[arg(long)]
    base64: bool,
    /// The key id, unique among all customers of Maskinporten. Otherwise it is a random UUID.
    #[arg(long, value_name = "ID")]
    kid: Option<String>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let key = NewKey::generate(KeySize::default(), Algorithm::Rs256)?;
    let key = key.with_kid(arguments.kid.as_deref().unwrap_or_default());
    let (private, public) = match arguments {
        Arguments { pem: true, .. } => (key.private_pem(), key.public_pem()),
        Arguments { base64: true, .. } => (key.private_base64(), key.public_jwk()),
        _ => (key.private_jwk(), key.public_jwk()),
    };
    write(&arguments.file, private.expose().as_bytes())
        .map_err(|error| format!("{} can't be written: {error}", arguments.file.display()))?;
    eprintln!("The private half is in {}. Its key id (kid): {}", arguments.file.display(), key.kid());
    eprintln!("This is the public half, for the client's keys in the self-service portal:");
    println!("{}", public.trim_end());
    Ok(())
}

/// Into a new file, which is the owner's alone from the first moment.
fn write(path: &Path, private: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    // Half a key is of no use, and would be in the way of the next try.
    fill(&mut file, private).inspect_err(|_| drop(fs::remove_file(path)))
}

fn fill(file: &mut File, private: &[u8]) -> io::Result<()> {
    file.write_all(private)?;
    file.sync_all()
}

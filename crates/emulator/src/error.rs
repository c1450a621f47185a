//! What the emulator's own functions fail with.

use crate::keys::KeyError;
use crate::maskinporten::UselessKey;

/// Why the emulator can't start or can't do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// The port is taken, or the system gives none.
    #[error("port {port} on 127.0.0.1 can't be listened on")]
    Bind {
        /// The port that was asked for; 0 stands for any free one.
        port: u16,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The thread or the runtime of the server can't be started.
    #[error("the server's thread can't be started")]
    Thread(#[source] std::io::Error),
    /// A key can't be read, made or used.
    #[error("a key can't be used")]
    Key(#[from] KeyError),
    /// The world gives a client a key that no grant could be verified with.
    #[error("a key of the client {client_id} can't be used")]
    ClientKey {
        /// The client.
        client_id: String,
        /// What is wrong with the key.
        source: KeyError,
    },
    /// No Maskinporten client has this id.
    #[error("no client {0} is registered")]
    UnknownClient(String),
    /// The world has no service owner with this code and a number.
    #[error("the world has no service owner {0}")]
    UnknownOrg(String),
    /// A client to be registered is of no organisation: the text is no number of nine digits.
    #[error(
        "a client is of an organisation, whose number has nine digits, as 405003309 has; the one given has another form"
    )]
    OrgNumber,
    /// A submission of the world is in an app that the world doesn't have, so that nobody could read it.
    #[error("a submission is in the app {0}, which the world doesn't have")]
    UnknownApp(String),
    /// A submission of the world is owned by a party that the world doesn't have.
    #[error("a submission is owned by the party {0}, which the world doesn't have")]
    UnknownParty(i32),
    /// The world uses a name of the real services, with which the emulator's tokens and links must not be confused.
    #[error("{0} is a name of the real services")]
    RealName(String),
    /// The claims of a token to mint are no JSON object.
    #[error("the claims of a token must be a JSON object")]
    Claims,
}

impl From<UselessKey> for EmulatorError {
    fn from(useless: UselessKey) -> Self {
        Self::ClientKey { client_id: useless.client_id, source: useless.why }
    }
}

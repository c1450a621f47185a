//! What keeps a scenario or one of its steps from being run.

use std::path::PathBuf;

/// What keeps a scenario or one of its steps from being run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// A file can't be read.
    #[error("{} can't be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{what} is not as it should be: {source}")]
    Parse {
        /// The file, or a name for the text.
        what: String,
        /// What the JSON reader said.
        source: serde_json::Error,
    },
    /// A line of the list of exceptions has another form than `file / step: reason`, or stands there twice.
    #[error("line {line} of the exceptions: {problem}")]
    Exception {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A scenario or an actor asks for something that is not there.
    #[error("no {kind} `{name}`")]
    Unknown {
        /// What kind of thing: actor, key, variable, algorithm.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A key can't be made, read or used.
    #[error("key `{name}`: {problem}")]
    Key {
        /// The name of the key.
        name: String,
        /// What went wrong.
        problem: &'static str,
    },
    /// A pattern can't be compiled.
    #[error("pattern: {0}")]
    Pattern(#[from] regex_lite::Error),
    /// A request can't be made of what the step says.
    #[error("the step gives no request: {0}")]
    Request(String),
    /// The service could not be reached or its answer broke off.
    #[error("no whole answer: {0}")]
    Http(String),
    /// The answer does not hold what the step wants to save.
    #[error("nothing to save as `{name}` (status {status})")]
    NothingToSave {
        /// The variable.
        name: String,
        /// The status of the answer.
        status: u16,
    },
}

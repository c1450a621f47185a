use std::fmt;
use std::path::PathBuf;

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// It was given in the program.
    Argument,
    /// The environment variable of this name.
    Variable(String),
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// The member of the JSON in it, where it holds more than the one value.
        member: Option<&'static str>,
    },
}

impl Origin {
    /// Lower counts before higher.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Argument => 0,
            Self::Variable(_) => 1,
            Self::File { .. } => 2,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument => f.write_str("an argument"),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::File { path, member: None } => write!(f, "the file {}", path.display()),
            Self::File { path, member: Some(member) } => write!(f, "{member} in the file {}", path.display()),
        }
    }
}

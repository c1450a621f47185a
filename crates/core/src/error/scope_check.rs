use std::fmt;

/// What the token of a refused call says about the scope that the call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScopeCheck {
    pub(crate) scope: &'static str,
    pub(crate) held: bool,
}

impl fmt::Display for ScopeCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.held {
            true => write!(f, "the token has the scope {}, so it is not that", self.scope),
            false => write!(f, "the token lacks the scope {}", self.scope),
        }
    }
}

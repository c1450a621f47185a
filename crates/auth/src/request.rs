use altinn_core::Scope;

/// What a token is asked for: the scopes it must have. Immutable, sorted and without duplicates, so that equal
/// requests are equal values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenRequest {
    scopes: Vec<String>,
}

impl TokenRequest {
    pub(crate) fn of<S: Scope>() -> Self {
        let mut scopes: Vec<String> = S::SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self { scopes }
    }

    /// The scopes, sorted.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The scopes as Maskinporten wants them: parted by spaces.
    pub fn scope(&self) -> String {
        self.scopes.join(" ")
    }
}

/// The scopes of the token that a request was sent with. The way an authentication layer tells the transport what a
/// refused token allows: it puts this into the extensions of the answer.
///
/// An answer without one is explained as if nothing were known of the token.
#[derive(Debug, Clone)]
pub struct TokenScopes(Box<str>);

impl TokenScopes {
    /// From the token's scopes. `None` if there are none: then the token most likely doesn't say, as those of older test
    /// tools.
    pub fn new<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let all = scopes.into_iter().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        (!all.is_empty()).then(|| Self(all.into()))
    }

    /// Whether the service takes them for `scope`. It looks for it anywhere in the token's text, in any case.
    pub(crate) fn allow(&self, scope: &str) -> bool {
        self.0.contains(&scope.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{INSTANCES_READ, INSTANCES_WRITE};

    #[test]
    fn scopes_are_compared_as_the_service_does() {
        let read = TokenScopes::new(["openid", "Altinn:ServiceOwner/Instances.Read"]).unwrap();
        assert!(read.allow(INSTANCES_READ) && !read.allow(INSTANCES_WRITE));
        assert!(TokenScopes::new([]).is_none() && TokenScopes::new([""]).is_none());
    }
}

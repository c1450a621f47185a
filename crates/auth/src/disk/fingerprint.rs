use aws_lc_rs::digest::{Context, SHA256};

use crate::request::TokenRequest;

/// A name for everything that makes a token another one, which gives none of it away.
///
/// `identity`: of the client, the key and the environment.
pub(super) fn of(identity: &[String], request: &TokenRequest) -> String {
    let mut hash = Hash(Context::new(&SHA256));
    hash.list(identity.iter().map(String::as_str));
    hash.list(request.scopes().iter().map(String::as_str));
    hash.list(request.resources().iter().map(String::as_str));
    hash.list(request.consumer().as_ref().map(|consumer| consumer.as_str()));
    hash.list(request.person_number().map(|person| person.expose()));
    hash.list(request.details().map(ToString::to_string).as_deref());
    hash.list(request.claims().keys().map(String::as_str));
    for value in request.claims().values() {
        hash.list([value.to_string().as_str()]);
    }
    hash.0.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Hash(Context);

impl Hash {
    /// With lengths, so that no two lists of texts are the same bytes.
    fn list<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        let texts: Vec<_> = texts.into_iter().collect();
        self.0.update(&texts.len().to_be_bytes());
        for text in texts {
            self.0.update(&text.len().to_be_bytes());
            self.0.update(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use altinn_core::{Read, ReadWrite};

    use super::*;

    #[test]
    fn whatever_differs_makes_another_name() {
        let identity = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        let read = TokenRequest::of::<Read>;
        let org = |number: &str| number.parse().unwrap();
        let names = [
            of(&identity(&["a", "b"]), &read()),
            of(&identity(&["ab"]), &read()),
            of(&identity(&["a", "", "b"]), &read()),
            of(&identity(&["a", "b"]), &TokenRequest::of::<ReadWrite>()),
            of(&identity(&["a", "b"]), &read().on_behalf_of(org("405003309"))),
            of(&identity(&["a", "b"]), &read().on_behalf_of(org("991825827"))),
            of(&identity(&["a", "b"]), &read().person("01017012345".parse().unwrap())),
            of(&identity(&["a", "b"]), &read().claim("c", "d").unwrap()),
            of(&identity(&["a", "b"]), &read().claim("c", "e").unwrap()),
            of(&identity(&["a", "b"]), &read().resource(&"https://a.example/".parse().unwrap()).unwrap()),
        ];
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        assert!(names.iter().all(|name| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())));
        assert_eq!(names[0], of(&identity(&["a", "b"]), &read()));
    }
}

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
    hash.list(request.takes_resource_as_string().then_some("string"));
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
    use proptest::collection::{btree_map, btree_set, vec};
    use proptest::prelude::*;
    use serde_json::Value;

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
            of(&identity(&["a", "b"]), &read().resource("https://a.example/").unwrap()),
            of(&identity(&["a", "b"]), &read().resource("https://a.example/").unwrap().resource_as_string(true)),
        ];
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        assert!(names.iter().all(|name| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())));
        assert_eq!(names[0], of(&identity(&["a", "b"]), &read()));
    }

    /// All that a token may be asked for, in few values, so that equal ones come about, too. The texts are parts of each
    /// other: joined without a mark between they would be taken for one another.
    fn anything() -> impl Strategy<Value = (Vec<String>, TokenRequest)> {
        let text = || prop_oneof!["[ab]{1,2}", Just("a b".to_owned())];
        let claims = btree_map("[ab]{1,2}", prop_oneof![text().prop_map(Value::from), Just(Value::from(1))], 0..3);
        let org = prop::option::of(prop_oneof![Just("405003309"), Just("991825827")]);
        let person = prop::option::of(prop_oneof![Just("01017012345"), Just("01017012346")]);
        let sets = (btree_set("[ab]{1,2}", 0..3), btree_set("https://[ab]\\.example/", 0..3));
        let form = any::<bool>();
        let parts = (vec(text(), 1..3), sets, form, org, person, claims);
        parts.prop_map(|(identity, (scopes, apis), as_string, org, person, claims)| {
            let mut request = TokenRequest::of::<Read>().resource_as_string(as_string);
            for scope in scopes {
                request = request.additional_scope(scope).unwrap();
            }
            for api in apis {
                request = request.resource(api).unwrap();
            }
            for (name, value) in claims {
                request = request.claim(name, value).unwrap();
            }
            if let Some(org) = org {
                request = request.on_behalf_of(org.parse().unwrap());
            }
            if let Some(person) = person {
                request = request.person(person.parse().unwrap());
            }
            (identity, request)
        })
    }

    proptest! {
        #[test]
        fn only_what_is_the_same_has_the_same_name(one in anything(), other in anything()) {
            prop_assert_eq!(one == other, of(&one.0, &one.1) == of(&other.0, &other.1));
            prop_assert_eq!(of(&one.0, &one.1), of(&one.0.clone(), &one.1.clone()));
        }
    }
}

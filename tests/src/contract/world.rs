//! A recording's world with keys of our own.
//!
//! A world names the public keys that the service trusted while it was recorded; nobody has their private halves. A
//! run makes a set of the same names and kinds, and puts its public halves in their place.

use serde_json::{Map, Value};

use super::error::ContractError;
use super::keys::{KeyKind, KeyRing};

/// Puts a key of our own in the place of every public key in `world`, with the old `kid`, `use` and `alg`. A name that
/// `keys` does not have yet gets a new key.
///
/// * `world`: the world as JSON; keys stand in members `keys`, each a JSON web key under its name.
/// * `keys`: where the private halves are, and the new ones go, under the same names.
///
/// # Errors
///
/// [`ContractError::Key`] when a key can't be generated.
pub fn with_own_keys(world: &mut Value, keys: &mut KeyRing) -> Result<(), ContractError> {
    match world {
        Value::Object(members) => members.iter_mut().try_for_each(|(name, value)| match value {
            Value::Object(set) if name == "keys" => set.iter_mut().try_for_each(|(name, jwk)| replace(name, jwk, keys)),
            _ => with_own_keys(value, keys),
        }),
        Value::Array(items) => items.iter_mut().try_for_each(|item| with_own_keys(item, keys)),
        _ => Ok(()),
    }
}

fn replace(name: &str, jwk: &mut Value, keys: &mut KeyRing) -> Result<(), ContractError> {
    let Value::Object(members) = jwk else { return Ok(()) };
    if keys.get(name).is_err() {
        keys.generate(name, kind(members))?;
    }
    let own = keys.public_jwk(name)?;
    if let Value::Object(own) = own {
        members.extend(own);
    }
    Ok(())
}

/// A modulus of 3072 bits has 512 characters, one of 2048 bits 342.
fn kind(jwk: &Map<String, Value>) -> KeyKind {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    match (text("kty"), text("n").map_or(0, str::len)) {
        (Some("EC"), _) => KeyKind::P256,
        (_, length) if length > 400 => KeyKind::Rsa3072,
        _ => KeyKind::Rsa2048,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_replaced_by_own_ones_of_the_same_kind() {
        let old = json!({"a": [{"keys": {
            "one": {"kty": "RSA", "n": "x".repeat(342), "e": "AQAB", "kid": "k1", "alg": "RS256"},
            "two": {"kty": "RSA", "n": "x".repeat(512), "e": "AQAB", "kid": "k2"},
            "ec": {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "k3"},
        }}], "keysets": {"kty": "RSA"}, "setup": {"keys": {"three": "a remark"}}});
        let mut new = old.clone();
        let mut keys = KeyRing::new("one", "contract").unwrap();
        with_own_keys(&mut new, &mut keys).unwrap();
        let (old_keys, new_keys) = (&old["a"][0]["keys"], &new["a"][0]["keys"]);
        for (name, member) in [("one", "n"), ("two", "n"), ("ec", "x")] {
            let own = keys.public_jwk(name).unwrap();
            assert_eq!(new_keys[name][member], own[member]);
            assert_ne!(new_keys[name][member], old_keys[name][member]);
            assert_eq!(new_keys[name]["kid"], old_keys[name]["kid"]);
        }
        assert_eq!(new_keys["two"]["n"].as_str().unwrap().len(), 512);
        assert_eq!((&new_keys["one"]["alg"], &new["keysets"]), (&json!("RS256"), &json!({"kty": "RSA"})));
        assert_eq!((&new["setup"], keys.public_jwk("three").is_err()), (&old["setup"], true));
    }
}

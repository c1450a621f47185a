//! A signer from the private JWK that the emulator gives out.

use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::RsaKeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::signer::Signer;

/// All of the key's numbers must fit together.
pub(crate) fn signer_of(jwk: &str) -> Signer {
    let jwk: Value = serde_json::from_str(jwk).unwrap();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: number("n"), e: number("e") },
        d: number("d"),
        p: number("p"),
        q: number("q"),
        dP: number("dp"),
        dQ: number("dq"),
        qInv: number("qi"),
    };
    Signer { pair: RsaKeyPair::from_components(&components).unwrap(), kid: jwk["kid"].as_str().unwrap().to_owned() }
}

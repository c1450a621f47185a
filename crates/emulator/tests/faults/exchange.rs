//! Faults of the exchange: what it has read elsewhere counts for a long time.

use altinn_emulator::{CertificateAuthority, Fault};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::setup::Setup;

/// Whether the fault shows, if it is one of these.
pub(crate) async fn shows(setup: &Setup, fault: Fault) -> Option<bool> {
    let (seconds, break_it): (_, fn(&Setup)) = match fault {
        Fault::OrgsListIsKept => (3600, |setup| setup.emulator.outages().set_orgs_list(true)),
        Fault::KeysAreKept => (12 * 3600, |setup| setup.emulator.outages().set_maskinporten_keys(true)),
        _ => return None,
    };
    let maskinporten = Maskinporten::of(setup);
    assert_eq!(maskinporten.exchange(setup).await, 200);
    break_it(setup);
    let kept = maskinporten.exchange(setup).await == 200;
    setup.pass(seconds - 60);
    assert_eq!(maskinporten.exchange(setup).await == 200, kept, "a minute before the end");
    setup.pass(120);
    assert_eq!(maskinporten.exchange(setup).await, 401);
    Some(kept)
}

/// The private key that the emulator's Maskinporten signs with.
struct Maskinporten(RsaKeyPair);

impl Maskinporten {
    fn of(setup: &Setup) -> Self {
        let certificate = setup.emulator.enterprise_certificate(CertificateAuthority::Test, "405003309").unwrap();
        let pem = certificate.private_key_pem();
        setup.emulator.rotate_maskinporten_key(&pem, None).unwrap();
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        Self(RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap())
    }

    /// The status of the exchange of a token that was issued now.
    async fn exchange(&self, setup: &Setup) -> u16 {
        let now = setup.emulator.clock().now().as_second();
        let claims = json!({
            "iss": setup.emulator.url(), "scope": "altinn:serviceowner/instances.read", "exp": now + 120,
            "consumer": {"authority": "iso6523-actorid-upis", "ID": "0192:405003309"},
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(&json!({"alg": "RS256"})), part(&claims));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
        let url = format!("{}authentication/api/v1/exchange/maskinporten", setup.emulator.url());
        setup.http.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
    }
}

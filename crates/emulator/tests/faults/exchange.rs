//! Faults of the exchange: what it has read elsewhere counts for a long time.

use altinn_emulator::{CertificateAuthority, Fault};
use serde_json::json;

use crate::setup::Setup;
use crate::signer::Signer;

/// Whether the fault shows, if it is one of these.
pub(crate) async fn shows(setup: &Setup, fault: Fault) -> Option<bool> {
    let (seconds, break_it): (_, fn(&Setup)) = match fault {
        Fault::OrgsListIsKept => (3600, |setup| setup.emulator.outages().set_orgs_list(true)),
        Fault::KeysAreKept => (12 * 3600, |setup| setup.emulator.outages().set_maskinporten_keys(true)),
        _ => return None,
    };
    let maskinporten = maskinporten(setup);
    assert_eq!(exchange(&maskinporten, setup).await, 200);
    break_it(setup);
    let kept = exchange(&maskinporten, setup).await == 200;
    setup.pass(seconds - 60);
    assert_eq!(exchange(&maskinporten, setup).await == 200, kept, "a minute before the end");
    setup.pass(120);
    assert_eq!(exchange(&maskinporten, setup).await, 401);
    Some(kept)
}

/// The key that the emulator's Maskinporten signs with from now on.
fn maskinporten(setup: &Setup) -> Signer {
    let certificate = setup.emulator.enterprise_certificate(CertificateAuthority::Test, "405003309").unwrap();
    let signer = Signer::from_pem(&certificate.private_key_pem(), "maskinporten");
    setup.emulator.rotate_maskinporten_key(&certificate.private_key_pem(), Some(&signer.kid)).unwrap();
    signer
}

/// The status of the exchange of a token that Maskinporten issued now.
async fn exchange(maskinporten: &Signer, setup: &Setup) -> u16 {
    let now = setup.emulator.clock().now().as_second();
    let claims = json!({
        "iss": setup.emulator.url(), "scope": "altinn:serviceowner/instances.read", "exp": now + 120,
        "consumer": {"authority": "iso6523-actorid-upis", "ID": "0192:405003309"},
    });
    let token = maskinporten.sign(&json!({"alg": "RS256", "kid": maskinporten.kid}), &claims);
    let url = format!("{}authentication/api/v1/exchange/maskinporten", setup.emulator.url());
    setup.http.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

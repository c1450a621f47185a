use std::collections::BTreeMap;
use std::time::SystemTime;

use altinn_core::{OrgNumber, PersonNumber, Secret};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};
use crate::key::DynSigner;
use crate::moment::unix_seconds;
use crate::request::TokenRequest;

/// By how much Maskinporten's clock and ours may differ, beside what a grant's dates leave room for.
const LEEWAY: i64 = 10;
/// Maskinporten takes an `iat` up to 10 s ahead of its clock. Dating it back makes that 20 s for us.
const BACK_DATED: i64 = 10;
/// From `iat`. Maskinporten's rule is at most 120 s, and as long as possible helps a clock that is behind.
const LIFETIME: i64 = 110;
/// How many seconds our clock may be behind (negative) and ahead of Maskinporten's for a grant to be taken.
pub(crate) const CLOCK_MAY_BE: std::ops::RangeInclusive<i64> = -(LIFETIME - BACK_DATED + LEEWAY)..=BACK_DATED + LEEWAY;

/// The signed request for a token, which Maskinporten takes once.
pub(crate) struct Grant<'a> {
    /// The issuer as Maskinporten spells itself, with its slash.
    pub(crate) audience: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) request: &'a TokenRequest,
    pub(crate) key: &'a dyn DynSigner,
}

/// A key is named by its id or shown by its certificates, never both: a client that has the one refuses the other.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    x5c: &'a [String],
}

/// An array even for one, as the documentation has it, unless the caller wants a string.
#[derive(Serialize)]
#[serde(untagged)]
enum Resource<'a> {
    One(&'a str),
    Several(&'a [String]),
}

impl<'a> Resource<'a> {
    fn of(request: &'a TokenRequest) -> Option<Self> {
        match (request.resource_string(), request.resources()) {
            (Some(one), _) => Some(Self::One(one)),
            (None, []) => None,
            (None, several) => Some(Self::Several(several)),
        }
    }
}

/// Exactly the claims that are documented, unless the caller asks for others: they may be refused.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    scope: String,
    iat: i64,
    exp: i64,
    jti: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Resource<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer_org: Option<OrgNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<&'a PersonNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<[&'a Value; 1]>,
    #[serde(flatten)]
    own: &'a BTreeMap<String, Value>,
}

impl Grant<'_> {
    /// Signs a new grant with an id of its own.
    pub(crate) async fn sign(&self, now: SystemTime) -> Result<Secret, Error> {
        self.request.check()?;
        let input = self.signing_input(now);
        let input = input.ok_or_else(|| Error::of(ErrorKind::Key, "the grant can't be written").build())?;
        let signature = self.key.sign(input.as_bytes()).await?;
        Ok(Secret::new(format!("{}.{}", input.as_str(), URL_SAFE_NO_PAD.encode(signature))))
    }

    fn signing_input(&self, now: SystemTime) -> Option<Zeroizing<String>> {
        let (kid, x5c) = match self.key.kid() {
            Some(kid) => (Some(kid), &[][..]),
            None => (None, self.key.certificates()),
        };
        let header = Header { alg: self.key.algorithm().as_str(), typ: kid.map(|_| "JWT"), kid, x5c };
        let iat = unix_seconds(now) - BACK_DATED;
        let claims = Claims {
            aud: self.audience,
            iss: self.client_id,
            scope: self.request.scope(),
            iat,
            exp: iat + LIFETIME,
            jti: Uuid::new_v4(),
            resource: Resource::of(self.request),
            consumer_org: self.request.consumer(),
            pid: self.request.person_number(),
            authorization_details: self.request.details().map(|details| [details]),
            own: self.request.claims(),
        };
        Some(Zeroizing::new(format!("{}.{}", encode(&header)?, encode(&claims)?)))
    }
}

fn encode(part: &impl Serialize) -> Option<String> {
    serde_json::to_vec(part).ok().map(|json| URL_SAFE_NO_PAD.encode(json))
}

/// The form of a token call. The grant goes into the body, not into the address, which gets logged.
#[derive(Serialize)]
pub(crate) struct Form<'a> {
    grant_type: &'static str,
    assertion: &'a str,
}

impl<'a> Form<'a> {
    pub(crate) fn new(assertion: &'a Secret) -> Self {
        Self { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: assertion.expose() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use altinn_core::{Read, ReadWrite};
    use serde_json::json;

    use super::*;
    use crate::key::SigningKey;
    use crate::request::SystemUser;

    const JWK: &str = include_str!("../tests/keys/rsa-2048.json");
    const PEM: &str = include_str!("../tests/keys/rsa-2048.pkcs8.pem");
    const CERTIFICATE: &str = include_str!("../tests/keys/certificate.pem");

    /// The first two parts of a new grant, at the given second.
    async fn parts(key: &SigningKey, request: &TokenRequest, now: u64) -> (Value, Value) {
        let grant = Grant { audience: "https://test.maskinporten.no/", client_id: "me", request, key };
        let signed = grant.sign(SystemTime::UNIX_EPOCH + Duration::from_secs(now)).await.unwrap();
        let parts: Vec<Value> = signed
            .expose()
            .split('.')
            .take(2)
            .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        (parts[0].clone(), parts[1].clone())
    }

    fn key() -> SigningKey {
        SigningKey::from_jwk(JWK).unwrap().with_kid("the-kid")
    }

    #[tokio::test]
    async fn it_has_the_documented_claims_and_no_others() {
        let (header, mut claims) = parts(&key(), &TokenRequest::of::<ReadWrite>(), 1_760_000_000).await;
        assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": "the-kid"}));
        let jti = claims["jti"].take();
        assert!(Uuid::parse_str(jti.as_str().unwrap()).is_ok());
        assert_eq!(
            claims,
            json!({
                "aud": "https://test.maskinporten.no/", "iss": "me",
                "scope": "altinn:serviceowner/instances.read altinn:serviceowner/instances.write",
                "iat": 1_759_999_990, "exp": 1_760_000_100, "jti": null,
            })
        );
    }

    #[tokio::test]
    async fn what_is_asked_for_beside_scopes_has_the_documented_shape() {
        let org = |number: &str| number.parse::<OrgNumber>().unwrap();
        let request = TokenRequest::of::<Read>()
            .on_behalf_of(org("991825827"))
            .system_user(SystemUser::new(org("405003309")).external_reference("ref-1").unwrap())
            .person("01017012345".parse().unwrap())
            .resource("https://api.example")
            .unwrap()
            .claim("extra", 5)
            .unwrap();
        let (_, claims) = parts(&key(), &request, 1).await;
        assert_eq!(claims["consumer_org"], "991825827");
        assert_eq!(claims["pid"], "01017012345");
        assert_eq!(claims["resource"], json!(["https://api.example"]));
        assert_eq!(claims["extra"], 5);
        assert_eq!(
            claims["authorization_details"],
            json!([{
                "type": "urn:altinn:systemuser",
                "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": "0192:405003309"},
                "externalRef": "ref-1",
            }])
        );
    }

    #[tokio::test]
    async fn a_single_resource_is_a_string_only_where_that_is_wanted() {
        let one = || TokenRequest::of::<Read>().resource("https://a.example").unwrap();
        let two = one().resource("https://b.example").unwrap();
        for (request, expected) in [
            (one(), json!(["https://a.example"])),
            (one().resource_as_string(true), json!("https://a.example")),
            (one().resource_as_string(true).resource_as_string(false), json!(["https://a.example"])),
            (two.resource_as_string(true), json!(["https://a.example", "https://b.example"])),
            (TokenRequest::of::<Read>().resource_as_string(true), Value::Null),
        ] {
            assert_eq!(parts(&key(), &request, 1).await.1["resource"], expected);
        }
        assert_ne!(one(), one().resource_as_string(true));
    }

    #[tokio::test]
    async fn two_ways_to_name_whom_it_is_for_are_never_signed() {
        let org = || "405003309".parse::<OrgNumber>().unwrap();
        let legacy = TokenRequest::of::<Read>().claim("iss_onbehalfof", "sub-client").unwrap();
        let (_, claims) = parts(&key(), &legacy, 1).await;
        assert_eq!(claims["iss_onbehalfof"], "sub-client");
        let request = &legacy.on_behalf_of(org());
        let grant = Grant { audience: "https://test.maskinporten.no/", client_id: "me", request, key: &key() };
        assert_eq!(grant.sign(SystemTime::now()).await.unwrap_err().kind(), ErrorKind::Config);
        let error = TokenRequest::of::<Read>().on_behalf_of(org()).claim("iss_onbehalfof", "a").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("exclude each other"), "{error}");
    }

    #[tokio::test]
    async fn a_key_with_certificates_shows_them_and_no_key_id() {
        let key = SigningKey::detect(format!("{PEM}{CERTIFICATE}")).unwrap();
        let (header, _) = parts(&key, &TokenRequest::of::<Read>(), 1).await;
        assert_eq!(header["x5c"].as_array().unwrap().len(), 1);
        assert!(header["x5c"][0].as_str().unwrap().starts_with("MII"));
        assert_eq!(header.as_object().unwrap().len(), 2, "{header}");
        let (header, _) = parts(&key.with_kid("k"), &TokenRequest::of::<Read>(), 1).await;
        assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": "k"}));
    }

    #[tokio::test]
    async fn every_grant_has_an_id_of_its_own() {
        let request = TokenRequest::of::<Read>();
        assert_ne!(parts(&key(), &request, 1).await.1["jti"], parts(&key(), &request, 1).await.1["jti"]);
    }

    #[tokio::test]
    async fn it_is_short_enough_for_maskinporten() {
        let (_, claims) = parts(&key(), &TokenRequest::of::<Read>(), 1_760_000_000).await;
        assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 120);
    }
}

//! What settings from several places become on the wire.

use std::path::Path;

use altinn_auth::{ErrorKind, KeyError, Setting, Settings};
use altinn_core::{Read, ReadWrite};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::stub::{JWK, Stub};

const KID: &str = "MASKINPORTEN_CLIENT_KID";
const CLIENT_JWK: &str = "MASKINPORTEN_CLIENT_JWK";
const PEM: &str = include_str!("../keys/rsa-2048.pkcs8.pem");
const CERTIFICATE: &str = include_str!("../keys/certificate.pem");

fn variables<'a>(values: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

fn named(kid: &str) -> Value {
    let mut jwk: Value = serde_json::from_str(JWK).unwrap();
    jwk["kid"] = kid.into();
    jwk
}

fn of(stub: &Stub) -> Settings {
    Settings::new().set(Setting::Environment, stub.url("")).set(Setting::ClientId, "c")
}

/// Header and claims of the one grant that these settings lead to.
async fn grant(stub: &Stub, settings: &Settings) -> [Value; 2] {
    let before = stub.count("/token");
    settings.build::<ReadWrite>().unwrap().token().await.unwrap();
    let calls = stub.received("/token");
    assert_eq!(calls.len(), before + 1);
    let header = calls[before].form("assertion").split('.').next().unwrap();
    [serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap(), calls[before].grant()]
}

fn written(folder: &Path, name: &str, content: &Value) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content.to_string()).unwrap();
    path
}

#[tokio::test]
async fn a_key_id_that_is_set_counts_before_the_key_s_own_and_certificates() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let jwk = named("own").to_string();
    let base64 = STANDARD.encode(&jwk);
    let certified = format!("{PEM}{CERTIFICATE}");
    let set = json!({ "keys": [named("first"), named("explicit"), named("last")] });
    let key_file = written(folder.path(), "key", &named("own"));
    let set_file = written(folder.path(), "set", &set);
    let settings_file = written(folder.path(), "settings.json", &json!({ "Jwk": named("own"), "Kid": "explicit" }));
    let without_kid = written(folder.path(), "without.json", &json!({ "Jwk": named("own") }));
    let set_text = set.to_string();
    let theirs = [("MaskinportenSettings__EncodedJwk", base64.as_str()), ("MaskinportenSettings__Kid", "explicit")];
    let explicit = || of(&stub).set(Setting::Kid, "explicit");
    for (case, settings) in [
        ("variables", of(&stub).variables(variables(&[(CLIENT_JWK, &jwk), (KID, "explicit")]))),
        ("their variables", of(&stub).variables(variables(&theirs))),
        ("PEM with certificate", of(&stub).variables(variables(&[(CLIENT_JWK, &certified), (KID, "explicit")]))),
        ("set in a variable", of(&stub).variables(variables(&[(CLIENT_JWK, &set_text), (KID, "explicit")]))),
        ("argument", explicit().set(Setting::Key, jwk.as_str())),
        ("key file", explicit().key_file(&key_file)),
        ("set in a file", explicit().key_file(&set_file)),
        ("settings file", of(&stub).settings_file(&settings_file).unwrap()),
        ("beside a settings file", explicit().settings_file(&without_kid).unwrap()),
    ] {
        let [header, _] = grant(&stub, &settings).await;
        assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": "explicit"}), "{case}");
    }
    let [header, _] = grant(&stub, &of(&stub).set(Setting::Key, jwk.as_str())).await;
    assert_eq!(header["kid"], "own");
}

#[tokio::test]
async fn the_key_id_is_from_where_the_report_says() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "settings.json", &json!({ "Jwk": named("own"), "Kid": "of the file" }));
    let file = of(&stub).settings_file(&path).unwrap();
    let variable = file.clone().variables(variables(&[(KID, "of the variable")]));
    let argument = variable.clone().set(Setting::Kid, "of the argument");
    for (settings, kid, place) in [
        (file, "of the file", format!("Kid in the file {}", path.display())),
        (variable, "of the variable", format!("the variable {KID}")),
        (argument, "of the argument", "an argument".to_owned()),
    ] {
        assert_eq!(grant(&stub, &settings).await[0]["kid"], kid);
        assert!(settings.to_string().contains(&format!("key id: {place}\n")), "{settings}");
    }
}

#[tokio::test]
async fn a_key_id_and_an_end_from_where_counts_less_than_the_key_s_place_are_another_key_s() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let own = named("own").to_string();
    let key_file = written(folder.path(), "key", &named("own"));
    let settings_file = written(folder.path(), "settings.json", &json!({ "Jwk": named("x"), "Kid": "of the file" }));
    std::fs::write(folder.path().join("MASKINPORTEN_CLIENT_KEY_EXPIRES"), "2030-01-01").unwrap();
    let file = || of(&stub).folder(folder.path()).unwrap().settings_file(&settings_file).unwrap();
    let certified = format!("{PEM}{CERTIFICATE}");
    let key_path = key_file.display().to_string();
    for (case, settings, kid) in [
        ("variable", file().variables(variables(&[(CLIENT_JWK, &own)])), "own"),
        (
            "file that a variable names",
            file().variables(variables(&[("MASKINPORTEN_CLIENT_KEY_FILE", &key_path)])),
            "own",
        ),
        ("argument", file().set(Setting::Key, own.as_str()), "own"),
        ("argument and variable", of(&stub).set(Setting::Key, own.as_str()).variables(variables(&[(KID, "x")])), "own"),
        ("key without a name", file().variables(variables(&[(CLIENT_JWK, PEM)])), "of the file"),
    ] {
        assert_eq!(grant(&stub, &settings).await[0]["kid"], kid, "{case}");
        let credentials = settings.build::<Read>().unwrap();
        assert_eq!(credentials.statistics().key_expires_at(), None, "{case}");
    }
    let [header, _] = grant(&stub, &file().variables(variables(&[(CLIENT_JWK, &certified)]))).await;
    assert!(header["kid"].is_null() && header["x5c"].is_array(), "{header}");

    // From the key's own kind of place, and one that counts before it, they are the key's.
    let end = file().build::<Read>().unwrap().statistics().key_expires_at();
    let argument = file().set(Setting::KeyExpires, "2030-01-01").variables(variables(&[(CLIENT_JWK, &own)]));
    assert!(end.is_some() && end == argument.build::<Read>().unwrap().statistics().key_expires_at());
}

#[test]
fn a_key_id_that_no_key_of_a_set_has_and_a_blank_one_are_refused() {
    let tt02 = || Settings::new().set(Setting::Environment, "tt02").set(Setting::ClientId, "c");
    let set = json!({ "keys": [named("a"), named("b")] });
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "set", &set);
    for settings in [tt02().set(Setting::Key, set.to_string()), tt02().key_file(&path)] {
        let error = settings.set(Setting::Kid, "c").build::<Read>().unwrap_err();
        let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<KeyError>());
        assert_eq!((error.kind(), source), (ErrorKind::Key, Some(&KeyError::NoSuchKid(2))), "{error}");
    }
    let error = tt02().set(Setting::Key, JWK).set(Setting::Kid, " ").build::<Read>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("key id in an argument"), "{error}");
}

#[tokio::test]
async fn a_resource_goes_out_as_it_is_spelled() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "settings.json", &json!({ "Resource": "https://api.example" }));
    let with_key = || of(&stub).set(Setting::Key, JWK);
    for settings in [
        with_key().set(Setting::Resource, "https://api.example"),
        with_key().variables(variables(&[("MASKINPORTEN_RESOURCE", " https://api.example\n")])),
        with_key().settings_file(&path).unwrap(),
    ] {
        assert_eq!(grant(&stub, &settings).await[1]["resource"], json!(["https://api.example"]), "{settings}");
    }
}

#[test]
fn what_can_t_be_met_among_variables_is_said_with_its_name() {
    let tt02 = || Settings::new().set(Setting::Environment, "tt02").set(Setting::ClientId, "c");
    let thumbprint = "MaskinportenSettings__CertificateStoreThumbprint";
    for (name, value) in [
        ("MaskinportenSettings__ExhangeToAltinnToken", "false"),
        ("MASKINPORTENSETTINGS__EXCHANGETOALTINNTOKEN", "False"),
        ("MaskinportenSettings__EnterpriseUserName", "x"),
        (thumbprint, "x"),
    ] {
        let values = [(name, value)];
        let with = |settings: Settings| settings.variables(variables(&values)).build::<Read>();
        let error = with(if name == thumbprint { tt02() } else { tt02().set(Setting::Key, JWK) }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(name) && !error.advice().is_empty(), "{error}");
    }
    let met = |settings: Settings, name, value| settings.variables(variables(&[(name, value)])).build::<Read>();
    assert!(met(tt02().set(Setting::Key, JWK), thumbprint, "x").is_ok());
    assert!(met(tt02().set(Setting::Key, JWK), "MaskinportenSettings__ExhangeToAltinnToken", "true").is_ok());
    let token = crate::stub::jwt(&json!({"iat": 1_000}));
    assert!(met(tt02().set(Setting::Token, token), "MaskinportenSettings__ExhangeToAltinnToken", "false").is_ok());
}

#[test]
fn a_pkcs12_file_among_variables_is_the_key() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa-2048.p12");
    let built = |password: &str| {
        let values = [
            ("MaskinportenSettings__Environment", "test"),
            ("MaskinportenSettings__ClientId", "c"),
            ("MASKINPORTENSETTINGS__CERTIFICATEPKCS12PATH", path),
            ("MaskinportenSettings__CertificatePkcs12Password", password),
        ];
        let settings = Settings::new().variables(variables(&values));
        let shown = format!("{settings} {settings:?}");
        assert!(shown.contains("CERTIFICATEPKCS12PATH") && !shown.contains(password), "{shown}");
        settings.build::<Read>()
    };
    let kind = |password| built(password).err().map(|error| error.kind());
    if cfg!(feature = "pkcs12") {
        assert_eq!((kind("secret"), kind("not-the-one")), (None, Some(ErrorKind::Key)));
    } else {
        assert_eq!(kind("secret"), Some(ErrorKind::Config));
    }
}

#[tokio::test]
async fn a_folder_may_name_the_key_s_file_and_an_empty_file_counts_as_none() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let key = written(folder.path(), "key", &named("elsewhere"));
    let mounted = folder.path().join("mounted");
    std::fs::create_dir(&mounted).unwrap();
    std::fs::write(mounted.join(CLIENT_JWK), "").unwrap();
    let name = mounted.join("MASKINPORTEN_CLIENT_KEY_FILE");
    std::fs::write(&name, format!("{}\n", key.display())).unwrap();
    let settings = of(&stub).folder(&mounted).unwrap();
    assert_eq!(grant(&stub, &settings).await[0]["kid"], "elsewhere");
    assert!(settings.to_string().contains(&format!("key: the file {}\n", name.display())), "{settings}");

    std::fs::write(mounted.join(CLIENT_JWK), named("mounted").to_string()).unwrap();
    assert_eq!(grant(&stub, &of(&stub).folder(&mounted).unwrap()).await[0]["kid"], "mounted");
}

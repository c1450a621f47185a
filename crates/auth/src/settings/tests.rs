use altinn_core::{Environment, INSTANCES_READ, INSTANCES_WRITE, Read, ReadWrite};

use proptest::prelude::*;

use super::nais::{CLIENT_ID, CLIENT_JWK, ENVIRONMENT};
use super::*;

const SCOPES: &str = "MASKINPORTEN_SCOPES";
const ISSUER: &str = "MASKINPORTEN_ISSUER";
const TOKEN_ENDPOINT: &str = "MASKINPORTEN_TOKEN_ENDPOINT";

const JWK: &str = include_str!("../../tests/keys/rsa-2048.json");

/// The variables of a working set-up, with some changed; a blank one counts as not set.
fn read<S: Scope>(changes: &[(&str, &str)]) -> Result<Credentials<S>, Error> {
    Credentials::from_vars(|name| {
        if let Some((_, value)) = changes.iter().find(|(changed, _)| *changed == name) {
            return Some((*value).to_owned());
        }
        let value = match name {
            ENVIRONMENT => "tt02",
            CLIENT_ID => "6f0f3c2e-0000-4000-8000-aaaaaaaaaaaa",
            CLIENT_JWK => JWK,
            _ => return None,
        };
        Some(value.to_owned())
    })
}

fn refused<S: Scope>(changes: &[(&str, &str)]) -> Error {
    read::<S>(changes).unwrap_err()
}

#[test]
fn the_needed_three_are_enough() {
    assert_eq!(read::<ReadWrite>(&[]).unwrap().environment(), &Environment::tt02());
}

#[test]
fn what_is_missing_is_named() {
    for name in [ENVIRONMENT, CLIENT_ID, CLIENT_JWK] {
        let error = refused::<Read>(&[(name, " ")]);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn an_unknown_environment_is_never_production() {
    for value in ["prodd", "https://", "http://altinn.example/"] {
        let error = refused::<Read>(&[(ENVIRONMENT, value)]);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(ENVIRONMENT), "{error}");
    }
    let emulator = read::<Read>(&[(ENVIRONMENT, "http://127.0.0.1:4711")]).unwrap();
    assert_eq!(emulator.environment().name(), "emulator");
}

#[test]
fn scopes_that_the_client_lacks_are_named_before_anything_is_sent() {
    let both = format!("altinn:other {INSTANCES_READ} {INSTANCES_WRITE}");
    assert!(read::<ReadWrite>(&[(SCOPES, &both)]).is_ok());
    assert!(read::<Read>(&[(SCOPES, INSTANCES_READ)]).is_ok());
    let error = refused::<ReadWrite>(&[(SCOPES, INSTANCES_READ)]);
    assert_eq!((error.kind(), error.missing_scopes()), (ErrorKind::Config, &[INSTANCES_WRITE.to_owned()][..]));
    assert!(error.to_string().contains(INSTANCES_WRITE), "{error}");
    // A longer name is another scope.
    assert!(read::<Read>(&[(SCOPES, "altinn:serviceowner/instances.readonly")]).is_err());
}

#[test]
fn addresses_of_another_environment_are_refused() {
    assert!(read::<Read>(&[(ISSUER, "https://test.maskinporten.no/")]).is_ok());
    assert!(read::<Read>(&[(TOKEN_ENDPOINT, "https://test.maskinporten.no/token")]).is_ok());
    for (name, value) in [
        (ISSUER, "https://maskinporten.no/"),
        (ISSUER, "https://test.maskinporten.no"),
        (TOKEN_ENDPOINT, "https://evil.example/token"),
    ] {
        let error = refused::<Read>(&[(name, value)]);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn an_unusable_key_names_its_variable_and_hides_its_text() {
    let public = JWK.replace("\"d\"", "\"not-d\"");
    let error = refused::<Read>(&[(CLIENT_JWK, &public)]);
    assert_eq!(error.kind(), ErrorKind::Key);
    assert!(error.to_string().contains(CLIENT_JWK), "{error}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("public key"), "{source}");

    let error = refused::<Read>(&[(CLIENT_JWK, &JWK.replace("\"kid\"", "\"name\""))]);
    assert_eq!(error.kind(), ErrorKind::Key);
    assert!(error.to_string().contains("kid"), "{error}");

    let private: serde_json::Value = serde_json::from_str(JWK).unwrap();
    let d = private["d"].as_str().unwrap();
    assert!(!format!("{error} {error:?} {source}").contains(d));
}

#[test]
fn local_test_has_no_maskinporten() {
    let error = refused::<Read>(&[(ENVIRONMENT, "local")]);
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("no Maskinporten"), "{error}");
}

fn settings(vars: &[(&str, &str)]) -> Settings {
    Settings::new()
        .variables(|name| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
}

fn text(settings: &Settings, setting: Setting) -> Option<&str> {
    settings.text(setting).map(|(text, _)| text)
}

#[test]
fn an_argument_counts_before_a_variable_and_that_before_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in
        [(CLIENT_ID, "file\n"), (ENVIRONMENT, "yt01"), ("MASKINPORTEN_CLIENT_KID", "file"), (CLIENT_JWK, JWK)]
    {
        std::fs::write(folder.path().join(name), value).unwrap();
    }
    let variables = |name: &str| match name {
        CLIENT_ID | ENVIRONMENT => Some("variable".to_owned()),
        _ => None,
    };
    let one = Settings::new().folder(folder.path()).unwrap().variables(variables).set(Setting::ClientId, "argument");
    let other = Settings::new().set(Setting::ClientId, "argument").variables(variables).folder(folder.path()).unwrap();
    for settings in [one, other] {
        assert_eq!(text(&settings, Setting::ClientId), Some("argument"));
        assert_eq!(text(&settings, Setting::Environment), Some("variable"));
        assert_eq!(text(&settings, Setting::Kid), Some("file"));
        let path = folder.path().join(CLIENT_JWK);
        assert_eq!(settings.origin(Setting::Key), Some(&Origin::File { path, member: None }));
        assert_eq!(settings.origin(Setting::Scopes), None);
    }
}

#[test]
fn the_report_names_places_and_no_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json");
    std::fs::write(&path, r#"{"MaskinportenSettings":{"clientId":"secret-c","scope":"secret-s"}}"#).unwrap();
    let settings = settings(&[(CLIENT_JWK, "secret-k")]).set(Setting::Token, "secret-t").settings_file(&path).unwrap();
    let report = settings.to_string();
    assert_eq!(
        report,
        format!(
            "client id: ClientId in the file {0}\nkey: the variable {CLIENT_JWK}\ntoken: an argument\nscopes: Scope in \
             the file {0}\n",
            path.display()
        )
    );
    assert!(!format!("{report}{settings:?}").contains("secret"));
}

/// Reads a settings file with these members.
fn file(json: &serde_json::Value) -> Result<Settings, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json");
    std::fs::write(&path, format!("\u{feff}{json}")).unwrap();
    Settings::new().settings_file(path)
}

#[test]
fn the_settings_of_other_clients_are_understood() {
    let json = serde_json::json!({ "maskinportensettings": {
        "ClientId": "c", "SCOPE": "a b", "environment": "ver2", "TokenExchangeEnvironment": "at22", "Kid": "k",
        "Resource": "https://a.example/", "ConsumerOrgNo": "405003309", "UseAltinnTestOrg": true,
        "Authority": "https://test.maskinporten.no", "ExhangeToAltinnToken": true, "EncodedX509": "", "EncodedJwk": null,
        "EnableDebugLogging": true, "jwk": {"kty": "RSA"},
    }});
    let settings = file(&json).unwrap();
    for (setting, value) in [
        (Setting::ClientId, "c"),
        (Setting::Scopes, "a b"),
        (Setting::Environment, "at22"),
        (Setting::Kid, "k"),
        (Setting::Resource, "https://a.example/"),
        (Setting::Consumer, "405003309"),
        (Setting::TestOrganisation, "true"),
        (Setting::Issuer, "https://test.maskinporten.no/"),
    ] {
        assert_eq!(text(&settings, setting), Some(value), "{setting}");
    }
    assert!(settings.origin(Setting::Key).unwrap().to_string().starts_with("Jwk in"));
    for (theirs, ours) in [("prod", "production"), ("test", "tt02"), ("VER2", "tt02"), ("yt01", "yt01")] {
        let settings = file(&serde_json::json!({ "Environment": theirs })).unwrap();
        assert_eq!(text(&settings, Setting::Environment), Some(ours));
    }
}

#[test]
fn production_beside_a_test_environment_is_refused() {
    for (exchange, maskinporten, environment) in [
        ("prod", "prod", Some(Environment::production())),
        ("Production", "PROD", Some(Environment::production())),
        ("at22", "test", Some(Environment::at22())),
        ("prod", "test", None),
        ("tt02", "prod", None),
        ("prod", "no such", None),
    ] {
        let json = serde_json::json!({
            "TokenExchangeEnvironment": exchange, "Environment": maskinporten, "ClientId": "c", "EncodedJwk": JWK,
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        std::fs::write(&path, json.to_string()).unwrap();
        let of_file = || Settings::new().settings_file(&path).unwrap();
        let of_variables = settings(&[
            ("MASKINPORTENSETTINGS__TOKENEXCHANGEENVIRONMENT", exchange),
            ("MaskinportenSettings__Environment", maskinporten),
            (CLIENT_ID, "c"),
            (CLIENT_JWK, JWK),
        ]);
        for settings in [of_file(), of_variables] {
            match (settings.build::<Read>(), &environment) {
                (Ok(credentials), Some(environment)) => assert_eq!(credentials.environment(), environment),
                (Err(error), None) => {
                    assert_eq!(error.kind(), ErrorKind::Config);
                    let text = error.to_string();
                    assert!(text.contains("one is production and the other is not"), "{error}");
                    assert!(text.to_ascii_uppercase().contains("TOKENEXCHANGEENVIRONMENT"), "{error}");
                }
                other => panic!("{exchange} beside {maskinporten}: {other:?}"),
            }
            let with_token = settings.clone().set(Setting::Token, "a.b.c").build::<Read>();
            assert_eq!(with_token.is_ok(), environment.is_some());
            // One that counts before both says it for both.
            let credentials = settings.set(Setting::Environment, "yt01").build::<Read>().unwrap();
            assert_eq!(credentials.environment(), &Environment::yt01());
        }
    }
}

#[test]
fn the_two_environments_of_other_clients_are_held_against_each_other_wherever_they_are() {
    let [exchange, maskinporten] =
        ["TokenExchangeEnvironment", "Environment"].map(|member| (member, format!("MaskinportenSettings__{member}")));
    let built = |in_file: &[(&str, &str)], in_variables: &[(&str, &str)]| {
        let members: serde_json::Map<_, _> =
            in_file.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        let variables = [in_variables, &[(CLIENT_ID, "c"), (CLIENT_JWK, JWK)]].concat();
        let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
        file(&members.into()).unwrap().variables(lookup).build::<Read>().map(|built| built.environment().clone())
    };
    // A variable alone would make it production.
    for (member, variable) in [(maskinporten.0, &*exchange.1), (exchange.0, &*maskinporten.1)] {
        assert_eq!(built(&[(member, "test")], &[(variable, "prod")]).unwrap_err().kind(), ErrorKind::Config);
        assert_eq!(built(&[(member, "prod")], &[(variable, "test")]).unwrap_err().kind(), ErrorKind::Config);
        assert_eq!(built(&[(member, "prod")], &[(variable, "prod")]).unwrap(), Environment::production());
    }
    // What counts less doesn't count.
    let overridden = built(&[(maskinporten.0, "test")], &[(&*maskinporten.1, "prod")]);
    assert_eq!(overridden.unwrap(), Environment::production());
    let ours = built(&[(exchange.0, "prod"), (maskinporten.0, "test")], &[(ENVIRONMENT, "tt02")]);
    assert_eq!(ours.unwrap(), Environment::tt02());
}

#[test]
fn a_section_in_variables_is_understood_and_counts_after_our_names() {
    let settings = settings(&[
        ("MaskinportenSettings__ClientId", "theirs"),
        ("MASKINPORTENSETTINGS__KID", "theirs"),
        (CLIENT_ID, "ours"),
        ("MaskinportenSettings__Environment", "test"),
    ]);
    assert_eq!(text(&settings, Setting::ClientId), Some("ours"));
    assert_eq!(text(&settings, Setting::Kid), Some("theirs"));
    assert_eq!(text(&settings, Setting::Environment), Some("tt02"));
}

#[test]
fn what_can_t_be_met_is_said_when_the_file_is_read() {
    for (member, value) in [
        ("EnterpriseUserName", "x"),
        #[cfg(not(feature = "pkcs12"))]
        ("CertificatePkcs12Path", "x"),
        ("CertificateStoreThumbprint", "x"),
        ("ExhangeToAltinnToken", "False"),
        ("ExchangeToAltinnToken", "false"),
    ] {
        let error = file(&serde_json::json!({ member: value })).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.advice().contains(member), "{error}");
    }
    for bad in [serde_json::json!([]), serde_json::json!("x"), serde_json::json!({ "MaskinportenSettings": 5 })] {
        assert_eq!(file(&bad).unwrap_err().kind(), ErrorKind::Config);
    }
    let nowhere = std::path::Path::new("no such folder");
    assert_eq!(Settings::new().folder(nowhere).unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(Settings::new().settings_file(nowhere).unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn keys_in_files_become_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, JWK);
    let json = serde_json::json!({ "MaskinportenSettings": { "clientId": "c", "jwkBase64": base64 } });
    std::fs::write(at("settings.json"), json.to_string()).unwrap();
    std::fs::write(at("key"), JWK).unwrap();
    let tt02 = || Settings::new().set(Setting::Environment, "tt02").set(Setting::ClientId, "c");
    assert!(tt02().settings_file(at("settings.json")).unwrap().build::<Read>().is_ok());
    assert!(tt02().key_file(at("key")).build::<Read>().is_ok());
    let path = at("key");
    let named = |name: &str| (name == "MASKINPORTEN_CLIENT_KEY_FILE").then(|| path.display().to_string());
    assert!(tt02().variables(named).build::<Read>().is_ok());

    let pem = include_str!("../../tests/keys/rsa-2048.pkcs8.pem");
    std::fs::write(at("key"), pem).unwrap();
    assert_eq!(tt02().key_file(at("key")).build::<Read>().unwrap_err().kind(), ErrorKind::Key);
    assert!(tt02().set(Setting::Kid, "k").key_file(at("key")).build::<Read>().is_ok());
}

#[test]
fn the_key_s_end_is_a_date_or_a_time() {
    let seconds = |second| Some(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second));
    for (text, end) in [
        ("2030-01-01", seconds(1_893_456_000)),
        (" 2030-01-01T01:00:00+01:00\n", seconds(1_893_456_000)),
        ("2030-01-01T00:00:05Z", seconds(1_893_456_005)),
        (" ", None),
    ] {
        let credentials = read::<Read>(&[("MASKINPORTEN_CLIENT_KEY_EXPIRES", text)]).unwrap();
        assert_eq!(credentials.statistics().key_expires_at(), end, "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_that_is_open_to_others_is_refused_where_that_is_set() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, JWK).unwrap();
    let open = |mode, strict: &str| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let file = path.display().to_string();
        let name = "MASKINPORTEN_CLIENT_KEY_STRICT_PERMISSIONS";
        read::<Read>(&[(CLIENT_JWK, ""), ("MASKINPORTEN_CLIENT_KEY_FILE", &file), (name, strict)])
    };
    assert_eq!(open(0o644, "True").unwrap_err().kind(), ErrorKind::Key);
    assert!(open(0o600, "true").is_ok());
    assert!(open(0o644, "false").is_ok());
    assert!(open(0o644, "").is_ok());
}

#[cfg(feature = "pkcs12")]
#[test]
fn a_certificate_s_file_and_its_password_become_credentials() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa-2048.p12");
    let with = |password: &str| {
        let json = serde_json::json!({
            "Environment": "test", "ClientId": "c", "CertificatePkcs12Path": path, "CertificatePkcs12Password": password,
        });
        let settings = file(&json).unwrap();
        assert!(!format!("{settings} {settings:?}").contains(password));
        settings.build::<Read>()
    };
    assert!(with("secret").is_ok());
    assert_eq!(with("not-the-one").unwrap_err().kind(), ErrorKind::Key);
}

#[test]
fn values_that_can_t_be_used_are_named_with_their_place() {
    for (setting, value) in [
        (Setting::Consumer, "12345"),
        (Setting::Resource, "nowhere"),
        (Setting::TestOrganisation, "1"),
        (Setting::StrictPermissions, "yes"),
        (Setting::KeyExpires, "next year"),
        (Setting::Environment, "x"),
    ] {
        let settings = Settings::new()
            .set(setting, value)
            .set(Setting::Environment, "tt02")
            .set(Setting::ClientId, "c")
            .set(Setting::Key, JWK);
        let error = settings.build::<Read>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(&format!("the {setting} in an argument")), "{error}");
    }
    let sidecar = Settings::new().set(Setting::Environment, "tt02").set(Setting::TokenSidecar, "nowhere");
    assert_eq!(sidecar.build::<Read>().unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn a_check_digit_that_does_not_fit_is_refused_in_production_and_a_warning_elsewhere() {
    let recording = altinn_watch::Recording::of_this_thread();
    let built = |environment: &str, consumer: &str| {
        let settings = Settings::new().set(Setting::Environment, environment).set(Setting::ClientId, "c");
        settings.set(Setting::Key, JWK).set(Setting::Consumer, consumer).build::<Read>()
    };
    for (name, consumer) in [("production", "405003309"), ("tt02", "405003309")] {
        assert!(built(name, consumer).is_ok());
    }
    let error = built("production", "310000001").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    for part in ["the consumer organisation in an argument", "test environments"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(!recording.text().contains("WARN"), "{}", recording.text());
    for name in ["tt02", "http://127.0.0.1:4711"] {
        let credentials = built(name, "310000001").unwrap();
        assert_eq!(credentials.request().consumer().unwrap().as_str(), "310000001");
    }
    let text = recording.text();
    assert_eq!(text.lines().filter(|line| line.contains("WARN") && line.contains("check digit")).count(), 2, "{text}");
    for name in ["production", "tt02"] {
        assert!(built(name, "31000000").unwrap_err().advice().contains("nine digits"));
    }
}

#[test]
fn what_concerns_single_tokens_is_in_the_request() {
    let settings = Settings::new()
        .set(Setting::Environment, "tt02")
        .set(Setting::ClientId, "c")
        .set(Setting::Key, JWK)
        .set(Setting::Consumer, "405003309")
        .set(Setting::Resource, "https://a.example/");
    let credentials = settings.build::<Read>().unwrap();
    assert_eq!(credentials.request().consumer().unwrap().as_str(), "405003309");
    assert_eq!(credentials.request().resources(), ["https://a.example/"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_values_are_taken(values in proptest::collection::vec("\\PC{0,40}", 25), json in "\\PC*") {
        let next = std::cell::Cell::new(0);
        let settings = Settings::new().variables(|_| {
            next.set(next.get() + 1);
            values.get(next.get()).cloned()
        });
        let _ = settings.build::<Read>();
        let _ = settings.set(Setting::Environment, "tt02").build::<ReadWrite>();
        let _ = dotnet::keys_with_kid(json.as_bytes());
        let _ = dotnet::keys_with_kid(serde_json::json!({ "Jwk": json, "Kid": json }).to_string().as_bytes());
    }
}

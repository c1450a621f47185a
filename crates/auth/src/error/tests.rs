use url::Url;

use super::*;

fn asked() -> Asked {
    let endpoint = Url::parse("https://user:word@test.maskinporten.no/token?a=b#c").unwrap();
    Asked::at(&endpoint).scoped(&["altinn:x".to_owned()]).by("the-client", Some("the-kid"))
}

fn refused() -> Error {
    Error::of(ErrorKind::ScopeNotGranted, "Maskinporten refused the grant")
        .leg(Leg::Maskinporten)
        .status(StatusCode::BAD_REQUEST)
        .oauth_error(Some("invalid_scope"))
        .code(Some("MP-200"))
        .description(Some("Token request contains invalid scopes for client, altinn:x"))
        .trace_id(Some("0af7651916cd43dd8448eb211c80319c"))
        .advice("add the scope to the client")
        .clock_skew(Some(-40))
        .retry_after(Some(Duration::from_secs(60)))
        .source(std::io::Error::other("the source's own words"))
        .build()
}

#[test]
fn one_line_says_it_all_but_not_the_source() {
    let error = refused();
    assert_eq!(
        error.to_string(),
        "Maskinporten refused the grant (400, invalid_scope, MP-200): \"Token request contains invalid scopes for \
         client, altinn:x\" [trace id 0af7651916cd43dd8448eb211c80319c]; this computer's clock is 40 s behind the \
         server's; the server asks to wait 60 s; add the scope to the client"
    );
    assert_eq!(error.source().unwrap().to_string(), "the source's own words");
}

#[test]
fn it_is_as_small_as_a_pointer_and_crosses_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[test]
fn no_secret_survives_in_any_text_of_a_server() {
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl";
    let error = Error::of(ErrorKind::Maskinporten, "refused")
        .code(Some(jwt))
        .oauth_error(Some(jwt))
        .description(Some(jwt))
        .trace_id(Some(jwt))
        .build();
    for text in [error.to_string(), format!("{error:?}"), format!("{:?}", Some(error.clone()))] {
        assert!(!text.contains("eyJ"), "{text}");
    }
}

#[test]
fn a_provider_s_error_says_whether_it_passes() {
    let gone = || std::io::Error::other("vault is sealed");
    assert!(Error::provider(gone(), true).is_transient());
    assert!(!Error::provider(gone(), false).is_transient());
}

#[test]
fn who_asked_where_is_said_once() {
    let error = Error::of(ErrorKind::Maskinporten, "refused").trace_id(Some("0af7")).build().with_asked(asked);
    assert_eq!(error.to_string(), "refused [client the-client, kid the-kid, at test.maskinporten.no, trace id 0af7]");
    assert_eq!((error.client_id(), error.kid()), (Some("the-client"), Some("the-kid")));
    assert_eq!(error.endpoint(), Some("https://test.maskinporten.no/token"));
    assert_eq!(error.scopes(), ["altinn:x"]);

    let error = Error::of(ErrorKind::Maskinporten, "test.maskinporten.no refused").description(Some("no key the-kid"));
    let error = error.advice("look at the-client").build().with_asked(asked);
    assert_eq!(error.to_string(), "test.maskinporten.no refused: \"no key the-kid\"; look at the-client");

    // A part of a word says nothing.
    let short = || Asked::default().by("a", Some("use"));
    let error = Error::of(ErrorKind::Maskinporten, "refused at last").build().with_asked(short);
    assert_eq!(error.to_string(), "refused at last [client a, kid use]");
}

#[test]
fn where_nobody_was_asked_nothing_is_said_of_it() {
    let error = Error::of(ErrorKind::Config, "wrong").build();
    assert_eq!((error.client_id(), error.kid(), error.endpoint()), (None, None, None));
    assert!(error.scopes().is_empty());
    assert_eq!(error.to_string(), "wrong");
}

#[test]
fn a_later_step_has_an_address_of_its_own() {
    let later = Url::parse("http://127.0.0.1:5005/exchange?test=true").unwrap();
    let error = Error::of(ErrorKind::Exchange, "refused").build().with_asked(|| asked().then_at(&later));
    assert_eq!(error.to_string(), "refused [client the-client, kid the-kid, at 127.0.0.1:5005]");
    assert_eq!(error.endpoint(), Some("http://127.0.0.1:5005/exchange"));
}

#[test]
fn a_key_in_place_of_a_client_id_is_not_shown() {
    const JWK: &str = include_str!("../../tests/keys/rsa-2048.json");
    let at = Url::parse("https://a.example/").unwrap();
    let error = Error::of(ErrorKind::ClientUnknown, "refused").build().with_asked(|| Asked::at(&at).by(JWK, Some(JWK)));
    let jwk: serde_json::Value = serde_json::from_str(JWK).unwrap();
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        let secret = jwk[member].as_str().unwrap();
        assert!(!format!("{error} {error:?}").contains(&secret[..12]), "{error}");
    }
}

#[test]
fn what_trying_again_takes_is_told() {
    for (retry, passes) in [
        (Retry::Never, false),
        (Retry::AfterPause, true),
        (Retry::WithNewGrant, false),
        (Retry::WithOtherKey, false),
        (Retry::WithNewToken, true),
    ] {
        let error = Error::of(ErrorKind::Maskinporten, "refused").retry(retry).build();
        assert_eq!((error.retry(), error.is_transient()), (retry, passes));
        assert_eq!(error.retry_after(), None);
    }
    assert_eq!(refused().retry_after(), Some(Duration::from_secs(60)));
}

#[test]
fn debug_is_the_whole_story_on_one_line() {
    let error = Error::of(ErrorKind::Transport, "Maskinporten can't be reached")
        .advice("check the network")
        .source(std::io::Error::other("no route"))
        .build();
    assert_eq!(format!("{error:?}"), "Maskinporten can't be reached; check the network; because: no route");
    assert!(format!("{error:#?}").contains("kind: Transport"));
}

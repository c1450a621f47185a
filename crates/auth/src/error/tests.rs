use super::*;

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
         server's; add the scope to the client"
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

//! What a program logs at the most talkative level.

use altinn_watch::Recording;

use crate::redaction::{assert_hidden, private_members};
use crate::stub::{EXCHANGE, Reply, Stub, altinn_token};

/// The tests beside this one log, too: lines are told apart by this.
const CLIENT: &str = "the-client-whose-lines-count";

#[tokio::test]
async fn a_new_token_is_one_line_and_no_line_has_a_secret() {
    let recording = Recording::start();
    let stub = Stub::of_legs(vec![Reply::new(503, "")], vec![Reply::new(401, "")]).await;
    let credentials = stub.credentials_of(CLIENT);
    credentials.token().await.unwrap();
    credentials.token().await.unwrap();

    let text = recording.text();
    let lines: Vec<_> =
        text.lines().filter(|line| line.contains("new Altinn token") && line.contains(CLIENT)).collect();
    assert_eq!(lines.len(), 1);
    // Of the token's id only a hash.
    let jti = "jti_hash=\"3f08aace\"";
    for part in ["INFO", "2f4c6b1e-7a55-4c0e-9d57-0f1f4f8c0a11", "instances.write", "ttd", jti, "lifetime_s=1800"] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
    assert!(!lines[0].contains("token-1"));

    let mut secrets = private_members();
    secrets.push(altinn_token());
    secrets.extend(stub.received("/token").iter().map(|call| call.form("assertion").to_owned()));
    secrets.extend(stub.received(EXCHANGE).iter().map(|call| call.bearer().to_owned()));
    assert_eq!(secrets.len(), 6 + 1 + 3 + 2);
    assert_hidden(&text, &secrets);
}

#[tokio::test]
async fn an_echo_of_a_grant_with_a_person_in_it_is_not_logged() {
    let recording = Recording::start();
    let stub = Stub::start(|request, _| {
        let words = format!("{} of 01017012345 is bad", request.form("assertion"));
        Reply::refused(503, "down", &words, "MP-000")
    })
    .await;
    let credentials = stub.credentials_of(CLIENT);
    let request = credentials.request().clone().person("01017012345".parse().unwrap());
    let error = credentials.with_request(request).token().await.unwrap_err();
    assert_eq!(stub.received("/token")[0].grant()["pid"], "01017012345");
    // All tries were logged, and the listener has looked at every line.
    assert!(recording.text().contains("trying again"));
    assert!(error.description().unwrap().contains("is bad"));
}

#[tokio::test]
async fn scopes_beyond_those_asked_for_are_one_warning_for_each_new_token() {
    let recording = Recording::start();
    let more = format!("altinn:other {} digdir:more", crate::stub::BOTH_SCOPES);
    let stub = Stub::of_legs(vec![Reply::granted_for(120, &more); 2], Vec::new()).await;
    let warnings = |client: &str| {
        let log = recording.text();
        let lines = log.lines().filter(|line| line.contains("granted more") && line.contains(client));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let credentials = stub.credentials_of("the-client-with-too-much");
    let first = credentials.maskinporten_token().await.unwrap();
    credentials.token().await.unwrap();
    let lines = warnings("the-client-with-too-much");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("WARN") && lines[0].contains("\"altinn:other digdir:more\""), "{}", lines[0]);
    credentials.invalidate_maskinporten(&first);
    credentials.maskinporten_token().await.unwrap();
    assert_eq!(warnings("the-client-with-too-much").len(), 2);

    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    stub.credentials_of("the-client-with-enough").token().await.unwrap();
    assert_eq!(warnings("the-client-with-enough").len(), 0);
}

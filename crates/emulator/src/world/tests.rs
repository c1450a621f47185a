use super::*;

#[test]
fn the_demonstration_world_parses() {
    let world: World = serde_json::from_str(DEMO).unwrap();
    assert_eq!(world.org("ttd").unwrap().org_number.as_deref(), Some("405003309"));
    assert!(world.policy_of("ttd/mottak-demo").is_some());
    assert!(world.data_types_of("ttd/mottak-demo").iter().any(|t| t["id"] == "attachment"));
    assert!(World::default().party(510_001).is_some());
    assert_eq!(world.clients[0].client_id, World::DEMO_CLIENT);
}

/// Other programs check the numbers that they are given.
#[test]
fn the_numbers_of_the_demonstration_have_their_check_digits_and_belong_to_nobody() {
    fn check_digit(digits: &[u32], weights: &[u32]) -> u32 {
        let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
        (11 - sum % 11) % 11
    }
    let world = World::default();
    let digits = |number: &str| number.chars().filter_map(|digit| digit.to_digit(10)).collect::<Vec<_>>();
    for number in world.parties.iter().filter_map(|party| party.person.as_deref()) {
        let digits = digits(number);
        assert_eq!(digits.len(), 11);
        assert_eq!(digits[9], check_digit(&digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2]), "{number}");
        assert_eq!(digits[10], check_digit(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]), "{number}");
        assert!(digits[2] >= 8, "{number}: a made-up person is born in a month above 80");
    }
    let parties = world.parties.iter().filter_map(|party| party.organisation.as_deref());
    let others = world.delegations.iter().map(|delegation| delegation.consumer.as_str());
    let others = others.chain(world.system_users.iter().map(|user| user.owner.as_str()));
    for number in parties.chain(others).chain(world.orgs.values().filter_map(|org| org.org_number.as_deref())) {
        let digits = digits(number);
        assert_eq!((digits.len(), digits[8]), (9, check_digit(&digits, &[3, 2, 7, 6, 5, 4, 3, 2])), "{number}");
    }
}

#[test]
fn an_addition_replaces_what_has_the_same_name_or_number() {
    let mut world = World::default();
    let piece = r#"{"parties": [{"partyId": 510001, "organisation": "310000043"}, {"partyId": 7, "person": "1"}],
        "users": [{"userId": 20001, "partyId": 7}], "apps": {"ttd/mottak-demo": {"policy": "closed"}},
        "policies": {"closed": {}}, "orgs": {"ttd": {"orgNumber": "1"}}}"#;
    let parties = world.parties.len();
    world.add(World::from_json(piece).unwrap());
    assert_eq!(world.parties.len(), parties + 1);
    assert_eq!(world.party_by_organisation("310000043").unwrap().party_id, 510_001);
    assert!(world.party_by_person("01839012345").is_none());
    assert_eq!(world.user_of_party(7).unwrap().user_id, 20_001);
    assert!(world.policy_of("ttd/mottak-demo").unwrap().is_empty());
    assert_eq!((world.org("ttd").unwrap().org_number.as_deref(), world.org("skd").is_some()), (Some("1"), true));
}

#[test]
fn no_consent_in_debug() {
    let world = World::from_json(
        r#"{"consents": [{"id": "7a0c0000-3333-4444-8555-dddddddddddd", "consentRights": [],
            "from": "urn:altinn:person:identifier-no:01839012345", "to": "urn:altinn:organization:identifier-no:1",
            "consented": "2026-01-01T00:00:00Z", "validTo": "2027-01-01T00:00:00Z"}]}"#,
    );
    assert!(!format!("{:?}", world.unwrap()).contains("01839012345"));
}

#[test]
fn absent_members_are_empty_not_those_of_the_demonstration() {
    let world = World::from_json("{}").unwrap();
    assert!(world.orgs.is_empty() && world.apps.is_empty() && world.clients.is_empty());
}

#[test]
fn a_misspelt_member_is_told() {
    for (world, path) in [
        (r#"{"clientz": []}"#, "clientz"),
        (r#"{"orgs": {"ttd": {"orgNumber": "405003309", "number": "405003309"}}}"#, "orgs.ttd.number"),
        (r#"{"parties": [{"partyId": 7, "persom": "1"}]}"#, "parties.0.persom"),
        (r#"{"apps": {"ttd/a": {"polcy": "open"}}}"#, "apps.ttd/a.polcy"),
        (r#"{"submissions": [{"appId": "ttd/a", "partyId": 7, "finnished": false}]}"#, "submissions.0.finnished"),
        (
            r#"{"submissions": [{"appId": "ttd/a", "partyId": 7, "data": [{"dataType": "m", "contentType": "a/b", "text": "", "name": "x"}]}]}"#,
            "submissions.0.data.0.name",
        ),
    ] {
        assert_eq!(World::from_json(world).unwrap().unknown_members(), [path], "{world}");
    }
    let known = World::from_json(r#"{"parties": [{"partyId": 7, "name": "Åse"}]}"#).unwrap();
    assert!(known.unknown_members().is_empty());
    assert!(World::from_json("{} {}").is_err());
}

#[test]
fn scopes_are_names_or_objects() {
    let world = World::from_json(
        r#"{"clients": [{"clientId": "a", "orgNumber": "405003309", "scopes": ["x:y", {"name": "x:z", "maxAge": 30}],
            "keys": [{"kty": "RSA", "kid": "k", "expires": "2026-01-01T00:00:00Z"}]}]}"#,
    )
    .unwrap();
    let client = &world.clients[0];
    assert_eq!(client.token_lifetime, 120);
    assert_eq!(client.scopes[0].name, "x:y");
    assert_eq!(client.scopes[1].max_age, Some(30));
    assert_eq!(client.keys[0].jwk.members()["kid"], "k");
    assert!(client.keys[0].expires.is_some());
}

#[test]
fn an_app_has_its_own_obligations_when_it_says_so() {
    let world = World::from_json(
        r#"{"obligations": {"level": 2}, "policies": {"p": {}},
            "apps": {"a/strict": {"policy": "p"}, "a/lenient": {"policy": "p", "obligations": {}}}}"#,
    )
    .unwrap();
    assert_eq!(world.obligations_of("a/strict").len(), 1);
    assert!(world.obligations_of("a/lenient").is_empty());
    assert!(world.obligations_of("a/absent").contains_key("level"));
}

#[test]
fn a_party_is_found_by_any_of_its_numbers() {
    let world = World::default();
    let person = world.party_by_person("01839012345").unwrap();
    assert_eq!(person.party_id, 510_001);
    assert!(world.party_by_organisation("01839012345").is_none());
    assert_eq!(world.party_by_organisation("310000019").unwrap().party_id, 520_001);
    assert_eq!(world.user_of_party(510_001).unwrap().user_id, 20_001);
}

#[test]
fn no_person_number_in_debug() {
    let text = format!("{:?}", World::default());
    assert!(!text.contains("01839012345"));
}

#[test]
fn no_private_member_of_a_key_in_debug() {
    let key = r#"{"kty": "RSA", "kid": "k", "d": "secret-secret"}"#;
    let world = World::from_json(&format!(
        r#"{{"clients": [{{"clientId": "a", "orgNumber": "1", "keys": [{key}]}}],
            "maskinporten": {{"main": {{"issuer": "i", "metadata": "m", "keys": {{"one": {key}}}}}}}}}"#
    ));
    let text = format!("{:?}", world.unwrap());
    assert!(text.contains("\"k\"") && !text.contains("secret-secret"));
}

#[test]
fn errors_name_the_file() {
    let error = World::from_file("/no/such/file.json").unwrap_err();
    assert!(error.to_string().contains("/no/such/file.json"));
    assert!(matches!(World::from_json("5"), Err(WorldError::Parse(_))));
}

#[test]
fn names_of_the_real_services_are_noticed() {
    let world = |text: &str| World::from_json(text).unwrap();
    for name in ["altinn.no", "tt02.altinn.no", "at22.altinn.cloud"] {
        assert_eq!(world(&format!(r#"{{"hostname": "{name}"}}"#)).real_name(), Some(name));
    }
    let issuer = r#"{"maskinporten": {"main": {"issuer": "https://test.maskinporten.no/", "metadata": "x"}}}"#;
    assert_eq!(world(issuer).real_name(), Some("https://test.maskinporten.no/"));
    for name in ["contract.test", "myaltinn.no", "altinn.no.test"] {
        assert_eq!(world(&format!(r#"{{"hostname": "{name}"}}"#)).real_name(), None);
    }
    assert_eq!(World::default().real_name(), None);
}

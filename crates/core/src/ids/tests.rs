use proptest::prelude::*;

use super::*;

fn round_trip<T: std::str::FromStr + std::fmt::Display + PartialEq + std::fmt::Debug>(text: &str)
where
    T::Err: std::fmt::Debug,
{
    let id: T = text.parse().unwrap();
    assert_eq!(id.to_string(), text);
}

#[test]
fn good_identifiers_come_back_as_they_went_in() {
    round_trip::<AppId>("ttd/flyttemelding-2024");
    round_trip::<AppId>("brønnøy/årsregnskap-æøå");
    round_trip::<InstanceId>("501337/0d4a1bb4-5b5c-4c1f-9f0a-1f4bb8f2e7aa");
    round_trip::<DataElementId>("0d4a1bb4-5b5c-4c1f-9f0a-1f4bb8f2e7aa");
    round_trip::<DataTypeId>("ref-data-as-pdf");
    round_trip::<OrgNumber>("991825827");
    round_trip::<OrgNumber>("405003309");
    round_trip::<PartyId>("501337");
    assert_eq!("01039012345".parse::<PersonNumber>().unwrap().expose(), "01039012345");
}

#[test]
fn bad_identifiers_are_refused() {
    for bad in ["", "/", "ttd", "ttd/", "/app", "TTD/app", "ttd/App", "ttd/a/b", "ttd/../x", "t td/a", "1td/a"] {
        assert!(bad.parse::<AppId>().is_err(), "{bad}");
    }
    for bad in ["", "1", "x/0d4a1bb4-5b5c-4c1f-9f0a-1f4bb8f2e7aa", "0/0d4a1bb4-5b5c-4c1f-9f0a-1f4bb8f2e7aa", "1/x"] {
        assert!(bad.parse::<InstanceId>().is_err(), "{bad}");
    }
    for bad in ["", "0", "-1", "+1", " 1", "2147483648", "99999999999999999999", "١"] {
        assert!(bad.parse::<PartyId>().is_err(), "{bad}");
    }
    for bad in ["", "99182582", "9918258270", "991825828", "99182582x", "991 82582"] {
        assert!(bad.parse::<OrgNumber>().is_err(), "{bad}");
    }
    assert_eq!(OrgNumber::synthetic("310000001").unwrap().as_str(), "310000001");
    assert!(OrgNumber::synthetic("31000000").is_err() && OrgNumber::synthetic("31000000x").is_err());
    for bad in ["", "0103901234", "010390123456", "0103901234x"] {
        assert!(bad.parse::<PersonNumber>().is_err(), "{bad}");
    }
    for bad in ["", "  ", "a\nb"] {
        assert!(bad.parse::<DataTypeId>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_party_id_is_read_from_text_and_number() {
    assert_eq!(serde_json::from_str::<PartyId>("\"501337\"").unwrap(), PartyId::new(501_337).unwrap());
    assert_eq!(serde_json::from_str::<PartyId>("501337").unwrap(), PartyId::new(501_337).unwrap());
    assert_eq!(serde_json::to_string(&PartyId::new(1).unwrap()).unwrap(), "\"1\"");
    assert!(serde_json::from_str::<PartyId>("-1").is_err());
}

#[test]
fn a_person_number_never_prints() {
    let number: PersonNumber = "01039012345".parse().unwrap();
    assert_eq!(format!("{number:?} {:?}", Some(&number)), "PersonNumber([redacted]) Some(PersonNumber([redacted]))");
    let error = "0103901234x".parse::<PersonNumber>().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("0103901"));
}

/// Through its own text, and through JSON, by value and as the key of a map.
fn comes_back<T>(text: &str) -> Result<(), TestCaseError>
where
    T: std::str::FromStr + std::fmt::Display + PartialEq + std::fmt::Debug,
    T: serde::Serialize + serde::de::DeserializeOwned,
    T::Err: std::fmt::Debug,
{
    let id: T = text.parse().unwrap();
    prop_assert_eq!(id.to_string(), text);
    let json = serde_json::to_string(&id).unwrap();
    prop_assert_eq!(&json, &serde_json::to_string(text).unwrap());
    prop_assert_eq!(serde_json::from_str::<T>(&json).unwrap(), id);
    // A reader of a stream, and a value that is read already, hand the text over in other ways.
    prop_assert_eq!(&serde_json::from_reader::<_, T>(json.as_bytes()).unwrap(), &text.parse().unwrap());
    prop_assert_eq!(&serde_json::from_value::<T>(text.into()).unwrap(), &text.parse().unwrap());
    Ok(())
}

/// Eight digits with the ninth that fits them, where there is one.
fn org_numbers() -> impl Strategy<Value = String> {
    "[0-9]{8}".prop_filter_map("no ninth digit fits", |digits| {
        let weights = [3, 2, 7, 6, 5, 4, 3, 2];
        let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        let last = (11 - sum % 11) % 11;
        (last < 10).then(|| format!("{digits}{last}"))
    })
}

fn uuids() -> impl Strategy<Value = uuid::Uuid> {
    any::<u128>().prop_map(uuid::Uuid::from_u128)
}

proptest! {
    #[test]
    fn every_identifier_comes_back(
        app in "[a-zæøå][a-z0-9æøå]{0,20}/[a-zæøå][a-z0-9æøå-]{0,60}",
        data_type in "[a-zA-Z0-9æøåÆØÅ._-][a-zA-Z0-9æøåÆØÅ ._\"\\\\/-]{0,60}",
        (party, guid) in (1..=i32::MAX as u32, uuids()),
        number in org_numbers(),
    ) {
        comes_back::<AppId>(&app)?;
        comes_back::<DataTypeId>(&data_type)?;
        comes_back::<DataElementId>(&guid.to_string())?;
        comes_back::<PartyId>(&party.to_string())?;
        comes_back::<OrgNumber>(&number)?;
        let id = format!("{party}/{guid}");
        comes_back::<InstanceId>(&id)?;
        prop_assert_eq!(InstanceId::new(PartyId::new(party).unwrap(), guid), id.parse().unwrap());
    }

    #[test]
    fn any_nine_digits_are_a_synthetic_number(digits in "[0-9]{9}") {
        prop_assert_eq!(OrgNumber::synthetic(&digits).unwrap().to_string(), digits);
    }

    #[test]
    fn a_person_number_comes_back_and_never_prints(digits in "[0-9]{11}") {
        let number: PersonNumber = digits.parse().unwrap();
        prop_assert_eq!(number.expose(), &*digits);
        let shown = format!("{number:?} {number:#?}");
        prop_assert!(!shown.contains(&digits));
        let json = serde_json::to_string(&number).unwrap();
        prop_assert_eq!(serde_json::from_str::<PersonNumber>(&json).unwrap(), number);
    }

    #[test]
    fn no_text_makes_an_app_id_of_more_than_two_segments(text in any::<String>()) {
        if let Ok(id) = text.parse::<AppId>() {
            prop_assert_eq!(id.as_str().split('/').count(), 2);
            prop_assert_eq!(format!("{}/{}", id.org(), id.app()), text);
        }
    }

    #[test]
    fn parsing_never_panics(text in any::<String>()) {
        let _ = text.parse::<InstanceId>();
        let _ = text.parse::<DataElementId>();
        let _ = text.parse::<OrgNumber>();
        let _ = text.parse::<PartyId>();
        let _ = text.parse::<PersonNumber>();
    }
}

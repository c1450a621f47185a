use url::Url;

use super::*;

fn url(query: &InstanceQuery) -> String {
    let base = Url::parse("https://platform.tt02.altinn.no/storage/api/v1/").unwrap();
    query.spec(Some(50), Some("638%3b7")).unwrap().url(&base).unwrap().query().unwrap().to_owned()
}

#[test]
fn a_query_says_what_the_service_reads() {
    let query = InstanceQuery::app("ttd/skjema".parse().unwrap())
        .owner(InstanceOwnerFilter::Party("501337".parse().unwrap()))
        .current_task("Task_1")
        .complete(true)
        .confirmed(false)
        .not_confirmed_by("digdir")
        .archived(true)
        .soft_deleted(false)
        .hard_deleted(false)
        .created(Window::from("2024-05-01T00:00:00Z".parse().unwrap()))
        .last_changed(
            Window::after("2024-05-01T00:00:00.12Z".parse().unwrap())
                .through("2024-05-02T02:00:00+02:00".parse().unwrap()),
        )
        .search(r"blå\")
        .data_elements(false);
    assert_eq!(
        url(&query),
        "org=ttd&appId=ttd%2Fskjema&instanceOwner.partyId=501337&excludeConfirmedBy=digdir\
         &process.isComplete=true&confirmed=false&status.isArchived=true&status.isSoftDeleted=false\
         &status.isHardDeleted=false&process.currentTask=Task_1&searchString=bl%C3%A5%5C%5C\
         &created=gte%3A2024-05-01T00%3A00%3A00.0000000Z\
         &lastChanged=gt%3A2024-05-01T00%3A00%3A00.1200000Z\
         &lastChanged=lte%3A2024-05-02T00%3A00%3A00.0000000Z\
         &includeDataElements=false&order=asc%3AlastChanged&size=50&continuationToken=638%253b7"
    );
}

#[test]
fn times_that_the_service_compares_as_text_are_asked_so_that_it_is_right() {
    let noon = || "2024-05-01T14:00:00+02:00".parse().unwrap();
    let window = Window::from(noon()).before("2024-05-02T00:00:00Z".parse().unwrap());
    let query = InstanceQuery::org("ttd").ended(window).due_before(window).visible_after(Window::from(noon()));
    let asked = url(&query);
    for expected in [
        "process.ended=gte%3A2024-05-01T12%3A00%3A00&process.ended=lt%3A2024-05-02T00%3A00%3A00",
        "dueBefore=gte%3A2024-05-01T12%3A00%3A00&dueBefore=lt%3A2024-05-02T00%3A00%3A00",
        "visibleAfter=gte%3A2024-05-01T12%3A00%3A00",
    ] {
        assert!(asked.contains(expected), "{asked}");
    }
    let fraction = Window::from("2024-05-01T12:00:00.5Z".parse().unwrap());
    for wrong in [fraction, Window::after(noon()), Window::from(noon()).through(noon())] {
        let error = InstanceQuery::org("ttd").ended(wrong).spec(None, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn generations_and_references_exclude_each_other() {
    let query = || InstanceQuery::org("ttd").main_version(2);
    assert!(url(&query()).contains("mainVersionInclude=2"));
    let asked = url(&query().archive_reference("0123456789ab"));
    assert!(asked.contains("A3Ref=0123456789ab") && !asked.contains("mainVersion"), "{asked}");
    assert!(url(&query().not_main_version(3)).contains("mainVersionExclude=3"));
    assert!(url(&query().altinn2_archive_reference("AR123")).contains("dataValues.A2ArchRef=AR123"));
    assert!(query().archive_reference("123").spec(None, None).is_err());
}

#[test]
fn the_oldest_comes_first_unless_told() {
    assert!(url(&InstanceQuery::org("ttd")).contains("order=asc%3AlastChanged"));
    let newest_first = InstanceQuery::org("ttd").newest_first().spec(None, None).unwrap();
    let base = Url::parse("https://platform.tt02.altinn.no/storage/api/v1/").unwrap();
    assert!(newest_first.url(&base).unwrap().query().unwrap().contains("order=desc%3AlastChanged"));
}

#[test]
fn a_person_number_travels_in_a_header_that_does_not_print() {
    let query = InstanceQuery::org("ttd").owner(InstanceOwnerFilter::Person("01039012345".parse().unwrap()));
    assert!(!url(&query).contains("01039012345"));
    assert!(!format!("{query:?} {:?}", query.spec(None, None).unwrap()).contains("01039012345"));
}

#[test]
fn what_the_service_answers_wrongly_is_refused() {
    let query = InstanceQuery::org("ttd");
    assert_eq!(query.spec(Some(0), None).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(query.spec(Some(u32::MAX), None).unwrap_err().kind(), ErrorKind::InvalidInput);
    for refused in [
        InstanceQuery::org(" "),
        InstanceQuery::org("TTD"),
        InstanceQuery::org("ttd\0"),
        query.clone().not_confirmed_by("a\"b"),
        query.clone().not_confirmed_by("a\\b"),
        query.clone().not_confirmed_by("ttd\0"),
        query.clone().not_confirmed_by("Digdir"),
        query.clone().not_confirmed_by(""),
        query.clone().current_task("Task\0"),
        query.clone().search("\0"),
        query.clone().altinn2_archive_reference("AR\0"),
        query.clone().archive_reference("0123456789a\0"),
        query.clone().not_confirmed_by(" "),
        query.clone().current_task(""),
        query.clone().search("\t"),
        query.clone().altinn2_archive_reference(""),
        query.clone().main_version(40_000),
        query.clone().not_main_version(u16::MAX),
        query.clone().confirmed(true).not_confirmed_by("TTD"),
        InstanceQuery::app("ttd/a".parse().unwrap()).confirmed(true).not_confirmed_by("ttd"),
    ] {
        let error = refused.spec(None, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{refused:?}");
    }
    let newest_first = query.clone().newest_first();
    assert_eq!(newest_first.spec(None, Some("638;7")).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(newest_first.spec(None, None).is_ok());
    assert!(query.clone().confirmed(true).not_confirmed_by("digdir").spec(None, None).is_ok());
    assert!(query.confirmed(false).not_confirmed_by("ttd").spec(None, None).is_ok());
}

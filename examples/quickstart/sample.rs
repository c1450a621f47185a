use altinn_emulator::{Emulator, Submission};
use jiff::{SignedDuration, Timestamp};

/// The organisation number of the fictitious service owner `ttd`.
pub(crate) const ORG_NUMBER: &str = "405003309";

const APP: &str = "ttd/mottak-demo";
const OWNERS: [(i32, &str); 6] = [
    (510_001, "Åse Bjørnstad"),
    (510_002, "Kåre Næss Øvrebø"),
    (510_003, "Signe Grønås"),
    (520_001, "Blåbær og Rømme AS"),
    (520_002, "Ærfuglen Dun og Fjær"),
    (520_003, "Sørøya Fiskemottak AS"),
];

/// Puts 25 submissions into the emulator: every fifth one still being filled in, every seventh one already confirmed.
pub(crate) fn fill(emulator: &Emulator) {
    let begun = Timestamp::now() - SignedDuration::from_hours(48);
    for n in 0..25_i32 {
        let (party, name) = OWNERS[n as usize % OWNERS.len()];
        let form = format!("<melding><nummer>{n}</nummer><navn>{name}</navn><tekst>Blåbær på øya</tekst></melding>");
        let mut attachment = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        attachment.extend((0..n * 997).map(|byte| byte as u8));
        attachment.extend(b"\n%%EOF\n");

        let mut submission = Submission::new(APP, party)
            .presentation_text("navn", name)
            .created(begun + SignedDuration::from_mins(i64::from(n)))
            .last_changed(begun + SignedDuration::from_hours(1) + SignedDuration::from_mins(i64::from(n / 3)))
            .element("model", "application/xml", Some("skjema.xml"), form.into_bytes())
            .element("attachment", "application/pdf", Some(&format!("vedlegg-{n}-årsmøte.pdf")), attachment);
        if n % 5 == 4 {
            submission = submission.unfinished();
        } else if n % 7 == 3 {
            submission = submission.confirmed();
        }
        emulator.seed(submission);
    }
}

//! Instances that exist from the start.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::platform::Platform;
use crate::storage;

/// An instance to put into Storage, as if an end user had filled it in in an app.
///
/// Unless told otherwise its process has ended, so that it waits to be fetched, and nobody has confirmed it.
///
/// ```
/// use altinn_emulator::Submission;
///
/// let submission = Submission::new("ttd/mottak-demo", 501_337)
///     .presentation_text("name", "Åse Bærland")
///     .element("model", "application/xml", None, "<melding/>")
///     .element("attachment", "application/pdf", Some("blåbær.pdf"), [0x25, 0x50, 0x44, 0x46]);
/// # let _ = submission;
/// ```
///
/// In a world file, as a member of `submissions`:
///
/// ```json
/// {"appId": "ttd/mottak-demo", "partyId": 501337, "finished": true, "confirmed": false,
///  "predatesConfirmedColumn": false, "withoutStatus": false, "mainVersion": 3,
///  "presentationTexts": {"name": "Åse Bærland"}, "dataValues": {}, "created": "2026-01-01T08:00:00Z",
///  "data": [{"dataType": "model", "contentType": "application/xml", "text": "<melding/>"},
///           {"dataType": "attachment", "contentType": "application/pdf", "filename": "blåbær.pdf", "base64": "JVBERg==",
///            "fileScanResult": "Infected"}]}
/// ```
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Submission {
    pub(crate) app_id: String,
    pub(crate) party_id: i32,
    #[serde(default = "yes")]
    pub(crate) finished: bool,
    #[serde(default)]
    pub(crate) confirmed: bool,
    #[serde(default)]
    pub(crate) predates_confirmed_column: bool,
    #[serde(default)]
    pub(crate) without_status: bool,
    #[serde(default = "newest_version")]
    pub(crate) main_version: i16,
    #[serde(default)]
    pub(crate) presentation_texts: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) data_values: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) created: Option<Timestamp>,
    #[serde(default)]
    pub(crate) last_changed: Option<Timestamp>,
    #[serde(default, rename = "data")]
    pub(crate) elements: Vec<SeedElement>,
}

/// What a person has filled in is not for logs.
impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("app_id", &self.app_id)
            .field("finished", &self.finished)
            .field("confirmed", &self.confirmed)
            .field("predates_confirmed_column", &self.predates_confirmed_column)
            .field("without_status", &self.without_status)
            .field("main_version", &self.main_version)
            .field("elements", &self.elements.len())
            .finish_non_exhaustive()
    }
}

/// What the virus scanner has said of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ScanResult {
    /// Files of the data type are not scanned.
    #[default]
    NotApplicable,
    /// Nothing yet.
    Pending,
    /// Nothing was found.
    Clean,
    /// A virus was found.
    Infected,
}

/// One file of a submission.
#[derive(Clone)]
pub(crate) struct SeedElement {
    pub(crate) data_type: String,
    pub(crate) content_type: String,
    pub(crate) filename: Option<String>,
    pub(crate) content: Vec<u8>,
    pub(crate) scan_result: ScanResult,
}

impl fmt::Debug for SeedElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeedElement").field("data_type", &self.data_type).finish_non_exhaustive()
    }
}

impl Submission {
    /// A finished, unconfirmed submission without files, in the app `app_id` (`{org}/{app}`) and owned by the party
    /// `party_id`. Both should be known to the world; an app that isn't can be read by nobody.
    pub fn new(app_id: impl Into<String>, party_id: i32) -> Self {
        Self {
            app_id: app_id.into(),
            party_id,
            finished: true,
            confirmed: false,
            predates_confirmed_column: false,
            without_status: false,
            main_version: newest_version(),
            presentation_texts: BTreeMap::new(),
            data_values: BTreeMap::new(),
            created: None,
            last_changed: None,
            elements: Vec::new(),
        }
    }

    /// Not handed in yet: the process is in its first task, `Task_1`.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.finished = false;
        self
    }

    /// Already confirmed by the service owner.
    #[must_use]
    pub fn confirmed(mut self) -> Self {
        self.confirmed = true;
        self
    }

    /// Stored before Storage's database had a column for whether the service owner has confirmed. The column is empty
    /// then, so that queries with `confirmed` find it neither as `true` nor as `false`, whatever its confirmations say,
    /// until its service owner confirms it for the first time.
    #[must_use]
    pub fn predates_confirmed_column(mut self) -> Self {
        self.predates_confirmed_column = true;
        self
    }

    /// Stored without a status, as some instances in Storage's database are: answers leave `status` out, and filters on
    /// what a status says pass the instance by, whichever value they ask for.
    #[must_use]
    pub fn without_status(mut self) -> Self {
        self.without_status = true;
        self
    }

    /// Taken over from the generation of Altinn with this number, 1 or 2; 3, the present one, unless set. Queries leave
    /// earlier ones out unless they ask for them. What came from Altinn 2 has its archive reference in the data value
    /// `A2ArchRef`.
    #[must_use]
    pub fn main_version(mut self, version: i16) -> Self {
        self.main_version = version;
        self
    }

    /// Adds a presentation text, or replaces the one with the same key.
    #[must_use]
    pub fn presentation_text(mut self, key: impl Into<String>, text: impl Into<String>) -> Self {
        self.presentation_texts.insert(key.into(), text.into());
        self
    }

    /// Adds a data value, or replaces the one with the same key.
    #[must_use]
    pub fn data_value(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.data_values.insert(key.into(), value.into());
        self
    }

    /// Adds a file of a data type that the app should declare; without a `file_name` it has none.
    #[must_use]
    pub fn element(
        mut self,
        data_type: impl Into<String>,
        content_type: impl Into<String>,
        file_name: Option<&str>,
        content: impl Into<Vec<u8>>,
    ) -> Self {
        self.elements.push(SeedElement {
            data_type: data_type.into(),
            content_type: content_type.into(),
            filename: file_name.map(str::to_owned),
            content: content.into(),
            scan_result: ScanResult::default(),
        });
        self
    }

    /// What the virus scanner has said of the file that was added last; [`ScanResult::NotApplicable`] unless set. It
    /// does nothing where no file was added.
    #[must_use]
    pub fn scan_result(mut self, result: ScanResult) -> Self {
        if let Some(element) = self.elements.last_mut() {
            element.scan_result = result;
        }
        self
    }

    /// When it was begun; the time of the emulator's clock unless set.
    #[must_use]
    pub fn created(mut self, at: Timestamp) -> Self {
        self.created = Some(at);
        self
    }

    /// When it was last changed, and handed in if it is finished; the time of its creation unless set. Storage keeps
    /// microseconds.
    #[must_use]
    pub fn last_changed(mut self, at: Timestamp) -> Self {
        self.last_changed = Some(at);
        self
    }
}

/// Puts `submission` into Storage and gives the id of the instance, `{party id}/{guid}`.
pub(crate) fn insert(platform: &Platform, submission: Submission) -> String {
    storage::seed(platform, submission)
}

fn yes() -> bool {
    true
}

fn newest_version() -> i16 {
    3
}

impl<'de> Deserialize<'de> for SeedElement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Entry {
            data_type: String,
            content_type: String,
            filename: Option<String>,
            text: Option<String>,
            base64: Option<String>,
            #[serde(default)]
            file_scan_result: ScanResult,
        }
        let entry = Entry::deserialize(deserializer)?;
        let content = match (entry.text, entry.base64) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(encoded)) => STANDARD.decode(encoded).map_err(serde::de::Error::custom)?,
            _ => return Err(serde::de::Error::custom("an element has either text or base64")),
        };
        Ok(Self {
            data_type: entry.data_type,
            content_type: entry.content_type,
            filename: entry.filename,
            content,
            scan_result: entry.file_scan_result,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_form_is_read() {
        let text = r#"{"appId": "ttd/a", "partyId": 7, "confirmed": true, "predatesConfirmedColumn": true,
            "data": [{"dataType": "model", "contentType": "application/xml", "text": "<å/>"},
                     {"dataType": "x", "contentType": "application/pdf", "filename": "æ.pdf", "base64": "JVBERg=="}]}"#;
        let submission: Submission = serde_json::from_str(text).expect("a submission");
        assert!(submission.finished && submission.confirmed && submission.predates_confirmed_column);
        assert_eq!(submission.elements[0].content, "<å/>".as_bytes());
        assert_eq!(submission.elements[1].content, b"%PDF");
    }

    #[test]
    fn an_element_needs_its_content() {
        let text = r#"{"dataType": "model", "contentType": "application/xml"}"#;
        assert!(serde_json::from_str::<SeedElement>(text).is_err());
    }

    #[test]
    fn nothing_personal_shows() {
        let submission = Submission::new("ttd/a", 7).presentation_text("name", "Åse Bærland");
        assert!(!format!("{submission:?}").contains("Bærland"));
    }
}

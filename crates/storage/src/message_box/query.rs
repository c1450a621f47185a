use altinn_core::transport::RequestSpec;
use altinn_core::{AppId, Error, ErrorKind, INSTANCES_READ, PartyId, Timestamp};
use http::Method;
use serde::Serialize;

use super::{MessageLanguage, SEARCH};
use crate::advice::common;
use crate::instances::{Window, for_pattern};

/// Which messages to search for. All conditions must hold together.
///
/// ```
/// use altinn_core::PartyId;
/// use altinn_storage::{MessageLanguage, MessageQuery};
///
/// let query = MessageQuery::of([PartyId::new(510_001)?]).archived().search("flytting").language(MessageLanguage::Nynorsk);
/// # let _ = query;
/// # Ok::<(), altinn_core::InvalidId>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct MessageQuery {
    parties: Vec<PartyId>,
    app: Option<AppId>,
    active: bool,
    archived: bool,
    deleted: bool,
    last_changed: Window,
    created: Window,
    search: Option<String>,
    archive_reference: Option<String>,
    altinn3_only: bool,
    language: MessageLanguage,
}

/// What is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    instance_owner_party_id_list: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<&'a AppId>,
    include_active: bool,
    include_archived: bool,
    include_deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_last_changed: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_last_changed: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_created: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_created: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search_string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    archive_reference: Option<&'a str>,
    language: &'static str,
    filter_migrated: bool,
}

impl MessageQuery {
    /// Messages of these parties: at least one.
    pub fn of(parties: impl IntoIterator<Item = PartyId>) -> Self {
        Self {
            parties: parties.into_iter().collect(),
            app: None,
            active: false,
            archived: false,
            deleted: false,
            last_changed: Window::default(),
            created: Window::default(),
            search: None,
            archive_reference: None,
            altinn3_only: false,
            language: MessageLanguage::default(),
        }
    }

    /// Only of this app.
    pub fn app(mut self, app: AppId) -> Self {
        self.app = Some(app);
        self
    }

    /// Those that are neither archived nor in the bin. Without a word on active, archived and deleted all are found.
    pub fn active(mut self) -> Self {
        self.active = true;
        self
    }

    /// Those that are archived and not in the bin.
    pub fn archived(mut self) -> Self {
        self.archived = true;
        self
    }

    /// Those that lie in their owner's bin.
    pub fn deleted(mut self) -> Self {
        self.deleted = true;
        self
    }

    /// Only those last changed in this window, which must begin with [`Window::from`], end with [`Window::through`],
    /// and lie on whole seconds: the service drops the rest.
    pub fn last_changed(mut self, window: Window) -> Self {
        self.last_changed = window;
        self
    }

    /// Only those made in this window, as for [`last_changed`](Self::last_changed); of archived ones the service takes
    /// the time of the last change instead.
    pub fn created(mut self, window: Window) -> Self {
        self.created = window;
        self
    }

    /// Only those with this text in a presentation text, or in the title of their app, in any case. For presentation
    /// texts `%` stands for any text and `_` for any one character, these two themselves included; for titles they stand
    /// for themselves alone. A backslash is found in presentation texts and not in titles.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// Only those whose UUID ends so. Active ones are never found by it, so it does not go with
    /// [`active`](Self::active).
    pub fn archive_reference(mut self, end: impl Into<String>) -> Self {
        self.archive_reference = Some(end.into());
        self
    }

    /// Not those that were moved from earlier generations of Altinn, which are found otherwise.
    pub fn altinn3_only(mut self) -> Self {
        self.altinn3_only = true;
        self
    }

    /// The language of titles and substatus, where the app has texts in it. Default: bokmål.
    pub fn language(mut self, language: MessageLanguage) -> Self {
        self.language = language;
        self
    }

    /// A question, so sending it twice does no harm although it is a POST.
    pub(super) fn spec(&self) -> Result<RequestSpec, Error> {
        let invalid = |detail| Err(Error::new(ErrorKind::InvalidInput, SEARCH).with_detail(detail));
        if self.parties.is_empty() {
            return invalid("no party is given");
        }
        // The service takes an empty text for none.
        if [&self.search, &self.archive_reference].into_iter().flatten().any(|text| text.trim().is_empty()) {
            return invalid("a filter is empty: the service would pass it over, and find everything");
        }
        if [&self.search, &self.archive_reference].into_iter().flatten().any(|text| text.contains('\0')) {
            return invalid("a filter holds a NUL, which the service's database can't take");
        }
        if self.active && self.archive_reference.is_some() {
            return invalid("an active instance has no archive reference");
        }
        let bounds = (self.last_changed.inclusive_seconds(), self.created.inclusive_seconds());
        let (Some(last_changed), Some(created)) = bounds else {
            return invalid("a window begins at a whole second and goes through a whole second");
        };
        let spec = RequestSpec::new(SEARCH, Method::POST).path(["sbl", "instances", "search"]).judge(common);
        spec.repeatable(true).scope(INSTANCES_READ).json(&Asked {
            instance_owner_party_id_list: self.parties.iter().map(|party| party.get()).collect(),
            app_id: self.app.as_ref(),
            include_active: self.active,
            include_archived: self.archived,
            include_deleted: self.deleted,
            from_last_changed: last_changed.0,
            to_last_changed: last_changed.1,
            from_created: created.0,
            to_created: created.1,
            search_string: self.search.as_deref().map(for_pattern),
            archive_reference: self.archive_reference.as_deref(),
            language: self.language.code(),
            filter_migrated: self.altinn3_only,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query() -> MessageQuery {
        MessageQuery::of([PartyId::new(510_001).unwrap()])
    }

    #[test]
    fn what_the_service_passes_over_or_answers_wrongly_is_refused() {
        let at = |text: &str| text.parse().unwrap();
        for refused in [
            MessageQuery::of([]),
            query().search(" "),
            query().search("a\0"),
            query().archive_reference(""),
            query().active().archive_reference("abc"),
            query().created(Window::after(at("2024-05-01T12:00:00Z"))),
            query().created(Window::from(at("2024-05-01T12:00:00Z")).before(at("2024-05-02T12:00:00Z"))),
            query().last_changed(Window::from(at("2024-05-01T12:00:00.5Z"))),
        ] {
            assert_eq!(refused.spec().unwrap_err().kind(), ErrorKind::InvalidInput, "{refused:?}");
        }
        let window = Window::from(at("2024-05-01T12:00:00Z")).through(at("2024-05-02T12:00:00Z"));
        assert!(query().archived().archive_reference("abc").last_changed(window).created(window).spec().is_ok());
    }
}

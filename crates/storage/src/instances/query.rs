#[cfg(test)]
mod tests;

use altinn_core::transport::RequestSpec;
use altinn_core::{AppId, Error, ErrorKind, OrgNumber, PartyId, PersonNumber};
use http::{HeaderName, HeaderValue, Method};

use super::{LIST, Window, advice};
use crate::org_code::wrong_code;

/// Which instances to list.
///
/// The service demands an app or a service owner, so a query begins with one of them. All filters must hold together.
/// What is not filtered is in: instances that are not finished, in the owner's bin, deleted for good, or confirmed.
///
/// There is no filter by the event with which a process ended: the service takes `process.endEvent` and passes it over,
/// so it would list what was not asked for. Look at
/// [`ProcessState::end_event`](crate::ProcessState::end_event) of what comes.
///
/// ```
/// use altinn_storage::InstanceQuery;
///
/// // What a service owner has to fetch: finished, not confirmed by itself, not deleted for good.
/// let query = InstanceQuery::app("ttd/flyttemelding".parse()?).complete(true).confirmed(false).hard_deleted(false);
/// # Ok::<(), altinn_core::InvalidId>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct InstanceQuery {
    of: Of,
    owner: Option<InstanceOwnerFilter>,
    current_task: Option<String>,
    complete: Option<bool>,
    confirmed: Option<bool>,
    not_confirmed_by: Option<String>,
    archived: Option<bool>,
    soft_deleted: Option<bool>,
    hard_deleted: Option<bool>,
    created: Window,
    last_changed: Window,
    ended: Window,
    due_before: Window,
    visible_after: Window,
    versions: Versions,
    search: Option<String>,
    data_elements: bool,
    newest_first: bool,
}

#[derive(Debug, Clone)]
enum Of {
    App(AppId),
    Org(String),
}

/// Which generation of Altinn an instance comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Versions {
    /// The service's own default.
    Altinn3,
    Only(u16),
    AllBut(u16),
    /// One of Altinn 3, by the end of its UUID.
    A3Ref(String),
    /// One that was moved from Altinn 2, by its archive reference there.
    A2Ref(String),
}

impl Of {
    fn org(&self) -> &str {
        match self {
            Self::App(app) => app.org(),
            Self::Org(org) => org,
        }
    }
}

impl Versions {
    fn reference(&self) -> Option<&str> {
        match self {
            Self::A2Ref(reference) | Self::A3Ref(reference) => Some(reference),
            Self::Altinn3 | Self::Only(_) | Self::AllBut(_) => None,
        }
    }
}

/// Whose instances to list. `Debug` does not show a person number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstanceOwnerFilter {
    /// By party id.
    Party(PartyId),
    /// By organisation number.
    Organisation(OrgNumber),
    /// By national identity number.
    Person(PersonNumber),
}

/// The header in which an owner's number travels: not in the address, since addresses end up in logs.
const OWNER_HEADER: HeaderName = HeaderName::from_static("x-ai-instanceowneridentifier");

impl InstanceQuery {
    fn new(of: Of) -> Self {
        Self {
            of,
            owner: None,
            current_task: None,
            complete: None,
            confirmed: None,
            not_confirmed_by: None,
            archived: None,
            soft_deleted: None,
            hard_deleted: None,
            created: Window::default(),
            last_changed: Window::default(),
            ended: Window::default(),
            due_before: Window::default(),
            visible_after: Window::default(),
            versions: Versions::Altinn3,
            search: None,
            data_elements: true,
            newest_first: false,
        }
    }

    /// Instances of one app.
    pub fn app(app: AppId) -> Self {
        Self::new(Of::App(app))
    }

    /// Instances of all apps of a service owner, by its code, such as `ttd`: small letters and digits. The service
    /// compares letter by letter and would find nothing for `TTD`, so that is refused when the list is asked for.
    pub fn org(org: impl Into<String>) -> Self {
        Self::new(Of::Org(org.into()))
    }

    /// Only one instance owner's.
    pub fn owner(mut self, owner: InstanceOwnerFilter) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Only those that stand in this task, such as `Task_1`.
    pub fn current_task(mut self, task: impl Into<String>) -> Self {
        self.current_task = Some(task.into());
        self
    }

    /// Only those whose process has ended (`true`), or those that stand in a task (`false`). One whose process never
    /// began is neither.
    pub fn complete(mut self, complete: bool) -> Self {
        self.complete = Some(complete);
        self
    }

    /// Only those that their own service owner has confirmed (`true`) or not (`false`). One that was stored before the
    /// service kept this apart is neither: to be sure of those too, leave this out and look at
    /// [`Instance::is_confirmed_by`](crate::Instance::is_confirmed_by).
    pub fn confirmed(mut self, confirmed: bool) -> Self {
        self.confirmed = Some(confirmed);
        self
    }

    /// Only those that this stakeholder has not confirmed, a service owner's code as for [`org`](Self::org). For one's
    /// own instances [`confirmed`](Self::confirmed) does it.
    pub fn not_confirmed_by(mut self, org: impl Into<String>) -> Self {
        self.not_confirmed_by = Some(org.into());
        self
    }

    /// Only those that are archived, or not.
    pub fn archived(mut self, archived: bool) -> Self {
        self.archived = Some(archived);
        self
    }

    /// Only those that lie in their owner's bin, or not.
    pub fn soft_deleted(mut self, deleted: bool) -> Self {
        self.soft_deleted = Some(deleted);
        self
    }

    /// Only those that are deleted for good, or not. A service owner gets them too unless this says `false`, and their
    /// data may be gone.
    pub fn hard_deleted(mut self, deleted: bool) -> Self {
        self.hard_deleted = Some(deleted);
        self
    }

    /// Only those made in this window.
    pub fn created(mut self, window: Window) -> Self {
        self.created = window;
        self
    }

    /// Only those last changed in this window. An upload counts from its beginning, so a window that ends now may miss
    /// what is still being uploaded: let windows overlap.
    pub fn last_changed(mut self, window: Window) -> Self {
        self.last_changed = window;
        self
    }

    /// Only those whose process ended in this window. See [`Window`] on what can be asked.
    pub fn ended(mut self, window: Window) -> Self {
        self.ended = window;
        self
    }

    /// Only those that are due in this window. See [`Window`] on what can be asked.
    pub fn due_before(mut self, window: Window) -> Self {
        self.due_before = window;
        self
    }

    /// Only those that their owner sees from a time in this window on. See [`Window`] on what can be asked.
    pub fn visible_after(mut self, window: Window) -> Self {
        self.visible_after = window;
        self
    }

    /// Only those of this generation of Altinn: 1 and 2 are instances that were moved from there. Without a word on it
    /// the service lists those of Altinn 3. Of this and its three siblings the last one given counts.
    pub fn main_version(mut self, version: u16) -> Self {
        self.versions = Versions::Only(version);
        self
    }

    /// All generations of Altinn but this one.
    pub fn not_main_version(mut self, version: u16) -> Self {
        self.versions = Versions::AllBut(version);
        self
    }

    /// Only the one whose UUID ends in these twelve characters, which people see as its reference. In any case.
    pub fn archive_reference(mut self, reference: impl Into<String>) -> Self {
        self.versions = Versions::A3Ref(reference.into());
        self
    }

    /// Only the one that was moved from Altinn 2 and had this archive reference there.
    pub fn altinn2_archive_reference(mut self, reference: impl Into<String>) -> Self {
        self.versions = Versions::A2Ref(reference.into());
        self
    }

    /// Only those with this text in one of their presentation texts, in any case. `%` stands for any text and `_` for any
    /// one character, these two themselves included.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// Whether the instances come with their data elements. Default yes.
    pub fn data_elements(mut self, with: bool) -> Self {
        self.data_elements = with;
        self
    }

    /// The newest change first, instead of the oldest: one page of them, for looking at the last few. It holds fewer than
    /// asked for where the service can't serve so many.
    ///
    /// Where instances share a time of change at the border of two pages, the service skips some and repeats others in
    /// this order, and one that changes meanwhile is missed. So what would take a second page is refused with
    /// [`InvalidInput`](ErrorKind::InvalidInput), after the instances of the first: ask for as many as are needed by
    /// [`page_size`](super::ListInstances::page_size) and no more by [`limit`](super::ListInstances::limit), or list the
    /// oldest first with a [window](Self::last_changed).
    pub fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    pub(super) fn window(&self) -> Window {
        self.last_changed
    }

    pub(super) fn is_newest_first(&self) -> bool {
        self.newest_first
    }

    /// The request for one page.
    pub(crate) fn spec(&self, page_size: Option<u32>, token: Option<&str>) -> Result<RequestSpec, Error> {
        let invalid = |detail| Err(Error::new(ErrorKind::InvalidInput, LIST).with_detail(detail));
        let mut spec = RequestSpec::new(LIST, Method::GET).path(["instances"]).judge(advice::list);
        spec = match &self.of {
            Of::App(app) => spec.query("org", app.org()).query("appId", app),
            // The service lets another one pass, and then finds nothing.
            Of::Org(org) => match wrong_code(org) {
                Some(wrong) => return invalid(wrong),
                None => spec.query("org", org),
            },
        };
        spec = match &self.owner {
            None => spec,
            Some(InstanceOwnerFilter::Party(party)) => spec.query("instanceOwner.partyId", party),
            Some(InstanceOwnerFilter::Organisation(number)) => owner_header(spec, "organisation", number.as_str()),
            Some(InstanceOwnerFilter::Person(number)) => owner_header(spec, "person", number.expose()),
        };
        let texts = || {
            let texts = [self.current_task.as_deref(), self.search.as_deref(), self.versions.reference()];
            texts.into_iter().flatten()
        };
        if texts().any(|text| text.trim().is_empty()) {
            return invalid("a filter is empty: the service would pass it over, and list everything");
        }
        // The service answers 500, in its database's words.
        if texts().any(|text| text.contains('\0')) {
            return invalid("a filter holds a NUL, which the service's database can't take");
        }
        if let Some(by) = &self.not_confirmed_by {
            // The service reads it as `confirmed=false` then, and what `confirmed` says goes before that.
            if self.confirmed == Some(true) && by.eq_ignore_ascii_case(self.of.org()) {
                return invalid("nothing is confirmed by its service owner and not confirmed by it");
            }
            // The service writes it into JSON as it comes: a quotation mark or a backslash asks for something else, or
            // for nothing that can be read. It compares letter by letter, so another case would exclude nobody.
            if let Some(wrong) = wrong_code(by) {
                return invalid(wrong);
            }
            spec = spec.query("excludeConfirmedBy", by);
        }
        for (name, value) in [
            ("process.isComplete", self.complete),
            ("confirmed", self.confirmed),
            ("status.isArchived", self.archived),
            ("status.isSoftDeleted", self.soft_deleted),
            ("status.isHardDeleted", self.hard_deleted),
        ] {
            if let Some(value) = value {
                spec = spec.query(name, value);
            }
        }
        if let Some(task) = &self.current_task {
            spec = spec.query("process.currentTask", task);
        }
        if let Some(text) = &self.search {
            spec = spec.query("searchString", for_pattern(text));
        }
        spec = self.created.add_to(spec, "created");
        spec = self.last_changed.add_to(spec, "lastChanged");
        let as_text =
            [("process.ended", self.ended), ("dueBefore", self.due_before), ("visibleAfter", self.visible_after)];
        for (name, window) in as_text {
            spec = window.add_as_text_to(spec, name)?;
        }
        spec = match &self.versions {
            Versions::Altinn3 => spec,
            Versions::Only(version) | Versions::AllBut(version) if i16::try_from(*version).is_err() => {
                return invalid("a generation of Altinn is a number up to 32767");
            }
            Versions::Only(version) => spec.query("mainVersionInclude", version),
            Versions::AllBut(version) => spec.query("mainVersionExclude", version),
            Versions::A3Ref(reference) if reference.chars().count() == 12 => spec.query("A3Ref", reference),
            Versions::A3Ref(_) => return invalid("an archive reference has twelve characters"),
            Versions::A2Ref(reference) => spec.query("dataValues.A2ArchRef", reference),
        };
        if !self.data_elements {
            spec = spec.query("includeDataElements", false);
        }
        spec = spec.query("order", if self.newest_first { "desc:lastChanged" } else { "asc:lastChanged" });
        if let Some(size) = page_size {
            // The service answers 0 with an empty page and a next one, for ever.
            if size == 0 || size > i32::MAX as u32 {
                return invalid("the page size must lie between 1 and 2147483647");
            }
            spec = spec.query("size", size);
        }
        if let Some(token) = token {
            if self.newest_first {
                return invalid(
                    "newest first, only the first page is to be had: where instances share a time of change at the border \
                     of two pages, the service skips some and repeats others. Ask for a larger page, or for the oldest \
                     first with a window",
                );
            }
            spec = spec.query("continuationToken", token);
        }
        Ok(spec)
    }
}

/// A text to be looked for, as the service puts it into a pattern of its database, where a backslash takes away the
/// meaning of what follows, and would be gone.
pub(crate) fn for_pattern(text: &str) -> String {
    text.replace('\\', r"\\")
}

fn owner_header(spec: RequestSpec, kind: &str, number: &str) -> RequestSpec {
    match HeaderValue::try_from(format!("{kind}:{number}")) {
        Ok(mut value) => {
            value.set_sensitive(true);
            spec.header(OWNER_HEADER, value)
        }
        // Not reached: both numbers are digits.
        Err(_) => spec,
    }
}

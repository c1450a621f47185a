//! What a query asks for, and which rows it gets.

mod plan;

use jiff::Timestamp;

use super::like::Like;
use super::matching::{DateBounds, SetBounds, is_named_like_the_border};
use super::stakeholder::Excluded;
use super::token::ContinuationToken;
use crate::dotnet::datetime::{DateTime, MAX_TICKS};
use crate::dotnet::query::{Binder, Query, url_decode};
use crate::storage::context::UNREADABLE;
use crate::storage::faults::{Fault, Faults};
use crate::storage::model::Instance;
use crate::storage::store::{Order, Row, Rows, StatusTraits, Traits, Window};

/// The rows per page when nobody says.
const DEFAULT_SIZE: i32 = 100;

/// The parameters of a query. Each narrows the result.
#[derive(Clone, Debug, Default)]
pub(crate) struct InstanceQuery {
    pub(crate) org: Option<String>,
    pub(crate) app_id: Option<String>,
    pub(crate) party: Option<i32>,
    pub(crate) parties: Option<Vec<i32>>,
    pub(crate) task: Option<String>,
    pub(crate) is_complete: Option<bool>,
    pub(crate) end_event: Option<String>,
    pub(crate) exclude_confirmed_by: Option<String>,
    pub(crate) confirmed: Option<bool>,
    pub(crate) is_archived: Option<bool>,
    pub(crate) is_soft_deleted: Option<bool>,
    pub(crate) is_hard_deleted: Option<bool>,
    /// Of the message box alone: not archived, or deleted softly.
    pub(crate) is_active_or_soft_deleted: Option<bool>,
    /// Of the message box alone: archived, or deleted softly.
    pub(crate) is_archived_or_soft_deleted: Option<bool>,
    pub(crate) main_version_include: Option<i32>,
    pub(crate) main_version_exclude: Option<i32>,
    pub(crate) a2_reference: Option<String>,
    pub(crate) a3_reference: Option<String>,
    /// The end of the instance's guid, of any length, with the wildcards of a database's `LIKE`.
    pub(crate) reference: Option<String>,
    pub(crate) search: Option<String>,
    /// Apps whose title has the text of `search`; their instances match as well.
    pub(crate) titled: Option<Vec<String>>,
    /// Bounds of `created`, or of `lastChanged` for what is archived.
    pub(crate) message_interval: Vec<String>,
    pub(crate) order: Option<String>,
    pub(crate) size: Option<i32>,
    pub(crate) token: Option<String>,
    pub(crate) include_elements: bool,
    pub(crate) ended: Vec<String>,
    pub(crate) last_changed: Vec<String>,
    pub(crate) created: Vec<String>,
    pub(crate) visible_after: Vec<String>,
    pub(crate) due_before: Vec<String>,
}

/// The exception that a query ends in, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueryFault(pub(crate) String);

/// One page of rows.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) instances: Vec<Instance>,
    /// Where the next page begins, when this one is full.
    pub(crate) next: Option<ContinuationToken>,
}

impl InstanceQuery {
    /// Binds the parameters of `GET instances`.
    pub(crate) fn bind(query: &Query, binder: &mut Binder<'_>) -> Self {
        let text = |name: &str| query.text(name).map(str::to_owned);
        // An empty value beside others stays, and is no date.
        let texts = |name: &str| {
            let values: Vec<&str> =
                query.list(name).into_iter().map(|value| if value.trim().is_empty() { "" } else { value }).collect();
            let any = values.iter().any(|value| !value.is_empty());
            values.into_iter().filter(|_| any).map(str::to_owned).collect::<Vec<_>>()
        };
        Self {
            org: text("org"),
            app_id: text("appId"),
            party: binder.optional_int("instanceOwner.partyId", Some("InstanceOwnerPartyId")),
            task: text("process.currentTask"),
            is_complete: binder.optional_flag("process.isComplete", Some("ProcessIsComplete")),
            end_event: text("process.endEvent"),
            exclude_confirmed_by: text("excludeConfirmedBy"),
            confirmed: binder.optional_flag("confirmed", Some("Confirmed")),
            is_archived: binder.optional_flag("status.isArchived", Some("IsArchived")),
            is_soft_deleted: binder.optional_flag("status.isSoftDeleted", Some("IsSoftDeleted")),
            is_hard_deleted: binder.optional_flag("status.isHardDeleted", Some("IsHardDeleted")),
            main_version_include: binder.optional_int("mainVersionInclude", Some("MainVersionInclude")),
            main_version_exclude: binder.optional_int("mainVersionExclude", Some("MainVersionExclude")),
            a2_reference: text("dataValues.A2ArchRef"),
            a3_reference: text("A3Ref"),
            search: text("searchString"),
            order: text("order"),
            size: binder.optional_int("size", Some("Size")),
            token: text("continuationToken").map(|token| url_decode(&token)),
            include_elements: binder.flag("includeDataElements", Some("IncludeDataElements"), true),
            ended: texts("process.ended"),
            last_changed: texts("lastChanged"),
            created: texts("created"),
            visible_after: texts("visibleAfter"),
            due_before: texts("dueBefore"),
            ..Self::default()
        }
    }

    /// Migrated instances are hidden unless a reference or a version asks for them.
    fn main_versions(&self) -> (Option<i32>, Option<i32>) {
        match (self.main_version_include, self.main_version_exclude) {
            _ if self.a3_reference.is_some() => (Some(3), None),
            _ if self.a2_reference.is_some() => (Some(2), None),
            (None, None) => (Some(3), None),
            given => given,
        }
    }

    fn order(&self, faults: Faults) -> Order {
        let begins =
            |order: &str, with: &str| order.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        match self.order.as_deref() {
            Some(order) if !faults.shows(Fault::OrderWithoutDirectionAscends) && !begins(order, "asc:") => {
                Order::Descending
            }
            Some(order) if !begins(order, "desc:") => Order::Ascending,
            _ => Order::Descending,
        }
    }

    /// Runs the query.
    ///
    /// # Errors
    ///
    /// The exception of the first parameter that the database layer can't use.
    pub(crate) fn run(&self, rows: &Rows, faults: Faults, now: Timestamp) -> Result<Page, QueryFault> {
        let mut filter = Filter::new(self, faults, now)?;
        let token = match &self.token {
            None => Some(ContinuationToken::START),
            Some(text) => ContinuationToken::parse(text).map_err(QueryFault)?,
        };
        if token.is_some() && is_named_like_the_border(&self.last_changed) {
            let words = "An item with the same key has already been added. Key: _lastChanged_idx";
            return Err(QueryFault(words.to_owned()));
        }
        filter.set_versions(self.main_versions())?;
        if self.texts().any(|text| text.contains('\0')) {
            return Err(QueryFault("22021: invalid byte sequence for encoding \"UTF8\": 0x00".to_owned()));
        }
        filter.excluded = filter.asked_to_exclude.map(Excluded::read).transpose().map_err(QueryFault)?;
        let size = self.size.unwrap_or(DEFAULT_SIZE);
        let Ok(size) = usize::try_from(size) else {
            return Err(QueryFault("2201W: LIMIT must not be negative".to_owned()));
        };
        let Some(token) = token else {
            return match faults.shows(Fault::OddTokenEndsTheList) {
                true => Ok(Page { instances: Vec::new(), next: None }),
                false => Err(QueryFault("The continuation token is not valid.".to_owned())),
            };
        };
        self.page(rows, &filter, token, size, faults)
    }

    /// What goes to the database as text.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let single = [
            &self.org,
            &self.app_id,
            &self.task,
            &self.exclude_confirmed_by,
            &self.a2_reference,
            &self.a3_reference,
            &self.reference,
            &self.search,
        ];
        let repeated = [&self.ended, &self.visible_after, &self.due_before];
        single.into_iter().flatten().chain(repeated.into_iter().flatten()).map(String::as_str)
    }

    fn page(
        &self,
        rows: &Rows,
        filter: &Filter<'_>,
        token: ContinuationToken,
        size: usize,
        faults: Faults,
    ) -> Result<Page, QueryFault> {
        let order = self.order(faults);
        let window = Self::rest(token, order);
        let found: Vec<&Row> = self
            .candidates(rows, filter, order, window)
            .filter(|(position, _)| token.admits(*position, order, faults.shows(Fault::DescendingPagesLoseTies)))
            .filter_map(|(_, guid)| rows.get(guid))
            .filter(|row| filter.takes(row))
            .take(size)
            .collect();
        if found.iter().any(|row| row.unreadable) {
            return Err(QueryFault(UNREADABLE.to_owned()));
        }
        let full = found.len() == size && (size > 0 || faults.shows(Fault::EmptyPageHasANext));
        let next = full.then(|| match found.last() {
            Some(row) => {
                ContinuationToken { ticks: row.instance.last_changed.map_or(0, DateTime::ticks), number: row.number }
            }
            None => ContinuationToken::START,
        });
        let document = |row: &&Row| if self.include_elements { row.with_elements() } else { row.without_elements() };
        Ok(Page { instances: found.iter().map(document).collect(), next })
    }
}

/// A query made ready to look at rows.
struct Filter<'q> {
    query: &'q InstanceQuery,
    confirmed: Option<bool>,
    asked_to_exclude: Option<&'q str>,
    excluded: Option<Excluded>,
    include: Option<i16>,
    exclude: Option<i16>,
    last_changed: DateBounds,
    created: DateBounds,
    message_interval: DateBounds,
    ended: SetBounds,
    visible_after: SetBounds,
    due_before: SetBounds,
    end_event: Option<&'q str>,
    reference: Option<Like>,
    search: Option<Like>,
    unstarted_is_neither: bool,
}

impl<'q> Filter<'q> {
    fn new(query: &'q InstanceQuery, faults: Faults, now: Timestamp) -> Result<Self, QueryFault> {
        // Excluding the owner's own confirmations is the same as asking for what it has not confirmed.
        let by_owner = |excluded: &str| query.org.as_deref().is_some_and(|org| org.eq_ignore_ascii_case(excluded));
        let (owner, others) = match query.exclude_confirmed_by.as_deref() {
            Some(excluded) if by_owner(excluded) => (Some(false), None),
            other => (None, other),
        };
        let dates = |name, expressions: &[String]| DateBounds::parse(name, expressions, faults, now);
        let texts = |name, expressions: &[String]| SetBounds::parse(name, expressions, faults, now);
        Ok(Self {
            query,
            unstarted_is_neither: faults.shows(Fault::UnstartedIsNeither),
            end_event: query.end_event.as_deref().filter(|_| !faults.shows(Fault::EndEventFilterIsIgnored)),
            reference: query.reference.as_deref().map(|end| Like::ending(&end.to_ascii_lowercase())),
            search: query.search.as_deref().map(|part| Like::containing(&part.to_lowercase())),
            confirmed: query.confirmed.or(owner),
            asked_to_exclude: others,
            excluded: None,
            include: None,
            exclude: None,
            // The service reads them in this order, which shows where several can't be read.
            created: dates("created", &query.created)?,
            last_changed: dates("lastChanged", &query.last_changed)?,
            message_interval: dates("msgBoxInterval", &query.message_interval)?,
            due_before: texts("dueBefore", &query.due_before)?,
            visible_after: texts("visibleAfter", &query.visible_after)?,
            ended: texts("process.ended", &query.ended)?,
        })
    }

    /// The main versions to include and to exclude, which the database has as 16-bit numbers.
    fn set_versions(&mut self, (include, exclude): (Option<i32>, Option<i32>)) -> Result<(), QueryFault> {
        let small = |version: Option<i32>| match version.map(i16::try_from) {
            None => Ok(None),
            Some(Ok(version)) => Ok(Some(version)),
            Some(Err(_)) => Err(QueryFault("Arithmetic operation resulted in an overflow.".to_owned())),
        };
        self.include = small(include)?;
        self.exclude = small(exclude)?;
        Ok(())
    }

    /// Judges all rows of one kind at once.
    fn takes_traits(&self, traits: &Traits) -> bool {
        let query = self.query;
        let flag = |asked: Option<bool>, read: fn(StatusTraits) -> bool| {
            is_none_or(asked, |asked| traits.status.is_some_and(|status| read(status) == asked))
        };
        is_none_or(self.confirmed, |confirmed| traits.confirmed == Some(confirmed))
            && is_none_or(self.include, |version| traits.main_version == version)
            && is_none_or(self.exclude, |version| traits.main_version != version)
            && is_none_or(query.is_complete, |complete| match complete {
                true => traits.ended,
                false if self.unstarted_is_neither => traits.in_task,
                false => !traits.ended,
            })
            && flag(query.is_archived, |status| status.archived)
            && flag(query.is_soft_deleted, |status| status.soft_deleted)
            && flag(query.is_hard_deleted, |status| status.hard_deleted)
            && flag(query.is_active_or_soft_deleted, |status| !status.archived || status.soft_deleted)
            && flag(query.is_archived_or_soft_deleted, |status| status.archived || status.soft_deleted)
    }

    /// Where in the order of `lastChanged` rows of one kind can match; `None` when they can't.
    fn window_of(&self, traits: &Traits) -> Option<Window> {
        // What is archived counts by its last change in the message box.
        let archived = traits.status.is_some_and(|status| status.archived);
        let by_kind = if archived { self.message_interval.window() } else { Window::ALL };
        self.takes_traits(traits).then(|| self.last_changed.window().and(by_kind))
    }

    fn takes(&self, row: &Row) -> bool {
        self.takes_traits(&Traits::of(row)) && self.takes_columns(row) && self.takes_document(row)
    }

    fn takes_columns(&self, row: &Row) -> bool {
        let query = self.query;
        is_none_or(query.org.as_deref(), |org| row.org() == org)
            && is_none_or(query.app_id.as_deref(), |app| row.app() == app)
            && is_none_or(query.party, |party| row.party == i64::from(party))
            && is_none_or(query.parties.as_ref(), |parties| parties.iter().any(|party| row.party == i64::from(*party)))
            && is_none_or(query.task.as_deref(), |task| row.task.as_deref() == Some(task))
            && self.last_changed.hold(row.last_changed)
            && self.created.hold(row.created)
            && self.message_interval.hold(if is_archived(row) { row.last_changed } else { row.created })
            && is_none_or(query.a3_reference.as_deref(), |reference| {
                row.guid.to_string().ends_with(&reference.to_ascii_lowercase())
            })
            && is_none_or(self.reference.as_ref(), |reference| reference.matches(&row.guid.to_string()))
    }

    fn takes_document(&self, row: &Row) -> bool {
        let instance = &row.instance;
        let process = instance.process.as_ref();
        let end_event = process.and_then(|process| process.end_event.as_deref());
        self.ended.hold(process.and_then(|process| process.ended))
            && is_none_or(self.end_event, |asked| end_event == Some(asked))
            && self.visible_after.hold(instance.visible_after)
            && self.due_before.hold(instance.due_before)
            && is_none_or(self.excluded.as_ref(), |excluded| {
                !instance.complete_confirmations.as_deref().is_some_and(|confirmations| excluded.is_in(confirmations))
            })
            && is_none_or(self.query.a2_reference.as_deref(), |reference| {
                let value = instance.data_values.as_ref().and_then(|values| values.get("A2ArchRef"));
                value.and_then(Option::as_deref) == Some(reference)
            })
            && is_none_or(self.search.as_ref(), |search| {
                let texts = instance.presentation_texts.iter().flat_map(|texts| texts.values().flatten());
                let titled = self.query.titled.iter().flatten().any(|app| app == row.app());
                titled || texts.into_iter().any(|text| search.matches(&text.to_lowercase()))
            })
    }
}

fn is_archived(row: &Row) -> bool {
    row.instance.status.as_ref().is_some_and(|status| status.is_archived)
}

fn is_none_or<T>(asked: Option<T>, holds: impl FnOnce(T) -> bool) -> bool {
    asked.is_none_or(holds)
}

impl DateBounds {
    /// The smallest window of `lastChanged` that holds every row within the bounds.
    fn window(&self) -> Window {
        let (from, to) = self.ends();
        Window { from: from.unwrap_or(0), to: to.unwrap_or(MAX_TICKS) }
    }
}

#[cfg(test)]
mod tests;

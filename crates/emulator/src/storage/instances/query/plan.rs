//! How the rows of a query are found: which indexes are walked.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Filter, InstanceQuery};
use crate::storage::instances::token::ContinuationToken;
use crate::storage::store::{Order, Position, Rows, Scope, Window};

impl InstanceQuery {
    /// The window of `lastChanged` that the rows after `token` are in.
    pub(super) fn rest(token: ContinuationToken, order: Order) -> Window {
        match order {
            _ if token.number <= 0 => Window::ALL,
            Order::Ascending => Window { from: token.ticks, ..Window::ALL },
            Order::Descending => Window { to: token.ticks, ..Window::ALL },
        }
    }

    /// The rows within `window` that the indexes leave to look at, in order.
    pub(super) fn candidates<'r>(
        &self,
        rows: &'r Rows,
        filter: &Filter<'_>,
        order: Order,
        window: Window,
    ) -> Box<dyn Iterator<Item = (Position, Uuid)> + 'r> {
        // An archive reference that is whole is found as one of the third generation is.
        let is_whole = |end: &&String| end.len() == 12 && end.bytes().all(|digit| digit.is_ascii_hexdigit());
        if let Some(reference) = self.a3_reference.as_ref().or(self.reference.as_ref().filter(is_whole)) {
            return Box::new(rows.ending_in(reference, order).into_iter());
        }
        let scopes = self.scopes();
        let walk = rows.walk(&scopes, |traits| filter.window_of(traits).map(|own| own.and(window)), order);
        match filter.created.is_bounded() {
            true => Box::new(Shorter::new(walk, rows.born(&scopes, filter.created.window()), order)),
            false => Box::new(walk),
        }
    }

    /// The smallest sets that hold every row of the result.
    fn scopes(&self) -> Vec<Scope> {
        let parties: Option<BTreeSet<i32>> = match (self.party, &self.parties) {
            (Some(party), _) => Some(BTreeSet::from([party])),
            (None, parties) => parties.as_ref().map(|parties| parties.iter().copied().collect()),
        };
        if let Some(parties) = parties {
            let scope = |party: i64| match (&self.app_id, &self.org) {
                (Some(app), _) => Scope::AppOfParty(party, app.clone()),
                (None, Some(org)) => Scope::OrgOfParty(party, org.clone()),
                (None, None) => Scope::Party(party),
            };
            return parties.into_iter().map(|party| scope(party.into())).collect();
        }
        vec![match (&self.app_id, &self.org, &self.task) {
            (Some(app), _, Some(task)) => Scope::TaskOfApp(app.clone(), task.clone()),
            (Some(app), _, None) => Scope::App(app.clone()),
            (None, Some(org), Some(task)) => Scope::TaskOfOrg(org.clone(), task.clone()),
            (None, Some(org), None) => Scope::Org(org.clone()),
            (None, None, _) => Scope::All,
        }]
    }
}

/// Two ways to the same rows, gone at the same pace, as nobody knows beforehand which is shorter: one is in order and
/// ends with the page, the other is in none and gives its rows, sorted, as soon as it has seen them all.
struct Shorter<W, U: Iterator> {
    walk: W,
    unsorted: U,
    seen: Vec<U::Item>,
    /// Once the second way has won.
    sorted: Option<std::vec::IntoIter<U::Item>>,
    order: Order,
    last: Option<Position>,
}

impl<W, U: Iterator<Item = (Position, Uuid)>> Shorter<W, U> {
    fn new(walk: W, unsorted: U, order: Order) -> Self {
        Self { walk, unsorted, seen: Vec::new(), sorted: None, order, last: None }
    }

    /// What the walk has not given yet, in order.
    fn left(&mut self) -> std::vec::IntoIter<U::Item> {
        let (order, last) = (self.order, self.last);
        let mut left = std::mem::take(&mut self.seen);
        left.retain(|(position, _)| last.is_none_or(|last| order.compare(last, *position).is_lt()));
        left.sort_unstable_by(|(one, _), (other, _)| order.compare(*one, *other));
        left.into_iter()
    }
}

impl<W, U> Iterator for Shorter<W, U>
where
    W: Iterator<Item = (Position, Uuid)>,
    U: Iterator<Item = (Position, Uuid)>,
{
    type Item = (Position, Uuid);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(sorted) = &mut self.sorted {
            return sorted.next();
        }
        match self.unsorted.next() {
            Some(row) => self.seen.push(row),
            None => {
                let left = self.left();
                return self.sorted.insert(left).next();
            }
        }
        let next = self.walk.next()?;
        self.last = Some(next.0);
        Some(next)
    }
}

//! Going through rows in order.

use std::collections::btree_map::Range;
use std::iter::Peekable;

use uuid::Uuid;

use super::{Order, Position, Sorted, Window};

/// A walk through rows of one kind.
#[derive(Debug)]
pub(super) struct Run<'i> {
    rows: &'i Sorted,
    order: Order,
    /// What is left; when descending, without `tied`.
    rest: Range<'i, Position, Uuid>,
    from: i64,
    /// When descending, the rest of the rows that share the time of the last one.
    tied: Range<'i, Position, Uuid>,
}

impl<'i> Run<'i> {
    pub(super) fn new(rows: &'i Sorted, order: Order, window: Window) -> Self {
        // A range must not end before it begins.
        let to = if window.from <= window.to { (window.to, i64::MAX) } else { (window.from, i64::MIN) };
        Self { rows, order, rest: rows.range((window.from, i64::MIN)..to), from: window.from, tied: Range::default() }
    }

    /// The first of the rows with the highest time that is left.
    fn next_below(&mut self) -> Option<(&'i Position, &'i Uuid)> {
        let last = self.rest.next_back()?;
        let ticks = last.0.0;
        if self.rest.clone().next_back().is_none_or(|(before, _)| before.0 != ticks) {
            return Some(last);
        }
        self.tied = self.rows.range((ticks, i64::MIN)..=(ticks, i64::MAX));
        self.rest = self.rows.range((self.from, i64::MIN)..(ticks, i64::MIN));
        self.tied.next()
    }
}

impl Iterator for Run<'_> {
    type Item = (Position, Uuid);

    fn next(&mut self) -> Option<Self::Item> {
        let found = match self.order {
            Order::Ascending => self.rest.next(),
            Order::Descending => self.tied.next().or_else(|| self.next_below()),
        };
        found.map(|(position, guid)| (*position, *guid))
    }
}

/// A walk through rows of several kinds, merged.
#[derive(Debug)]
pub(crate) struct Walk<'i> {
    order: Order,
    runs: Vec<Peekable<Run<'i>>>,
}

impl<'i> Walk<'i> {
    pub(super) fn new(order: Order, runs: impl Iterator<Item = Run<'i>>) -> Self {
        Self { order, runs: runs.map(Iterator::peekable).collect() }
    }
}

impl Iterator for Walk<'_> {
    type Item = (Position, Uuid);

    fn next(&mut self) -> Option<Self::Item> {
        let heads = self.runs.iter_mut().enumerate().filter_map(|(at, run)| Some((run.peek()?.0, at)));
        let (_, at) = heads.min_by(|(one, _), (other, _)| self.order.compare(*one, *other))?;
        self.runs.get_mut(at)?.next()
    }
}

//! Going through rows in order.

use std::cmp::Reverse;
use std::iter::Peekable;

use uuid::Uuid;

use super::{Order, Position, Sorted, Window};

/// A walk through rows of one kind.
#[derive(Debug)]
pub(super) struct Run<'i> {
    rows: Option<&'i Sorted>,
    order: Order,
    window: Window,
    /// The last row that was given.
    last: Option<Position>,
}

impl<'i> Run<'i> {
    pub(super) fn new(rows: &'i Sorted, order: Order, window: Window) -> Self {
        Self { rows: Some(rows).filter(|_| window.from <= window.to), order, window, last: None }
    }
}

impl Iterator for Run<'_> {
    type Item = (Position, Uuid);

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.rows?;
        let found = match self.order {
            Order::Ascending => {
                let start = self.last.map_or((self.window.from, i64::MIN), |(ticks, number)| (ticks, number + 1));
                rows.range(start..=(self.window.to, i64::MAX)).next()
            }
            Order::Descending => {
                let same =
                    self.last.and_then(|(ticks, number)| rows.range((ticks, number + 1)..=(ticks, i64::MAX)).next());
                same.or_else(|| {
                    let below = self.last.map_or(Some(self.window.to), |(ticks, _)| ticks.checked_sub(1))?;
                    if below < self.window.from {
                        return None;
                    }
                    let (&(ticks, _), _) = rows.range((self.window.from, i64::MIN)..=(below, i64::MAX)).next_back()?;
                    rows.range((ticks, i64::MIN)..=(ticks, i64::MAX)).next()
                })
            }
        };
        match found {
            Some((position, guid)) => {
                self.last = Some(*position);
                Some((*position, *guid))
            }
            None => {
                self.rows = None;
                None
            }
        }
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
        let (_, at) = match self.order {
            Order::Ascending => heads.min(),
            Order::Descending => heads.min_by_key(|&((ticks, number), _)| (Reverse(ticks), number)),
        }?;
        self.runs.get_mut(at)?.next()
    }
}

//! Keeps what is logged, for tests that look at it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

#[derive(Debug)]
struct Kept {
    recordings: usize,
    lines: Vec<(ThreadId, String)>,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept { recordings: 0, lines: Vec::new() });

fn kept() -> MutexGuard<'static, Kept> {
    // Whoever panicked did so between two whole lines.
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is logged from its start until it is dropped.
#[derive(Debug)]
#[must_use = "nothing is kept once it is dropped"]
pub struct Recording {
    begin: usize,
    thread: Option<ThreadId>,
}

impl Recording {
    /// Begins to keep what the whole process logs.
    ///
    /// Other tests run beside the one that records: give the lines that count something to tell them by.
    pub fn start() -> Self {
        Self::of(None)
    }

    /// Begins to keep what the calling thread logs, for code that has all its work done in one.
    pub fn of_this_thread() -> Self {
        Self::of(Some(thread::current().id()))
    }

    fn of(thread: Option<ThreadId>) -> Self {
        let mut kept = kept();
        kept.recordings += 1;
        Self { begin: kept.lines.len(), thread }
    }

    /// What has been logged so far, an event a line: level, the spans it is in with their fields, target, message and
    /// fields.
    #[must_use]
    pub fn text(&self) -> String {
        let wanted = |by: &ThreadId| self.thread.is_none_or(|thread| thread == *by);
        kept().lines.iter().skip(self.begin).filter(|(by, _)| wanted(by)).map(|(_, line)| line.as_str()).collect()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let mut kept = kept();
        kept.recordings -= 1;
        // The others begin at a place among the same lines.
        if kept.recordings == 0 {
            kept.lines.clear();
        }
    }
}

/// Whether lines are kept at all: most tests are spared to make them.
pub(crate) fn wanted() -> bool {
    kept().recordings > 0
}

pub(crate) fn add(line: String) {
    let mut kept = kept();
    if kept.recordings > 0 {
        kept.lines.push((thread::current().id(), line));
    }
}

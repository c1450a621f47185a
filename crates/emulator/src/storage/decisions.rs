//! What the decision point has said about instances, kept as Storage keeps it, and whose rights have changed since the
//! start.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::caller::Caller;
use super::store::Row;
use crate::kept::Kept;

/// How long an answer counts.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);

/// An instance as a question to the decision point names it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(super) guid: Uuid,
    pub(super) app: String,
    /// The current task, or the event that ended the process: a process that moves makes another question.
    task: Option<String>,
}

impl Asked {
    pub(crate) fn of(row: &Row) -> Self {
        let process = row.instance.process.as_ref();
        let task = process.and_then(|process| process.current_task.as_ref()).and_then(|task| task.element_id.clone());
        let task = task.or_else(|| process.and_then(|process| process.end_event.clone()));
        Self { guid: row.guid, app: row.app().to_owned(), task }
    }
}

/// Who wants to do what with which instance.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    /// With the token's own id: a new token is asked for anew.
    caller: String,
    action: String,
    guid: Uuid,
    task: Option<String>,
}

impl Question {
    pub(super) fn new(asked: &Asked, caller: &Caller, action: &str) -> Self {
        let subjects: Vec<String> = caller.subjects().collect();
        Self {
            caller: format!("{} {}", caller.session().unwrap_or_default(), subjects.join(" ")),
            action: action.to_owned(),
            guid: asked.guid,
            task: asked.task.clone(),
        }
    }
}

/// The decision point's memory at Storage's side, and its own changes.
#[derive(Default)]
pub(crate) struct Decisions {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: Kept<Question, bool>,
    /// Questions of whole routes that got no answer.
    silences: Kept<Question, ()>,
    /// Actions by app and subject, in the place of those in the world.
    changed: HashMap<(String, String), Vec<String>>,
}

/// Who asked is not for logs.
impl fmt::Debug for Decisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decisions").finish_non_exhaustive()
    }
}

impl Decisions {
    fn state<R>(&self, with: impl FnOnce(&mut State) -> R) -> R {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The answer that still counts.
    pub(super) fn answer(&self, question: &Question, now: Timestamp) -> Option<bool> {
        self.state(|state| state.answers.get(question, now))
    }

    pub(super) fn keep_answer(&self, question: Question, answer: bool, now: Timestamp) {
        self.state(|state| state.answers.put(question, answer, now, KEPT_FOR));
    }

    /// Whether it is remembered that the question got no answer.
    pub(super) fn is_silent(&self, question: &Question, now: Timestamp) -> bool {
        self.state(|state| state.silences.get(question, now)).is_some()
    }

    pub(super) fn keep_silence(&self, question: Question, now: Timestamp) {
        self.state(|state| state.silences.put(question, (), now, KEPT_FOR));
    }

    /// Gives `subject` exactly these actions in `app`.
    pub(crate) fn set_rights(&self, app: &str, subject: &str, actions: Vec<String>) {
        self.state(|state| state.changed.insert((app.to_owned(), subject.to_owned()), actions));
    }

    /// Whether `subject` may do `action` in `app`, if that has been changed since the start.
    pub(super) fn changed(&self, app: &str, subject: &str, action: &str) -> Option<bool> {
        self.state(|state| {
            let actions = state.changed.get(&(app.to_owned(), subject.to_owned()))?;
            Some(actions.iter().any(|granted| granted == action))
        })
    }
}

//! The steps that do not pass yet. The list may only shrink.

use std::collections::BTreeMap;

use super::error::ContractError;
use super::run::Outcome;

/// Steps that are known not to pass, each with its reason.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Exceptions(BTreeMap<(String, String), String>);

/// Outcomes held against the exceptions.
#[derive(Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// `file / step` of each step that is listed and passes: the line must go.
    pub passing: Vec<String>,
    /// `file / step` of each step that is not listed and does not pass.
    pub failing: Vec<String>,
    /// `file / step` of each line that names no step that was run.
    pub unknown: Vec<String>,
}

impl Exceptions {
    /// Reads a list of lines `file / step: reason`. Empty lines and lines that begin with `#` count for nothing.
    ///
    /// # Errors
    ///
    /// [`ContractError::Exception`] for a line of another form, one without a reason, and a step that stands there
    /// twice.
    pub fn parse(text: &str) -> Result<Self, ContractError> {
        let mut steps = BTreeMap::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |problem| ContractError::Exception { line: index + 1, problem };
            let (file, rest) = line.split_once(" / ").ok_or_else(|| wrong("no ` / ` after the file"))?;
            let (step, reason) = rest.split_once(": ").ok_or_else(|| wrong("no `: ` after the step"))?;
            if reason.trim().is_empty() {
                return Err(wrong("no reason"));
            }
            if steps.insert((file.to_owned(), step.to_owned()), reason.to_owned()).is_some() {
                return Err(wrong("the step stands there twice"));
            }
        }
        Ok(Self(steps))
    }

    /// How many steps are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no step is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this step is listed.
    #[must_use]
    pub fn lists(&self, outcome: &Outcome) -> bool {
        self.0.contains_key(&(outcome.file.clone(), outcome.step.clone()))
    }

    /// Holds `outcomes` against the list.
    #[must_use]
    pub fn judge(&self, outcomes: &[Outcome]) -> Verdict {
        let mut verdict = Verdict::default();
        for outcome in outcomes {
            match (self.lists(outcome), outcome.passed()) {
                (true, true) => verdict.passing.push(outcome.id()),
                (false, false) => verdict.failing.push(outcome.id()),
                _ => {}
            }
        }
        let run = |file: &str, step: &str| outcomes.iter().any(|outcome| outcome.file == file && outcome.step == step);
        let unknown = self.0.keys().filter(|(file, step)| !run(file, step));
        verdict.unknown = unknown.map(|(file, step)| format!("{file} / {step}")).collect();
        verdict
    }
}

impl Verdict {
    /// Whether outcomes and list say the same.
    #[must_use]
    pub fn holds(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(file: &str, step: &str, differences: &[&str]) -> Outcome {
        Outcome {
            file: file.into(),
            step: step.into(),
            request: "GET /".into(),
            differences: differences.iter().map(|&line| line.to_owned()).collect(),
            waived: 0,
        }
    }

    #[test]
    fn steps_are_read_with_their_reasons() {
        let list = Exceptions::parse("# why\n\nstorage/a / one: not there yet: later\nstorage/a / two: x\n").unwrap();
        assert_eq!(list.len(), 2);
        assert!(list.lists(&outcome("storage/a", "one", &[])) && !list.lists(&outcome("storage/b", "one", &[])));
    }

    #[test]
    fn other_lines_are_errors() {
        for (text, problem) in [
            ("a: b", "line 1 of the exceptions: no ` / ` after the file"),
            ("\na / b", "line 2 of the exceptions: no `: ` after the step"),
            ("a / b:  ", "line 1 of the exceptions: no `: ` after the step"),
            ("a / b: x\na / b: y", "line 2 of the exceptions: the step stands there twice"),
        ] {
            assert_eq!(Exceptions::parse(text).unwrap_err().to_string(), problem);
        }
    }

    #[test]
    fn the_list_must_say_what_happens() {
        let list = Exceptions::parse("f / a: x\nf / b: x\nf / gone: x").unwrap();
        let outcomes =
            [outcome("f", "a", &["x"]), outcome("f", "b", &[]), outcome("f", "c", &[]), outcome("f", "d", &["x"])];
        let verdict = list.judge(&outcomes);
        let said = |steps: &[&str]| steps.iter().map(|&step| step.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            verdict,
            Verdict { passing: said(&["f / b"]), failing: said(&["f / d"]), unknown: said(&["f / gone"]) }
        );
        assert!(!verdict.holds());
        assert!(Exceptions::default().judge(&outcomes[1..3]).holds());
    }
}

//! The values of an event or a span as text, each looked at on the way.

use std::error::Error;
use std::fmt::{self, Write};

use tracing::field::{Field, Visit};

use crate::secret::{self, Kind};

/// The fields as `name=value`, the message without its name.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) text: String,
    /// The first secret, and the name of the field with it.
    pub(crate) found: Option<(Kind, &'static str)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        if field.name() != "message" {
            self.text.push_str(field.name());
            self.text.push('=');
        }
        let begin = self.text.len();
        // A value that fails to write itself is looked at as far as it came.
        self.text.write_fmt(value).ok();
        if self.found.is_none() {
            self.found = secret::find(&self.text[begin..]).map(|kind| (kind, field.name()));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format_args!("{value:?}"));
    }

    // The default would show bytes in hexadecimal, in which no secret is found.
    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.add(field, format_args!("{}", String::from_utf8_lossy(value)));
    }

    // The default leaves out what a subscriber may well print: the causes.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = format!("{value} ({value:?})");
        let mut cause = value.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        self.add(field, format_args!("{text}"));
    }
}

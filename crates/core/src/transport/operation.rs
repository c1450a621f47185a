use std::fmt;

use tracing::Span;

/// An operation of a client: what its calls, errors and spans are named after. Made by [`operation!`](crate::operation!).
#[derive(Clone, Copy)]
pub struct Operation {
    name: &'static str,
    span: fn(u32) -> Span,
}

impl Operation {
    /// For [`operation!`](crate::operation!), which makes a span that has the operation's name.
    #[doc(hidden)]
    pub const fn new(name: &'static str, span: fn(u32) -> Span) -> Self {
        Self { name, span }
    }

    /// The name, after the client's method: `instances.list`, `data.upload` …
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The span of one attempt, counted from 1.
    pub(super) fn span(self, attempt: u32) -> Span {
        (self.span)(attempt)
    }
}

impl From<Operation> for &'static str {
    fn from(operation: Operation) -> Self {
        operation.name
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The [`Operation`](crate::transport::Operation) of this name.
///
/// A span's name is fixed when a program is built, so that each operation has a span of its own. All have the target
/// `altinn`, whichever crate the operation is in.
///
/// ```
/// use altinn_core::transport::Operation;
///
/// const LIST: Operation = altinn_core::operation!("instances.list");
/// assert_eq!(LIST.name(), "instances.list");
/// ```
#[macro_export]
macro_rules! operation {
    ($name:literal) => {
        $crate::transport::Operation::new($name, |attempt| {
            $crate::transport::tracing::debug_span!(
                target: "altinn",
                $name,
                otel.name = $name,
                op = $name,
                attempt,
                status = $crate::transport::tracing::field::Empty,
                request_id = $crate::transport::tracing::field::Empty,
            )
        })
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_has_a_span_of_its_own_name() {
        for operation in [operation!("instances.list"), operation!("data.upload")] {
            let span = operation.span(2);
            let about = span.metadata().unwrap();
            assert_eq!((about.name(), about.target()), (operation.name(), "altinn"));
            let fields: Vec<_> = about.fields().iter().map(|field| field.name()).collect();
            assert_eq!(fields, ["otel.name", "op", "attempt", "status", "request_id"]);
            assert_eq!((format!("{operation:?}").as_str(), operation.into()), (operation.name(), operation.name()));
        }
    }
}

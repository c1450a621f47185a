mod model;

pub use model::{ProcessElement, ProcessState, ValidationStatus};

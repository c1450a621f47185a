use std::fmt;

use altinn_core::transport::RequestSpec;
use altinn_core::{DataElementId, Error, ErrorKind, Payload};
use http::{HeaderValue, header};

use super::file_name::FileName;

/// What an upload or a replacement sends: the content, and what is said about it.
pub(super) struct Content {
    pub(super) payload: Payload,
    pub(super) content_type: String,
    pub(super) file_name: Option<FileName>,
    pub(super) refs: Vec<DataElementId>,
    pub(super) generated_from_task: Option<String>,
}

impl Content {
    pub(super) fn new(payload: Payload) -> Self {
        Self {
            payload,
            // The service stores a missing content type as null, and can't serve the file after that.
            content_type: mime::APPLICATION_OCTET_STREAM.to_string(),
            file_name: None,
            refs: Vec::new(),
            generated_from_task: None,
        }
    }

    pub(super) fn add_to(self, mut spec: RequestSpec) -> Result<RequestSpec, Error> {
        let operation = spec.operation();
        let invalid = |detail| Error::new(ErrorKind::InvalidInput, operation).with_detail(detail);
        if let Some(harm) = harm(&self.content_type) {
            return Err(invalid(harm));
        }
        let content_type =
            HeaderValue::try_from(self.content_type).map_err(|_| invalid("the content type can't be sent"))?;
        spec = spec.header(header::CONTENT_TYPE, content_type);
        for element in &self.refs {
            spec = spec.query("refs", element);
        }
        if let Some(task) = &self.generated_from_task {
            if task.is_empty() {
                return Err(invalid(
                    "the task that it was generated from has no name: the service would take it for none",
                ));
            }
            spec = spec.query("generatedFromTask", task);
        }
        if let Some(name) = &self.file_name {
            spec = spec.header(header::CONTENT_DISPOSITION, name.disposition(operation)?);
        }
        Ok(spec.payload(self.payload))
    }
}

/// What the service would do to a content of this type instead of storing it.
fn harm(content_type: &str) -> Option<&'static str> {
    let content_type = content_type.to_ascii_lowercase();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if content_type.contains("multipart/") {
        Some(
            "the service takes a multipart content apart and keeps its first part alone, or fails on it: send it as \
             application/octet-stream",
        )
    } else if essence == mime::APPLICATION_WWW_FORM_URLENCODED {
        Some(
            "the service reads a form before it is stored, and nothing is left of it: send it as application/octet-stream",
        )
    } else {
        None
    }
}

/// Without the file name, which may be personal.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("payload", &self.payload)
            .field("content_type", &self.content_type)
            .field("refs", &self.refs)
            .field("generated_from_task", &self.generated_from_task)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_the_service_reads_itself_are_known_in_any_spelling() {
        for harmful in [
            "multipart/mixed; boundary=snitt",
            "Multipart/Form-Data",
            " multipart/related",
            "application/x-www-form-urlencoded",
            "Application/X-WWW-Form-URLEncoded ; charset=utf-8",
        ] {
            assert!(harm(harmful).is_some(), "{harmful}");
        }
        for harmless in ["application/octet-stream", "text/plain; charset=utf-8", "message/rfc822", "", "multipart"] {
            assert_eq!(harm(harmless), None, "{harmless}");
        }
    }
}

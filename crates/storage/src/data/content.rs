use std::fmt;

use altinn_core::transport::RequestSpec;
use altinn_core::{DataElementId, Error, ErrorKind, Payload};
use http::{HeaderValue, header};

use super::file_name::disposition;

/// What an upload or a replacement sends: the content, and what is said about it.
pub(super) struct Content {
    pub(super) payload: Payload,
    pub(super) content_type: String,
    pub(super) file_name: Option<String>,
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
        let content_type = HeaderValue::try_from(self.content_type).map_err(|_| {
            Error::new(ErrorKind::InvalidInput, spec.operation()).with_detail("the content type can't be sent")
        })?;
        spec = spec.header(header::CONTENT_TYPE, content_type);
        for element in &self.refs {
            spec = spec.query("refs", element);
        }
        if let Some(task) = &self.generated_from_task {
            spec = spec.query("generatedFromTask", task);
        }
        if let Some(name) = &self.file_name {
            let disposition = disposition(spec.operation(), name)?;
            spec = spec.header(header::CONTENT_DISPOSITION, disposition);
        }
        Ok(spec.payload(self.payload))
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

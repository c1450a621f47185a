use std::future::IntoFuture;
use std::io;

use altinn_core::transport::{RequestSpec, Transport};
use altinn_core::{DataElementId, Error, ErrorKind, InstanceId, Payload};
use futures::future::BoxFuture;
use http::Method;
use mime::Mime;

use super::content::Content;
use super::file_name::FileName;
use super::{DataElement, REPLACE, ReferenceType, Relation, advice, of};

/// The largest replacement that the service takes, in bytes. An upload may be far larger.
const MAX_SIZE: u64 = 30_000_000;
const TOO_LARGE: &str =
    "the service takes at most 30000000 bytes as a replacement: delete the element, and upload it anew";

/// A replacement of a data element's content to be sent: set it up, then `.await` it for the element as it is then.
///
/// The service replaces what is known about the content along with it: **a content type, file name, references or task
/// that is not given again is erased.** [`keeping`](Self::keeping) gives all of them again.
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Replace {
    transport: Transport,
    instance: InstanceId,
    element: DataElementId,
    content: Content,
    unkept: bool,
}

impl Replace {
    pub(super) fn new(transport: Transport, instance: InstanceId, element: DataElementId, payload: Payload) -> Self {
        Self { transport, instance, element, content: Content::new(payload), unkept: false }
    }

    /// Keeps what is known about the content so far: content type, file name, references, and the task that it was
    /// generated from.
    ///
    /// * `element`: as it was read before.
    ///
    /// What is set after this call is set anew; references are added.
    pub fn keeping(mut self, element: &DataElement) -> Self {
        if let Some(content_type) = &element.content_type {
            self.content.content_type = content_type.as_str().into();
        }
        self.content.file_name = element.filename.as_deref().map(|name| FileName::Stored(name.into()));
        self.content.refs = element.refs.clone().unwrap_or_default();
        self.content.generated_from_task = None;
        for reference in element.references.iter().flatten() {
            let from_task = reference.relation == Some(Relation::GeneratedFrom)
                && reference.value_type == Some(ReferenceType::Task)
                && reference.value.as_deref().is_some_and(|task| !task.is_empty())
                && self.content.generated_from_task.is_none();
            if from_task {
                self.content.generated_from_task = reference.value.as_deref().map(Into::into);
            } else {
                self.unkept = true;
            }
        }
        self
    }

    /// Its content type. Default `application/octet-stream`. The service stores it unchecked.
    ///
    /// Not `multipart/…` or `application/x-www-form-urlencoded`: the service reads such a content itself, and stores a
    /// part of it or nothing. It is refused before it is sent; send it as `application/octet-stream`.
    pub fn content_type(mut self, content_type: Mime) -> Self {
        self.content.content_type = content_type.to_string();
        self
    }

    /// Its file name; it is stored as given, whatever letters it holds. Default none, which erases the one before.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.content.file_name = Some(FileName::Chosen(name.into()));
        self
    }

    /// A data element that it belongs to. May be called several times. Default none, which erases those before.
    pub fn refers_to(mut self, element: DataElementId) -> Self {
        self.content.refs.push(element);
        self
    }

    /// The task that it was generated from, such as `Task_1`; an empty one is refused. Default none, which erases the one
    /// before.
    pub fn generated_from_task(mut self, task: impl Into<String>) -> Self {
        self.content.generated_from_task = Some(task.into());
        self
    }

    fn spec(self) -> Result<RequestSpec, Error> {
        let invalid = |detail| Error::new(ErrorKind::InvalidInput, REPLACE).with_detail(detail);
        if self.unkept {
            return Err(invalid(
                "the element refers to something other than one task, and no replacement can keep that: leave keeping \
                 out, and set its references afterwards by update_metadata",
            ));
        }
        match self.content.payload.size() {
            // It answers 422 only after it has emptied the stored content.
            Some(0) => return Err(invalid("the service destroys the content when an empty one is to replace it")),
            Some(size) if size > MAX_SIZE => return Err(invalid(TOO_LARGE)),
            _ => {}
        }
        let spec = of(RequestSpec::new(REPLACE, Method::PUT), self.instance)
            .path(["data"])
            .segment(self.element)
            .judge(advice::replace);
        self.content.add_to(spec)
    }
}

impl IntoFuture for Replace {
    type Output = Result<DataElement, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            // Should a stream turn out empty on the way, the content would be destroyed: so its length comes first.
            self.content.payload = self.content.payload.with_known_size(MAX_SIZE).await.map_err(unreadable)?;
            let transport = self.transport.clone();
            transport.json(&self.spec()?).await
        })
    }
}

fn unreadable(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::FileTooLarge => Error::new(ErrorKind::InvalidInput, REPLACE).with_detail(TOO_LARGE),
        _ => Error::new(ErrorKind::PayloadSource, REPLACE).with_source(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{instance, target, transport};

    fn replace(payload: impl Into<Payload>) -> Replace {
        Replace::new(transport(), instance(), id(2), payload.into())
    }

    fn id(number: u8) -> DataElementId {
        format!("00000000-0000-4000-8000-00000000000{number}").parse().unwrap()
    }

    fn element(references: serde_json::Value) -> DataElement {
        let element = json!({"id": id(2), "contentType": "text/plain; charset=utf-8", "filename": "blåbær.txt",
            "refs": [id(3)], "references": references});
        serde_json::from_value(element).unwrap()
    }

    #[test]
    fn all_that_is_known_is_sent_again() {
        let references = json!([{"value": "Task_1", "relation": "GeneratedFrom", "valueType": "Task"}]);
        let replace = replace("x").keeping(&element(references));
        assert_eq!(replace.content.content_type, "text/plain; charset=utf-8");
        assert!(matches!(&replace.content.file_name, Some(FileName::Stored(name)) if name == "blåbær.txt"));
        let spec = replace.spec().unwrap();
        assert_eq!(target(&spec), format!("instances/{{i}}/data/{{e}}?refs={}&generatedFromTask=Task_1", id(3)));
    }

    #[test]
    fn what_can_t_be_sent_again_is_not_lost_silently() {
        for (value, value_type) in [(json!(id(4)), "DataElement"), (json!(""), "Task")] {
            let references = json!([{"value": value, "relation": "GeneratedFrom", "valueType": value_type}]);
            let refused = replace("x").keeping(&element(references)).spec().unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
            assert!(refused.to_string().contains("update_metadata"), "{refused}");
        }
    }

    #[tokio::test]
    async fn what_does_harm_is_refused_before_it_is_sent() {
        let stream = |chunks: Vec<&'static [u8]>| {
            let chunks = chunks.into_iter().map(|chunk| Ok(bytes::Bytes::from_static(chunk)));
            Payload::stream(None, futures::stream::iter(chunks))
        };
        static LARGE: [u8; 15_000_001] = [0; 15_000_001];
        for payload in [
            Payload::from(""),
            Payload::from(vec![0; 30_000_001]),
            Payload::stream(Some(30_000_001), futures::stream::empty()),
            stream(Vec::new()),
            stream(vec![&LARGE, &LARGE]),
        ] {
            let refused = replace(payload).await.unwrap_err();
            assert_eq!((refused.kind(), refused.attempts()), (ErrorKind::InvalidInput, 0), "{refused}");
        }
        let broken = Payload::stream(None, futures::stream::iter([Err(io::ErrorKind::BrokenPipe.into())]));
        assert_eq!(replace(broken).await.unwrap_err().kind(), ErrorKind::PayloadSource);
    }

    #[test]
    fn a_file_name_does_not_print() {
        assert!(!format!("{:?}", replace("x").file_name("Åse Bærland.pdf")).contains("Bærland"));
    }
}

//! Content on its way in: the raw body, or the first section of a multipart body.

use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};

use crate::dotnet::disposition::Disposition;
use crate::dotnet::media_type::MediaType;
use crate::dotnet::multipart::{FirstSection, MAX_BOUNDARY, SectionHeaders, form_fault};
use crate::response::{self, FieldErrors};
use crate::storage::blobs::{Blob, BlobWriter};
use crate::storage::context::{Context, Refusal, unhandled};
use crate::storage::faults::Fault;
use crate::storage::incoming::Incoming;

/// The longest form the framework reads.
const FORM_LIMIT: u64 = 128 * 1024 * 1024;

/// How the body carries the content.
#[derive(Debug)]
pub(super) enum Form {
    /// As it is.
    Raw,
    /// In the first section of a multipart body with this boundary.
    Sections(Option<String>),
    /// The framework has read the body as a form already, and left nothing.
    ReadMultipart,
    ReadFields,
}

/// Content that has arrived.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) blob: Blob,
    pub(super) content_type: Option<String>,
    pub(super) file_name: Option<String>,
}

/// Does what the framework does before the action runs: it reads forms, and refuses broken ones.
pub(super) async fn bind(context: &Context, incoming: &mut Incoming) -> Result<Form, Refusal> {
    let Some(text) = context.joined_header(CONTENT_TYPE.as_str()) else { return Ok(Form::Raw) };
    let content_type = MediaType::parse(&text);
    let boundary = content_type.as_ref().and_then(|parsed| parsed.parameter("boundary")).map(str::to_owned);
    // The service looks for the word anywhere in the header.
    let multipart = text.to_ascii_lowercase().contains("multipart/");
    match content_type.as_ref().map_or("", |parsed| &parsed.essence) {
        "application/x-www-form-urlencoded" => incoming.whole(FORM_LIMIT).await.map(|_| Form::ReadFields),
        _ if multipart && !context.shows(Fault::MultipartIsTakenApart) => Ok(Form::Raw),
        // A form of no length is empty, and nothing about it wrong.
        "multipart/form-data" if context.header(CONTENT_LENGTH.as_str()) == Some("0") => Ok(Form::ReadMultipart),
        "multipart/form-data" => {
            let refuse = |words: &str| {
                let words = format!("Failed to read the request form. {words}");
                Err(response::invalid(context.problems, &FieldErrors::of("", words)).into())
            };
            let Some(boundary) = boundary else { return refuse("Missing content-type boundary.") };
            if boundary.len() > MAX_BOUNDARY {
                return refuse("Multipart boundary length limit 128 exceeded.");
            }
            let form = incoming.whole(FORM_LIMIT).await?;
            match form_fault(&form, &boundary) {
                Some(words) => refuse(&words),
                None => Ok(Form::ReadMultipart),
            }
        }
        _ if multipart => Ok(Form::Sections(boundary)),
        _ => Ok(Form::Raw),
    }
}

/// Takes the content in.
///
/// # Errors
///
/// An unhandled exception for more than `limit` bytes, a body that is cut off, and multipart bodies without a section.
pub(super) async fn receive(
    context: &Context,
    form: Form,
    incoming: &mut Incoming,
    limit: u64,
) -> Result<Received, Refusal> {
    let content_type = || context.joined_header(CONTENT_TYPE.as_str());
    let mut sink = Sink::new(limit);
    let headers = match form {
        Form::Raw => {
            while let Some(piece) = incoming.piece().await? {
                sink.push(&piece).await?;
            }
            SectionHeaders { content_type: content_type(), content_disposition: single(context, &CONTENT_DISPOSITION) }
        }
        Form::Sections(boundary) => {
            let boundary = boundary.filter(|boundary| boundary.len() <= MAX_BOUNDARY).ok_or_else(unhandled)?;
            first_section(&boundary, incoming, &mut sink).await?
        }
        Form::ReadMultipart => return Err(unhandled()),
        Form::ReadFields => SectionHeaders { content_type: content_type(), content_disposition: None },
    };
    Ok(Received {
        blob: sink.finish().await?,
        content_type: headers.content_type,
        file_name: headers
            .content_disposition
            .and_then(|header| Disposition::parse(&header))
            .and_then(|disposition| disposition.stored_file_name(context.shows(Fault::FileNameIsDecodedTwice))),
    })
}

async fn first_section(boundary: &str, incoming: &mut Incoming, sink: &mut Sink) -> Result<SectionHeaders, Refusal> {
    let mut section = FirstSection::new(boundary);
    let mut headers = None;
    while let Some(piece) = incoming.piece().await? {
        let progress = section.push(&piece).map_err(|_| unhandled())?;
        headers = headers.or(progress.headers);
        sink.push(&progress.content).await?;
    }
    headers.filter(|_| section.is_done()).ok_or_else(unhandled)
}

/// A header that counts only when it was sent once: several are joined to one that can't be read.
fn single(context: &Context, name: &http::HeaderName) -> Option<String> {
    let mut values = context.headers.get_all(name).iter();
    let first = values.next()?;
    match values.next() {
        Some(_) => None,
        None => std::str::from_utf8(first.as_bytes()).ok().map(str::to_owned),
    }
}

/// Writes until the limit, and then only counts, so that the sender can finish and read the refusal.
struct Sink {
    writer: BlobWriter,
    length: u64,
    limit: u64,
}

impl Sink {
    fn new(limit: u64) -> Self {
        Self { writer: BlobWriter::new(), length: 0, limit }
    }

    async fn push(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        self.length += piece.len() as u64;
        if self.length > self.limit {
            return Ok(());
        }
        self.writer.push(piece).await.map_err(disk_failed)
    }

    async fn finish(self) -> Result<Blob, Refusal> {
        if self.length > self.limit {
            return Err(unhandled());
        }
        self.writer.finish().await.map_err(disk_failed)
    }
}

fn disk_failed(error: std::io::Error) -> Refusal {
    tracing::error!(%error, "content can't be kept on disk");
    response::problem(response::ProblemType::Problem, StatusCode::INTERNAL_SERVER_ERROR, None).into()
}

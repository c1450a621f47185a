//! Content on its way in: the raw body, or the first section of a multipart body.

use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::dotnet::disposition::Disposition;
use crate::dotnet::media_type::MediaType;
use crate::dotnet::multipart::{FirstSection, MAX_BOUNDARY, SectionHeaders};
use crate::response;
use crate::storage::blobs::{Blob, BlobWriter};
use crate::storage::context::{Context, Refusal, unhandled};
use crate::storage::faults::Fault;
use crate::storage::forms::Form;
use crate::storage::incoming::Incoming;

/// Content that has arrived.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) blob: Blob,
    pub(super) content_type: Option<String>,
    pub(super) file_name: Option<String>,
}

/// Takes the content in.
///
/// # Errors
///
/// An unhandled exception for more than `limit` bytes, a body that is cut off, and multipart bodies without a section.
pub(super) async fn receive(context: &Context, incoming: &mut Incoming, limit: u64) -> Result<Received, Refusal> {
    let content_type = || context.joined_header(CONTENT_TYPE.as_str());
    let mut sink = Sink::new(limit);
    let headers = match (context.form, sections(context)) {
        (Form::None, None) => {
            while let Some(piece) = incoming.piece().await? {
                sink.push(&piece).await?;
            }
            SectionHeaders { content_type: content_type(), content_disposition: single(context, &CONTENT_DISPOSITION) }
        }
        (Form::None, Some(boundary)) => {
            let boundary = boundary.filter(|boundary| boundary.len() <= MAX_BOUNDARY).ok_or_else(unhandled)?;
            first_section(&boundary, incoming, &mut sink).await?
        }
        (Form::Multipart, _) => return Err(unhandled()),
        (Form::Fields, _) => SectionHeaders { content_type: content_type(), content_disposition: None },
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

/// The boundary, if any, of a body that the service takes apart; `None` for any other. It looks for the word anywhere in
/// the header.
fn sections(context: &Context) -> Option<Option<String>> {
    let text = context.joined_header(CONTENT_TYPE.as_str())?;
    let apart = text.to_ascii_lowercase().contains("multipart/") && context.shows(Fault::MultipartIsTakenApart);
    let boundary = || MediaType::parse(&text)?.parameter("boundary").map(str::to_owned);
    apart.then(boundary)
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

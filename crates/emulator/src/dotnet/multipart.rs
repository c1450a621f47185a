//! Multipart bodies: Storage keeps the first section of one and never looks at the rest.

use bytes::{Bytes, BytesMut};

/// The longest boundary the framework takes.
pub(crate) const MAX_BOUNDARY: usize = 128;
/// The longest block of section headers the framework takes.
const MAX_HEADERS: usize = 16 * 1024;

/// The headers of a section that matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SectionHeaders {
    pub(crate) content_type: Option<String>,
    pub(crate) content_disposition: Option<String>,
}

/// The body is no multipart body, or ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Takes the first section out of a body that arrives in pieces.
pub(crate) struct FirstSection {
    delimiter: Vec<u8>,
    buffer: BytesMut,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Preamble,
    Headers,
    Content,
    Done,
}

/// What a piece brought.
#[derive(Default)]
pub(crate) struct Progress {
    /// Present once, when the headers are complete.
    pub(crate) headers: Option<SectionHeaders>,
    /// Content of the section.
    pub(crate) content: Bytes,
}

impl FirstSection {
    pub(crate) fn new(boundary: &str) -> Self {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // The first boundary may stand at the very start; a line break in front makes it like the others.
        Self { delimiter, buffer: BytesMut::from(&b"\r\n"[..]), state: State::Preamble }
    }

    /// Whether the section is complete.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes the next piece of the body.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Progress, Malformed> {
        let mut progress = Progress::default();
        if self.state == State::Done {
            return Ok(progress);
        }
        self.buffer.extend_from_slice(piece);
        if self.state == State::Preamble && !self.pass_boundary()? {
            return Ok(progress);
        }
        if self.state == State::Headers {
            progress.headers = self.take_headers()?;
        }
        if self.state == State::Content {
            progress.content = self.take_content();
        }
        Ok(progress)
    }

    fn pass_boundary(&mut self) -> Result<bool, Malformed> {
        let Some(at) = find(&self.buffer, &self.delimiter) else { return Ok(false) };
        let after = at + self.delimiter.len();
        let Some(line_end) = find(&self.buffer[after..], b"\r\n") else {
            return Ok(false);
        };
        if self.buffer[after..].starts_with(b"--") {
            return Err(Malformed);
        }
        // The line break stays: a section without headers begins with an empty line right behind it.
        let _ = self.buffer.split_to(after + line_end);
        self.state = State::Headers;
        Ok(true)
    }

    fn take_headers(&mut self) -> Result<Option<SectionHeaders>, Malformed> {
        let Some(end) = find(&self.buffer, b"\r\n\r\n") else {
            return if self.buffer.len() > MAX_HEADERS { Err(Malformed) } else { Ok(None) };
        };
        let block = self.buffer.split_to(end + 4);
        let text = String::from_utf8_lossy(&block);
        let mut headers = SectionHeaders::default();
        for line in text.split("\r\n").filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or(Malformed)?;
            let value = value.trim().to_owned();
            if name.eq_ignore_ascii_case("content-type") {
                headers.content_type = Some(value);
            } else if name.eq_ignore_ascii_case("content-disposition") {
                headers.content_disposition = Some(value);
            }
        }
        self.state = State::Content;
        // An empty section has its boundary directly behind the headers.
        let mut rest = BytesMut::from(&b"\r\n"[..]);
        rest.extend_from_slice(&self.buffer);
        if rest.starts_with(&self.delimiter) {
            self.state = State::Done;
        }
        Ok(Some(headers))
    }

    fn take_content(&mut self) -> Bytes {
        if let Some(end) = find(&self.buffer, &self.delimiter) {
            self.state = State::Done;
            return self.buffer.split_to(end).freeze();
        }
        let held_back = self.delimiter.len().saturating_sub(1).min(self.buffer.len());
        self.buffer.split_to(self.buffer.len() - held_back).freeze()
    }
}

/// Looks through a whole form and gives the first section disposition that is not `form-data`, if any: what the
/// framework refuses a form for.
pub(crate) fn foreign_section(body: &[u8], boundary: &str) -> Option<String> {
    let delimiter = format!("--{boundary}").into_bytes();
    let mut rest = body;
    loop {
        let at = find(rest, &delimiter)?;
        rest = &rest[at + delimiter.len()..];
        if rest.starts_with(b"--") {
            return None;
        }
        let end = find(rest, b"\r\n\r\n")?;
        let text = String::from_utf8_lossy(&rest[..end]);
        let disposition = text
            .split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-disposition"))
            .map_or("", |(_, value)| value.trim());
        let kind = disposition.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("form-data") {
            return Some(disposition.to_owned());
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn first(body: &[u8], piece: usize) -> Result<(Option<SectionHeaders>, Vec<u8>, bool), Malformed> {
        let mut section = FirstSection::new("snitt");
        let (mut headers, mut content) = (None, Vec::new());
        for chunk in body.chunks(piece.max(1)) {
            let progress = section.push(chunk)?;
            headers = headers.or(progress.headers);
            content.extend_from_slice(&progress.content);
        }
        Ok((headers, content, section.is_done()))
    }

    #[test]
    fn the_first_section_is_taken_whatever_the_pieces() {
        let body = b"--snitt\r\nContent-Type: text/plain\r\n\r\nein\r\n--snit\r\n--snitt\r\n\r\nto\r\n--snitt--\r\n";
        for piece in 1..body.len() {
            let (headers, content, done) = first(body, piece).expect("a section");
            assert_eq!(headers.and_then(|headers| headers.content_type).as_deref(), Some("text/plain"));
            assert_eq!(content, b"ein\r\n--snit", "pieces of {piece}");
            assert!(done);
        }
    }

    #[test]
    fn sections_without_headers_or_content() {
        let (headers, content, _) = first(b"--snitt\r\n\r\nbert\r\n--snitt--\r\n", 99).expect("a section");
        assert_eq!((headers, content.as_slice()), (Some(SectionHeaders::default()), &b"bert"[..]));
        let (_, content, done) = first(b"--snitt\r\nA: b\r\n\r\n\r\n--snitt--\r\n", 99).expect("a section");
        assert!(content.is_empty() && done);
        assert_eq!(first(b"--snitt--\r\n", 99), Err(Malformed));
    }

    #[test]
    fn a_form_is_judged_by_its_dispositions() {
        let form = b"--a\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--a\r\n\r\n2\r\n--a--\r\n";
        assert_eq!(foreign_section(form, "a").as_deref(), Some(""));
        assert_eq!(foreign_section(&form[..50], "a"), None);
    }

    proptest! {
        #[test]
        fn no_body_is_too_much(body in proptest::collection::vec(any::<u8>(), 0..200), piece in 1usize..50) {
            let _ = first(&body, piece);
            let _ = foreign_section(&body, "a");
        }
    }
}

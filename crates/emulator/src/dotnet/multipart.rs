//! Multipart bodies: Storage keeps the first section of one and never looks at the rest.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

use super::disposition::Disposition;

/// The longest boundary the framework takes.
pub(crate) const MAX_BOUNDARY: usize = 128;
/// The longest block of section headers the framework takes, without the line breaks.
const MAX_HEADERS_LENGTH: usize = 16 * 1024;
/// The most headers of different names that it takes in a section.
const MAX_HEADERS_COUNT: usize = 16;

/// What the framework says of a body that ends before its last boundary.
const CUT_OFF: &str = "Unexpected end of Stream, the content may have already been read by another component. ";

/// The headers of a section that matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SectionHeaders {
    pub(crate) content_type: Option<String>,
    pub(crate) content_disposition: Option<String>,
}

/// Reads the headers of a section line by line.
#[derive(Debug, Default)]
struct HeaderLines {
    headers: SectionHeaders,
    names: Vec<String>,
    length: usize,
}

impl HeaderLines {
    /// Takes a line. A header that comes again is joined to what was there.
    ///
    /// # Errors
    ///
    /// What the framework refuses it for, in its words.
    fn add(&mut self, line: &str) -> Result<(), String> {
        self.length += line.len();
        if self.length > MAX_HEADERS_LENGTH {
            return Err(format!("Multipart headers length limit {MAX_HEADERS_LENGTH} exceeded."));
        }
        let header = line.split_once(':').filter(|(name, _)| !name.is_empty());
        let (name, value) = header.ok_or_else(|| format!("Invalid header line: {line}"))?;
        let name = name.to_ascii_lowercase();
        if !self.names.contains(&name) {
            self.names.push(name.clone());
        }
        if self.names.len() > MAX_HEADERS_COUNT {
            return Err(format!("Multipart headers count limit {MAX_HEADERS_COUNT} exceeded."));
        }
        let kept = match name.as_str() {
            "content-type" => &mut self.headers.content_type,
            "content-disposition" => &mut self.headers.content_disposition,
            _ => return Ok(()),
        };
        *kept = Some(match kept.take() {
            Some(earlier) => format!("{earlier},{}", value.trim()),
            None => value.trim().to_owned(),
        });
        Ok(())
    }
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
        Self { delimiter, buffer: BytesMut::new(), state: State::Preamble }
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
        // Only the first boundary may stand anywhere.
        let boundary = &self.delimiter[b"\r\n".len()..];
        let Some(at) = find(&self.buffer, boundary) else { return Ok(false) };
        let after = at + boundary.len();
        let Some(line_end) = find(&self.buffer[after..], b"\r\n") else {
            return Ok(false);
        };
        if self.buffer[after..after + line_end].trim_ascii() == b"--" {
            return Err(Malformed);
        }
        // The line break stays: a section without headers begins with an empty line right behind it.
        let _ = self.buffer.split_to(after + line_end);
        self.state = State::Headers;
        Ok(true)
    }

    fn take_headers(&mut self) -> Result<Option<SectionHeaders>, Malformed> {
        let Some(end) = find(&self.buffer, b"\r\n\r\n") else {
            // The shortest line is no longer than its break.
            return if self.buffer.len() > 2 * MAX_HEADERS_LENGTH + 4 { Err(Malformed) } else { Ok(None) };
        };
        let block = self.buffer.split_to(end + 4);
        let text = String::from_utf8_lossy(&block);
        let mut lines = HeaderLines::default();
        for line in text.split("\r\n").filter(|line| !line.is_empty()) {
            lines.add(line).map_err(|_| Malformed)?;
        }
        self.state = State::Content;
        Ok(Some(lines.headers))
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

/// Looks through a whole form and tells what the framework refuses it for, in its words, if anything: headers that can't be
/// read or are too many, or an end that comes too early.
pub(crate) fn form_fault(body: &[u8], boundary: &str) -> Option<String> {
    // Only the first boundary may stand anywhere.
    let mut delimiter = format!("--{boundary}");
    let mut rest = body;
    loop {
        let behind = find(rest, delimiter.as_bytes()).map(|at| &rest[at + delimiter.len()..]);
        // The framework wants to see whether it is the last one.
        let Some(behind) = behind.filter(|behind| behind.len() >= 2) else { return Some(CUT_OFF.to_owned()) };
        let (line, mut behind) = first_line(behind);
        if line.trim() == "--" {
            return None;
        }
        let mut lines = HeaderLines::default();
        loop {
            let (line, after) = first_line(behind);
            behind = after;
            if line.is_empty() {
                break;
            }
            if let Err(words) = lines.add(&line) {
                return Some(words);
            }
        }
        let disposition = lines.headers.content_disposition.unwrap_or_default();
        if Disposition::parse(&disposition).is_none() {
            return Some(format!("Form section has invalid Content-Disposition value: {disposition}"));
        }
        delimiter = format!("\r\n--{boundary}");
        rest = behind;
    }
}

/// The text up to the line break, or to the end, and what follows it.
fn first_line(text: &[u8]) -> (Cow<'_, str>, &[u8]) {
    let (line, rest) = match find(text, b"\r\n") {
        Some(at) => (&text[..at], &text[at + 2..]),
        None => (text, &[][..]),
    };
    (String::from_utf8_lossy(line), rest)
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
    fn the_first_boundary_may_stand_anywhere() {
        for body in [&b"x\r\n--snitt\r\n\r\na\r\n--snitt--"[..], b"x--snitt--x\r\n\r\na\r\n--snitt--"] {
            let (_, content, done) = first(body, 3).expect("a section");
            assert!(content == b"a" && done);
        }
    }

    #[test]
    fn a_header_that_comes_twice_is_joined() {
        let body = b"--snitt\r\nContent-Type: text/css\r\ncontent-type: text/html\r\n\r\na\r\n--snitt--";
        let (headers, ..) = first(body, 99).expect("a section");
        assert_eq!(headers.and_then(|headers| headers.content_type).as_deref(), Some("text/css,text/html"));
    }

    #[test]
    fn a_section_ends_in_a_line_of_its_own() {
        let (_, _, done) = first(b"--snitt\r\nA: b\r\n\r\n--snitt--\r\n", 99).expect("a section");
        assert!(!done);
    }

    #[test]
    fn a_section_has_few_and_short_headers() {
        let lines = |count: usize| (0..count).map(|at| format!("H{at}: v\r\n")).collect::<String>();
        let length = |length: usize| format!("H:{}\r\n", "v".repeat(length - 2));
        let body = |lines: &str| format!("--a\r\nContent-Disposition: x; y=z\r\n{lines}\r\n\r\n--a--");
        let disposition = "Content-Disposition: x; y=z".len();
        let count = Some("Multipart headers count limit 16 exceeded.");
        let too_long = Some("Multipart headers length limit 16384 exceeded.");
        for (lines, fault) in [
            (lines(15), None),
            (lines(16), count),
            ("H: v\r\n".repeat(99), None),
            (length(MAX_HEADERS_LENGTH - disposition), None),
            (length(MAX_HEADERS_LENGTH - disposition + 1), too_long),
            (length(99_999), too_long),
        ] {
            let body = body(&lines);
            assert_eq!(form_fault(body.as_bytes(), "a").as_deref(), fault);
            let mixed = body.replace("--a", "--snitt");
            assert_eq!(first(mixed.as_bytes(), 4096).is_err(), fault.is_some());
        }
    }

    #[test]
    fn forms_that_are_refused() {
        let good = "--a\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--a--";
        for (form, fault) in [
            (good, None),
            ("--a--\r\n", None),
            ("x--a -- \r\nx", None),
            ("--a\r\nContent-Disposition: attachment\r\n\r\n\r\n--a--", None),
            ("", Some(CUT_OFF)),
            ("hello", Some(CUT_OFF)),
            (&good[..good.len() - 2], Some(CUT_OFF)),
            ("--a\r\nContent-Disposition: form-data; name=x\r\n\r\n--a--", Some(CUT_OFF)),
            ("--a\r\n\r\n2\r\n--a--", Some("Form section has invalid Content-Disposition value: ")),
            (
                "--a\r\ncontent-disposition: form-data; ;\r\n\r\n2\r\n--a--",
                Some("Form section has invalid Content-Disposition value: form-data; ;"),
            ),
            ("--a\r\nx\r\n\r\n2\r\n--a--", Some("Invalid header line: x")),
        ] {
            assert_eq!(form_fault(form.as_bytes(), "a").as_deref(), fault, "{form}");
        }
    }

    proptest! {
        #[test]
        fn no_body_is_too_much(body in proptest::collection::vec(any::<u8>(), 0..200), piece in 1usize..50) {
            let _ = first(&body, piece);
            let _ = form_fault(&body, "a");
        }
    }
}

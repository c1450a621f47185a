//! The characters of a JSON text, with the line and column that messages name.

/// A cursor over UTF-16 units, which is what the original counts.
pub(super) struct Scanner {
    units: Vec<u16>,
    at: usize,
    line: usize,
    line_start: usize,
}

impl Scanner {
    pub(super) fn new(text: &str) -> Self {
        Self { units: text.encode_utf16().collect(), at: 0, line: 1, line_start: 0 }
    }

    /// The unit under the cursor as a character; `None` at the end. Halves of a surrogate pair show as U+FFFD.
    pub(super) fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    /// The unit `ahead` of the cursor.
    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        let unit = *self.units.get(self.at + ahead)?;
        Some(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The raw unit under the cursor.
    pub(super) fn unit(&self) -> Option<u16> {
        self.units.get(self.at).copied()
    }

    /// Moves by `units`, not beyond the end, and not over a line break (see [`Self::skip_blank`]).
    pub(super) fn advance(&mut self, units: usize) {
        self.at = (self.at + units).min(self.units.len());
    }

    pub(super) fn pass_all(&mut self) {
        self.at = self.units.len();
    }

    /// Moves over one blank or line break, if there is one.
    pub(super) fn skip_blank(&mut self) -> bool {
        match self.peek() {
            Some('\r') => {
                self.at += 1;
                if self.peek() == Some('\n') {
                    self.at += 1;
                }
                self.new_line();
                true
            }
            Some('\n') => {
                self.at += 1;
                self.new_line();
                true
            }
            Some(unit) if unit.is_whitespace() => {
                self.at += 1;
                true
            }
            _ => false,
        }
    }

    /// Moves over blanks, line breaks and comments.
    pub(super) fn skip_blanks(&mut self) {
        while self.skip_blank() || self.skip_comment() {}
    }

    fn skip_comment(&mut self) -> bool {
        match (self.peek(), self.peek_at(1)) {
            (Some('/'), Some('/')) => {
                while !matches!(self.peek(), None | Some('\r' | '\n')) {
                    self.at += 1;
                }
                true
            }
            (Some('/'), Some('*')) => {
                self.at += 2;
                while self.peek().is_some() && (self.peek(), self.peek_at(1)) != (Some('*'), Some('/')) {
                    if !self.skip_blank() {
                        self.at += 1;
                    }
                }
                self.advance(2);
                true
            }
            _ => false,
        }
    }

    /// A line break was passed inside a string.
    pub(super) fn new_line(&mut self) {
        self.line += 1;
        self.line_start = self.at;
    }

    /// Line, from 1, and units before the cursor on it.
    pub(super) fn position(&self) -> (usize, usize) {
        (self.line, self.at - self.line_start)
    }
}

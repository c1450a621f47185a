//! Strings, numbers and words.

use super::reader::{Fault, Reader, Token};
use crate::dotnet::number::{NotInt64, int64};

impl Reader {
    /// A quoted text; the cursor is on its first quote.
    pub(super) fn string(&mut self, quote: char) -> Result<String, Fault> {
        self.scan.advance(1);
        let mut units: Vec<u16> = Vec::new();
        loop {
            match self.scan.peek() {
                None => return Err(self.fault(&format!("Unterminated string. Expected delimiter: {quote}."))),
                Some(unit) if unit == quote => {
                    self.scan.advance(1);
                    return Ok(String::from_utf16_lossy(&units));
                }
                Some('\\') => {
                    self.scan.advance(1);
                    self.escape(&mut units)?;
                }
                Some(unit) => {
                    units.extend(self.scan.unit());
                    self.scan.advance(1);
                    if unit == '\n' {
                        self.scan.new_line();
                    }
                }
            }
        }
    }

    fn escape(&mut self, units: &mut Vec<u16>) -> Result<(), Fault> {
        let Some(unit) = self.scan.peek() else {
            return Err(self.fault("Unterminated string. Expected delimiter: \"."));
        };
        self.scan.advance(1);
        let value = match unit {
            'b' => 8,
            't' => 9,
            'n' => 10,
            'f' => 12,
            'r' => 13,
            '\\' | '"' | '\'' | '/' => u16::try_from(u32::from(unit)).unwrap_or_default(),
            'u' => self.code_unit()?,
            other => return Err(self.fault(&format!("Bad JSON escape sequence: \\{other}."))),
        };
        units.push(value);
        Ok(())
    }

    fn code_unit(&mut self) -> Result<u16, Fault> {
        let digits: Option<String> = (0..4).map(|ahead| self.scan.peek_at(ahead)).collect();
        let Some(digits) = digits else {
            self.scan.pass_all();
            return Err(self.fault("Unexpected end while parsing Unicode escape sequence."));
        };
        let valid = digits.chars().all(|digit| digit.is_ascii_hexdigit());
        match u16::from_str_radix(&digits, 16) {
            Ok(value) if valid => {
                self.scan.advance(4);
                Ok(value)
            }
            _ => Err(self.fault(&format!("Invalid Unicode escape sequence: \\u{digits}."))),
        }
    }

    /// A name without quotes.
    pub(super) fn identifier(&mut self) -> String {
        let mut name = String::new();
        while let Some(unit) = self.scan.peek().filter(|unit| unit.is_alphanumeric() || matches!(unit, '_' | '$')) {
            name.push(unit);
            self.scan.advance(1);
        }
        name
    }

    /// The characters of a number, not yet judged.
    pub(super) fn number_text(&mut self) -> Result<String, Fault> {
        let mut text = String::new();
        loop {
            match self.scan.peek() {
                Some(unit @ ('-' | '+' | 'a'..='f' | 'A'..='F' | 'x' | 'X' | '.' | '0'..='9')) => {
                    text.push(unit);
                    self.scan.advance(1);
                }
                None | Some(',' | '}' | ']' | ')' | '/') => return Ok(text),
                Some(unit) if unit.is_whitespace() => return Ok(text),
                Some(unit) => {
                    let message = format!("Unexpected character encountered while parsing number: {unit}.");
                    return Err(self.fault(&message));
                }
            }
        }
    }

    /// A number of whatever kind.
    pub(super) fn number(&mut self) -> Result<Token, Fault> {
        let text = self.number_text()?;
        match int64(&text) {
            Ok(value) => Ok(Token::Integer(value)),
            Err(NotInt64::Overflow) => Ok(Token::BigInteger(text)),
            Err(NotInt64::Format) => match text.parse() {
                Ok(value) => Ok(Token::Float(value)),
                Err(_) => Err(self.bad_number(&format!("Input string '{text}' is not a valid number."))),
            },
        }
    }

    /// A refusal of a number, which counts as read.
    pub(super) fn bad_number(&mut self, message: &str) -> Fault {
        self.set_unread(Token::Undefined);
        self.fault(message)
    }

    /// Whether `word` stands here, and ends here; passes it as far as it fits.
    pub(super) fn matches(&mut self, word: &str) -> Result<bool, Fault> {
        for unit in word.chars() {
            match self.scan.peek() {
                Some(found) if found == unit => self.scan.advance(1),
                Some(_) => return Ok(false),
                None => return Err(self.fault("Unexpected end when reading token.")),
            }
        }
        Ok(self.scan.peek().is_none_or(|unit| unit.is_whitespace() || matches!(unit, ',' | '}' | ']' | ')' | '/')))
    }

    /// `null`, with the cursor on the `n`.
    pub(super) fn null_after_n(&mut self) -> Result<(), Fault> {
        match self.scan.peek_at(1) {
            Some('u') => {
                if !self.matches("null")? {
                    return Err(self.fault("Error parsing null value."));
                }
                self.set(Token::Null);
                Ok(())
            }
            Some(other) => {
                self.scan.advance(2);
                Err(self.unexpected(other))
            }
            None => {
                self.scan.pass_all();
                Err(self.fault("Unexpected end when reading token."))
            }
        }
    }

    /// A refusal of the character under the cursor.
    pub(super) fn unexpected(&self, unit: char) -> Fault {
        self.fault(&format!("Unexpected character encountered while parsing value: {unit}."))
    }

    /// A refusal that passes the character.
    pub(super) fn unexpected_after(&mut self, unit: char) -> Fault {
        self.scan.advance(1);
        self.unexpected(unit)
    }
}

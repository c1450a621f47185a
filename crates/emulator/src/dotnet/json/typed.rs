//! Values read as the kind that a member wants.

use super::reader::{Fault, Reader, State, Token};
use crate::dotnet::datetime::DateTime;
use crate::dotnet::number;

impl Reader {
    /// Reads a text, as a text: numbers and truth values become one.
    pub(crate) fn read_as_string(&mut self) -> Result<(), Fault> {
        let Some(unit) = self.typed_start()? else { return Ok(()) };
        match unit {
            '"' | '\'' => {
                let text = self.string(unit)?;
                self.set(Token::String(text));
            }
            'n' => self.null_after_n()?,
            '-' | '.' | '0'..='9' => {
                let text = self.number_text()?;
                if text.parse::<f64>().is_err() {
                    return Err(self.bad_number(&format!("Input string '{text}' is not a valid number.")));
                }
                self.set(Token::String(text));
            }
            't' | 'f' => {
                let word = if unit == 't' { "true" } else { "false" };
                if !self.matches(word)? {
                    let next = self.scan.peek().unwrap_or('\0');
                    return Err(self.unexpected(next));
                }
                self.set(Token::String(word.to_owned()));
            }
            other => return Err(self.unexpected_after(other)),
        }
        Ok(())
    }

    /// Reads a date.
    pub(crate) fn read_as_date(&mut self) -> Result<(), Fault> {
        let Some(unit) = self.typed_start()? else { return Ok(()) };
        match unit {
            '"' | '\'' => {
                let text = self.string(unit)?;
                if text.is_empty() {
                    self.set(Token::Null);
                    return Ok(());
                }
                match DateTime::parse(&text, jiff::Timestamp::now()).or_else(|| DateTime::parse_milliseconds(&text)) {
                    Some(date) => self.set(Token::Date(date)),
                    None => return Err(self.not_converted("DateTime", text)),
                }
            }
            'n' => self.null_after_n()?,
            other => return Err(self.unexpected_after(other)),
        }
        Ok(())
    }

    /// Reads a truth value: the texts `true` and `false` in any letter case count, and numbers other than 0.
    pub(crate) fn read_as_boolean(&mut self) -> Result<(), Fault> {
        let Some(unit) = self.typed_start()? else { return Ok(()) };
        match unit {
            '"' | '\'' => {
                let text = self.string(unit)?;
                match number::boolean(&text) {
                    Some(value) => self.set(Token::Boolean(value)),
                    None if text.is_empty() => self.set(Token::Null),
                    None => return Err(self.not_converted("boolean", text)),
                }
            }
            'n' => self.null_after_n()?,
            '-' | '.' | '0'..='9' => {
                let value = match self.number()? {
                    Token::Integer(value) => value != 0,
                    Token::Float(value) => value != 0.0,
                    _ => true,
                };
                self.set(Token::Boolean(value));
            }
            't' | 'f' => {
                if !self.matches(if unit == 't' { "true" } else { "false" })? {
                    let next = self.scan.peek().unwrap_or('\0');
                    return Err(self.unexpected(next));
                }
                self.set(Token::Boolean(unit == 't'));
            }
            other => return Err(self.unexpected_after(other)),
        }
        Ok(())
    }

    /// Reads a 32-bit number; a text that holds one counts.
    pub(crate) fn read_as_int32(&mut self) -> Result<(), Fault> {
        let Some(unit) = self.typed_start()? else { return Ok(()) };
        match unit {
            '"' | '\'' => {
                let text = self.string(unit)?;
                match number::route_int32(&text) {
                    Some(value) => self.set(Token::Integer(value.into())),
                    None if text.is_empty() => self.set(Token::Null),
                    None => return Err(self.not_converted("integer", text)),
                }
            }
            'n' => self.null_after_n()?,
            '-' | '.' | '0'..='9' => {
                let text = self.number_text()?;
                match number::int64(&text).map(i32::try_from) {
                    Ok(Ok(value)) => self.set(Token::Integer(value.into())),
                    Ok(Err(_)) | Err(number::NotInt64::Overflow) => {
                        let message = format!("JSON integer {text} is too large or small for an Int32.");
                        return Err(self.bad_number(&message));
                    }
                    Err(number::NotInt64::Format) => {
                        return Err(self.bad_number(&format!("Input string '{text}' is not a valid integer.")));
                    }
                }
            }
            other => return Err(self.unexpected_after(other)),
        }
        Ok(())
    }

    /// Gets to the first unit of a typed value. `None` when the token is complete already: the end, or the end of an
    /// array.
    fn typed_start(&mut self) -> Result<Option<char>, Fault> {
        if self.state == State::PostValue && self.post_value()? {
            return Ok(None);
        }
        if self.state == State::Finished {
            self.token = Token::None;
            return Ok(None);
        }
        loop {
            self.scan.skip_blanks();
            match self.scan.peek() {
                None => {
                    self.token = Token::None;
                    return Ok(None);
                }
                Some(',') => {
                    self.scan.advance(1);
                    if self.state != State::PostValue {
                        self.set(Token::Undefined);
                        return Ok(None);
                    }
                    self.state_from_scope();
                }
                Some(']') => {
                    self.scan.advance(1);
                    if matches!(self.state, State::Array | State::ArrayStart | State::PostValue) {
                        self.end(Token::EndArray)?;
                        return Ok(None);
                    }
                    return Err(self.unexpected(']'));
                }
                Some(unit) => return Ok(Some(unit)),
            }
        }
    }
}

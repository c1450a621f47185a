//! The pull reader: one token at a time, read as the kind that the member wants.

use super::scan::Scanner;
use crate::dotnet::datetime::DateTime;

/// How deep a document may nest.
const MAX_DEPTH: usize = 32;

/// What was read last.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// Nothing yet, or nothing left.
    None,
    StartObject,
    EndObject,
    StartArray,
    EndArray,
    PropertyName(String),
    String(String),
    Integer(i64),
    /// Digits beyond 64 bits.
    BigInteger(String),
    Float(f64),
    Boolean(bool),
    Null,
    Undefined,
    Date(DateTime),
}

impl Token {
    /// The name that messages use.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::StartObject => "StartObject",
            Self::EndObject => "EndObject",
            Self::StartArray => "StartArray",
            Self::EndArray => "EndArray",
            Self::PropertyName(_) => "PropertyName",
            Self::String(_) => "String",
            Self::Integer(_) | Self::BigInteger(_) => "Integer",
            Self::Float(_) => "Float",
            Self::Boolean(_) => "Boolean",
            Self::Null => "Null",
            Self::Undefined => "Undefined",
            Self::Date(_) => "Date",
        }
    }
}

/// Why a value can't be read: the message with its path and position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub(super) String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Start,
    ObjectStart,
    Object,
    Property,
    ArrayStart,
    Array,
    PostValue,
    Finished,
}

enum Scope {
    Object(String),
    /// The index of the last item, −1 before the first.
    Array(i64),
}

/// Reads tokens from a text.
pub(crate) struct Reader {
    pub(super) scan: Scanner,
    pub(super) state: State,
    pub(super) token: Token,
    scopes: Vec<Scope>,
}

impl Reader {
    pub(crate) fn new(text: &str) -> Self {
        Self { scan: Scanner::new(text), state: State::Start, token: Token::None, scopes: Vec::new() }
    }

    /// What was read last.
    pub(crate) fn token(&self) -> &Token {
        &self.token
    }

    /// How many containers are open around the current token.
    pub(crate) fn depth(&self) -> usize {
        match self.token {
            Token::StartObject | Token::StartArray => self.scopes.len().saturating_sub(1),
            _ => self.scopes.len(),
        }
    }

    /// The path of the current token, such as `references[0].relation`.
    pub(crate) fn path(&self) -> String {
        let inside = !matches!(self.state, State::ObjectStart | State::ArrayStart);
        let shown = if inside { self.scopes.len() } else { self.scopes.len().saturating_sub(1) };
        let mut path = String::new();
        for scope in self.scopes.iter().take(shown) {
            match scope {
                Scope::Array(index) => path.push_str(&format!("[{index}]")),
                Scope::Object(name) if name.contains(is_special) => path.push_str(&format!("['{}']", escaped(name))),
                Scope::Object(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
            }
        }
        path
    }

    /// `message` with where the reader stands.
    pub(crate) fn fault(&self, message: &str) -> Fault {
        let mut text = message.to_owned();
        if !text.ends_with('\n') {
            text = text.trim().to_owned();
            if !text.ends_with('.') {
                text.push('.');
            }
            text.push(' ');
        }
        let (line, column) = self.scan.position();
        Fault(format!("{text}Path '{}', line {line}, position {column}.", self.path()))
    }

    /// Reads the next token; `false` at the end.
    pub(crate) fn read(&mut self) -> Result<bool, Fault> {
        loop {
            match self.state {
                State::Start | State::Property | State::Array | State::ArrayStart => return self.value(),
                State::Object | State::ObjectStart => return self.object(),
                State::PostValue => {
                    if self.post_value()? {
                        return Ok(true);
                    }
                }
                State::Finished => {
                    self.scan.skip_blanks();
                    if let Some(unit) = self.scan.peek() {
                        let message =
                            format!("Additional text encountered after finished reading JSON content: {unit}.");
                        return Err(self.fault(&message));
                    }
                    self.token = Token::None;
                    return Ok(false);
                }
            }
        }
    }

    /// Reads the next token, which has to be there.
    pub(crate) fn read_and_assert(&mut self) -> Result<(), Fault> {
        if self.read()? { Ok(()) } else { Err(self.fault("Unexpected end when reading JSON.")) }
    }

    /// Moves past the children of the current token.
    pub(crate) fn skip(&mut self) -> Result<(), Fault> {
        if matches!(self.token, Token::PropertyName(_)) {
            self.read()?;
        }
        if matches!(self.token, Token::StartObject | Token::StartArray) {
            let depth = self.depth();
            while self.read()? && depth < self.depth() {}
        }
        Ok(())
    }

    fn value(&mut self) -> Result<bool, Fault> {
        self.scan.skip_blanks();
        let Some(unit) = self.scan.peek() else { return Ok(false) };
        match unit {
            '"' | '\'' => {
                let text = self.string(unit)?;
                self.set(Token::String(text));
            }
            't' | 'f' => {
                if !self.matches(if unit == 't' { "true" } else { "false" })? {
                    return Err(self.fault("Error parsing boolean value."));
                }
                self.set(Token::Boolean(unit == 't'));
            }
            'n' => self.null_after_n()?,
            '{' => self.start(Token::StartObject)?,
            '[' => self.start(Token::StartArray)?,
            ']' => {
                self.scan.advance(1);
                self.end(Token::EndArray)?;
            }
            ',' => self.set(Token::Undefined),
            '-' | '.' | '0'..='9' => {
                let token = self.number()?;
                self.set(token);
            }
            other => return Err(self.unexpected(other)),
        }
        Ok(true)
    }

    fn object(&mut self) -> Result<bool, Fault> {
        self.scan.skip_blanks();
        match self.scan.peek() {
            None => return Ok(false),
            Some('}') => {
                self.end(Token::EndObject)?;
                self.scan.advance(1);
            }
            Some(_) => self.property()?,
        }
        Ok(true)
    }

    fn property(&mut self) -> Result<(), Fault> {
        let name = match self.scan.peek() {
            Some(quote @ ('"' | '\'')) => self.string(quote)?,
            Some(unit) if is_identifier(unit) => self.identifier(),
            other => {
                let unit = other.unwrap_or('\0');
                return Err(self.fault(&format!("Invalid property identifier character: {unit}.")));
            }
        };
        self.scan.skip_blanks();
        if self.scan.peek() != Some(':') {
            let unit = self.scan.peek().unwrap_or('\0');
            let message = format!("Invalid character after parsing property name. Expected ':' but got: {unit}.");
            return Err(self.fault(&message));
        }
        self.scan.advance(1);
        if let Some(Scope::Object(current)) = self.scopes.last_mut() {
            current.clone_from(&name);
        }
        self.token = Token::PropertyName(name);
        self.state = State::Property;
        Ok(())
    }

    /// `true` when it ended a container, `false` when a comma was passed or the text is at its end.
    pub(super) fn post_value(&mut self) -> Result<bool, Fault> {
        self.scan.skip_blanks();
        match self.scan.peek() {
            None => {
                self.state = State::Finished;
                Ok(false)
            }
            Some('}') => {
                self.scan.advance(1);
                self.end(Token::EndObject)?;
                Ok(true)
            }
            Some(']') => {
                self.scan.advance(1);
                self.end(Token::EndArray)?;
                Ok(true)
            }
            Some(',') => {
                self.scan.advance(1);
                self.state_from_scope();
                Ok(false)
            }
            Some(unit) => {
                Err(self.fault(&format!("After parsing a value an unexpected character was encountered: {unit}.")))
            }
        }
    }

    fn start(&mut self, token: Token) -> Result<(), Fault> {
        self.scan.advance(1);
        self.count_item();
        let object = token == Token::StartObject;
        self.scopes.push(if object { Scope::Object(String::new()) } else { Scope::Array(-1) });
        self.state = if object { State::ObjectStart } else { State::ArrayStart };
        self.token = token;
        if self.scopes.len() == MAX_DEPTH + 1 {
            return Err(self.fault(&format!("The reader's MaxDepth of {MAX_DEPTH} has been exceeded.")));
        }
        Ok(())
    }

    pub(super) fn end(&mut self, token: Token) -> Result<(), Fault> {
        let fits = match self.scopes.pop() {
            Some(Scope::Object(_)) => token == Token::EndObject,
            Some(Scope::Array(_)) => token == Token::EndArray,
            None => false,
        };
        let kind = token.kind();
        self.token = token;
        if !fits {
            return Err(self.fault(&format!("JsonToken {kind} is not valid for closing JsonType None.")));
        }
        self.state = if self.scopes.is_empty() { State::Finished } else { State::PostValue };
        Ok(())
    }

    pub(super) fn set(&mut self, token: Token) {
        self.set_unread(token);
        self.count_item();
    }

    pub(super) fn not_converted(&mut self, kind: &str, text: String) -> Fault {
        let message = format!("Could not convert string to {kind}: {text}.");
        self.set_unread(Token::String(text));
        self.fault(&message)
    }

    /// Passes a value that could not be used, without counting it as an item.
    pub(super) fn set_unread(&mut self, token: Token) {
        self.token = token;
        self.state = if self.scopes.is_empty() { State::Finished } else { State::PostValue };
    }

    fn count_item(&mut self) {
        if let Some(Scope::Array(index)) = self.scopes.last_mut() {
            *index += 1;
        }
    }

    pub(super) fn state_from_scope(&mut self) {
        self.state = match self.scopes.last() {
            Some(Scope::Object(_)) => State::Object,
            Some(Scope::Array(_)) => State::Array,
            None => State::Finished,
        };
    }

    /// The index of the innermost list.
    pub(super) fn index(&self) -> i64 {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| if let Scope::Array(at) = scope { Some(*at) } else { None })
            .unwrap_or(-1)
    }
}

fn is_special(unit: char) -> bool {
    matches!(
        unit,
        '.' | ' '
            | '\''
            | '/'
            | '"'
            | '['
            | ']'
            | '('
            | ')'
            | '\t'
            | '\n'
            | '\r'
            | '\u{c}'
            | '\u{8}'
            | '\\'
            | '\u{85}'
            | '\u{2028}'
            | '\u{2029}'
    )
}

fn is_identifier(unit: char) -> bool {
    unit.is_alphanumeric() || unit == '_' || unit == '$'
}

fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

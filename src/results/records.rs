//! A streaming parser for AMC's CSV: one record at a time in limited memory.
//!
//! AMC documents comma, `"` and a backslash as escape; other writers double their quotes, so both are accepted:
//! within quotes, `""`, `\"` and `\\` are one character, and any other backslash is literal. The `csv` crate isn't
//! used because it can't distinguish `""` (empty text) from an empty field (NULL), accepts a file that ends within
//! quotes, and doesn't limit the size of a record.

use std::ops::ControlFlow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) escapes: Escapes,
    /// Whether a carriage return alone ends a line, as in old Mac files.
    pub(super) lone_returns: bool,
}

/// How a quotation mark within quotes is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Doubled, or after a backslash.
    Both,
    /// Only doubled; a backslash is literal.
    Doubled,
}

/// Why a file isn't valid CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Unclosed,
    AfterQuote,
    NotUtf8,
    TooLong,
}

impl Fault {
    pub(super) fn message(&self) -> &'static str {
        match self {
            Self::Unclosed => "a quotation mark is never closed, so the file may have been cut off",
            Self::AfterQuote => "there is text after a closing quotation mark",
            Self::NotUtf8 => "it is not UTF-8 text",
            Self::TooLong => "it is longer than a row may be",
        }
    }
}

/// One record; its fields are texts or NULL.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    text: &'a str,
    fields: &'a [Field],
    /// The bytes of the file from the first quotation mark on.
    raw: &'a [u8],
}

#[derive(Clone, Copy)]
struct Field {
    end: usize,
    quoted: bool,
}

impl<'a> Record<'a> {
    pub(super) fn len(self) -> usize {
        self.fields.len()
    }

    /// The lines of the file that the record spans, if several: a value contains a line break or a carriage return.
    /// Quotation marks are as in the file.
    pub(super) fn lines(self) -> Option<Vec<String>> {
        if !self.text.bytes().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return None;
        }
        let whole = if self.raw.is_empty() {
            let starts = std::iter::once(0).chain(self.fields.iter().map(|field| field.end));
            starts.zip(self.fields).map(|(start, field)| &self.text[start..field.end]).collect::<Vec<_>>().join(",")
        } else {
            String::from_utf8_lossy(self.raw).into_owned()
        };
        let lines = whole.replace("\r\n", "\n");
        Some(lines.split(['\n', '\r']).map(str::to_owned).collect())
    }

    /// The number of quotation marks of the record in the file.
    #[expect(clippy::naive_bytecount, reason = "records are short")]
    pub(super) fn quotes(self) -> usize {
        self.raw.iter().filter(|byte| **byte == b'"').count()
    }

    /// Whether the line was empty.
    pub(super) fn is_blank(self) -> bool {
        matches!(self.fields, [Field { end: 0, quoted: false }])
    }

    /// The fields in order: an empty one without quotes is NULL. In a table with one column an empty one with quotes
    /// is NULL, too: writers put quotes there only so that the line isn't lost.
    pub(super) fn values(self) -> impl Iterator<Item = Option<&'a str>> {
        let alone = self.fields.len() == 1;
        let starts = std::iter::once(0).chain(self.fields.iter().map(|field| field.end));
        starts.zip(self.fields).map(move |(start, field)| {
            let text = self.text.get(start..field.end).unwrap_or_default();
            (!text.is_empty() || (field.quoted && !alone)).then_some(text)
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    Backslash,
    QuoteInQuoted,
    ReturnAfterQuote,
}

/// The parser: [`Records::push`] bytes, then [`Records::finish`].
pub(super) struct Records {
    rules: Rules,
    most: usize,
    state: State,
    bytes: Vec<u8>,
    fields: Vec<Field>,
    /// The record's bytes in the file, once it has a quotation mark.
    raw: Vec<u8>,
    /// Whether a carriage return ended the last record, so that a following line feed doesn't end another one.
    is_after_return: bool,
}

impl Records {
    /// A parser for records of at most `most` bytes and as many fields.
    pub(super) fn new(rules: Rules, most: usize) -> Self {
        Self {
            rules,
            most,
            state: State::FieldStart,
            bytes: Vec::new(),
            fields: Vec::new(),
            raw: Vec::new(),
            is_after_return: false,
        }
    }

    /// Parses bytes, passing each complete record to `take` until that breaks.
    pub(super) fn push<B>(
        &mut self,
        mut chunk: &[u8],
        take: &mut impl FnMut(Result<Record<'_>, Fault>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        while let Some(byte) = chunk.first().copied() {
            let run = self.plain_run(chunk);
            if run > 0 {
                self.bytes.extend_from_slice(&chunk[..run]);
                if !self.raw.is_empty() {
                    self.raw.extend_from_slice(&chunk[..run]);
                }
                chunk = &chunk[run..];
            } else {
                chunk = &chunk[1..];
                if std::mem::take(&mut self.is_after_return) && byte == b'\n' {
                    continue;
                }
                self.note(byte);
                match self.step(byte) {
                    Step::Go => {}
                    Step::Record => self.give(take)?,
                    Step::Fault(fault) => take(Err(fault))?,
                }
            }
            if self.bytes.len() > self.most || self.fields.len() > self.most {
                take(Err(Fault::TooLong))?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Passes on the last record without a line end, if any.
    pub(super) fn finish<B>(
        &mut self,
        take: &mut impl FnMut(Result<Record<'_>, Fault>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        match self.state {
            State::Quoted | State::Backslash => take(Err(Fault::Unclosed)),
            State::FieldStart if self.fields.is_empty() => ControlFlow::Continue(()),
            State::FieldStart | State::Plain => {
                self.end_field(false);
                self.give(take)
            }
            State::QuoteInQuoted | State::ReturnAfterQuote => {
                self.end_field(true);
                self.give(take)
            }
        }
    }

    /// The number of following bytes without special meaning.
    fn plain_run(&self, chunk: &[u8]) -> usize {
        let most = &chunk[..chunk.len().min(self.most + 1)];
        let stop = match self.state {
            State::Plain if self.rules.lone_returns => {
                most.iter().position(|byte| matches!(byte, b',' | b'\n' | b'\r'))
            }
            State::Plain => most.iter().position(|byte| matches!(byte, b',' | b'\n')),
            State::Quoted => most.iter().position(|byte| matches!(byte, b'"' | b'\\')),
            _ => Some(0),
        };
        stop.unwrap_or(most.len())
    }

    /// Records a raw byte of the file, from the first quotation mark of a record on; there are none before it.
    fn note(&mut self, byte: u8) {
        if self.raw.is_empty() {
            if byte != b'"' || self.state != State::FieldStart {
                return;
            }
            let mut start = 0;
            for field in &self.fields {
                self.raw.extend_from_slice(&self.bytes[start..field.end]);
                self.raw.push(b',');
                start = field.end;
            }
        }
        self.raw.push(byte);
    }

    fn step(&mut self, byte: u8) -> Step {
        match (self.state, byte) {
            (State::FieldStart | State::Plain, b'\r') if self.rules.lone_returns => {
                self.is_after_return = true;
                self.end_field(false);
                return Step::Record;
            }
            (State::QuoteInQuoted, b'\r') if self.rules.lone_returns => {
                self.is_after_return = true;
                self.end_field(true);
                return Step::Record;
            }
            (State::FieldStart, b'"') => self.state = State::Quoted,
            (State::FieldStart | State::Plain, b',') => self.end_field(false),
            (State::FieldStart | State::Plain, b'\n') => return self.end_line(),
            (State::FieldStart | State::Plain, _) => self.keep(byte, State::Plain),
            (State::Quoted, b'"') => self.state = State::QuoteInQuoted,
            (State::Quoted, b'\\') if self.rules.escapes == Escapes::Both => self.state = State::Backslash,
            (State::Quoted, _) | (State::Backslash, b'"' | b'\\') | (State::QuoteInQuoted, b'"') => {
                self.keep(byte, State::Quoted);
            }
            (State::Backslash, _) => {
                self.bytes.push(b'\\');
                self.keep(byte, State::Quoted);
            }
            (State::QuoteInQuoted, b',') => self.end_field(true),
            (State::QuoteInQuoted, b'\r') => self.state = State::ReturnAfterQuote,
            (State::QuoteInQuoted | State::ReturnAfterQuote, b'\n') => {
                self.end_field(true);
                return Step::Record;
            }
            (State::QuoteInQuoted | State::ReturnAfterQuote, _) => return Step::Fault(Fault::AfterQuote),
        }
        Step::Go
    }

    fn keep(&mut self, byte: u8, next: State) {
        self.bytes.push(byte);
        self.state = next;
    }

    fn end_line(&mut self) -> Step {
        let start = self.fields.last().map_or(0, |field| field.end);
        if self.bytes.len() > start && self.bytes.last() == Some(&b'\r') {
            self.bytes.pop();
        }
        self.end_field(false);
        Step::Record
    }

    fn end_field(&mut self, quoted: bool) {
        self.fields.push(Field { end: self.bytes.len(), quoted });
        self.state = State::FieldStart;
    }

    fn give<B>(&mut self, take: &mut impl FnMut(Result<Record<'_>, Fault>) -> ControlFlow<B>) -> ControlFlow<B> {
        let text = std::str::from_utf8(&self.bytes).ok();
        // OK because two fields, each broken within a character, could look valid when joined.
        let whole = text.filter(|text| self.fields.iter().all(|field| text.is_char_boundary(field.end)));
        // The line end of the record itself isn't part of it.
        let raw = self.raw.strip_suffix(b"\n").unwrap_or(&self.raw);
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let record = |text| Record { text, fields: &self.fields, raw };
        let flow = take(whole.map(record).ok_or(Fault::NotUtf8));
        self.raw.clear();
        self.bytes.clear();
        self.fields.clear();
        flow
    }
}

/// The values of a line in which no quotation mark extends beyond its end: a mark that isn't closed before the next
/// comma or the end is an ordinary character.
pub(super) fn values_of_line(line: &str, escapes: Escapes) -> Vec<Option<String>> {
    let (mut values, mut rest) = (Vec::new(), line);
    loop {
        let quoted = rest.strip_prefix('"').and_then(|body| closed(body, escapes));
        let (value, after) = quoted.map_or_else(
            || {
                let (text, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                (Some(text.to_owned()).filter(|text| !text.is_empty()), after)
            },
            |(text, after)| (Some(text), after),
        );
        values.push(value);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return values,
        }
    }
}

/// The text before the closing quotation mark, and the rest: a comma or nothing.
fn closed(body: &str, escapes: Escapes) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut letters = body.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        match (letter, next) {
            ('"', Some('"')) => {
                letters.next();
                text.push('"');
            }
            ('"', None | Some(',')) => return Some((text, &body[at + 1..])),
            ('"', Some(_)) => return None,
            ('\\', Some(escaped @ ('"' | '\\'))) if escapes == Escapes::Both => {
                letters.next();
                text.push(escaped);
            }
            _ => text.push(letter),
        }
    }
    None
}

enum Step {
    Go,
    Record,
    Fault(Fault),
}

#[cfg(test)]
mod tests;

//! Reads AMC's CSV, pushed in as it comes, one record at a time in bounded memory.
//!
//! AMC documents comma, `"` and a backslash as escape; other writers double their quotes, so both are
//! understood: within quotes `""`, `\"` and `\\` are one character, and any other backslash is
//! itself. The `csv` crate is not used here because it cannot tell `""` (an empty text) from an empty
//! field (NULL), takes a file that breaks off within quotes for whole, and lets one record grow
//! without bound.

use std::ops::ControlFlow;

/// How records are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) escapes: Escapes,
    /// Whether a carriage return alone ends a line, as in files from old machines.
    pub(super) lone_returns: bool,
}

/// How a quote within quotes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Doubled, or after a backslash.
    Both,
    /// Doubled only; a backslash is itself.
    Doubled,
}

/// Why a file cannot be read as CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Unclosed,
    AfterQuote,
    NotUtf8,
    TooLong,
}

impl Fault {
    pub(super) fn words(&self) -> &'static str {
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
    /// The bytes from the first quotation mark on, as they are in the file.
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

    /// The lines of the file that the record takes, where they are several: a value goes on over the end of a line, or
    /// has a carriage return in it. Quotation marks stand in them as they do in the file.
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

    /// How many quotation marks the record has in the file.
    #[expect(clippy::naive_bytecount, reason = "records are short")]
    pub(super) fn quotes(self) -> usize {
        self.raw.iter().filter(|byte| **byte == b'"').count()
    }

    /// Whether the line was empty.
    pub(super) fn is_blank(self) -> bool {
        matches!(self.fields, [Field { end: 0, quoted: false }])
    }

    /// The fields in order: an empty one without quotes is NULL. In a table of one column an empty one
    /// with quotes is NULL, too: writers put quotes there only so that the line is not lost.
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

/// The reader: [`Records::push`] bytes, then [`Records::finish`].
pub(super) struct Records {
    rules: Rules,
    most: usize,
    state: State,
    bytes: Vec<u8>,
    fields: Vec<Field>,
    /// The record as it is in the file, once it has a quotation mark.
    raw: Vec<u8>,
    /// Whether a carriage return ended the last record, so that a line feed behind it ends no other.
    is_after_return: bool,
}

impl Records {
    /// A reader of records of at most `most` bytes and as many fields.
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

    /// Reads on, giving each record that is complete to `take` until that breaks.
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

    /// Gives the record that has no line end after it, if any.
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

    /// How many bytes from here are nothing but content.
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

    /// Keeps a byte of the file as it is, from the first quotation mark of a record on; what is before has none.
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
        // OK because two fields, each broken within a character, could look whole when joined.
        let whole = text.filter(|text| self.fields.iter().all(|field| text.is_char_boundary(field.end)));
        // The end of the record's own line is none within it.
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

/// The values of a line of which no quotation mark reaches beyond its end: one that is not closed before the next
/// comma or the end is a letter like any other.
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

/// The text before the quotation mark that closes it, and what is behind that: a comma or nothing.
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

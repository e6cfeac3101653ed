//! Writes the text that is sent: values as literals in place of `{{name}}`, comments out, one line.
//!
//! One walk over the author's text, which knows only what is a comment, a string, a quoted name, a word
//! or a blank: a field in a comment or a string is not a field, and nothing inside a string is touched.
//! A value can never become anything but a literal: texts are quoted, numbers were read as numbers, and
//! a literal never touches what stands beside it (`'a'` beside `'b'` would be one string, `-` beside
//! `-1` a comment).

use std::collections::HashMap;

use super::fields::Value;
use super::source_map::{Piece, SourceMap};
use crate::amcsql::text::Span;

/// Longest name of a field; longer braces are left as they are.
const NAME_LENGTH: usize = 64;

/// A `{{name}}` of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The name.
    pub(super) name: String,
    /// The place, braces included.
    pub(super) span: Span,
    /// What stands before it.
    pub(super) after: After,
    /// The string around it, if it stands in one and so is no field.
    pub(super) quoted: Option<Span>,
}

/// What stands before a mark, as far as it decides how a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// `IN (`, where a list is values with commas between.
    In,
    /// `VALUES`, where a list is rows.
    Values,
    /// Anything else.
    Other,
}

/// The marks of `sql`, in the order of the text, also those in strings; none of those in comments.
pub(super) fn marks(sql: &str) -> Vec<Mark> {
    let mut before: [&str; 2] = [""; 2];
    let mut marks = Vec::new();
    for (kind, span) in tokens(sql) {
        let text = span.of(sql);
        match kind {
            Kind::Blank => continue,
            Kind::Mark => marks.extend(braces(text).map(|(name, _)| Mark {
                name: name.to_owned(),
                span,
                after: after(before),
                quoted: None,
            })),
            Kind::String => marks.extend(in_string(sql, span)),
            Kind::Word | Kind::Sign => {}
        }
        before = [before[1], text];
    }
    marks
}

fn after([earlier, last]: [&str; 2]) -> After {
    if last.eq_ignore_ascii_case("values") {
        After::Values
    } else if last == "(" && earlier.eq_ignore_ascii_case("in") {
        After::In
    } else {
        After::Other
    }
}

fn in_string(sql: &str, string: Span) -> Vec<Mark> {
    let text = string.of(sql);
    let found = text.match_indices("{{").filter_map(|(at, _)| {
        let (name, length) = braces(&text[at..])?;
        let start = string.start + at;
        let span = Span::new(start, start + length);
        Some(Mark { name: name.to_owned(), span, after: After::Other, quoted: Some(string) })
    });
    found.collect()
}

/// A text to send, and where each part of it came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Filled {
    pub(super) text: String,
    pub(super) map: SourceMap,
}

/// The text to send for `sql`. A name without a value stays as it is.
pub(super) fn fill(sql: &str, values: &HashMap<String, Value>) -> Filled {
    let mut marks = marks(sql).into_iter().filter(|mark| mark.quoted.is_none());
    let mut writer = Writer { text: String::with_capacity(sql.len()), pieces: Vec::new(), blank: None, stuck: false };
    for (kind, span) in tokens(sql) {
        let mark = if kind == Kind::Mark { marks.next() } else { None };
        let value = mark.and_then(|mark| Some((mark.after, values.get(&mark.name)?)));
        match (kind, value) {
            (Kind::Blank, _) => writer.blank = Some(writer.blank.map_or(span, |blank| blank.to(span))),
            (_, Some((after, value))) => writer.literal(&literal(value, after), span),
            (_, None) => writer.copy(span.of(sql), span),
        }
    }
    Filled { text: writer.text, map: SourceMap::new(writer.pieces) }
}

struct Writer {
    text: String,
    pieces: Vec<Piece>,
    /// Blanks and comments that were passed; one blank stands for them once something follows.
    blank: Option<Span>,
    /// Whether the text ends with a literal that must not be touched.
    stuck: bool,
}

impl Writer {
    fn literal(&mut self, literal: &str, author: Span) {
        self.settle();
        if !self.text.is_empty() && !self.text.ends_with([' ', '(', ',']) {
            self.push(" ", Span::new(author.start, author.start), false);
        }
        self.push(literal, author, false);
        self.stuck = true;
    }

    fn copy(&mut self, text: &str, author: Span) {
        self.settle();
        if self.stuck && !text.starts_with([',', ')']) {
            self.push(" ", Span::new(author.start, author.start), false);
        }
        self.push(text, author, true);
        self.stuck = false;
    }

    fn settle(&mut self) {
        if let Some(blank) = self.blank.take()
            && !self.text.is_empty()
        {
            self.push(" ", blank, false);
            self.stuck = false;
        }
    }

    fn push(&mut self, text: &str, author: Span, copied: bool) {
        let sent = Span::new(self.text.len(), self.text.len() + text.len());
        self.text.push_str(text);
        match self.pieces.last_mut() {
            Some(last) if copied && last.copied && last.author.end == author.start => {
                last.sent.end = sent.end;
                last.author.end = author.end;
            }
            _ => self.pieces.push(Piece { sent, author, copied }),
        }
    }
}

/// A value as AMC SQL writes it.
fn literal(value: &Value, after: After) -> String {
    match value {
        Value::List(items) if after == After::Values => joined(items, |item| format!("({})", text(item))),
        Value::List(items) => joined(items, |item| text(item)),
        Value::Null if after == After::Values => "(NULL)".to_owned(),
        value if after == After::Values => format!("({})", single(value)),
        value => single(value),
    }
}

fn single(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Text(value) => text(value),
        Value::Number(number) if number.starts_with('-') => format!("({number})"),
        Value::Number(number) => number.clone(),
        Value::Boolean(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Value::Date(day) => format!("CAST('{}' AS DATE)", day.format("%Y-%m-%d")),
        Value::DateTime(time) => format!("CAST('{}' AS TIMESTAMP)", time.format("%Y-%m-%d %H:%M:%S")),
        Value::List(items) => joined(items, |item| text(item)),
    }
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn joined(items: &[String], one: impl Fn(&str) -> String) -> String {
    items.iter().map(|item| one(item)).collect::<Vec<_>>().join(", ")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Blanks and comments.
    Blank,
    /// A string or a quoted name; one that is not closed reaches to the end.
    String,
    Word,
    Sign,
    /// `{{name}}`.
    Mark,
}

/// All bytes of `sql`, cut.
fn tokens(sql: &str) -> impl Iterator<Item = (Kind, Span)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = sql.get(at..)?;
        let first = rest.chars().next()?;
        let (kind, length) = token(rest, first);
        let span = Span::new(at, at + length);
        at = span.end;
        Some((kind, span))
    })
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    let until = |end: fn(char) -> bool| rest.find(end).unwrap_or(rest.len());
    if is_blank(first) {
        return (Kind::Blank, until(|c| !is_blank(c)));
    }
    if rest.starts_with("--") {
        return (Kind::Blank, until(|c| matches!(c, '\n' | '\r')));
    }
    if rest.starts_with("/*") {
        return (Kind::Blank, rest[2..].find("*/").map_or(rest.len(), |end| end + 4));
    }
    if matches!(first, '\'' | '"') {
        // OK because a doubled quote is the end of one string and the beginning of the next: same bytes.
        return (Kind::String, rest[1..].find(first).map_or(rest.len(), |end| end + 2));
    }
    if let Some((_, length)) = braces(rest) {
        return (Kind::Mark, length);
    }
    if is_word(first) {
        return (Kind::Word, until(|c| !is_word(c)));
    }
    (Kind::Sign, first.len_utf8())
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// The name and the length of the `{{name}}` that `text` begins with.
fn braces(text: &str) -> Option<(&str, usize)> {
    let inside = text.strip_prefix("{{")?;
    // OK to look no further: a name has a limit, and this is asked at every brace.
    let near = inside.char_indices().nth(NAME_LENGTH + 16).map_or(inside, |(end, _)| &inside[..end]);
    let end = near.find("}}")?;
    let name = inside[..end].trim_matches([' ', '\t']);
    let word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let first = name.bytes().next()?;
    (word && name.len() <= NAME_LENGTH && !first.is_ascii_digit()).then_some((name, end + 4))
}

#[cfg(test)]
mod tests;

//! RecomAMP's own fields, `{{name}}`: filled with literals before a query is sent.
//!
//! They aren't AMC's custom parameters: AMC never sees them. Fields are found with the lexer's rules, so one in a
//! comment or in a string is text. A value is written as a literal of the field's declared type and never as raw
//! text: whatever a person types, the structure of the query stays the same.

mod literal;

use crate::amcsql::codes::{self, Code};
use std::collections::BTreeMap;

pub use literal::{Invalid, MOST_CHARACTERS, MOST_ITEMS, Value};

use super::finding::Finding;
use super::flatten::Mapped;
use super::lexer;
use super::parser::MAX_TEXT;
use super::spelling;
use super::text::{LineIndex, Span};

/// Maximum length of a field's name, in characters.
pub const LONGEST_NAME: usize = 64;

/// One `{{name}}` in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name: a letter or `_`, then letters, digits or `_`.
    pub name: String,
    /// Its position, including braces.
    pub span: Span,
    /// Whether it is in the place of a row of `VALUES`, so that a list is written as rows.
    pub rows: bool,
    /// Whether it is alone in the parentheses of `IN (…)` or an item of a list, so that a list may be written with
    /// commas.
    pub in_list: bool,
}

/// The fields of `text` in order; one that is used twice occurs twice. Braces without a valid name between them
/// aren't fields.
pub fn fields(text: &str) -> Vec<Field> {
    let opaque = lexer::opaque_ranges(text);
    let mut found = Vec::new();
    let mut hidden = opaque.iter().peekable();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("{{")).map(|it| it + at) {
        while hidden.peek().is_some_and(|it| it.end <= start) {
            hidden.next();
        }
        if let Some(range) = hidden.peek().filter(|it| it.start <= start) {
            at = range.end;
            continue;
        }
        let body = text.get(start + 2..).unwrap_or_default();
        // OK because the search is limited to the length of a name with surrounding spaces.
        let near = body.as_bytes().get(..LONGEST_NAME + 20).unwrap_or(body.as_bytes());
        let inside = near.windows(2).position(|pair| pair == b"}}");
        let name = inside.and_then(|length| body.get(..length)).map(str::trim).filter(|it| is_name(it));
        match (inside, name) {
            (Some(length), Some(name)) => {
                let span = Span::new(start, start + length + 4);
                found.push(Field { name: name.to_owned(), span, rows: false, in_list: false });
                at = span.end;
            }
            _ => at = start + 2,
        }
    }
    place(text, &mut found, &opaque);
    found
}

/// Whether `name` is a valid field name.
pub fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|it| it.is_ascii_alphabetic() || it == '_')
        && characters.all(|it| it.is_ascii_alphanumeric() || it == '_')
        && name.len() <= LONGEST_NAME
}

/// Determines the context of each field.
fn place(text: &str, fields: &mut [Field], opaque: &[Span]) {
    let mut comments =
        opaque.iter().filter(|it| text.get(it.start..).is_some_and(|it| it.starts_with(['-', '/']))).peekable();
    let mut before = Before::default();
    let mut at = 0;
    for field in fields {
        while at < field.span.start {
            let comment = comments.peek().copied().copied();
            let end = comment.map_or(field.span.start, |it| it.start.min(field.span.start));
            if let Some(piece) = text.get(at..end) {
                before.read(piece);
            }
            at = end;
            if comment.is_some_and(|it| it.start == at && at < field.span.start) {
                at = comment.map_or(at, |it| it.end);
                comments.next();
            }
        }
        field.rows = before.next == Next::Row;
        field.in_list = before.next == Next::Item;
        before.field();
        at = field.span.end;
    }
}

/// The state of reading up to a position.
#[derive(Default)]
struct Before {
    word: String,
    /// What may come next.
    next: Next,
    /// What each open parenthesis belongs to.
    open: Vec<Open>,
}

/// What may come next.
#[derive(Clone, Copy, Default, PartialEq)]
enum Next {
    #[default]
    One,
    /// An item of a list.
    Item,
    /// A row of `VALUES`.
    Row,
    /// A comma and another row.
    AfterRow,
}

/// What a parenthesis belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    List,
    Row,
    Other,
}

impl Before {
    /// Maximum depth of parentheses; deeper ones don't count as lists.
    const DEEPEST: usize = 1_000;

    fn read(&mut self, piece: &str) {
        for token in piece.split_inclusive(|it: char| !it.is_alphanumeric() && it != '_') {
            let (word, end) = match token.char_indices().next_back() {
                Some((at, last)) if !last.is_alphanumeric() && last != '_' => {
                    (token.get(..at).unwrap_or(token), Some(last))
                }
                _ => (token, None),
            };
            if !word.is_empty() {
                word.clone_into(&mut self.word);
                self.next = if word.eq_ignore_ascii_case("VALUES") { Next::Row } else { Next::One };
            }
            match end {
                Some(sign) if !sign.is_whitespace() => self.sign(sign),
                _ => {}
            }
        }
    }

    fn sign(&mut self, sign: char) {
        let word = std::mem::take(&mut self.word);
        self.next = match sign {
            '(' | '[' => {
                let list = ["IN", "ARRAY"].iter().any(|it| word.eq_ignore_ascii_case(it));
                let open = match self.next {
                    Next::Row => Open::Row,
                    _ if list => Open::List,
                    _ => Open::Other,
                };
                if self.open.len() < Self::DEEPEST {
                    self.open.push(open);
                }
                if list { Next::Item } else { Next::One }
            }
            ')' | ']' if self.open.pop() == Some(Open::Row) => Next::AfterRow,
            ',' if self.next == Next::AfterRow => Next::Row,
            ',' if self.open.last() == Some(&Open::List) => Next::Item,
            _ => Next::One,
        };
    }

    /// A field was read: it counts as whatever was possible.
    fn field(&mut self) {
        self.word.clear();
        self.next = if self.next == Next::Row { Next::AfterRow } else { Next::One };
    }
}

/// `text` with every field replaced by its value's literal, with a mapping of its parts. The findings report fields
/// without a value, a value that can't be written, or a list where a single value is required; the text is only
/// complete without findings.
pub fn fill(text: &str, values: &BTreeMap<String, Value>) -> Result<Mapped, Vec<Finding>> {
    let index = LineIndex::new(text);
    let mut filled = Mapped::default();
    let mut findings = Vec::new();
    let mut end = 0;
    for field in fields(text) {
        filled.copy(text, Span::new(end, field.span.start));
        end = field.span.end;
        let Some(value) = values.get(&field.name) else {
            findings.push(missing(&field, values, &index));
            continue;
        };
        match value.write(&field) {
            Ok(literal) => filled.put(&apart(text, &literal, field.span), field.span),
            Err(invalid) => findings.push(refused(codes::FIELD_VALUE, &field, &invalid.to_string(), &index)),
        }
        if filled.text.len() > MAX_TEXT {
            let message = format!(
                "with its values the query has more than {MAX_TEXT} bytes. Keep long lists in an uploaded table."
            );
            findings.push(refused(codes::FIELD_VALUE, &field, &message, &index));
            return Err(findings);
        }
    }
    filled.copy(text, Span::new(end, text.len()));
    if findings.is_empty() { Ok(filled) } else { Err(findings) }
}

/// The literal, with a space where it would merge with an adjacent word, number or text.
fn apart(text: &str, literal: &str, span: Span) -> String {
    let joins = |it: char| it.is_alphanumeric() || matches!(it, '_' | '$' | '\'' | '"' | '.' | '}');
    let before = text.get(..span.start).and_then(|it| it.chars().next_back()).is_some_and(joins);
    let after = text.get(span.end..).and_then(|it| it.chars().next()).is_some_and(joins);
    format!("{}{literal}{}", if before { " " } else { "" }, if after { " " } else { "" })
}

fn missing(field: &Field, values: &BTreeMap<String, Value>, index: &LineIndex<'_>) -> Finding {
    let meant = spelling::closest(&field.name, values.keys().map(String::as_str));
    let hint = meant.map_or(String::new(), |it| format!(" Did you mean `{it}`?"));
    let message = format!("the field has no value. Fill it in on the form.{hint}");
    refused(codes::MISSING_FIELD, field, &message, index)
}

fn refused(code: Code, field: &Field, message: &str, index: &LineIndex<'_>) -> Finding {
    let place = index.place(field.span.start);
    let amc = format!("Encountered \"{{\" at line {}, column {}.", place.line, place.column);
    Finding::error(code, field.span, format!("{{{{{}}}}}: {message}", field.name), amc)
}

/// `text` with a literal in place of every field, for checking it before values are known. Fields without a sample
/// become NULL.
pub fn sample(text: &str, samples: &BTreeMap<String, Value>) -> Mapped {
    let mut filled = Mapped::default();
    let mut end = 0;
    for field in fields(text) {
        filled.copy(text, Span::new(end, field.span.start));
        end = field.span.end;
        let fallback = if field.rows { "(NULL)" } else { "NULL" };
        let literal = samples.get(&field.name).and_then(|it| it.write(&field).ok());
        filled.put(&apart(text, literal.as_deref().unwrap_or(fallback), field.span), field.span);
        if filled.text.len() > MAX_TEXT {
            break;
        }
    }
    filled.copy(text, Span::new(end, text.len()));
    filled
}

#[cfg(test)]
mod tests;

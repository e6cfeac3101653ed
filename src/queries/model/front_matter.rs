//! Front matter: the TOML above the text of a guide, or in the comment above the SQL of a query, entry by entry.
//!
//! Invalid entries are reported with line and column in the file, and valid ones are still used: an author sees all
//! errors at once.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// An error in a file, for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line of the file, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Fault {
    /// Of a whole line.
    pub fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, column: 1, message: message.into() }
    }
}

/// A TOML block in a file.
#[derive(Clone, Copy, Debug)]
pub struct FrontMatter<'a> {
    text: &'a str,
    /// The line of the file at which it begins, from 1.
    first: usize,
    /// The length of the prefix of each line, such as comment markers.
    indents: &'a [usize],
}

/// One key with its value.
#[derive(Debug)]
pub struct Entry<'a> {
    block: FrontMatter<'a>,
    at: usize,
    pub key: String,
    value: Spanned<DeValue<'a>>,
}

impl<'a> FrontMatter<'a> {
    /// TOML that begins at line `first` of its file.
    pub const fn new(text: &'a str, first: usize) -> Self {
        Self { text, first, indents: &[] }
    }

    /// The same, with a prefix of this length in each line.
    #[must_use]
    pub const fn behind(self, indents: &'a [usize]) -> Self {
        Self { indents, ..self }
    }

    /// Its entries, in their order.
    pub fn entries(self, faults: &mut Vec<Fault>) -> Vec<Entry<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        faults.extend(
            errors
                .iter()
                .map(|error| self.fault(error.span(), format!("The front matter is not TOML: {}.", error.message()))),
        );
        self.of(table.into_inner())
    }

    fn of(self, table: DeTable<'a>) -> Vec<Entry<'a>> {
        let entry = |(key, value): (Spanned<_>, _)| {
            let at = key.span().start;
            let key: std::borrow::Cow<'_, str> = key.into_inner();
            Entry { block: self, at, key: key.into_owned(), value }
        };
        let mut entries: Vec<Entry<'a>> = table.into_iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    /// What is wrong at a place of the block.
    fn fault(self, span: Option<Range<usize>>, message: impl Into<String>) -> Fault {
        let (line, column) = self.place(span.map_or(0, |span| span.start));
        Fault { line, column, message: message.into() }
    }

    /// The line and column in the file of a byte of the block.
    fn place(self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count();
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count();
        (self.first + line, column + 1 + self.indents.get(line).copied().unwrap_or(0))
    }
}

impl<'a> Entry<'a> {
    /// What is wrong with it.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        self.block.fault(Some(self.at..self.at), message)
    }

    /// The line in the file at which its value begins.
    pub fn line(&self) -> usize {
        self.block.place(self.value.span().start).0
    }

    /// The value; where it is none of this type, the one that stands for nothing, and a fault.
    pub fn read<T: DeserializeOwned + Default>(&self, faults: &mut Vec<Fault>) -> T {
        T::deserialize(ValueDeserializer::from(self.value.clone())).unwrap_or_else(|error| {
            let span = error.span().or_else(|| Some(self.value.span()));
            let message = match wanted(error.message()) {
                Some(wanted) => format!("`{}` must be {wanted}.", self.key),
                None => format!("`{}`: {}.", self.key, error.message()),
            };
            faults.push(self.block.fault(span, message));
            T::default()
        })
    }

    /// The entries of a table, in their order.
    pub fn entries(self, faults: &mut Vec<Fault>) -> Vec<Entry<'a>> {
        let Self { block, at, key, value } = self;
        if let DeValue::Table(table) = value.into_inner() {
            return block.of(table);
        }
        faults.push(block.fault(Some(at..at), format!("`{key}` is no table. Begin it with a line `[{key}]`.")));
        Vec::new()
    }

    /// The tables of an array of tables, each with its position and its entries in order.
    pub fn tables(self, faults: &mut Vec<Fault>) -> Vec<(Fault, Vec<Entry<'a>>)> {
        let Self { block, at, key, value } = self;
        let DeValue::Array(items) = value.into_inner() else {
            faults.push(
                block.fault(Some(at..at), format!("`{key}` is no list of tables. Begin each with a line `[[{key}]]`.")),
            );
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            let place = block.fault(Some(item.span()), "");
            match item.into_inner() {
                DeValue::Table(table) => tables.push((place, block.of(table))),
                _ => faults.push(Fault { message: format!("`{key}` holds something that is no table."), ..place }),
            }
        }
        tables
    }
}

/// What an author must write in place of a value of another type, from the message of the parser.
fn wanted(message: &str) -> Option<&'static str> {
    match message.trim_end().rsplit_once("expected ")?.1 {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => Some("a whole number, without quotes"),
        "f32" | "f64" => Some("a number, without quotes"),
        "a string" => Some("text in quotes"),
        "a boolean" => Some("true or false, without quotes"),
        "a sequence" => Some("a list in brackets, such as [\"a\", \"b\"]"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_type_is_told_in_words() {
        let mut faults = Vec::new();
        let text = "a = \"ten\"\nb = \"x\"\nc = 1\nd = 1\n";
        let entries = FrontMatter::new(text, 1).entries(&mut faults);
        let _: (u32, Vec<String>) = (entries[0].read(&mut faults), entries[1].read(&mut faults));
        let _: (String, bool) = (entries[2].read(&mut faults), entries[3].read(&mut faults));
        let told: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
        assert_eq!(
            told,
            [
                "`a` must be a whole number, without quotes.",
                "`b` must be a list in brackets, such as [\"a\", \"b\"].",
                "`c` must be text in quotes.",
                "`d` must be true or false, without quotes.",
            ]
        );
    }

    #[test]
    fn entries_come_in_their_order_with_values_of_any_type() {
        let mut faults = Vec::new();
        let text = "title = \"Reach: the \\\"basics\\\"\"\n# a remark\ntags = [\"a\", \"b\"]\nminutes = 10\n";
        let entries = FrontMatter::new(text, 2).entries(&mut faults);
        assert_eq!(entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["title", "tags", "minutes"]);
        assert_eq!(entries[0].read::<String>(&mut faults), "Reach: the \"basics\"");
        assert_eq!(entries[1].read::<Vec<String>>(&mut faults), ["a", "b"]);
        assert_eq!(entries[2].read::<u32>(&mut faults), 10);
        assert_eq!(faults, []);
    }

    #[test]
    fn what_is_not_understood_is_reported_with_line_and_column() {
        let mut faults = Vec::new();
        let entries =
            FrontMatter::new("minutes = \"ten\"\ntags = [\"a\"]\ntags = []\ntitle: x\n", 5).entries(&mut faults);
        let minutes = entries.iter().find(|entry| entry.key == "minutes").unwrap();
        minutes.read::<u32>(&mut faults);
        faults.sort_by_key(|fault| fault.line);
        let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column)).collect();
        assert!(places.contains(&(5, 11)) && places.contains(&(7, 1)), "{faults:?}");
        assert_eq!(places.last().map(|place| place.0), Some(8), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.message.contains("minutes")), "{faults:?}");
    }

    #[test]
    fn a_place_counts_the_marks_of_the_comment_around_it() {
        let mut faults = Vec::new();
        let block = FrontMatter::new("a = 1\nb = \"x\"\n", 2).behind(&[3, 2]);
        for entry in block.entries(&mut faults) {
            entry.read::<i64>(&mut faults);
        }
        assert_eq!(faults.iter().map(|fault| (fault.line, fault.column)).collect::<Vec<_>>(), [(3, 7)]);
    }
}

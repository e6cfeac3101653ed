//! Reads TOML, the form of a guide's head and of the fields of its queries, entry by entry.
//!
//! What does not fit is a fault with its line and column, beside what does: an author sees everything at once.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::model::Fault;

/// A block of TOML inside a guide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    text: &'a str,
    /// The line of the file at which it begins, from 1.
    first: usize,
}

/// One key with its value.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    block: Block<'a>,
    at: usize,
    pub(super) key: String,
    value: Spanned<DeValue<'a>>,
}

impl<'a> Block<'a> {
    pub(super) const fn new(text: &'a str, first: usize) -> Self {
        Self { text, first }
    }

    /// Its entries, in their order.
    pub(super) fn entries(self, faults: &mut Vec<Fault>) -> Vec<Entry<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        faults.extend(errors.iter().map(|error| self.fault(error.span(), error.message())));
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
        let before = self.text.get(..span.map_or(0, |span| span.start)).unwrap_or(self.text);
        let line = before.matches('\n').count();
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count();
        Fault { line: self.first + line, column: column + 1, message: message.into() }
    }
}

impl<'a> Entry<'a> {
    /// What is wrong with it.
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        self.block.fault(Some(self.at..self.at), message)
    }

    /// The value; where it is none of this type, the one that stands for nothing, and a fault.
    pub(super) fn read<T: DeserializeOwned + Default>(&self, faults: &mut Vec<Fault>) -> T {
        T::deserialize(ValueDeserializer::from(self.value.clone())).unwrap_or_else(|error| {
            let span = error.span().or_else(|| Some(self.value.span()));
            faults.push(self.block.fault(span, format!("`{}`: {}.", self.key, error.message())));
            T::default()
        })
    }

    /// The entries of a table, in their order.
    pub(super) fn entries(self, faults: &mut Vec<Fault>) -> Vec<Entry<'a>> {
        let Self { block, at, key, value } = self;
        if let DeValue::Table(table) = value.into_inner() {
            return block.of(table);
        }
        let message = format!("`{key}` is no table. Begin the field with a line `[{key}]`.");
        faults.push(block.fault(Some(at..at), message));
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_in_their_order_with_values_of_any_type() {
        let mut faults = Vec::new();
        let text = "title = \"Reach: the \\\"basics\\\"\"\n# a remark\ntags = [\"a\", \"b\"]\nminutes = 10\n";
        let entries = Block::new(text, 2).entries(&mut faults);
        assert_eq!(entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["title", "tags", "minutes"]);
        assert_eq!(entries[0].read::<String>(&mut faults), "Reach: the \"basics\"");
        assert_eq!(entries[1].read::<Vec<String>>(&mut faults), ["a", "b"]);
        assert_eq!(entries[2].read::<u32>(&mut faults), 10);
        assert_eq!(faults, []);
    }

    #[test]
    fn what_is_not_understood_is_told_with_line_and_column() {
        let mut faults = Vec::new();
        let entries = Block::new("minutes = \"ten\"\ntags = [\"a\"]\ntags = []\ntitle: x\n", 5).entries(&mut faults);
        let minutes = entries.iter().find(|entry| entry.key == "minutes").unwrap();
        minutes.read::<u32>(&mut faults);
        faults.sort_by_key(|fault| fault.line);
        let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column)).collect();
        assert!(places.contains(&(5, 11)) && places.contains(&(7, 1)), "{faults:?}");
        assert_eq!(places.last().map(|place| place.0), Some(8), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.message.contains("minutes")), "{faults:?}");
    }
}

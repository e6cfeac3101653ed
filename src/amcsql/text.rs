//! Places in a text: byte ranges for programs, lines and columns for people.

use serde::{Deserialize, Serialize};

/// A half-open range of byte offsets into the author's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to, not including, `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text of the range; empty when it does not fit `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// A 1-based line and column; columns count characters, so a tab is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// 1 for the first line.
    pub line: usize,
    /// 1 for the first character of the line.
    pub column: usize,
}

/// Finds the line and column of byte offsets without walking the text again for each.
#[derive(Clone, Debug)]
pub struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    /// Reads the line starts of `text`, once.
    pub fn new(text: &'a str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        Self { text, starts }
    }

    /// Where the byte at `offset` is; an offset past the end is the place after the last character.
    pub fn place(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.as_bytes().get(start..offset).unwrap_or_default();
        // OK because bytes that continue a character are the only ones of the form 10xxxxxx.
        let column = before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count() + 1;
        Place { line, column }
    }

    /// First and last place of `span` the way AMC prints them: the end is inclusive.
    pub fn range(&self, span: Span) -> (Place, Place) {
        let start = self.place(span.start);
        let end = self.place(span.end);
        let inside = span.end > span.start && end.column > 1;
        (start, Place { line: end.line, column: if inside { end.column - 1 } else { end.column } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_start_at_one() {
        let text = "SELECT 'ü', x\nFROM t";
        let index = LineIndex::new(text);
        let x = text.find('x').unwrap();
        assert_eq!(index.place(x), Place { line: 1, column: 13 });
        assert_eq!(index.place(text.find("FROM").unwrap()), Place { line: 2, column: 1 });
    }

    #[test]
    fn a_range_ends_on_its_last_character() {
        let text = "SELECT campaign";
        let (start, end) = LineIndex::new(text).range(Span::new(7, 15));
        assert_eq!((start.column, end.column), (8, 15));
    }

    #[test]
    fn an_offset_past_the_end_is_after_the_last_character() {
        assert_eq!(LineIndex::new("ab").place(99), Place { line: 1, column: 3 });
        assert_eq!(LineIndex::new("").place(0), Place { line: 1, column: 1 });
    }
}

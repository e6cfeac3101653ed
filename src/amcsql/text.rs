//! Positions in a text: byte ranges for programs, lines and columns for people.

use serde::{Deserialize, Serialize};

/// A half-open range of byte offsets into the author's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` (inclusive) to `end` (exclusive).
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text of the range; empty if it is out of range.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// A 1-based line and column; columns count characters, so a tab is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

/// Converts byte offsets to lines and columns without scanning the text for each.
#[derive(Clone, Debug)]
pub struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// The number of characters before every [`STEP`]th byte.
    before: Vec<usize>,
}

/// Bytes between two stored character counts, so that a position far into a long line is found quickly.
const STEP: usize = 1024;

impl<'a> LineIndex<'a> {
    /// Indexes the line starts of `text`.
    pub fn new(text: &'a str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        let mut before = vec![0];
        let mut count = 0;
        for chunk in text.as_bytes().chunks(STEP) {
            count += characters(chunk);
            before.push(count);
        }
        Self { text, starts, before }
    }

    /// The number of characters before the byte at `offset`.
    fn characters_before(&self, offset: usize) -> usize {
        let step = offset / STEP;
        let rest = self.text.as_bytes().get(step * STEP..offset).unwrap_or_default();
        self.before.get(step).copied().unwrap_or(0) + characters(rest)
    }

    /// The place of the byte at `offset`; an offset past the end is the place after the last character.
    pub fn place(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self.characters_before(offset) - self.characters_before(start) + 1;
        Place { line, column }
    }

    /// First and last place of `span` as printed by AMC: the end is inclusive.
    pub fn range(&self, span: Span) -> (Place, Place) {
        let start = self.place(span.start);
        let end = self.place(span.end);
        let inside = span.end > span.start && end.column > 1;
        (start, Place { line: end.line, column: if inside { end.column - 1 } else { end.column } })
    }
}

/// The number of characters that begin in `bytes`.
fn characters(bytes: &[u8]) -> usize {
    // OK because only continuation bytes have the form 10xxxxxx.
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn every_place_counts_lines_and_the_characters_before_it(part in "[a-zü€\\n]{0,40}", times in 1..90_usize, at in 0..4_000_usize) {
            let text = part.repeat(times);
            let offset = (0..=at.min(text.len())).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0);
            let before = &text[..offset];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            prop_assert_eq!(LineIndex::new(&text).place(offset), Place { line, column });
        }
    }
}

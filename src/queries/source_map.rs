//! Maps positions in the sent text to the author's text.
//!
//! What is sent is one line with values in place of `{{name}}`; AMC's positions refer to it. The map converts them to
//! the author's lines. It is stored with each execution, since a query may be edited while one of its executions is
//! in progress.

use serde::{Deserialize, Serialize};

use crate::amcsql::flatten::Mapped;
use crate::amcsql::text::{LineIndex, Place, Span};

/// Pieces of the sent text in order, each with its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceMap(Vec<Piece>);

/// One piece of the sent text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[usize; 5]", into = "[usize; 5]")]
pub struct Piece {
    /// Its position in the sent text.
    pub sent: Span,
    /// The position in the author's text.
    pub author: Span,
    /// Whether it was copied verbatim. Otherwise the whole piece corresponds to the whole range.
    pub copied: bool,
}

impl From<[usize; 5]> for Piece {
    fn from([sent, sent_end, author, author_end, copied]: [usize; 5]) -> Self {
        Self { sent: Span::new(sent, sent_end), author: Span::new(author, author_end), copied: copied == 1 }
    }
}

impl From<Piece> for [usize; 5] {
    fn from(piece: Piece) -> Self {
        let (sent, author) = (piece.sent, piece.author);
        [sent.start, sent.end, author.start, author.end, usize::from(piece.copied)]
    }
}

impl From<&Mapped> for SourceMap {
    fn from(mapped: &Mapped) -> Self {
        Self(mapped.parts().map(|(sent, author, copied)| Piece { sent, author, copied }).collect())
    }
}

impl SourceMap {
    /// The author's range for a range of the sent text: the smallest that contains everything it came from.
    pub fn author(&self, sent: Span) -> Span {
        let start = self.boundary(sent.start, false);
        let end = self.boundary(sent.end, true);
        Span::new(start, end.max(start))
    }

    /// The author's range, if the whole sent range was copied verbatim from one place.
    pub fn exact(&self, sent: Span) -> Option<Span> {
        let at = self.0.partition_point(|piece| piece.sent.end < sent.end.max(sent.start));
        let piece = self.0.get(at).filter(|piece| piece.copied && piece.sent.start <= sent.start)?;
        let start = piece.author.start + (sent.start - piece.sent.start);
        Some(Span::new(start, start + sent.end.saturating_sub(sent.start)))
    }

    /// The author's line and column for AMC's, both counted from 1; `None` if the sent text has no such position.
    pub fn place(&self, sent_text: &str, author_text: &str, line: usize, column: usize) -> Option<Place> {
        let offset = offset(sent_text, line, column)?;
        Some(LineIndex::new(author_text).place(self.boundary(offset, false)))
    }

    /// `is_end` requests the end of the range instead of its start.
    fn boundary(&self, sent: usize, is_end: bool) -> usize {
        let at = if is_end {
            self.0.partition_point(|piece| piece.sent.end < sent)
        } else {
            self.0.partition_point(|piece| piece.sent.end <= sent)
        };
        let Some(piece) = self.0.get(at).or(self.0.last()) else { return 0 };
        if piece.copied {
            let inside = sent.clamp(piece.sent.start, piece.sent.end) - piece.sent.start;
            piece.author.start + inside
        } else if is_end || sent >= piece.sent.end {
            piece.author.end
        } else {
            piece.author.start
        }
    }
}

/// The byte of a line and column, both counted from 1.
pub(super) fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = match line.checked_sub(1)? {
        0 => 0,
        before => text.match_indices('\n').nth(before - 1)?.0 + 1,
    };
    let rest = text.get(start..)?;
    let rest = rest.split('\n').next().unwrap_or(rest);
    rest.char_indices().map(|(at, _)| at).chain([rest.len()]).nth(column.checked_sub(1)?).map(|at| start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SELECT a\n  FROM {{t}}` sent as `SELECT a FROM 'x'`: a space for a line break, a value for a name.
    fn map() -> SourceMap {
        let pieces = [[0, 8, 0, 8, 1], [8, 9, 8, 11, 0], [9, 14, 11, 16, 1], [14, 17, 16, 21, 0]];
        SourceMap(pieces.map(Piece::from).to_vec())
    }

    #[test]
    fn copied_text_keeps_its_place_and_a_value_stands_for_its_name() {
        assert_eq!(map().author(Span::new(7, 8)), Span::new(7, 8));
        assert_eq!(map().author(Span::new(9, 13)), Span::new(11, 15));
        assert_eq!(map().author(Span::new(15, 16)), Span::new(16, 21));
        assert_eq!(map().author(Span::new(7, 15)), Span::new(7, 21));
        assert_eq!(map().author(Span::new(99, 99)), Span::new(21, 21));
        assert_eq!(SourceMap::default().author(Span::new(3, 4)), Span::new(0, 0));
    }

    #[test]
    fn only_copied_text_is_exact() {
        assert_eq!(map().exact(Span::new(9, 13)), Some(Span::new(11, 15)));
        assert_eq!(map().exact(Span::new(14, 17)), None);
        assert_eq!(map().exact(Span::new(7, 10)), None);
        assert_eq!(map().exact(Span::new(50, 60)), None);
    }

    #[test]
    fn amcs_places_lead_to_the_authors_lines() {
        let (sent, author) = ("SELECT a FROM 'x'", "SELECT a\n  FROM {{t}}");
        let place = |line, column| map().place(sent, author, line, column).map(|place| (place.line, place.column));
        assert_eq!(place(1, 8), Some((1, 8)));
        assert_eq!(place(1, 10), Some((2, 3)));
        assert_eq!(place(1, 16), Some((2, 8)));
        assert_eq!(place(2, 1), None);
        assert_eq!(place(0, 0), None);
    }

    #[test]
    fn a_map_survives_its_storage_as_an_array() {
        let json = serde_json::to_value(map()).unwrap();
        assert!(json.is_array());
        assert_eq!(serde_json::from_value::<SourceMap>(json).unwrap(), map());
    }
}

//! Where AMC's words about a query point in its author's text: by the place that they name, else by the thing.

use super::source_map::{SourceMap, offset};
use crate::amcsql::first_mention;
use crate::amcsql::text::{LineIndex, Place, Span};

/// Where in the author's text AMC's words point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The first letter.
    pub place: Place,
    /// The last letter, where AMC names it and it is on the same line.
    pub last: Option<usize>,
}

impl Mark {
    /// Where `words` point, which AMC said of `sent`, a text made from the author's as `map` tells.
    pub fn of(words: &str, sent: &str, author: &str, map: &SourceMap) -> Option<Self> {
        let own = |(line, column)| map.place(sent, author, line, column);
        let Some((place, rest)) = named_place(words).and_then(|(start, rest)| Some((own(start)?, rest))) else {
            return named_thing(words).and_then(|name| mark_of(author, name));
        };
        let end = rest.trim_start().strip_prefix("to ").and_then(|rest| own(named_place(rest)?.0));
        let last = end.filter(|end| end.line == place.line && end.column >= place.column).map(|end| end.column);
        Some(Self { place, last })
    }

    /// Its bytes in the author's text: to the last letter that is known, else the word that begins there.
    pub(super) fn span(&self, author: &str) -> Span {
        let start = offset(author, self.place.line, self.place.column).unwrap_or(0);
        let rest = author.get(start..).unwrap_or_default();
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let word = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let word = if word == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { word };
        let last = self.last.and_then(|last| offset(author, self.place.line, last + 1));
        Span::new(start, last.filter(|last| *last > start).unwrap_or(start + word))
    }
}

/// The mark of the first place where a text names something: for messages that say what and not where.
fn mark_of(sql: &str, name: &str) -> Option<Mark> {
    let span = first_mention(sql, name)?;
    let (place, last) = LineIndex::new(sql).range(span);
    Some(Mark { place, last: (last.line == place.line).then_some(last.column) })
}

/// What a message without a place speaks of: AMC puts it in quotes behind what it is, or names an operator or a parameter last.
fn named_thing(words: &str) -> Option<&str> {
    const QUOTED: [&str; 6] = ["Object '", "Column '", "Table '", "Expression '", "Encountered \"", "data source '"];
    for before in QUOTED {
        if let Some((_, rest)) = words.split_once(before) {
            return rest.split(['\'', '"']).next().filter(|name| !name.is_empty());
        }
    }
    for (before, end) in [
        ("No match found for function signature ", '('),
        ("Unsupported scalar operation type ", '\n'),
        ("undeclared parameter ", '.'),
        ("The workflow parameter ", ' '),
    ] {
        if let Some((_, rest)) = words.split_once(before) {
            return rest.split([end, '\n']).next().map(str::trim).filter(|name| !name.is_empty());
        }
    }
    None
}

/// The first `line L, column C` of a message, and what comes after it.
fn named_place(words: &str) -> Option<((usize, usize), &str)> {
    let number = |text: &str| -> Option<usize> {
        text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
    };
    let after_line = &words[words.find("line ")? + "line ".len()..];
    let after_column = &after_line[after_line.find("column ")? + "column ".len()..];
    let rest = after_column.trim_start_matches(|letter: char| letter.is_ascii_digit());
    Some(((number(after_line)?, number(after_column)?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_with_what_follows_it() {
        let words = "From line 2, column 3 to line 2, column 9: Column 'campain' not found in any table";
        let (start, rest) = named_place(words).unwrap();
        assert_eq!((start, rest.starts_with(" to line 2")), ((2, 3), true));
        assert_eq!(named_place("Something went wrong on line"), None);
    }

    #[test]
    fn a_mark_has_its_bytes() {
        let sql = "SELECT 'ü',\n  campain FROM t";
        let mark = |line, column, last| Mark { place: Place { line, column }, last };
        assert_eq!(mark(2, 3, Some(9)).span(sql).of(sql), "campain");
        assert_eq!(mark(2, 3, None).span(sql).of(sql), "campain");
        assert_eq!(mark(1, 10, None).span(sql).of(sql), "'");
        assert_eq!(mark(9, 9, None).span(sql).of(sql), "SELECT");
    }

    #[test]
    fn words_without_a_place_mark_what_they_name() {
        let sql = "SELECT campain, 'Object' -- Object\nFROM TABLE(EXTEND_TIME_WINDOW('dsp_clicks', 'P1D', 'P0D'))\nWHERE a || b = CUSTOM_PARAMETER('who')";
        for (words, place, last) in [
            ("Column 'CAMPAIN' not found in any table", (1, 8), 14),
            ("Object 'dsp_clicks' not found", (2, 31), 42),
            ("Unsupported scalar operation type ||", (3, 9), 10),
            ("Filter operation f referenced an undeclared parameter who.", (3, 33), 37),
            ("No match found for function signature EXTEND_TIME_WINDOW(<VARCHAR>)", (2, 12), 29),
        ] {
            let found = named_thing(words).and_then(|name| mark_of(sql, name)).expect(words);
            assert_eq!(((found.place.line, found.place.column), found.last), (place, Some(last)), "{words}");
        }
        assert_eq!(named_thing("Something went wrong."), None);
        assert_eq!(mark_of(sql, "missing"), None);
    }
}

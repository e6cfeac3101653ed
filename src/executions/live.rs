//! The live part of an execution's page: steps, parameter values, the position of an error.

use super::model::{Execution, State};
use super::store::Event;
use crate::amcsql::first_mention;
use crate::amcsql::text::{LineIndex, Place};
use crate::queries::SourceMap;
use crate::web::components::Step;

/// The states of an execution so far, including the current one.
pub(super) fn steps(events: &[Event], state: State) -> Vec<Step> {
    let mut steps: Vec<Step> = events
        .iter()
        .map(|event| Step {
            label: event.state.label().to_owned(),
            state: crate::web::components::State::Done,
            at: Some(event.at),
            note: event.note.clone(),
        })
        .collect();
    if let Some(last) = steps.last_mut() {
        last.state = state.colour();
    }
    steps
}

/// The position in the author's text that AMC's message points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The first character.
    pub(super) place: Place,
    /// The last character, if AMC gives it and it is on the same line.
    pub(super) last: Option<usize>,
}

/// The author's position for the first position that AMC gives.
pub(super) fn mark(execution: &Execution) -> Option<Mark> {
    let words = &execution.problem.as_ref()?.words;
    let map: SourceMap = super::pages::source_map(&execution.source_map);
    let own = |(line, column)| map.place(execution.sent.sql(), &execution.author_sql, line, column);
    let Some((place, rest)) = named_place(words).and_then(|(start, rest)| Some((own(start)?, rest))) else {
        return named_thing(words).and_then(|name| mark_of(&execution.author_sql, name));
    };
    let end = rest.trim_start().strip_prefix("to ").and_then(|rest| own(named_place(rest)?.0));
    let last = end.filter(|end| end.line == place.line && end.column >= place.column).map(|end| end.column);
    Some(Mark { place, last })
}

/// The mark of a name's first occurrence, for messages that say what and not where.
fn mark_of(sql: &str, name: &str) -> Option<Mark> {
    let span = first_mention(sql, name)?;
    let (place, last) = LineIndex::new(sql).range(span);
    Some(Mark { place, last: (last.line == place.line).then_some(last.column) })
}

/// What a message without a position refers to: AMC quotes it after its kind, or puts an operator or a parameter
/// last.
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

/// The first `line L, column C` of a message, and the rest of the message.
fn named_place(words: &str) -> Option<((usize, usize), &str)> {
    let number = |text: &str| -> Option<usize> {
        text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
    };
    let after_line = &words[words.find("line ")? + "line ".len()..];
    let after_column = &after_line[after_line.find("column ")? + "column ".len()..];
    let rest = after_column.trim_start_matches(|letter: char| letter.is_ascii_digit());
    Some(((number(after_line)?, number(after_column)?), rest))
}

/// A line of the author's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceLine {
    pub(super) number: usize,
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
}

/// The author's text by lines, with `mark` highlighted: up to its end if known, otherwise the word that begins there.
pub(super) fn source(sql: &str, mark: Option<&Mark>) -> Vec<SourceLine> {
    let lines = sql.lines().enumerate().map(|(index, line)| {
        let number = index + 1;
        let plain = SourceLine { number, before: line.to_owned(), marked: String::new(), after: String::new() };
        let parts = mark.filter(|mark| mark.place.line == number).and_then(|mark| parted(line, mark));
        parts.map_or(plain, |(before, marked, after)| SourceLine {
            number,
            before: before.to_owned(),
            marked: marked.to_owned(),
            after: after.to_owned(),
        })
    });
    lines.collect()
}

/// Splits a line around a mark. Columns are counted from 1, in characters.
fn parted<'a>(line: &'a str, mark: &Mark) -> Option<(&'a str, &'a str, &'a str)> {
    let at = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    let start = line.char_indices().nth(mark.place.column.checked_sub(1)?)?.0;
    let rest = &line[start..];
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let word = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
    let word = if word == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { word };
    let end = mark.last.map_or(start + word, at);
    Some((&line[..start], &line[start..end], &line[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(line: &str, column: usize, last: Option<usize>) -> Option<(&str, &str, &str)> {
        parted(line, &Mark { place: Place { line: 1, column }, last })
    }

    #[test]
    fn the_word_at_amcs_place_is_marked() {
        let words = "From line 2, column 3 to line 2, column 9: Column 'campain' not found in any table";
        let (start, rest) = named_place(words).unwrap();
        assert_eq!((start, rest.starts_with(" to line 2")), ((2, 3), true));
        let mark = Mark { place: Place { line: 2, column: 3 }, last: None };
        let lines = source("SELECT\n  campain,\n  1", Some(&mark));
        assert_eq!(
            (lines[1].before.as_str(), lines[1].marked.as_str(), lines[1].after.as_str()),
            ("  ", "campain", ",")
        );
        assert!(lines[0].marked.is_empty());
    }

    #[test]
    fn a_place_with_an_end_is_marked_to_it() {
        assert_eq!(marked("a + é > 1", 3, Some(7)), Some(("a ", "+ é >", " 1")));
        assert_eq!(marked("a + é", 5, Some(99)), Some(("a + ", "é", "")));
        assert_eq!(marked("a + b", 3, None), Some(("a ", "+", " b")));
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

    #[test]
    fn words_without_a_place_mark_nothing() {
        assert_eq!(named_place("Something went wrong on line"), None);
        assert_eq!(marked("ab", 9, None), None);
        assert_eq!(marked("ab", 0, None), None);
    }
}

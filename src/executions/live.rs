//! The live part of an execution's page: steps, parameter values, the position of an error.

use super::model::{Execution, State};
use super::store::Event;
use crate::queries::SourceMap;
use crate::web::components::Step;

pub(super) use crate::queries::AmcMark as Mark;

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
        last.state = state.color();
    }
    steps
}

/// The author's position for the first position that AMC gives.
pub(super) fn mark(execution: &Execution) -> Option<Mark> {
    let words = &execution.problem.as_ref()?.words;
    let map: SourceMap = super::pages::source_map(&execution.source_map);
    Mark::of(words, execution.sent.sql(), &execution.author_sql, &map)
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
    use crate::amcsql::text::Place;

    fn marked(line: &str, column: usize, last: Option<usize>) -> Option<(&str, &str, &str)> {
        parted(line, &Mark { place: Place { line: 1, column }, last })
    }

    #[test]
    fn the_word_at_amcs_place_is_marked() {
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
    fn a_place_that_is_not_there_marks_nothing() {
        assert_eq!(marked("ab", 9, None), None);
        assert_eq!(marked("ab", 0, None), None);
    }
}

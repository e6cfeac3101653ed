//! What the moving part of an execution's page shows: steps, causes, the place of an error.

use serde_json::Value;

use super::model::{Execution, Problem, State};
use super::store::Event;
use crate::amcsql::text::{LineIndex, Place};
use crate::queries::SourceMap;
use crate::web::components::Step;

/// The states that a run went through, and the one it is in.
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

/// The names and values that were filled in, as text.
pub(super) fn filled_in(values: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    values.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// A likely cause and what to do, beside AMC's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) likely: &'static str,
    pub(super) fix: &'static str,
}

/// A phrase of AMC's, in lower case, and what it means.
struct Known(&'static str, &'static str, &'static str);

/// What is known of AMC's words, the special before the general.
const KNOWN: &[Known] = &[
    Known(
        "not found in any table",
        "A column is named that the query's tables do not have.",
        "Correct the name at the marked place; the check in the editor lists the columns that there are.",
    ),
    Known(
        "object '",
        "A table is named that this instance does not have: mistyped, or a paid one that is not subscribed to.",
        "Compare it with the data sources of the instance.",
    ),
    Known(
        "is ambiguous",
        "A column's name is in more than one of the joined tables.",
        "Put the table's alias before it.",
    ),
    Known(
        "is not being grouped",
        "A column is selected beside aggregates without being grouped.",
        "Add it to GROUP BY or aggregate it.",
    ),
    Known(
        "undeclared parameter",
        "The text uses CUSTOM_PARAMETER with a name that was not declared.",
        "Write it as a {{field}} here, or correct the name.",
    ),
    Known(
        "too many workflows",
        "AMC refuses many runs over the same data and overlapping windows, to protect privacy.",
        "Wait, or choose another window.",
    ),
    Known(
        "number of columns must match",
        "The rows of VALUES do not have as many values as the list of columns has names.",
        "Make them equally many.",
    ),
    Known(
        "no match found for function",
        "A function does not exist in AMC, or is given other arguments than it takes.",
        "Check its name and arguments.",
    ),
    Known(
        "encountered",
        "The text is not complete or correct SQL at the marked place.",
        "Look at the marked place and right before it.",
    ),
    Known(
        "synthetic",
        "The instance is a sandbox, which runs on synthetic data only.",
        "Run it again from here: it is sent with the setting that a sandbox needs.",
    ),
    Known(
        "terms and conditions",
        "The terms of AMC are not accepted for this account.",
        "An administrator of the account accepts them in Amazon's own console.",
    ),
    Known("timed out", "The run took longer than AMC allows.", "Shorten the window or filter earlier in the query."),
    Known(
        "memory",
        "The query needed more memory than there is.",
        "Shorten the window, filter earlier, or join fewer rows.",
    ),
];

/// What lies behind a problem, as far as AMC's words are known.
pub(super) fn cause(problem: &Problem) -> Cause {
    let words = problem.words.to_lowercase();
    KNOWN.iter().find(|known| words.contains(known.0)).map_or(
        Cause {
            likely: "AMC's words do not fit a cause that is known here.",
            fix: "Read AMC's own words below; running it again may help if they speak of an internal error.",
        },
        |known| Cause { likely: known.1, fix: known.2 },
    )
}

/// The author's place for the first place that AMC names.
pub(super) fn place(execution: &Execution) -> Option<Place> {
    let words = &execution.problem.as_ref()?.words;
    let (line, column) = named_place(words)?;
    let map: SourceMap = super::pages::source_map(&execution.source_map);
    map.place(&execution.sent.sql, &execution.author_sql, line, column)
}

/// The first `line L, column C` of a message.
fn named_place(words: &str) -> Option<(usize, usize)> {
    let number = |text: &str| -> Option<usize> {
        text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
    };
    let after_line = &words[words.find("line ")? + "line ".len()..];
    let after_column = &after_line[after_line.find("column ")? + "column ".len()..];
    Some((number(after_line)?, number(after_column)?))
}

/// A line of the author's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceLine {
    pub(super) number: usize,
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
}

/// The author's text by lines, with the word at `place` marked.
pub(super) fn source(sql: &str, place: Option<&Place>) -> Vec<SourceLine> {
    let _ = LineIndex::new(sql);
    let lines = sql.lines().enumerate().map(|(index, line)| {
        let number = index + 1;
        let plain = SourceLine { number, before: line.to_owned(), marked: String::new(), after: String::new() };
        match place {
            Some(place) if place.line == number => mark(line, place.column).map_or(plain, |(before, marked, after)| {
                SourceLine { number, before: before.to_owned(), marked: marked.to_owned(), after: after.to_owned() }
            }),
            _ => plain,
        }
    });
    lines.collect()
}

/// Parts a line around the word that begins at `column`, counted from 1 in characters.
fn mark(line: &str, column: usize) -> Option<(&str, &str, &str)> {
    let start = line.char_indices().nth(column.checked_sub(1)?)?.0;
    let rest = &line[start..];
    let word = rest
        .char_indices()
        .find(|(_, letter)| !(letter.is_alphanumeric() || *letter == '_'))
        .map_or(rest.len(), |(at, _)| at);
    let end = start + if word == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { word };
    Some((&line[..start], &line[start..end], &line[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_amcs_place_is_marked() {
        let words = "From line 2, column 3 to line 2, column 9: Column 'campain' not found in any table";
        assert_eq!(named_place(words), Some((2, 3)));
        let place = Place { line: 2, column: 3 };
        let lines = source("SELECT\n  campain,\n  1", Some(&place));
        assert_eq!(
            (lines[1].before.as_str(), lines[1].marked.as_str(), lines[1].after.as_str()),
            ("  ", "campain", ",")
        );
        assert!(lines[0].marked.is_empty());
    }

    #[test]
    fn words_without_a_place_mark_nothing() {
        assert_eq!(named_place("Something went wrong on line"), None);
        assert_eq!(mark("ab", 9), None);
    }

    #[test]
    fn known_words_have_a_cause() {
        let problem = Problem { words: "Object 'dsp_imp' not found".to_owned(), ..Problem::default() };
        assert!(cause(&problem).likely.contains("table"));
        assert!(cause(&Problem::new("x")).likely.contains("not fit"));
    }
}

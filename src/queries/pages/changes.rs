//! A line-by-line diff of two texts.

use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

use crate::queries::model::QueryInput;
use crate::queries::model::window::WindowKind;

/// Unchanged lines shown around a change.
const AROUND: usize = 3;
/// Maximum number of lines shown; the rest is counted.
const MOST: usize = 2_000;
/// After this time the rest counts as changed completely: still correct, only less precise.
const PATIENCE: Duration = Duration::from_millis(200);

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Same,
    Added,
    Removed,
}

impl Mark {
    /// The sign in front of the line.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Same => " ",
            Self::Added => "+",
            Self::Removed => "−",
        }
    }

    /// The value of `data-mark`, also read aloud.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// A line with its numbers in the earlier and the later text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) mark: Mark,
    pub(super) before: Option<usize>,
    pub(super) after: Option<usize>,
    pub(super) text: String,
}

impl Line {
    /// Whether it is in only one of the texts.
    pub(super) fn is_change(&self) -> bool {
        self.mark != Mark::Same
    }
}

/// The diff of two texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// Groups of lines; unchanged lines between them are omitted.
    pub(super) stretches: Vec<Vec<Line>>,
    pub(super) added: usize,
    pub(super) removed: usize,
    /// The number of changed lines that are omitted because there are too many.
    pub(super) more: usize,
}

impl Changes {
    /// Compares two texts.
    pub(super) fn between(before: &str, after: &str) -> Self {
        // A last line with or without a line end counts as the same.
        let whole =
            |text: &str| if text.ends_with('\n') || text.is_empty() { text.to_owned() } else { format!("{text}\n") };
        let (before, after) = (whole(before), whole(after));
        let mut config = TextDiff::configure();
        let diff = config.algorithm(Algorithm::Myers).timeout(PATIENCE).diff_lines(before.as_str(), after.as_str());
        let mut changes = Self::default();
        let mut shown = 0;
        for group in diff.grouped_ops(AROUND) {
            let mut range = Vec::new();
            for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                let mark = match change.tag() {
                    ChangeTag::Equal => Mark::Same,
                    ChangeTag::Insert => Mark::Added,
                    ChangeTag::Delete => Mark::Removed,
                };
                changes.added += usize::from(mark == Mark::Added);
                changes.removed += usize::from(mark == Mark::Removed);
                if shown == MOST {
                    changes.more += usize::from(mark != Mark::Same);
                    continue;
                }
                shown += 1;
                range.push(Line {
                    mark,
                    before: change.old_index().map(|index| index + 1),
                    after: change.new_index().map(|index| index + 1),
                    text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
                });
            }
            if !range.is_empty() {
                changes.stretches.push(range);
            }
        }
        changes
    }

    /// Whether the texts are equal.
    pub(super) fn is_empty(&self) -> bool {
        self.added + self.removed == 0
    }

    /// A description of what is omitted: `1,200 changed lines are`.
    pub(super) fn left_out(&self) -> String {
        crate::web::words::counted(self.more as i64, "changed line is", "changed lines are")
    }

    /// A description: `2 lines added, 1 line removed`.
    pub(super) fn describe(&self) -> String {
        let lines = |count: usize| crate::web::words::counted(count as i64, "line", "lines");
        format!("{} added, {} removed", lines(self.added), lines(self.removed))
    }
}

/// Everything of a query but its SQL as lines, for the same kind of diff; `placed` are the lines about its home and
/// default instance.
pub(super) fn settings(written: &QueryInput, placed: &[String]) -> String {
    let mut lines = vec![format!("Name: {}", written.name)];
    lines.extend_from_slice(placed);
    lines.extend(written.description.lines().map(|line| format!("Description: {line}")));
    lines.push(format!("Tags: {}", written.tags.line()));
    let window = &written.window;
    let kind = WindowKind::parse(&window.kind).map_or_else(|| window.kind.clone().into(), WindowKind::label);
    lines.push(format!("Window: {kind}, {}", window.zone));
    if !window.start.is_empty() || !window.end.is_empty() {
        lines.push(format!("Custom dates: {} – {}", window.start, window.end));
    }
    lines.push(format!("Rows below the privacy threshold: {}", written.privacy.describe()));
    for field in &written.fields {
        let needed = if field.required { ", required" } else { "" };
        lines.push(format!("Parameter {}: {}{needed}", field.name, field.kind.label()));
        let parts = [("label", &field.label), ("help", &field.help), ("default", &field.default)];
        for (part, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
            lines.extend(text.lines().map(|line| format!("Parameter {}, {part}: {line}", field.name)));
        }
        lines.extend(field.choices.iter().map(|choice| format!("Parameter {}, option: {choice}", field.name)));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many lines, each with a number made of its place.
    fn lines(count: u64, number: impl Fn(u64) -> u64) -> String {
        (0..count).map(|at| number(at).to_string()).collect::<Vec<_>>().join("\n") + "\n"
    }

    fn shown(changes: &Changes) -> Vec<String> {
        let line = |line: &Line| format!("{}{}", line.mark.sign(), line.text);
        changes.stretches.iter().flatten().map(line).collect()
    }

    #[test]
    fn a_changed_line_is_shown_with_its_numbers_and_what_is_around_it() {
        let before = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let changes = Changes::between(before, &before.replace("e\n", "E\nEE\n"));
        assert_eq!(shown(&changes), [" b", " c", " d", "−e", "+E", "+EE", " f", " g", " h"]);
        assert_eq!(changes.describe(), "2 lines added, 1 line removed");
        let removed = &changes.stretches[0][3];
        assert_eq!((removed.before, removed.after), (Some(5), None));
        let last = changes.stretches[0].last().unwrap();
        assert_eq!((last.before, last.after), (Some(8), Some(9)));
    }

    #[test]
    fn texts_that_are_alike_have_no_changes_and_far_ones_have_stretches() {
        assert!(Changes::between("a\nb", "a\nb\n").is_empty());
        let many = lines(100, |at| at);
        let changes = Changes::between(&many, &many.replace("10\n", "x\n").replace("90\n", "y\n"));
        assert_eq!(changes.stretches.len(), 2);
    }

    #[test]
    fn huge_texts_are_compared_in_time_and_cut() {
        let one = lines(100_000, |at| at * 7 % 1_001);
        let other = lines(100_000, |at| at * 13 % 997);
        let changes = Changes::between(&one, &other);
        let lines: usize = changes.stretches.iter().map(Vec::len).sum();
        assert_eq!(lines, MOST);
        assert!(changes.more > 0);
    }

    #[test]
    fn every_part_of_a_query_is_compared() {
        let one = QueryInput { name: "Reach".into(), ..QueryInput::default() };
        let mut other = one.clone();
        other.tags = crate::queries::model::tags::Tags::read("weekly");
        other.window.zone = "Europe/Berlin".into();
        other.privacy.mode = crate::queries::model::PrivacyMode::Blank;
        other.fields.push(crate::queries::model::fields::FieldDef {
            default: "a\nb".into(),
            ..crate::queries::model::fields::FieldDef::new("x")
        });
        let changes = Changes::between(&settings(&one, &[]), &settings(&other, &[]));
        assert_eq!((changes.added, changes.removed), (6, 3));
        assert!(Changes::between(&settings(&one, &[]), &settings(&one.clone(), &[])).is_empty());
    }
}

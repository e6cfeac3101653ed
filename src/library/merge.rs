//! Merges a newer version of a template with a query created from an older one: changes on one side are applied, and
//! conflicting changes need a choice.

use similar::{MergeRegion, MergeResolution, TextMerge};

/// A section of the merged text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// Unchanged on both sides.
    Same(String),
    /// Changed only in the query, or identically on both sides.
    Mine(String),
    /// Changed only in the template: the old and the new text.
    Theirs { was: String, is: String },
    /// Changed on both sides.
    Conflict { number: usize, mine: String, theirs: String },
}

/// Which side is used for a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Mine,
    Theirs,
}

impl Choice {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "mine" => Some(Self::Mine),
            "theirs" => Some(Self::Theirs),
            _ => None,
        }
    }
}

/// The text without an incomplete last line, which would differ from the same line with a line break.
fn lined(text: &str) -> String {
    format!("{}\n", text.trim_end_matches('\n'))
}

/// Merges three texts line by line.
pub(super) fn merged(base: &str, mine: &str, theirs: &str) -> Vec<Segment> {
    let (base, mine, theirs) = (lined(base), lined(mine), lined(theirs));
    let merge = TextMerge::from_lines(base.as_str(), mine.as_str(), theirs.as_str());
    let mut number = 0;
    let of = |region: &MergeRegion| {
        let was: String = region.base_range().filter_map(|line| merge.base_line(line)).collect();
        let mine: String = region.ours_range().filter_map(|line| merge.ours_line(line)).collect();
        let is: String = region.theirs_range().filter_map(|line| merge.theirs_line(line)).collect();
        match region.resolution() {
            MergeResolution::Unchanged => Segment::Same(mine),
            MergeResolution::Theirs => Segment::Theirs { was, is },
            MergeResolution::Conflict => {
                number += 1;
                Segment::Conflict { number, mine, theirs: is }
            }
            _ => Segment::Mine(mine),
        }
    };
    merge.regions().iter().map(of).collect()
}

/// The merged text with a choice for each conflict; `None` if a choice is missing.
pub(super) fn text(segments: &[Segment], choice: impl Fn(usize) -> Option<Choice>) -> Option<String> {
    segments.iter().try_fold(String::new(), |text, stretch| {
        let piece = match stretch {
            Segment::Same(piece) | Segment::Mine(piece) | Segment::Theirs { is: piece, .. } => piece,
            Segment::Conflict { number, mine, theirs } => match choice(*number)? {
                Choice::Mine => mine,
                Choice::Theirs => theirs,
            },
        };
        Some(text + piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "a\nb\nc\nd\ne\n";

    #[test]
    fn changes_on_one_side_are_applied() {
        let segments = merged(BASE, "A\nb\nc\nd\ne", "a\nb\nc\nd\nE\n");
        assert!(!segments.iter().any(|it| matches!(it, Segment::Conflict { .. })), "{segments:?}");
        assert_eq!(text(&segments, |_| None).as_deref(), Some("A\nb\nc\nd\nE\n"));
    }

    #[test]
    fn conflicting_changes_need_a_choice() {
        let segments = merged(BASE, "a\nmine\nc\nd\ne\n", "a\ntheirs\nc\nd\ne\n");
        assert_eq!(text(&segments, |_| None), None);
        assert_eq!(text(&segments, |_| Some(Choice::Mine)).as_deref(), Some("a\nmine\nc\nd\ne\n"));
        assert_eq!(text(&segments, |_| Some(Choice::Theirs)).as_deref(), Some("a\ntheirs\nc\nd\ne\n"));
        assert_eq!(text(&merged(BASE, "x\n", "x\n"), |_| None).as_deref(), Some("x\n"), "the same change is none");
    }
}

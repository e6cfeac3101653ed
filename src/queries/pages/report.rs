//! Findings as a page shows them: the author's lines around the place, the place marked, the fix as a
//! button that works without scripts.

use crate::amcsql::finding::{Finding, Level};
use crate::amcsql::text::{LineIndex, Span};
use crate::web::shell::Tone;

/// Characters of a line that are shown before and after the marked place; longer lines are cut.
const AROUND: usize = 80;
/// Characters that are marked at most.
const MARKED: usize = 200;

/// A finding, laid out.
#[derive(Clone, Debug)]
pub(in crate::queries) struct Remark {
    pub(super) tone: Tone,
    /// The word for its level.
    pub(super) level: &'static str,
    /// A sentence, with names between backticks.
    pub(super) message: String,
    /// AMC's own words; empty without.
    pub(super) amc: String,
    pub(super) line: usize,
    pub(super) column: usize,
    /// The line before, as far as there is one.
    pub(super) earlier: Option<String>,
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
    /// What the button says and what it sends.
    pub(super) fix: Option<(String, String)>,
}

/// The findings in the order of the text, errors first where they share a place.
pub(in crate::queries) fn remarks(sql: &str, findings: &[Finding]) -> Vec<Remark> {
    let index = LineIndex::new(sql);
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_key(|finding| (finding.span.start, finding.level));
    findings.into_iter().map(|finding| remark(sql, &index, finding)).collect()
}

fn remark(sql: &str, index: &LineIndex<'_>, finding: &Finding) -> Remark {
    let place = index.place(finding.span.start);
    let start = sql[..finding.span.start.min(sql.len())].rfind('\n').map_or(0, |at| at + 1);
    let end = sql[start..].find('\n').map_or(sql.len(), |at| start + at);
    let from = finding.span.start.clamp(start, end);
    let to = finding.span.end.clamp(from, end);
    let earlier = sql[..start].trim_end_matches('\n');
    let earlier = (start > 0).then(|| clip(earlier.rsplit('\n').next().unwrap_or_default(), 2 * AROUND));
    let marked = clip(&sql[from..to], MARKED);
    Remark {
        tone: match finding.level {
            Level::Error => Tone::Error,
            Level::Warning => Tone::Warning,
            Level::Info => Tone::Info,
        },
        level: match finding.level {
            Level::Error => "Error",
            Level::Warning => "Warning",
            Level::Info => "Note",
        },
        message: capitalised(&finding.message),
        amc: finding.amc.clone().unwrap_or_default(),
        line: place.line,
        column: place.column,
        earlier: earlier.filter(|line| !line.trim().is_empty()),
        before: clip_start(&sql[start..from], AROUND),
        marked: if marked.is_empty() { "\u{2009}".to_owned() } else { marked },
        after: clip(&sql[to..end], AROUND),
        fix: finding.fix.as_ref().map(|fix| {
            (fix.label.replace('`', ""), format!("{}-{}-{}", fix.span.start, fix.span.end, fix.replacement))
        }),
    }
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn clip_start(text: &str, most: usize) -> String {
    let length = text.chars().count();
    match text.char_indices().nth(length.saturating_sub(most)) {
        Some((start, _)) if start > 0 => format!("…{}", &text[start..]),
        _ => text.to_owned(),
    }
}

/// The text with a fix applied, as its button sent it; none when it does not fit the text.
pub(super) fn apply(sql: &str, fix: &str) -> Option<String> {
    let mut parts = fix.splitn(3, '-');
    let span = Span::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let replacement = parts.next()?;
    let (before, after) = (sql.get(..span.start)?, sql.get(span.end..)?);
    (span.start <= span.end).then(|| [before, replacement, after].concat())
}

/// The lines of a text with their numbers, for showing it beside findings.
pub(super) fn numbered(sql: &str) -> Vec<(usize, &str)> {
    sql.split('\n').enumerate().map(|(at, line)| (at + 1, line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::finding::Fix;

    #[test]
    fn the_place_is_marked_in_the_authors_line() {
        let sql = "SELECT\n  campaing,\n  1\nFROM t";
        let span = Span::new(9, 17);
        let finding = Finding::error("unknown-column", span, "there is no column `campaing`", "Column not found")
            .with_fix(Some(Fix::spelling(span, "campaign")));
        let shown = remarks(sql, &[finding]).remove(0);
        assert_eq!((shown.line, shown.column), (2, 3));
        assert_eq!((shown.before.as_str(), shown.marked.as_str(), shown.after.as_str()), ("  ", "campaing", ","));
        assert_eq!(shown.earlier.as_deref(), Some("SELECT"));
        assert_eq!(shown.message, "There is no column `campaing`");
        let (_, fix) = shown.fix.unwrap();
        assert_eq!(apply(sql, &fix).unwrap(), "SELECT\n  campaign,\n  1\nFROM t");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let sql = format!("{}wrong{}", "ü".repeat(500), "ß".repeat(500));
        let shown = remarks(&sql, &[Finding::info("x", Span::new(1_000, 1_005), "here")]).remove(0);
        assert_eq!(shown.marked, "wrong");
        assert_eq!(shown.column, 501);
        assert!(shown.before.chars().count() == AROUND + 1 && shown.after.chars().count() == AROUND + 1);
    }

    #[test]
    fn a_place_over_several_lines_or_past_the_end_is_shown_as_far_as_its_first_line_goes() {
        let shown =
            remarks("a\nb", &[Finding::info("x", Span::new(0, 3), "m"), Finding::info("y", Span::new(9, 9), "m")]);
        assert_eq!(shown[0].marked, "a");
        assert_eq!((shown[1].line, shown[1].before.as_str()), (2, "b"));
    }

    #[test]
    fn a_forged_fix_changes_nothing() {
        for fix in ["", "1", "2-1-x", "0-99-x", "-1-2-x", "1-2", "a-b-c", "18446744073709551616-1-x"] {
            assert_eq!(apply("abc", fix), None, "{fix}");
        }
        assert_eq!(apply("aüc", "2-3-x"), None, "inside of a character");
        assert_eq!(apply("abc", "1-1--- -").unwrap(), "a-- -bc");
    }
}

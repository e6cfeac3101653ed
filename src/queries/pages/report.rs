//! Findings for display: the author's lines around the marked position, with the fix as a button that works without
//! scripts.

use crate::amcsql::codes;
use crate::amcsql::finding::{Finding, Level};
use crate::amcsql::text::{LineIndex, Span};
use crate::queries::prepare::Prepared;
use crate::web::shell::Tone;

/// Characters of a line shown before and after the marked position; longer lines are truncated.
const AROUND: usize = 80;
/// Maximum number of marked characters.
const MARKED: usize = 200;

/// A finding for display.
#[derive(Clone, Debug)]
pub(in crate::queries) struct Remark {
    pub(super) tone: Tone,
    /// The label of its level.
    pub(super) level: &'static str,
    /// The name of its code, which is the link to its page.
    pub(super) code: &'static str,
    /// A sentence, with names between backticks.
    pub(super) message: String,
    /// AMC's message, or empty.
    pub(super) amc: String,
    pub(super) line: usize,
    pub(super) column: usize,
    /// The previous line, if there is one.
    pub(super) earlier: Option<String>,
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
    /// Its range in UTF-16 units, as in browsers.
    pub(super) range: (usize, usize),
    /// Whether the author may accept it, since the checker may be wrong, and whether they did.
    pub(super) may_be_wrong: bool,
    pub(super) is_accepted: bool,
    pub(super) fix: Option<RemarkFix>,
}

impl Remark {
    /// Whether it is about aggregation thresholds, which have their own page.
    pub(super) fn is_privacy(&self) -> bool {
        codes::find(self.code).is_some_and(|it| it.topic == codes::Topic::Privacy)
    }
}

/// The button that applies a fix.
#[derive(Clone, Debug)]
pub(in crate::queries) struct RemarkFix {
    pub(super) label: String,
    /// Its submitted value.
    pub(super) value: String,
    /// What it replaces, in UTF-16 units, and the replacement.
    pub(super) range: (usize, usize),
    pub(super) replacement: String,
}

/// The findings in text order, each after the finding that causes it.
pub(in crate::queries) fn remarks(sql: &str, findings: &[Finding]) -> Vec<Remark> {
    let index = LineIndex::new(sql);
    let mut units = Units::default();
    findings.iter().map(|finding| remark(sql, &index, &mut units, finding)).collect()
}

/// The same for a prepared run, with the codes that its author accepts.
pub(super) fn of_prepared(sql: &str, prepared: &Prepared) -> Vec<Remark> {
    let mut remarks = remarks(sql, &prepared.findings);
    for remark in &mut remarks {
        remark.is_accepted = remark.may_be_wrong && prepared.acknowledged.contains(remark.code);
    }
    remarks
}

/// Converts ascending byte offsets into UTF-16 units.
#[derive(Default)]
struct Units {
    bytes: usize,
    units: usize,
}

impl Units {
    /// The units before a byte offset, which must not be before the previous one.
    fn before(&mut self, sql: &str, offset: usize) -> usize {
        let piece = sql.get(self.bytes..offset).unwrap_or_default();
        (self.bytes, self.units) = (self.bytes + piece.len(), self.units + piece.encode_utf16().count());
        self.units
    }
}

/// The numbers of errors, warnings and notes; empty without any.
pub(super) fn tally(remarks: &[Remark]) -> String {
    let counted =
        [(Tone::Error, "error", "errors"), (Tone::Warning, "warning", "warnings"), (Tone::Info, "note", "notes")];
    let parts = counted.into_iter().filter_map(|(tone, one, many)| {
        let count = i64::try_from(remarks.iter().filter(|remark| remark.tone == tone).count()).unwrap_or(i64::MAX);
        (count > 0).then(|| crate::web::words::counted(count, one, many))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn remark(sql: &str, index: &LineIndex<'_>, units: &mut Units, finding: &Finding) -> Remark {
    let unit = units.before(sql, finding.span.start);
    let length = finding.span.of(sql).encode_utf16().count();
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
        code: finding.code,
        message: capitalised(&finding.message),
        amc: finding.amc.clone().unwrap_or_default(),
        line: place.line,
        column: place.column,
        may_be_wrong: finding.may_be_wrong && finding.level == Level::Error,
        is_accepted: false,
        range: (unit, unit + length),
        earlier: earlier.filter(|line| !line.trim().is_empty()),
        before: clip_start(&sql[start..from], AROUND),
        marked: if marked.is_empty() { "\u{2009}".to_owned() } else { marked },
        after: clip(&sql[to..end], AROUND),
        fix: finding.fix.as_ref().map(|fix| {
            let from = moved(sql, unit, finding.span.start, fix.span.start);
            RemarkFix {
                label: fix.label.replace('`', ""),
                value: format!("{}-{}-{}", fix.span.start, fix.span.end, fix.replacement),
                range: (from, from + fix.span.of(sql).encode_utf16().count()),
                replacement: fix.replacement.clone(),
            }
        }),
    }
}

/// The UTF-16 units before the byte `to`, given those before `from`.
fn moved(sql: &str, units: usize, from: usize, to: usize) -> usize {
    let between = |start: usize, end: usize| sql.get(start..end).unwrap_or_default().encode_utf16().count();
    if to >= from { units + between(from, to) } else { units.saturating_sub(between(to, from)) }
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

/// The text with a fix applied, as sent by its button; `None` if it doesn't match the text.
pub(super) fn apply(sql: &str, fix: &str) -> Option<String> {
    let mut parts = fix.splitn(3, '-');
    let span = Span::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let replacement = parts.next()?;
    let (before, after) = (sql.get(..span.start)?, sql.get(span.end..)?);
    (span.start <= span.end).then(|| [before, replacement, after].concat())
}

/// The lines of a text with their numbers, for display beside findings.
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
        let finding = Finding::error(codes::UNKNOWN_COLUMN, span, "there is no column `campaing`", "Column not found")
            .with_fix(Some(Fix::spelling(span, "campaign")));
        let shown = remarks(sql, &[finding]).remove(0);
        assert_eq!((shown.line, shown.column), (2, 3));
        assert_eq!((shown.before.as_str(), shown.marked.as_str(), shown.after.as_str()), ("  ", "campaing", ","));
        assert_eq!(shown.earlier.as_deref(), Some("SELECT"));
        assert_eq!(shown.message, "There is no column `campaing`");
        let fix = shown.fix.unwrap();
        assert_eq!((fix.range, fix.replacement.as_str()), ((9, 17), "campaign"));
        assert_eq!(apply(sql, &fix.value).unwrap(), "SELECT\n  campaign,\n  1\nFROM t");
    }

    #[test]
    fn browsers_get_positions_in_their_units() {
        let sql = "'ü😀' = wrong, x";
        let at = sql.find("wrong").unwrap();
        let fix = Fix::sure(Span::new(0, 8), "", "Remove");
        let finding = Finding::info(codes::STAR, Span::new(at, at + 5), "m").with_fix(Some(fix));
        let shown = remarks(sql, &[finding, Finding::info(codes::LIMIT, Span::new(at + 7, at + 8), "m")]);
        assert_eq!((shown[0].range, shown[1].range), ((8, 13), (15, 16)));
        assert_eq!(shown[0].fix.as_ref().unwrap().range, (0, 5));
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let sql = format!("{}wrong{}", "ü".repeat(500), "ß".repeat(500));
        let shown = remarks(&sql, &[Finding::info(codes::STAR, Span::new(1_000, 1_005), "here")]).remove(0);
        assert_eq!(shown.marked, "wrong");
        assert_eq!(shown.column, 501);
        assert!(shown.before.chars().count() == AROUND + 1 && shown.after.chars().count() == AROUND + 1);
    }

    #[test]
    fn a_place_over_several_lines_or_past_the_end_is_shown_as_far_as_its_first_line_goes() {
        let shown = remarks(
            "a\nb",
            &[Finding::info(codes::STAR, Span::new(0, 3), "m"), Finding::info(codes::LIMIT, Span::new(9, 9), "m")],
        );
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

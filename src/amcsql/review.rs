//! Combines all findings about an author's text with values for its `{{name}}`, at the author's positions.
//!
//! The text is checked twice: as written, with unknown values, and as sent. The first check knows positions, fixes
//! and the types that parameters need; the second knows the effect of the values. If the first finds an error, the
//! second would repeat it in other words, so it is skipped.

use super::finding::{Finding, Fix, Level};
use super::flatten::Mapped;
use super::template::Value;
use super::text::Span;
use super::{Checked, Context, FieldUse, check};
use crate::amcsql::codes;

/// The findings about `sent`, a text derived from the author's; `authored` is the author's check.
pub fn review(authored: &Checked, sent: &Mapped, context: &Context<'_>) -> Vec<Finding> {
    let mut findings = authored.findings.clone();
    if authored.has_errors() {
        return findings;
    }
    let strict = Context { is_authored: false, ..*context };
    // Columns seen live are unknown to the strict check, which follows the documentation.
    let seen: Vec<Span> =
        findings.iter().filter(|it| it.code == codes::UNLISTED_COLUMN.definition.name).map(|it| it.span).collect();
    for finding in check(&sent.text, &strict).findings {
        let finding = at_author(finding, sent);
        let cause = finding.because.map_or(finding.span, |cause| cause.span);
        if seen.contains(&cause) {
            continue;
        }
        if !findings.iter().any(|it| it.code == finding.code && it.span == finding.span) {
            findings.push(finding);
        }
    }
    findings.sort_by_key(|it| (it.because.map_or(it.span, |cause| cause.span).start, it.because.is_some(), it.level));
    findings
}

/// A finding of the sent text at the author's position; its fix is kept if it only affects copied text.
fn at_author(finding: Finding, sent: &Mapped) -> Finding {
    let fix = finding.fix.and_then(|fix| Some(Fix { span: sent.exact(fix.span)?, ..fix }));
    let because = finding.because.map(|cause| super::finding::Cause { span: sent.original(cause.span), ..cause });
    Finding { span: sent.original(finding.span), fix, because, ..finding }
}

/// Warns about a parameter whose declared type isn't the one that its place requires.
pub fn other_type(field: &FieldUse, declared: &str, needed: &str) -> Finding {
    let message = format!(
        "`{{{{{}}}}}` stands where a value of type {needed} is needed; its type is {declared}. Change its type to {needed}, so that values are checked.",
        field.name
    );
    Finding::warning(codes::PARAMETER_TYPE, field.span, message)
}

/// The maximum length of a custom parameter's value, in characters, as users of AMC report it. A list counts as one
/// value.
const LONGEST_VALUE: usize = 1_024;

/// Warns about a custom parameter whose value AMC may refuse for its length.
pub fn long_parameter(name: &str, value: &Value, span: Span) -> Option<Finding> {
    let length = length(value);
    let message = format!(
        "The value of `{name}` has {length} characters, and AMC was reported to take at most {LONGEST_VALUE} in a custom parameter. \
         Write {{{{{name}}}}} instead, which puts the value into the SQL."
    );
    (length > LONGEST_VALUE).then(|| Finding::warning(codes::LONG_PARAMETER, span, message))
}

/// The number of characters of a value, without signs between those of a list.
fn length(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Number(text) => text.chars().count(),
        Value::List(items) => items.iter().map(length).sum(),
        _ => 0,
    }
}

/// The text with all sure fixes applied, and their number. Overlapping fixes are left for another round.
pub fn fixed(text: &str, findings: &[Finding]) -> (String, usize) {
    let mut fixes: Vec<&Fix> = findings.iter().filter_map(|it| it.fix.as_ref()).filter(|it| it.sure).collect();
    fixes.sort_by_key(|it| (it.span.start, it.span.end));
    let mut fixed = String::with_capacity(text.len());
    let (mut end, mut count) = (0, 0);
    for Fix { span: Span { start, end: last }, replacement, .. } in fixes {
        let Some(between) = text.get(end..*start).filter(|_| text.get(*start..*last).is_some()) else { continue };
        fixed.push_str(between);
        fixed.push_str(replacement);
        end = *last;
        count += 1;
    }
    fixed.push_str(text.get(end..).unwrap_or_default());
    (fixed, count)
}

/// Whether there are errors to fix before the text can be sent.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|it| it.level == Level::Error)
}

//! Puts causes before what follows from them.

use super::super::finding::{Cause, Finding, Level};
use super::super::text::Span;

/// Codes of names that nobody knows: each further place of the same name follows from the first.
const REPEATED: [&str; 5] =
    ["missing-source", "unknown-column", "unknown-source", "unknown-table-alias", "double-quoted-text"];

/// Marks repetitions of an unknown name as consequences of its first place, and puts every consequence behind its cause. The
/// findings are in the order of the text.
pub(super) fn fold(text: &str, findings: &mut [Finding]) {
    let mut first: Vec<(Cause, String)> = Vec::new();
    for finding in findings.iter_mut().filter(|it| it.level == Level::Error && REPEATED.contains(&it.code)) {
        let name = finding.span.of(text).to_lowercase();
        match first.iter().find(|(cause, known)| cause.code == finding.code && *known == name) {
            Some((cause, _)) => finding.because = Some(*cause),
            None => first.push((Cause { code: finding.code, span: finding.span }, name)),
        }
    }
    let places: Vec<(Cause, Option<Cause>)> =
        findings.iter().map(|it| (Cause { code: it.code, span: it.span }, it.because)).collect();
    let place = |finding: &Finding| -> (Span, bool) {
        // OK because a cause that is a consequence itself stands at its own cause: one step is all there is.
        let cause = finding.because.map(|cause| {
            places.iter().find(|(own, _)| *own == cause).and_then(|(_, because)| *because).unwrap_or(cause)
        });
        (cause.map_or(finding.span, |it| it.span), cause.is_some())
    };
    findings.sort_by_key(|it| {
        let (span, follows) = place(it);
        (span.start, follows, it.span.start, it.level)
    });
}

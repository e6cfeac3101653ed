//! Orders causes before consequences.

use super::super::finding::{Cause, Finding, Level};
use super::super::text::Span;

/// Codes for unknown names: each further use of the same name is a consequence of the first.
const REPEATED: [&str; 5] =
    ["missing-source", "unknown-column", "unknown-source", "unknown-table-alias", "double-quoted-text"];

/// Marks further uses of an unknown name as consequences of the first, and puts every consequence after its cause.
/// The findings must be in text order.
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
        // OK because a consequence of a consequence is already attached to its cause: one step is enough.
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

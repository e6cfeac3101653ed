//! What the check accepts, rejects and resolves, with the standard catalog.

mod accepted;
mod authored;
mod hostile;
mod refused;
mod resolved;
mod rules;

use super::*;
use crate::amcsql::bound::Query;

fn reporting(text: &str) -> Checked {
    check(text, &Context::reporting(Catalogue::standard()))
}

/// The resolved query of a text without errors.
fn query(text: &str) -> Query {
    let checked = reporting(text);
    let errors: Vec<_> = checked.findings.iter().filter(|it| it.level == Level::Error).collect();
    assert!(errors.is_empty(), "{text}\n{errors:#?}");
    checked.query.unwrap()
}

/// The codes of the errors, in text order.
fn errors(text: &str) -> Vec<&'static str> {
    let checked = reporting(text);
    assert_eq!(checked.has_errors(), checked.query.is_none());
    checked.findings.iter().filter(|it| it.level == Level::Error).map(|it| it.code).collect()
}

/// The codes of warnings and hints of a text without errors.
fn remarks(text: &str) -> Vec<&'static str> {
    query(text);
    reporting(text).findings.iter().map(|it| it.code).collect()
}

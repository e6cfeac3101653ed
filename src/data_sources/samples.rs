//! Our own sample queries: each belongs to the sources that its parsed text reads.

use std::sync::LazyLock;

use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::{Context, uses};

/// The samples, each after a line `-- name: …`; `-- each: a, b` makes one for each source, which the text calls
/// `$source`.
const TEXTS: &str = include_str!("samples.sql");

/// A sample query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// The question it answers.
    pub(super) name: String,
    pub(super) sql: String,
    /// Its sources, in text order.
    pub(super) sources: Vec<String>,
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| TEXTS.split("-- name: ").skip(1).flat_map(read).collect());

fn read(text: &str) -> Vec<Sample> {
    let (name, rest) = text.split_once('\n').unwrap_or((text, ""));
    let each = rest.strip_prefix("-- each: ").and_then(|rest| rest.split_once('\n'));
    match each {
        None => vec![Sample::new(name, rest)],
        Some((sources, sql)) => {
            sources.split(", ").map(|source| Sample::new(name, &sql.replace("$source", source.trim()))).collect()
        }
    }
}

impl Sample {
    fn new(name: &str, sql: &str) -> Self {
        let mut sources: Vec<String> = Vec::new();
        for it in uses(sql, &Context::reporting(Catalogue::standard())) {
            if !sources.contains(&it.source) {
                sources.push(it.source);
            }
        }
        Self { name: name.trim().to_owned(), sql: sql.trim().to_owned(), sources }
    }
}

/// The samples that read a source, each with its number.
pub(super) fn of(source: &str) -> impl Iterator<Item = (usize, &'static Sample)> {
    SAMPLES.iter().enumerate().filter(move |(_, sample)| sample.sources.iter().any(|it| it == source))
}

/// The sample with that number.
pub(super) fn number(number: usize) -> Option<&'static Sample> {
    SAMPLES.get(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::check;
    use crate::amcsql::finding::Level;

    #[test]
    fn every_sample_is_valid_without_warnings() {
        for sample in SAMPLES.iter() {
            let checked = check(&sample.sql, &Context::reporting(Catalogue::standard()));
            let wrong: Vec<_> = checked.findings.iter().filter(|it| it.level != Level::Info).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", sample.name);
            assert!(!sample.sources.is_empty() && !sample.name.is_empty());
        }
    }

    #[test]
    fn every_current_source_has_a_sample() {
        let without =
            Catalogue::standard().sources().iter().filter(|source| !source.deprecated && !source.columns.is_empty());
        let without: Vec<_> =
            without.filter(|source| of(&source.id).next().is_none()).map(|source| &source.id).collect();
        assert!(without.is_empty(), "{without:?}");
    }
}

//! What lies behind a run that failed or waits: known causes, recognised by the words that were said.
//!
//! AMC gives no codes with its reasons, only sentences, and the ways to it fail with sentences of ours. Both
//! are looked at, in small letters, for signs that stand in [`table`]; special causes come before general
//! ones. What stands in quotes is not looked at: it is a name or a value of somebody's. Signs of what happened
//! on the way, and to a fetched file, are looked for in our own sentences only: AMC never speaks of either. What is not recognized is said to be so, beside the words themselves: a guess would send people the
//! wrong way.

mod table;
#[cfg(test)]
mod tests;

use super::model::Problem;
use crate::amcsql::catalogue::Catalogue;

/// A cause and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// Its name, for exports and tests.
    pub(super) name: &'static str,
    /// Its name for people.
    pub(super) title: &'static str,
    /// What most likely happened.
    pub(super) likely: &'static str,
    /// What to do.
    pub(super) fix: &'static str,
    /// Words by which it is known, in small letters: all of one of these have to occur.
    signs: &'static [&'static [&'static str]],
}

impl Cause {
    /// Whether it only says that nothing is known.
    pub(super) fn is_unknown(&self) -> bool {
        self.name == UNKNOWN.name
    }

    /// The page on which that is done, where there is one.
    pub(super) fn way(&self) -> Option<Way> {
        Some(match self.name {
            "revoked" | "token" | "scope" => Way::Connections,
            "resting" | "unreachable" | "redirect" | "html" => Way::Operations,
            "wrong-account" | "gone" => Way::Instances,
            "slots" => Way::InProgress,
            "unknown-column" | "unknown-table" | "not-subscribed" => Way::Search,
            "sandbox" => Way::Query,
            name if OF_THE_TEXT.contains(&name) => Way::Editor,
            _ => return None,
        })
    }

    fn is_told_by(&self, words: &str) -> bool {
        self.signs.iter().any(|all| all.iter().all(|sign| words.contains(sign)))
    }
}

/// Where what a cause asks for is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The page of connections.
    Connections,
    /// The operations page.
    Operations,
    /// The list of instances.
    Instances,
    /// The executions of the same instance that are in progress.
    InProgress,
    /// The search, which finds data sources and columns.
    Search,
    /// The query's own page.
    Query,
    /// The query's editor.
    Editor,
}

/// Causes that are mended in the query's text.
const OF_THE_TEXT: [&str; 28] = [
    "ambiguous-column",
    "audience-tables",
    "not-grouped",
    "threshold-literal",
    "threshold-output",
    "no-aggregation",
    "undeclared-parameter",
    "parameter-value",
    "parameter-twice",
    "column-count",
    "unknown-function",
    "interval",
    "operator",
    "not-an-array",
    "types",
    "cast",
    "number-too-large",
    "value-too-large",
    "regular-expression",
    "argument",
    "subquery",
    "too-complex",
    "select-star",
    "too-long",
    "not-a-query",
    "syntax",
    "not-in-amc",
    "memory",
];

/// A table that AMC has, but not this instance. Its signs are those of an unknown table.
const NOT_SUBSCRIBED: Cause = Cause {
    name: "not-subscribed",
    title: "Data source not on this instance",
    likely: "AMC has this table, but not on this instance. Paid features need a subscription, some tables exist only \
             for certain countries or account types, and sandboxes lack several.",
    fix: "Subscribe to the feature in the AMC console, or use another table. The search finds every data source of \
          your instances.",
    signs: &[],
};

/// Nothing that is known.
const UNKNOWN: Cause = Cause {
    name: "unknown",
    title: "not recognized",
    likely: "RecomAMP doesn't recognize this error.",
    fix: "Read AMC's message below. If it mentions an internal error, running the query again may help; otherwise \
          give Amazon support the IDs below.",
    signs: &[],
};

/// Nothing that is known, and no words of AMC's to read.
const UNKNOWN_WITHOUT_WORDS: Cause = Cause {
    likely: "AMC gave no reason that RecomAMP recognizes.",
    fix: "Run the query again. If it fails again, give Amazon support the IDs below.",
    ..UNKNOWN
};

/// What lies behind a problem.
pub(super) fn of_problem(problem: &Problem) -> &'static Cause {
    // AMC's words say more than our sentence around them.
    known(&problem.words, table::CAUSES).or_else(|| own(&problem.what)).unwrap_or(if problem.words.trim().is_empty() {
        &UNKNOWN_WITHOUT_WORDS
    } else {
        &UNKNOWN
    })
}

/// The name of what AMC's words tell, where they are known.
pub(super) fn title(problem: &Problem) -> Option<&'static str> {
    known(&problem.words, table::CAUSES).map(|cause| cause.title)
}

/// What lies behind a wait; nothing where the reason says it all.
pub(super) fn of_wait(reason: &str) -> Option<&'static Cause> {
    own(reason)
}

/// The cause that a sentence of ours tells of.
fn own(words: &str) -> Option<&'static Cause> {
    known(words, table::OWN).or_else(|| known(words, table::CAUSES))
}

fn known(words: &str, causes: &'static [Cause]) -> Option<&'static Cause> {
    let small = words.to_lowercase();
    // OK to look at all of a JSON text: there, what is told stands in quotes.
    let told = if small.starts_with('{') { small.clone() } else { without_quoted(&small) };
    let cause = causes.iter().find(|cause| cause.is_told_by(&told))?;
    let is_amcs_own = || quoted(&small).is_some_and(|table| Catalogue::standard().source(table).is_some());
    Some(if cause.name == "unknown-table" && is_amcs_own() { &NOT_SUBSCRIBED } else { cause })
}

/// The words without what stands in quotes, which stay themselves; an apostrophe in a word is no quote.
fn without_quoted(words: &str) -> String {
    let mut told = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(start) = rest.find(['\'', '"', '`']) {
        let (before, quote) = (&rest[..start], &rest[start..=start]);
        let behind = &rest[start + 1..];
        told.push_str(before);
        told.push_str(quote);
        let opens = !before.ends_with(char::is_alphanumeric);
        rest = match behind.find(quote).filter(|_| opens) {
            Some(end) => {
                told.push_str(quote);
                &behind[end + 1..]
            }
            None => behind,
        };
    }
    told + rest
}

/// The name in the quotes after `object`, `table` or `source`.
fn quoted(words: &str) -> Option<&str> {
    let after = ["object '", "table '", "source '"].iter().find_map(|mark| words.split_once(mark))?.1;
    after.split('\'').next()
}

//! What lies behind a run that failed or waits: known causes, recognised by the words that were said.
//!
//! AMC gives no codes with its reasons, only sentences, and the ways to it fail with sentences of ours. Both
//! are looked at, in small letters, for signs that stand in [`table`]; special causes come before general
//! ones. What is not recognised is said to be so, beside the words themselves: a guess would send people the
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

    fn is_told_by(&self, words: &str) -> bool {
        self.signs.iter().any(|all| all.iter().all(|sign| words.contains(sign)))
    }
}

/// A table that AMC has, but not this instance. Its signs are those of an unknown table.
const NOT_SUBSCRIBED: Cause = Cause {
    name: "not-subscribed",
    title: "A data source that this instance does not have",
    likely: "AMC has this table, but not on this instance: paid features have to be subscribed to, some tables are \
        there for some countries or kinds of accounts only, and a sandbox lacks several.",
    fix: "Look at the instance's data sources. Subscribe to the feature in AMC's console, or take another table.",
    signs: &[],
};

/// Nothing that is known.
const UNKNOWN: Cause = Cause {
    name: "unknown",
    title: "not recognised",
    likely: "What was said fits no cause that is known here.",
    fix: "Read AMC's own words below. Running it again may help if they speak of an internal error; otherwise give \
        Amazon's support the request id and the ids below.",
    signs: &[],
};

/// What lies behind a problem.
pub(super) fn of_problem(problem: &Problem) -> &'static Cause {
    // AMC's words say more than our sentence around them.
    known(&problem.words).or_else(|| known(&problem.what)).unwrap_or(&UNKNOWN)
}

/// The name of what AMC's words tell, where they are known.
pub(super) fn title(problem: &Problem) -> Option<&'static str> {
    known(&problem.words).map(|cause| cause.title)
}

/// What lies behind a wait; nothing where the reason says it all.
pub(super) fn of_wait(reason: &str) -> Option<&'static Cause> {
    known(reason)
}

fn known(words: &str) -> Option<&'static Cause> {
    let small = words.to_lowercase();
    let cause = table::CAUSES.iter().find(|cause| cause.is_told_by(&small))?;
    let is_amcs_own = || quoted(&small).is_some_and(|table| Catalogue::standard().source(table).is_some());
    Some(if cause.name == "unknown-table" && is_amcs_own() { &NOT_SUBSCRIBED } else { cause })
}

/// The name in the quotes after `object` or `table`.
fn quoted(words: &str) -> Option<&str> {
    let after = ["object '", "table '"].iter().find_map(|mark| words.split_once(mark))?.1;
    after.split('\'').next()
}

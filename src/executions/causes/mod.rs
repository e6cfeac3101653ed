//! Known causes of failed or waiting executions, recognized by the message.
//!
//! AMC sends no codes with its reasons, only sentences, and failed calls to it are described by our own sentences.
//! Both are searched, in lower case, for the signs in [`table`]; specific causes come before general ones. Quoted
//! text is ignored: it is a name or a value. Signs of network problems and of problems with a downloaded file are
//! only searched in our own sentences, because AMC never mentions either. An unrecognized message is reported as
//! such, beside the message itself: a guess would mislead people.

mod table;
#[cfg(test)]
mod tests;

use super::model::Problem;
use crate::amcsql::catalogue::Catalogue;

/// A cause and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// Its id, for exports and tests.
    pub(super) name: &'static str,
    /// Its title for people.
    pub(super) title: &'static str,
    /// What most likely happened.
    pub(super) likely: &'static str,
    /// What to do.
    pub(super) fix: &'static str,
    /// Phrases that identify it, in lower case: all phrases of one entry must occur.
    signs: &'static [&'static [&'static str]],
}

impl Cause {
    /// Whether it is the fallback for unknown causes.
    pub(super) fn is_unknown(&self) -> bool {
        self.name == UNKNOWN.name
    }

    /// The page for following the advice, if there is one.
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

    fn matches(&self, words: &str) -> bool {
        self.signs.iter().any(|all| all.iter().all(|sign| words.contains(sign)))
    }
}

/// The page for following the advice of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Connections,
    Operations,
    Instances,
    /// The executions of the same instance that are in progress.
    InProgress,
    /// The search, which finds data sources and columns.
    Search,
    Query,
    Editor,
}

/// Causes that are fixed in the query's text.
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

/// A table that exists in AMC, but not on this instance. Its signs are those of an unknown table.
const NOT_SUBSCRIBED: Cause = Cause {
    name: "not-subscribed",
    title: "Data source not on this instance",
    likely: "AMC has this table, but not on this instance. Paid features need a subscription, some tables exist only \
             for certain countries or account types, and sandboxes lack several.",
    fix: "Subscribe to the feature in the AMC console, or use another table. The search finds every data source of \
          your instances.",
    signs: &[],
};

/// An unknown cause.
const UNKNOWN: Cause = Cause {
    name: "unknown",
    title: "not recognized",
    likely: "RecomAMP doesn't recognize this error.",
    fix: "Read AMC's message. If it mentions an internal error, running the query again may help; otherwise \
          give Amazon support the execution's IDs.",
    signs: &[],
};

/// An unknown cause, without a message from AMC.
const UNKNOWN_WITHOUT_WORDS: Cause = Cause {
    likely: "AMC gave no reason that RecomAMP recognizes.",
    fix: "Run the query again. If it fails again, give Amazon support the execution's IDs.",
    ..UNKNOWN
};

/// The cause of a problem.
pub(super) fn of_problem(problem: &Problem) -> &'static Cause {
    // AMC's message says more than our sentence around it.
    known(&problem.words, table::CAUSES).or_else(|| own(&problem.what)).unwrap_or(if problem.words.trim().is_empty() {
        &UNKNOWN_WITHOUT_WORDS
    } else {
        &UNKNOWN
    })
}

/// The title of the cause of AMC's message, if known.
pub(super) fn title(problem: &Problem) -> Option<&'static str> {
    known(&problem.words, table::CAUSES).map(|cause| cause.title)
}

/// The cause of a wait; `None` if the reason explains itself.
pub(super) fn of_wait(reason: &str) -> Option<&'static Cause> {
    own(reason)
}

/// The cause for one of our own sentences.
fn own(words: &str) -> Option<&'static Cause> {
    known(words, table::OWN).or_else(|| known(words, table::CAUSES))
}

fn known(words: &str, causes: &'static [Cause]) -> Option<&'static Cause> {
    let small = words.to_lowercase();
    // OK to search all of a JSON text: its messages are in quotes.
    let searched = if small.starts_with('{') { small.clone() } else { without_quoted(&small) };
    let cause = causes.iter().find(|cause| cause.matches(&searched))?;
    let is_amcs_own = || quoted(&small).is_some_and(|table| Catalogue::standard().source(table).is_some());
    Some(if cause.name == "unknown-table" && is_amcs_own() { &NOT_SUBSCRIBED } else { cause })
}

/// The text without quoted parts (the quotation marks remain); an apostrophe inside a word isn't a quotation mark.
fn without_quoted(words: &str) -> String {
    let mut masked = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(start) = rest.find(['\'', '"', '`']) {
        let (before, quote) = (&rest[..start], &rest[start..=start]);
        let behind = &rest[start + 1..];
        masked.push_str(before);
        masked.push_str(quote);
        let opens = !before.ends_with(char::is_alphanumeric);
        rest = match behind.find(quote).filter(|_| opens) {
            Some(end) => {
                masked.push_str(quote);
                &behind[end + 1..]
            }
            None => behind,
        };
    }
    masked + rest
}

/// The quoted name after `object`, `table` or `source`.
fn quoted(words: &str) -> Option<&str> {
    let after = ["object '", "table '", "source '"].iter().find_map(|mark| words.split_once(mark))?.1;
    after.split('\'').next()
}

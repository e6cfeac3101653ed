//! Assistance while editing: completion, descriptions of names, formatting.
//!
//! Texts are read as far as possible, since a text that is being edited is usually broken. Types come from the
//! checker, so that completion and check never disagree. Positions are byte offsets; nothing here fails, and
//! everything takes time proportional to the size of the text.

mod colors;
mod complete;
mod describe;
mod layout;
mod names;
mod outline;
mod parameters;
mod scope;
mod tokens;

use std::collections::HashSet;

pub use colors::{Color, colors};
pub use complete::{Completion, Proposal, complete};
pub use describe::{CallHelp, Help, hover, signature};
pub use layout::format;
pub use names::{Places, definition, places};
pub use parameters::{ParameterType, parameter_types};

/// Keywords that an editor proposes at the beginning of an expression or a clause.
pub const KEYWORDS: [&str; 48] = [
    "SELECT",
    "DISTINCT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "HAVING",
    "ORDER BY",
    "WITH",
    "AS",
    "JOIN",
    "INNER JOIN",
    "LEFT JOIN",
    "FULL JOIN",
    "CROSS JOIN",
    "ON",
    "USING",
    "UNION ALL",
    "UNION",
    "AND",
    "OR",
    "NOT",
    "IN",
    "IS NULL",
    "IS NOT NULL",
    "BETWEEN",
    "LIKE",
    "SIMILAR TO",
    "EXISTS",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "CAST",
    "EXTRACT",
    "OVER",
    "PARTITION BY",
    "ROWS BETWEEN",
    "UNBOUNDED PRECEDING",
    "CURRENT ROW",
    "VALUES",
    "ARRAY",
    "INTERVAL",
    "TRUE",
    "FALSE",
    "NULL",
    "ASC",
    "DESC",
];

/// The words of a text outside of comments and strings, in lower case.
pub fn words(text: &str) -> HashSet<String> {
    let tokens = tokens::tokens(text);
    tokens.iter().filter(|token| token.is_name()).map(|token| token.name(text).to_lowercase()).collect()
}

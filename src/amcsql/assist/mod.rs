//! Help while a text is written: what can stand at a place, what a name means, how a text is laid out.
//!
//! Texts are read as far as they go, since a text that is being written is broken most of the time. What has a meaning is
//! asked of the checker, so that completion and check never disagree. Places are byte offsets; nothing here fails, and all of it
//! takes time in proportion to the size of the text.

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

/// Words of the language that an editor proposes where an expression or a clause may begin.
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

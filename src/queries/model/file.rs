//! A query as a `.sql` file: its SQL below a comment with everything else.
//!
//! The comment is front matter in TOML, each line after `--`, so the file is SQL for every other program:
//!
//! ```text
//! --+++ recomamp query
//! -- format = 1
//! -- name = "Reach by campaign"
//! --+++
//! SELECT …
//! ```
//!
//! Writing and reading gives the same query again. Unknown entries in the comment are reported, and the comment is
//! kept above the SQL, so that they aren't lost.

use serde::Serialize;

use super::authored::{self, AuthoredRead, BEGIN, END, FORMAT};
use super::fields::FieldDef;
use super::window::WindowForm;
use super::{Privacy, QueryInput};

/// The content of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::queries) struct FileRead {
    pub(in crate::queries) written: QueryInput,
    /// Whether it had front matter.
    pub(in crate::queries) has_front_matter: bool,
    /// What couldn't be read, in sentences.
    pub(in crate::queries) problems: Vec<String>,
}

#[derive(Serialize)]
struct FrontMatter<'a> {
    format: i64,
    name: &'a str,
    description: &'a str,
    tags: Vec<&'a str>,
    window: &'a WindowForm,
    privacy: &'a Privacy,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    parameters: &'a [FieldDef],
}

/// The file of a query.
pub(in crate::queries) fn write(query: &QueryInput) -> String {
    let front = FrontMatter {
        format: FORMAT,
        name: &query.name,
        description: &query.description,
        tags: query.tags.iter().collect(),
        window: &query.window,
        privacy: &query.privacy,
        parameters: &query.fields,
    };
    // OK because front matter consists of texts, booleans and lists of them, which TOML can always represent.
    let front = toml::to_string(&front).unwrap_or_default();
    let mut text = format!("{BEGIN}\n");
    for line in front.lines() {
        text.push_str("--");
        if !line.is_empty() {
            text.push(' ');
            text.push_str(line);
        }
        text.push('\n');
    }
    text.push_str(END);
    text.push('\n');
    text.push_str(&query.sql);
    text
}

/// Parses a file. Never fails: problems are reported, and text without front matter is SQL.
pub(in crate::queries) fn read(text: &str) -> FileRead {
    let AuthoredRead { query, has_front_matter, faults, sql_start } = authored::read_authored(text, 1);
    let mut written = query.input;
    if has_front_matter && !faults.is_empty() {
        // Unknown entries stay where their author sees them.
        written.sql = format!("{}{}", text.get(..sql_start).unwrap_or_default(), written.sql);
    }
    let problems = faults.into_iter().map(|fault| fault.message).collect();
    FileRead { written, has_front_matter, problems }
}

#[cfg(test)]
mod tests;

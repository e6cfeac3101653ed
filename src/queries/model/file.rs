//! A query as a `.sql` file: its SQL below a comment that holds everything else.
//!
//! The comment is front matter in TOML, each line behind `--`, so the file is SQL for every other program:
//!
//! ```text
//! --+++ recomamp query
//! -- format = 1
//! -- name = "Reach by campaign"
//! --+++
//! SELECT …
//! ```
//!
//! Writing and reading give the same query again. What a person wrote into the comment by hand and nothing here
//! understands is told, and the comment stays above the SQL, so that it is not lost.

use serde::Serialize;
use toml::{Table, Value};

use super::fields::{FieldDef, FieldKind, MOST_FIELDS};
use super::tags::Tags;
use super::window::WindowForm;
use super::{Privacy, QueryInput};
use crate::amcsql::template::is_name;

const BEGIN: &str = "--+++ recomamp query";
const END: &str = "--+++";
/// The version of the format; a file of a later one is read as far as it is understood.
const FORMAT: i64 = 1;
/// Longest front matter, in bytes.
const LONGEST: usize = 1 << 20;

/// What a file held.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::queries) struct FileRead {
    pub(in crate::queries) written: QueryInput,
    /// Whether it had front matter.
    pub(in crate::queries) has_front_matter: bool,
    /// What of it was not understood, in sentences.
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
    // OK because front matter is made of texts, truths and lists of them, which TOML always has a form for.
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

/// Reads a file. Never fails: what is not understood is told, and text without front matter is SQL.
pub(in crate::queries) fn read(text: &str) -> FileRead {
    let mut read = FileRead::default();
    let Some((front, sql)) = split(text) else {
        text.clone_into(&mut read.written.sql);
        if text.trim_start().starts_with(BEGIN) {
            read.problems.push(format!("The front matter has no line “{END}” at its end, so all of the file is SQL."));
        }
        return read;
    };
    read.has_front_matter = true;
    sql.clone_into(&mut read.written.sql);
    match front.parse::<Table>() {
        Ok(table) => take(table, &mut read),
        Err(error) => read.problems.push(format!("The front matter is not TOML: {}.", error.message())),
    }
    if !read.problems.is_empty() {
        // What was not understood stays where its author sees it.
        let end = text.len() - sql.len();
        read.written.sql = format!("{}{sql}", text.get(..end).unwrap_or_default());
    }
    read
}

/// The TOML and the SQL.
fn split(text: &str) -> Option<(String, &str)> {
    let rest = text.trim_start_matches(['\u{feff}', ' ', '\t', '\n']).strip_prefix(BEGIN)?;
    let (_, mut rest) = rest.split_once('\n')?;
    let mut front = String::new();
    loop {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        if line.trim_end() == END {
            return Some((front, after));
        }
        let line = line.strip_prefix("--")?;
        front.push_str(line.strip_prefix(' ').unwrap_or(line));
        front.push('\n');
        if after.is_empty() || front.len() > LONGEST {
            return None;
        }
        rest = after;
    }
}

fn take(table: Table, read: &mut FileRead) {
    for (key, value) in table {
        let (written, problems) = (&mut read.written, &mut read.problems);
        match (key.as_str(), value) {
            ("format", Value::Integer(FORMAT)) => {}
            ("format", _) => {
                problems.push("The file has a newer format; what is new in it is not understood.".to_owned());
            }
            ("name", Value::String(text)) => text.trim().clone_into(&mut written.name),
            ("description", Value::String(text)) => written.description = text,
            ("tags", Value::Array(tags)) => written.tags = self::tags(&tags, problems),
            ("window", Value::Table(table)) => written.window = window(table, problems),
            ("privacy", Value::Table(table)) => written.privacy = privacy(table, problems),
            ("parameters", Value::Array(tables)) => written.fields = parameters(tables, problems),
            (known @ ("name" | "description" | "tags" | "window" | "privacy" | "parameters"), other) => {
                problems.push(format!("`{known}` cannot be {}.", kind(&other)));
            }
            (other, _) => problems.push(format!("`{other}` is not known.")),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

fn tags(tags: &[Value], problems: &mut Vec<String>) -> Tags {
    let texts: Vec<&str> = tags.iter().filter_map(Value::as_str).collect();
    if texts.len() < tags.len() {
        problems.push("`tags` holds something that is no text.".to_owned());
    }
    Tags::read(&texts.join(","))
}

/// Takes each known key of a table that is a text; the rest is told.
fn texts(what: &str, table: Table, problems: &mut Vec<String>, mut known: impl FnMut(&str, String) -> bool) {
    for (key, value) in table {
        let is_taken = match value {
            Value::String(text) => known(&key, text),
            _ => false,
        };
        if !is_taken {
            problems.push(format!("`{key}` of {what} is not understood."));
        }
    }
}

fn window(table: Table, problems: &mut Vec<String>) -> WindowForm {
    let mut window = WindowForm::default();
    texts("the time window", table, problems, |key, text| {
        let part = match key {
            "kind" => &mut window.kind,
            "start" => &mut window.start,
            "end" => &mut window.end,
            "zone" => &mut window.zone,
            _ => return false,
        };
        *part = text;
        true
    });
    window
}

fn privacy(table: Table, problems: &mut Vec<String>) -> Privacy {
    let mut privacy = Privacy::default();
    texts("the privacy options", table, problems, |key, text| match key {
        "mode" => serde_json::from_value(serde_json::Value::String(text)).map(|mode| privacy.mode = mode).is_ok(),
        "column" => {
            privacy.column = text;
            true
        }
        _ => false,
    });
    privacy
}

fn parameters(tables: Vec<Value>, problems: &mut Vec<String>) -> Vec<FieldDef> {
    if tables.len() > MOST_FIELDS {
        problems.push(format!("There are more than {MOST_FIELDS} parameters; the others are left out."));
    }
    let mut fields: Vec<FieldDef> = Vec::new();
    for (number, value) in tables.into_iter().take(MOST_FIELDS).enumerate() {
        let Value::Table(table) = value else {
            problems.push(format!("Parameter {} is not a table.", number + 1));
            continue;
        };
        let field = parameter(number + 1, table, problems);
        if !is_name(&field.name) {
            problems.push(format!("Parameter {} has no name that a parameter can have.", number + 1));
        } else if fields.iter().any(|other| other.name == field.name) {
            problems.push(format!("The parameter {} is there twice; the first is taken.", field.name));
        } else {
            fields.push(field);
        }
    }
    fields
}

fn parameter(number: usize, table: Table, problems: &mut Vec<String>) -> FieldDef {
    let mut field = FieldDef::default();
    for (key, value) in table {
        let is_taken = match (key.as_str(), value) {
            ("name", Value::String(text)) => set(&mut field.name, text),
            ("label", Value::String(text)) => set(&mut field.label, text),
            ("help", Value::String(text)) => set(&mut field.help, text),
            ("default", Value::String(text)) => set(&mut field.default, text),
            ("required", Value::Boolean(required)) => set(&mut field.required, required),
            ("kind", Value::String(text)) => {
                field.kind = FieldKind::parse(&text);
                field.kind.name() == text
            }
            ("choices", Value::Array(items)) => {
                field.choices = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                field.choices.len() == items.len()
            }
            _ => false,
        };
        if !is_taken {
            problems.push(format!("`{key}` of parameter {number} is not understood."));
        }
    }
    field
}

fn set<T>(place: &mut T, value: T) -> bool {
    *place = value;
    true
}

#[cfg(test)]
mod tests;

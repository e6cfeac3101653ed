//! A query as authored in a file: SQL below a TOML comment with everything else about it.
//!
//! The format has three uses: a query that somebody downloads and imports again ([`super::file`]), a query of a
//! guide, and a template of the library. The first uses only some of the keys; `guides/README.md` lists all of them
//! for authors.

mod kinds;
mod sample;
mod window;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

pub use kinds::{Difficulty, PRODUCTS, QueryKind, products_of_entry};
pub use sample::{Sample, sample_number};
pub use window::RelativeWindow;

use super::fields::{FieldDef, FieldKind, MOST_FIELDS};
use super::front_matter::{Entry, Fault, FrontMatter};
use super::tags::Tags;
use super::window::WindowForm;
use super::{Privacy, QueryInput};
use crate::amcsql::template::is_name;

/// The first line of the comment.
pub(super) const BEGIN: &str = "--+++ recomamp query";
/// The last line of the comment.
pub(super) const END: &str = "--+++";
/// The version of the format; a file of a later one is read as far as it is understood.
pub(super) const FORMAT: i64 = 1;
/// Longest front matter, in bytes.
const LONGEST: usize = 1 << 20;
/// A query with everything that its author wrote about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthoredQuery {
    /// What is saved as a query; without the values that [`AuthoredQuery::input`] fills in.
    pub input: QueryInput,
    /// Default values of parameters on synthetic data, by name: `{half-year}` is replaced by the half-years of the
    /// window.
    pub demo_defaults: BTreeMap<String, Vec<String>>,
    /// A window given by its length.
    pub relative: Option<RelativeWindow>,
    pub kind: QueryKind,
    /// Which window to choose, and why.
    pub window_advice: String,
    /// Prerequisites, a sentence each.
    pub prerequisites: Vec<String>,
    /// Columns of the result with their definitions.
    pub metrics: Vec<(String, String)>,
    /// A sample of the result, from synthetic data.
    pub sample: Option<Sample>,
    /// Columns of the sample that are drawn as a chart.
    pub chart: Vec<String>,
    /// How to read the result, in Markdown.
    pub interpretation: String,
    /// The SQL of the rule-based audience that the query measures, with the same parameters; may be empty.
    pub audience: String,
    /// How many users that audience has on synthetic data.
    pub audience_users: Option<u64>,
    /// Its heading in the library.
    pub category: String,
    /// The question it answers, as a client would ask it.
    pub use_case: String,
    pub products: Vec<String>,
    pub level: Difficulty,
    /// Incremented when the author changes the result.
    pub version: u32,
    /// The line in the file at which the SQL begins, from 1.
    pub sql_line: usize,
    /// The keys of the front matter with their lines.
    pub keys: Vec<(String, usize)>,
}

impl AuthoredQuery {
    /// The query for the editor, with the defaults on that day. Names in the synthetic data are only used as defaults
    /// there; elsewhere they would be somebody else's campaigns.
    pub fn input(&self, now: DateTime<Utc>, synthetic: bool) -> QueryInput {
        let mut input = self.input.clone();
        if let Some(relative) = self.relative {
            input.window = relative.form(&input.window.zone, now);
        }
        if synthetic {
            for field in &mut input.fields {
                if let Some(lines) = self.demo_defaults.get(&field.name) {
                    field.default = window::half_years_in(lines, &input.window, now).join("\n");
                }
            }
        }
        input
    }

    /// The line of a key, or of the SQL if it is missing.
    pub fn line_of(&self, key: &str) -> usize {
        self.keys.iter().find(|(known, _)| known == key).map_or(self.sql_line, |(_, line)| *line)
    }
}

/// A parsed text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthoredRead {
    pub query: AuthoredQuery,
    pub has_front_matter: bool,
    /// The errors in the front matter.
    pub faults: Vec<Fault>,
    /// The byte where the SQL begins.
    pub sql_start: usize,
}

/// Parses a text whose first line is line `first` of its file. Never fails: problems are reported, and text without
/// front matter is SQL.
pub fn read_authored(text: &str, first: usize) -> AuthoredRead {
    let mut read = AuthoredRead::default();
    let query = &mut read.query;
    (query.version, query.sql_line) = (1, first);
    let Some(split) = split(text) else {
        text.clone_into(&mut query.input.sql);
        if text.trim_start().starts_with(BEGIN) {
            let message = format!("The front matter has no line “{END}” at its end, so all of the file is SQL.");
            read.faults.push(Fault::new(first, message));
        }
        return read;
    };
    read.has_front_matter = true;
    split.sql.clone_into(&mut query.input.sql);
    read.sql_start = text.len() - split.sql.len();
    let line_of = |at: usize| first + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
    query.sql_line = line_of(read.sql_start);
    let block = FrontMatter::new(&split.front, line_of(split.begin)).behind(&split.indents);
    for entry in block.entries(&mut read.faults) {
        query.keys.push((entry.key.clone(), entry.line()));
        take(entry, query, &mut read.faults);
    }
    read
}

/// A text split in two: the TOML, with its byte offset and the length of each line's prefix, and the SQL.
struct Split<'a> {
    front: String,
    begin: usize,
    indents: Vec<usize>,
    sql: &'a str,
}

fn split(text: &str) -> Option<Split<'_>> {
    let rest = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).strip_prefix(BEGIN)?;
    let (_, mut rest) = rest.split_once('\n')?;
    let (mut front, mut indents) = (String::new(), Vec::new());
    let begin = text.len() - rest.len();
    loop {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        if line.trim_end() == END {
            return Some(Split { front, begin, indents, sql: after });
        }
        let line = line.strip_prefix("--")?;
        let spaced = line.strip_prefix(' ');
        indents.push(2 + usize::from(spaced.is_some()));
        front.push_str(spaced.unwrap_or(line));
        front.push('\n');
        if after.is_empty() || front.len() > LONGEST {
            return None;
        }
        rest = after;
    }
}

fn take(entry: Entry<'_>, query: &mut AuthoredQuery, faults: &mut Vec<Fault>) {
    let input = &mut query.input;
    match entry.key.as_str() {
        "format" => {
            if entry.read::<i64>(faults) != FORMAT {
                faults.push(entry.fault("The file has a newer format; what is new in it is not understood."));
            }
        }
        "name" => entry.read::<String>(faults).trim().clone_into(&mut input.name),
        "description" => input.description = entry.read(faults),
        "tags" => input.tags = Tags::read(&entry.read::<Vec<String>>(faults).join(",")),
        "window" => window(entry, query, faults),
        "privacy" => input.privacy = privacy(entry, faults),
        "parameters" => parameters(entry, query, faults),
        "kind" => {
            let text: String = entry.read(faults);
            match QueryKind::ALL.into_iter().find(|kind| kind.name() == text) {
                Some(kind) => query.kind = kind,
                None => faults.push(entry.fault("`kind` is \"explore\", \"main\" or \"validate\".")),
            }
        }
        "window-advice" => query.window_advice = entry.read(faults),
        "prerequisites" => query.prerequisites = entry.read(faults),
        "metrics" => {
            let metrics = entry.entries(faults).into_iter();
            query.metrics = metrics.map(|entry| (entry.key.clone(), entry.read(faults))).collect();
        }
        "sample" => query.sample = Sample::of_entry(&entry, faults),
        "chart" => query.chart = lines_of_entry(&entry, faults),
        "interpretation" => query.interpretation = entry.read(faults),
        "audience" => query.audience = entry.read(faults),
        "audience-users" => query.audience_users = Some(entry.read(faults)),
        "category" => query.category = entry.read(faults),
        "use-case" => query.use_case = entry.read(faults),
        "products" => query.products = products_of_entry(&entry, faults),
        "level" => query.level = Difficulty::of_entry(&entry, faults),
        "version" => query.version = entry.read(faults),
        other => faults.push(entry.fault(format!("`{other}` is not known."))),
    }
}

fn window(entry: Entry<'_>, query: &mut AuthoredQuery, faults: &mut Vec<Fault>) {
    let mut window = WindowForm { zone: query.input.window.zone.clone(), ..WindowForm::default() };
    let (mut days, mut lag) = (None, None);
    let place =
        entry.fault("A window of `days` has no `kind`, `start` or `end`: it is told by its length and its `lag`.");
    for part in entry.entries(faults) {
        match part.key.as_str() {
            "kind" => window.kind = part.read(faults),
            "start" => window.start = part.read(faults),
            "end" => window.end = part.read(faults),
            "zone" => window.zone = part.read(faults),
            "days" => days = Some(part.read::<u32>(faults)),
            "lag" => lag = Some(part.read::<u32>(faults)),
            other => faults.push(part.fault(format!("`{other}` of the window is not understood."))),
        }
    }
    let is_plain = window.start.is_empty() && window.end.is_empty() && window.kind == WindowForm::default().kind;
    match (days, lag) {
        (None, None) => {}
        (Some(days), lag) if is_plain => query.relative = RelativeWindow::new(days, lag, place, faults),
        _ => faults.push(place),
    }
    query.input.window = window;
}

fn privacy(entry: Entry<'_>, faults: &mut Vec<Fault>) -> Privacy {
    let mut privacy = Privacy::default();
    for part in entry.entries(faults) {
        match part.key.as_str() {
            "mode" => {
                let text: String = part.read(faults);
                match serde_json::from_value(serde_json::Value::String(text)) {
                    Ok(mode) => privacy.mode = mode,
                    Err(_) => faults.push(part.fault("`mode` is \"drop\", \"blank\" or \"off\".")),
                }
            }
            "column" => privacy.column = part.read(faults),
            other => faults.push(part.fault(format!("`{other}` of the privacy options is not understood."))),
        }
    }
    privacy
}

fn parameters(entry: Entry<'_>, query: &mut AuthoredQuery, faults: &mut Vec<Fault>) {
    for (number, (place, entries)) in entry.tables(faults).into_iter().enumerate() {
        let number = number + 1;
        if number > MOST_FIELDS {
            let message = format!("There are more than {MOST_FIELDS} parameters; the others are left out.");
            faults.push(Fault { message, ..place });
            return;
        }
        let mut demo = None;
        let field = parameter(number, entries, &mut demo, faults);
        let fields = &mut query.input.fields;
        let fault = if !is_name(&field.name) {
            format!("Parameter {number} has no name that a parameter can have.")
        } else if fields.iter().any(|other| other.name == field.name) {
            format!("The parameter {} is there twice; the first is taken.", field.name)
        } else {
            query.demo_defaults.extend(demo.map(|lines| (field.name.clone(), lines)));
            fields.push(field);
            continue;
        };
        faults.push(Fault { message: fault, ..place });
    }
}

fn parameter(
    number: usize,
    entries: Vec<Entry<'_>>,
    demo: &mut Option<Vec<String>>,
    faults: &mut Vec<Fault>,
) -> FieldDef {
    let mut field = FieldDef { required: true, ..FieldDef::default() };
    for part in entries {
        match part.key.as_str() {
            "name" => field.name = part.read(faults),
            "label" => field.label = part.read(faults),
            "help" => field.help = part.read(faults),
            "default" => field.default = lines_of_entry(&part, faults).join("\n"),
            "demo-default" => *demo = Some(lines_of_entry(&part, faults)),
            "required" => field.required = part.read(faults),
            "choices" => field.choices = part.read(faults),
            "kind" => {
                let text: String = part.read(faults);
                field.kind = FieldKind::parse(&text);
                if field.kind.name() != text {
                    let known = FieldKind::ALL.map(FieldKind::name).join(", ");
                    faults.push(part.fault(format!("`{text}` is no kind of parameter. Write one of {known}.")));
                }
            }
            other => faults.push(part.fault(format!("`{other}` of parameter {number} is not understood."))),
        }
    }
    field
}

/// A value that is a text, a number or a truth value, or several texts.
pub fn lines_of_entry(entry: &Entry<'_>, faults: &mut Vec<Fault>) -> Vec<String> {
    entry.read::<Lines>(faults).0
}

#[derive(Default)]
struct Lines(Vec<String>);

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a text, a number, true or false, or a list of texts")]
        enum Written {
            Text(String),
            Whole(i64),
            Real(f64),
            Truth(bool),
            Lines(Vec<String>),
        }
        Ok(Self(match Written::deserialize(deserializer)? {
            Written::Text(text) => vec![text],
            Written::Whole(number) => vec![number.to_string()],
            Written::Real(number) => vec![number.to_string()],
            Written::Truth(truth) => vec![truth.to_string()],
            Written::Lines(lines) => lines,
        }))
    }
}

#[cfg(test)]
mod tests;

//! A query of a guide or of the library, with all checks that don't need to run it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::chart;
use super::code::{Fence, colored};
use super::head::finding;
use super::model::{Finding, GuideQuery, Level, Link};
use super::reader::{Source, fragment};
use crate::amcsql::bound::Query as Bound;
use crate::amcsql::catalogue::{Catalogue, DataType};
use crate::amcsql::flatten::sendable;
use crate::amcsql::text::LineIndex;
use crate::amcsql::{Context, check, template};
use crate::queries::{self, AuthoredRead, Prepared, PrivacyMode, QueryInput, RunInput, Sample};
use crate::web::Fields;

/// The day on which queries are checked and samples are compared: the same everywhere, so that the synthetic data is
/// the same too.
static CHECKED_ON: LazyLock<DateTime<Utc>> =
    LazyLock::new(|| DateTime::from_timestamp(1_795_262_400, 0).unwrap_or_default());

/// The time of a check.
pub(in crate::guides) fn checked_on() -> DateTime<Utc> {
    *CHECKED_ON
}

/// The query as run on synthetic data on a day, with its defaults.
pub(in crate::guides) fn prepared(input: &QueryInput, now: DateTime<Utc>) -> Prepared {
    let script = input.script();
    let (run, _) = RunInput::of_form(&script, &Fields::default());
    queries::prepare(&script, &run, Catalogue::standard(), now, false)
}

/// The SQL of an audience with the values of a form as HTML; with its parameters where a value is missing or wrong.
pub(in crate::guides) fn audience_html(sql: &str, input: &QueryInput, form: &Fields, now: DateTime<Utc>) -> String {
    let script = input.script();
    let (run, errors) = RunInput::of_form(&script, form);
    let prepared = queries::prepare(&script, &run, Catalogue::standard(), now, false);
    let filled = template::fill(sql, &prepared.values.0).ok();
    let filled = filled.filter(|_| errors.is_empty() && prepared.errors.is_empty());
    colored(filled.as_ref().map_or(sql, |filled| filled.text.as_str()).trim())
}

/// The audience's query with the values of a prepared one; `None` if it has errors.
pub(in crate::guides) fn audience(sql: &str, prepared: &Prepared) -> Option<Bound> {
    let filled = template::fill(sql, &prepared.values.0).ok()?;
    let (flat, _) = sendable(&filled.text);
    check(&flat.text, &Context::audience(Catalogue::standard())).query
}

/// Builds a query from a parsed file, with its findings.
pub(super) fn build(
    source: Source<'_>,
    id: &str,
    read: AuthoredRead,
    links: &mut Vec<Link>,
    findings: &mut Vec<Finding>,
) -> GuideQuery {
    let AuthoredRead { query: mut authored, faults, .. } = read;
    findings.extend(faults.into_iter().map(|fault| finding(source.file, fault)));
    let line = authored.line_of("interpretation");
    let interpretation_html = fragment(source, &authored.interpretation, line, links, findings);
    if authored.input.name.is_empty() {
        let message = "The query has no name. Write name = \"…\" in its front matter.";
        findings.push(Finding::error(source.file, (authored.sql_line, 1), "query", message));
        id.clone_into(&mut authored.input.name);
    }
    let mut query = GuideQuery {
        id: id.to_owned(),
        file: source.file.to_owned(),
        sql_html: colored(authored.input.sql.trim_end()),
        chart: authored.sample.as_ref().map(|sample| chart::drawn(id, sample, &authored.chart)).unwrap_or_default(),
        interpretation_html,
        authored,
        ..GuideQuery::default()
    };
    query.digest = digest(&query);
    let mut checking = Checking { query: &mut query, findings: Vec::new() };
    checking.all();
    let Checking { findings: added, .. } = checking;
    findings.extend(added);
    query
}

/// The digest of everything that determines a query's result: its text, its parameters and their defaults, the
/// window, the engine.
fn digest(query: &GuideQuery) -> String {
    let authored = &query.authored;
    let sample = authored.sample.as_ref().map(|sample| (&sample.columns, &sample.rows));
    let audience = (&authored.audience, authored.audience_users);
    let parts = (&authored.input, &authored.demo_defaults, authored.relative, sample, audience);
    digest_of(&format!("{} {parts:?}", env!("ENGINE_DIGEST")))
}

/// A digest of a text.
pub(in crate::guides) fn digest_of(text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(text);
    let half: [u8; 16] = std::array::from_fn({
        let whole = hash.finalize();
        move |at| whole[at]
    });
    format!("{:032x}", u128::from_be_bytes(half))
}

/// The state of checking a query.
struct Checking<'q> {
    query: &'q mut GuideQuery,
    findings: Vec<Finding>,
}

impl Checking<'_> {
    fn all(&mut self) {
        let input = self.query.input(checked_on(), true);
        let prepared = prepared(&input, checked_on());
        self.parameters(&input, &prepared);
        self.sql(&input, &prepared);
        let reads = queries::reads(&input.sql, &input.fields, Catalogue::standard());
        let mut read: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for it in reads {
            read.entry(it.source).or_default().extend(it.column);
        }
        self.query.sources = read.keys().cloned().collect();
        self.query.reads = read.into_iter().map(|(source, columns)| (source, columns.into_iter().collect())).collect();
        if let Ok(bound) = queries::bound(&prepared) {
            let column = |output: &crate::amcsql::bound::Output| {
                (output.name.clone(), bound.column(output.column).data_type.clone())
            };
            self.query.columns = bound.outputs.iter().map(column).collect();
            if input.privacy.mode == PrivacyMode::Blank && !input.privacy.column.is_empty() {
                self.query.columns.push((input.privacy.column.clone(), DataType::Boolean));
                self.query.blanked = true;
            }
            self.metrics();
            self.sample();
        }
        self.chart();
        self.audience(&input);
    }

    fn say(&mut self, line: usize, code: &'static str, message: impl Into<String>) {
        self.findings.push(Finding::error(&self.query.file, (line, 1), code, message));
    }

    fn parameters(&mut self, input: &QueryInput, prepared: &Prepared) {
        let line = self.query.authored.line_of("parameters");
        let index = LineIndex::new(&input.sql);
        for field in template::fields(&input.sql) {
            if !input.fields.iter().any(|known| known.name == field.name) {
                let place = index.place(field.span.start);
                let place = (self.query.authored.sql_line + place.line - 1, place.column);
                let message =
                    format!("The front matter doesn't declare the parameter {}. Add it to [[parameters]].", field.name);
                self.findings.push(Finding::error(&self.query.file, place, "parameters", message));
            }
        }
        for field in &input.fields {
            if !prepared.asked.iter().any(|asked| asked.name.eq_ignore_ascii_case(&field.name)) {
                self.say(
                    line,
                    "parameters",
                    format!("The SQL doesn't use the parameter {}. Use it, or remove the declaration.", field.name),
                );
            }
        }
        let mut reported: Vec<&str> = Vec::new();
        for (field, sentence) in prepared.errors.iter() {
            if reported.contains(&sentence) {
                continue;
            }
            reported.push(sentence);
            let (line, code) = match field {
                "window" | "start" | "end" | "zone" => (self.query.authored.line_of("window"), "window"),
                "privacy" | "privacy.column" => (self.query.authored.line_of("privacy"), "front-matter"),
                "" | "sql" => (self.query.authored.sql_line, "query"),
                _ => (line, "parameters"),
            };
            let hint =
                if code == "parameters" { " Give it a `default`, or a `demo-default` for synthetic data." } else { "" };
            self.say(line, code, format!("{sentence}{hint}"));
        }
    }

    fn sql(&mut self, input: &QueryInput, prepared: &Prepared) {
        let index = LineIndex::new(&input.sql);
        for finding in prepared.findings.iter().filter(|finding| finding.level != Level::Info) {
            let place = index.place(finding.span.start);
            let place = (self.query.authored.sql_line + place.line - 1, place.column);
            let base = Finding::error(&self.query.file, place, finding.code, finding.message.clone());
            self.findings.push(Finding { level: finding.level, ..base });
        }
    }

    fn metrics(&mut self) {
        let line = self.query.authored.line_of("metrics");
        for (column, _) in self.query.authored.metrics.clone() {
            if !self.query.columns.iter().any(|(name, _)| *name == column) {
                let names: Vec<&str> = self.query.columns.iter().map(|(name, _)| name.as_str()).collect();
                let message = format!("The result doesn't have a column {column}. It has {}.", names.join(", "));
                self.say(line, "metrics", message);
            }
        }
    }

    /// Checks that the sample has the columns of the result, and values of their types.
    fn sample(&mut self) {
        let Some(sample) = self.query.authored.sample.clone() else { return };
        let names: Vec<String> = self.query.columns.iter().map(|(name, _)| name.clone()).collect();
        // The column that flags blanked rows, which AMC adds, may be left out.
        let needed = names.len() - usize::from(self.query.blanked);
        if sample.columns != names && sample.columns != names.get(..needed).unwrap_or_default() {
            let (has, wants) = (sample.columns.join(", "), names.join(", "));
            self.say(
                sample.line,
                "sample",
                format!("The sample has the columns {has}, but the query returns {wants}."),
            );
            return;
        }
        for (at, (name, data_type)) in self.query.columns.clone().into_iter().enumerate().take(sample.columns.len()) {
            if let Some(row) = unfit(&sample, at, &data_type) {
                let value = sample.rows.get(row).and_then(|row| row.get(at)).cloned().unwrap_or_default();
                let message = format!("“{value}” isn't a valid value for {name}, whose type is {data_type}.");
                self.say(sample.line + row + 1, "sample", message);
            }
        }
    }
}

/// The rest of checking a query's claims.
impl Checking<'_> {
    fn chart(&mut self) {
        let authored = &self.query.authored;
        let Some(why) = chart::why_not(authored.sample.as_ref(), &authored.chart) else { return };
        self.say(self.query.authored.line_of("chart"), "chart", why);
    }

    /// Checks the SQL of the audience, whose parameters are those of the query.
    fn audience(&mut self, input: &QueryInput) {
        let authored = &self.query.authored;
        let (sql, users) = (authored.audience.clone(), authored.audience_users);
        let (line, users_line) = (authored.line_of("audience"), authored.line_of("audience-users"));
        if sql.trim().is_empty() {
            if users.is_some() {
                self.say(users_line, "audience", "`audience-users` belongs to an `audience`.");
            }
            return;
        }
        if users.is_none() {
            let message = "The audience has no `audience-users`: how many users it has on synthetic data.";
            self.say(line, "audience", message);
        }
        // OK because TOML drops a line end directly after the quotes.
        let first = line + usize::from(sql.trim_end().contains('\n'));
        Fence::Audience.check(&self.query.file, first, &sql, &mut self.findings);
        for field in template::fields(&sql) {
            if !input.fields.iter().any(|known| known.name == field.name) {
                let message = format!("The query has no parameter {}, which its audience uses.", field.name);
                self.say(line, "audience", message);
            }
        }
    }
}

/// The first row of a sample whose value doesn't match the column's type.
fn unfit(sample: &Sample, column: usize, data_type: &DataType) -> Option<usize> {
    let fits = |value: &str| match data_type {
        _ if value.is_empty() => true,
        DataType::Boolean => matches!(value, "true" | "false"),
        DataType::Date => value.parse::<chrono::NaiveDate>().is_ok(),
        other if other.is_numeric() => queries::sample_number(value).is_some(),
        _ => true,
    };
    sample.rows.iter().position(|row| !row.get(column).is_none_or(|value| fits(value)))
}

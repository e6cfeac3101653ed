//! What the tables around a place give, with the types and privacy levels that the checker finds.
//!
//! Each query in parentheses that can be read is handed to the checker under the name by which it is read; one that cannot,
//! because somebody is writing in it, stands with the names that its text shows. So a mistake in one common table takes the
//! types from its own columns only.

use std::collections::{BTreeMap, HashMap};

use super::super::catalogue::{Catalogue, ColumnDef, DataSource, DataType, Threshold};
use super::super::check::{CommonColumn, Context, common_tables};
use super::super::parser;
use super::super::template;
use super::super::text::Span;
use super::outline::{Item, Origin, Outline, Select, Table};
use super::tokens::{Token, tokens};

/// Most common tables that are looked into; a text with more is read without types.
const MOST_COMMONS: usize = 200;
/// Queries inside queries whose names are read off the text.
const DEEPEST: usize = 12;

/// A text that is being written, with what it can read.
pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) catalogue: &'a Catalogue,
    pub(super) tokens: Vec<Token>,
    pub(super) outline: Outline,
}

/// A column that can be named somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// None where nothing tells it.
    pub(super) data_type: Option<DataType>,
    pub(super) threshold: Threshold,
    pub(super) unit: Option<String>,
    /// What the catalogue says about it.
    pub(super) help: String,
    /// Values that it is known to hold.
    pub(super) values: Vec<String>,
}

impl Column {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            data_type: None,
            threshold: Threshold::None,
            unit: None,
            help: String::new(),
            values: Vec::new(),
        }
    }

    /// Its type, its privacy level and its unit of money, in a line.
    pub(super) fn detail(&self) -> String {
        let kind = self.data_type.as_ref().map(ToString::to_string);
        let level = Some(self.threshold).filter(|level| *level > Threshold::Low).map(|level| level.amc().to_owned());
        kind.into_iter().chain(level).chain(self.unit.clone()).collect::<Vec<_>>().join(" · ")
    }
}

impl From<&ColumnDef> for Column {
    fn from(column: &ColumnDef) -> Self {
        let value = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self {
            name: column.name.clone(),
            data_type: Some(column.data_type.clone()),
            threshold: column.threshold,
            unit: column.unit.clone().filter(|unit| unit != "currency"),
            help: column.description.clone(),
            values: column.values.iter().map(value).collect(),
        }
    }
}

impl From<CommonColumn> for Column {
    fn from(column: CommonColumn) -> Self {
        Self {
            data_type: Some(column.data_type).filter(|it| *it != DataType::Null),
            threshold: column.threshold,
            unit: column.unit.map(str::to_owned),
            ..Self::named(&column.name)
        }
    }
}

/// A table of a `SELECT`, with what it gives.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// What the `SELECT` calls it; empty for a derived table without an alias.
    pub(super) called: String,
    pub(super) columns: Vec<Column>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(text: &'a str, catalogue: &'a Catalogue) -> Self {
        let tokens = tokens(text);
        let outline = Outline::new(text, &tokens);
        Self { text, catalogue, tokens, outline }
    }

    /// The tables whose columns can be named at a place, those of its own `SELECT` first.
    pub(super) fn in_scope(&self, at: usize) -> Vec<Vec<Given>> {
        let mut levels = Vec::new();
        let mut select = self.outline.select_at(at);
        while let Some(here) = select.and_then(|index| self.outline.selects.get(index)) {
            levels.push(self.given(here));
            select = here.around;
        }
        levels
    }

    /// What the tables of a `SELECT` give.
    pub(super) fn given(&self, select: &Select) -> Vec<Given> {
        let known = self.known(select);
        let given = |(at, table): (usize, &Table)| Given {
            called: table.called().unwrap_or_default().to_owned(),
            columns: match &table.origin {
                Origin::Named(name) => match self.outline.common(name, table.span.start) {
                    Some(_) => known.get(&name.to_lowercase()).cloned().unwrap_or_default(),
                    None => self.source(name).map(columns).unwrap_or_default(),
                },
                Origin::Derived(_) => known.get(&derived(at)).cloned().unwrap_or_default(),
            },
        };
        select.tables.iter().enumerate().map(given).collect()
    }

    /// What the common table of that name gives, as it is seen at a place behind it.
    pub(super) fn common_columns(&self, name: &str, at: usize) -> Vec<Column> {
        let select = Select {
            span: Span::new(at, at),
            tables: Vec::new(),
            items: Vec::new(),
            clauses: Vec::new(),
            around: None,
        };
        self.known(&select).remove(&name.to_lowercase()).unwrap_or_default()
    }

    pub(super) fn source(&self, name: &str) -> Option<&'a DataSource> {
        self.catalogue.source(name).or_else(|| self.catalogue.renamed(name))
    }

    /// The columns of the common tables that a `SELECT` can read, and of its derived tables, by their names.
    fn known(&self, select: &Select) -> HashMap<String, Vec<Column>> {
        let mut parts: Vec<(String, Span)> =
            self.outline.visible(select.span.start).map(|common| (common.name.clone(), common.body)).collect();
        for (at, table) in select.tables.iter().enumerate() {
            if let Origin::Derived(body) = table.origin {
                parts.push((derived(at), body));
            }
        }
        if parts.is_empty() || parts.len() > MOST_COMMONS {
            return HashMap::new();
        }
        let mut with = Vec::with_capacity(parts.len());
        for (name, body) in &parts {
            let text = self.readable(*body).unwrap_or_else(|| stub(&self.names(*body, 0)));
            with.push(format!("\"{}\" AS ({text}\n)", name.replace('"', "\"\"")));
        }
        let text = format!("WITH {} SELECT 1", with.join(", "));
        let tables = common_tables(&text, &Context::reporting(self.catalogue)).unwrap_or_default();
        let tables =
            tables.into_iter().map(|it| (it.name.to_lowercase(), it.columns.into_iter().map(Into::into).collect()));
        tables.collect()
    }

    /// A query that can be read, with NULL in place of its parameters.
    fn readable(&self, body: Span) -> Option<String> {
        let text = template::sample(body.of(self.text), &BTreeMap::new()).text;
        parser::parse(&text).ok().filter(|parsed| parsed.semicolon.is_none()).map(|_| text)
    }

    /// The names of the columns that a query gives, read off its text.
    fn names(&self, body: Span, depth: usize) -> Vec<String> {
        let inside = |select: &&Select| select.span.start >= body.start && select.span.end <= body.end;
        let outermost = self.outline.selects.iter().filter(inside).max_by_key(|it| it.span.end - it.span.start);
        let Some(select) = outermost.filter(|_| depth < DEEPEST) else { return Vec::new() };
        let mut names = Vec::new();
        for Item { name, is_star, .. } in &select.items {
            if !is_star {
                names.extend(Some(name.clone()).filter(|name| !name.is_empty()));
                continue;
            }
            for table in &select.tables {
                match &table.origin {
                    Origin::Derived(body) => names.extend(self.names(*body, depth + 1)),
                    Origin::Named(name) => match self.outline.common(name, table.span.start) {
                        Some(common) => names.extend(self.names(common.body, depth + 1)),
                        None => names.extend(self.source(name).into_iter().flat_map(columns).map(|it| it.name)),
                    },
                }
            }
        }
        names.truncate(2_000);
        names
    }
}

/// The columns of a data source.
pub(super) fn columns(source: &DataSource) -> Vec<Column> {
    source.columns.iter().map(Column::from).collect()
}

/// The name under which a derived table is handed to the checker: the one at that place of `FROM`.
fn derived(at: usize) -> String {
    format!("derived table {at}")
}

/// A query that gives columns of these names.
fn stub(names: &[String]) -> String {
    let items: Vec<String> = names.iter().map(|name| format!("NULL AS \"{}\"", name.replace('"', "\"\""))).collect();
    if items.is_empty() { "SELECT NULL AS \"?\"".to_owned() } else { format!("SELECT {}", items.join(", ")) }
}

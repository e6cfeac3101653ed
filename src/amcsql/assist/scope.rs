//! The tables in scope at a position, with the types and privacy levels that the checker finds.
//!
//! Each parenthesized query that can be parsed is passed to the checker under its name; one that can't, because
//! somebody is editing it, is replaced by the names found in its text. So an error in one common table expression
//! only affects the types of its own columns.

use std::collections::{BTreeMap, HashMap};

use super::super::catalogue::{Catalogue, ColumnDef, DataSource, DataType, Threshold};
use super::super::check::{CommonColumn, Context, common_tables};
use super::super::parser;
use super::super::template;
use super::super::text::Span;
use super::outline::{Item, Origin, Outline, Select, Table};
use super::tokens::{Token, tokens};

/// Maximum number of common table expressions; a text with more is read without types.
const MOST_COMMONS: usize = 200;
/// Maximum nesting of queries whose names are read from the text.
const DEEPEST: usize = 12;

/// A text that is being edited, with its available sources.
pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) catalogue: &'a Catalogue,
    pub(super) tokens: Vec<Token>,
    pub(super) outline: Outline,
}

/// A column in scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// `None` if unknown.
    pub(super) data_type: Option<DataType>,
    pub(super) threshold: Threshold,
    pub(super) unit: Option<String>,
    /// The description in the catalog.
    pub(super) help: String,
    /// Values known from the documentation, for completion.
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

    /// Its type, its privacy level and its unit of money, in one line.
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

/// A table of a `SELECT` with its columns.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// Its qualifier; empty for a derived table without an alias.
    pub(super) called: String,
    pub(super) columns: Vec<Column>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(text: &'a str, catalogue: &'a Catalogue) -> Self {
        let tokens = tokens(text);
        let outline = Outline::new(text, &tokens);
        Self { text, catalogue, tokens, outline }
    }

    /// The columns of all sources that begin with a word, each with where it is: what can be meant while `FROM` isn't
    /// written yet.
    pub(super) fn anywhere(&self, word: &str) -> Vec<(Column, String)> {
        let word = word.to_lowercase();
        let mut found: BTreeMap<&str, (&ColumnDef, Vec<&str>)> = BTreeMap::new();
        for source in self.catalogue.sources().iter().filter(|source| !source.is_audience_twin()) {
            for column in source.columns.iter().filter(|column| column.name.starts_with(&word)) {
                found.entry(&column.name).or_insert_with(|| (column, Vec::new())).1.push(&source.id);
            }
        }
        let origin = |sources: &[&str]| match sources {
            [only] => (*only).to_owned(),
            several => format!("{} data sources", several.len()),
        };
        found.into_values().map(|(column, sources)| (Column::from(column), origin(&sources))).collect()
    }

    /// The tables whose columns can be used at a position, those of the innermost `SELECT` first.
    pub(super) fn in_scope(&self, at: usize) -> Vec<Vec<Given>> {
        let mut levels = Vec::new();
        let mut select = self.outline.select_at(at);
        while let Some(here) = select.and_then(|index| self.outline.selects.get(index)) {
            levels.push(self.given(here));
            select = here.around;
        }
        levels
    }

    /// The tables of a `SELECT` with their columns.
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

    /// The columns of the common table expression with that name, as visible at a later position.
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

    /// The columns of the common table expressions that a `SELECT` can use, and of its derived tables, by name.
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
            let text = self.readable(*body).unwrap_or_else(|| select_of_names(&self.names(*body, 0)));
            with.push(format!("\"{}\" AS ({text}\n)", name.replace('"', "\"\"")));
        }
        let text = format!("WITH {} SELECT 1", with.join(", "));
        let tables = common_tables(&text, &Context::reporting(self.catalogue)).unwrap_or_default();
        let tables =
            tables.into_iter().map(|it| (it.name.to_lowercase(), it.columns.into_iter().map(Into::into).collect()));
        tables.collect()
    }

    /// A query that can be parsed, with NULL in place of its parameters.
    fn readable(&self, body: Span) -> Option<String> {
        let text = template::sample(body.of(self.text), &BTreeMap::new()).text;
        parser::parse(&text).ok().filter(|parsed| parsed.semicolon.is_none()).map(|_| text)
    }

    /// The column names of a query, read from its text.
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

/// The name under which a derived table is passed to the checker, from its index in `FROM`.
fn derived(at: usize) -> String {
    format!("derived table {at}")
}

/// A query with columns of these names.
fn select_of_names(names: &[String]) -> String {
    let items: Vec<String> = names.iter().map(|name| format!("NULL AS \"{}\"", name.replace('"', "\"\""))).collect();
    if items.is_empty() { "SELECT NULL AS \"?\"".to_owned() } else { format!("SELECT {}", items.join(", ")) }
}

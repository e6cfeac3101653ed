//! Comparison of sources.

use askama::Template;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::amcsql::catalogue::{ColumnDef, DataSource};
use crate::data_sources::compare::{Compared, Difference, compare};
use crate::data_sources::described;
use crate::data_sources::directory::View;
use crate::data_sources::markdown;
use crate::web::components::Choice;
use crate::web::list::{self, Export, Few, List, ListParams};
use crate::web::shell::{Section, Shell};
use crate::web::{self, FileName, Html, Person, Site, Visit, words};

/// Maximum number of compared sources.
const MOST: usize = 4;

#[derive(Template)]
#[template(path = "data_sources/compare.html")]
pub(super) struct ComparePage {
    shell: Shell,
    list: List,
    /// The value of each select.
    chosen: Vec<String>,
    choices: Vec<Choice>,
    sources: Vec<DataSource>,
    facts: Vec<(&'static str, Vec<String>)>,
    sections: Vec<Part>,
    differences: Vec<Choice>,
    difference: &'static str,
    /// The same comparison with all columns.
    everything: String,
    markdown: String,
}

impl ComparePage {
    /// That there are no columns of the chosen kind.
    fn none(&self) -> &'static str {
        match Difference::parse(self.difference) {
            Some(Difference::Different) => "No column differs",
            Some(Difference::Only) => "No column is missing in any of them",
            Some(Difference::Same) => "No column is the same in all of them",
            None => "No columns",
        }
    }
}

/// The columns with one kind of comparison.
struct Part {
    difference: Difference,
    rows: Vec<CompareRow>,
}

impl Part {
    fn count(&self) -> String {
        words::counted(i64::try_from(self.rows.len()).unwrap_or(i64::MAX), "column", "columns")
    }
}

struct CompareRow {
    name: String,
    cells: Vec<Option<Cell>>,
}

/// One source's definition of a column.
struct Cell {
    href: String,
    text: String,
    note: &'static str,
}

impl Cell {
    fn new(source: &DataSource, column: &ColumnDef) -> Self {
        Self {
            href: described::address(&source.id, Some(&column.name)),
            text: short(column),
            note: described::unit(column.unit.as_deref()),
        }
    }
}

/// Type, role and threshold in one line.
fn short(column: &ColumnDef) -> String {
    format!("{}, {}, {}", column.data_type, described::role(column.column_type), column.threshold.amc())
}

/// The sources in an address, in order, and which columns to show.
fn requested<'a>(view: &'a View, params: &mut ListParams) -> web::Result<(Vec<&'a DataSource>, Option<Difference>)> {
    let names: Vec<String> =
        params.fields().all("source").map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect();
    if names.len() > MOST {
        return Err(web::Error::Invalid(format!(
            "This address has {} data sources; at most {MOST} can be compared.",
            names.len()
        )));
    }
    let mut sources: Vec<&DataSource> = Vec::new();
    for name in names {
        let source =
            view.directory.find(&name).and_then(|place| view.directory.at(place)).ok_or(web::Error::Missing)?;
        if !sources.iter().any(|known| known.id == source.id) {
            sources.push(source);
        }
    }
    Ok((sources, params.value("show", "kind of difference", Difference::parse)))
}

/// The displayed columns, if there are at least two sources.
fn shown<'a>(sources: &[&'a DataSource], difference: Option<Difference>) -> Vec<Compared<'a>> {
    if sources.len() < 2 {
        return Vec::new();
    }
    let fits = |compared: &Compared<'_>| difference.is_none_or(|difference| compared.difference == difference);
    compare(sources).into_iter().filter(fits).collect()
}

/// What the documentation says about a source and not about all of them.
fn own_notes(source: &DataSource, sources: &[&DataSource]) -> String {
    let is_own = |note: &&String| !sources.iter().all(|other| other.notes.contains(note));
    source.notes.iter().filter(is_own).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn facts(sources: &[&DataSource]) -> Vec<(&'static str, Vec<String>)> {
    let fact = |label, of: fn(&DataSource) -> String| (label, sources.iter().map(|source| of(source)).collect());
    let mut facts: Vec<(&'static str, Vec<String>)> = vec![
        fact("Description", |source| source.description.clone()),
        fact("Category", |source| source.category.clone()),
        fact("Kind", |source| described::kind(source.kind).to_owned()),
        fact("Availability", |source| source.availability.clone()),
        fact("Data arrives", |source| source.data_lag.clone()),
        fact("History", |source| source.history.clone()),
        fact("Time window applies to", |source| {
            source.time_window_column.clone().unwrap_or_else(|| "Nothing".to_owned())
        }),
        fact("Audience twin", |source| if source.audience_table.is_some() { "Yes" } else { "No" }.to_owned()),
        fact("Columns", |source| source.columns.len().to_string()),
    ];
    let notes: Vec<String> = sources.iter().map(|source| own_notes(source, sources)).collect();
    if notes.iter().any(|text| !text.is_empty()) {
        facts.insert(1, ("What sets it apart", notes));
    }
    facts
}

fn sections(sources: &[&DataSource], shown: &[Compared<'_>]) -> Vec<Part> {
    let row = |compared: &Compared<'_>| CompareRow {
        name: compared.name.to_owned(),
        cells: sources
            .iter()
            .zip(&compared.columns)
            .map(|(source, column)| Some(Cell::new(source, (*column)?)))
            .collect(),
    };
    let part = |difference: Difference| Part {
        difference,
        rows: shown.iter().filter(|compared| compared.difference == difference).map(row).collect(),
    };
    Difference::ALL.into_iter().map(part).filter(|part| !part.rows.is_empty()).collect()
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ComparePage>> {
    let mut tx = site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    drop(tx);
    let (sources, difference) = requested(&view, &mut params)?;
    let columns = shown(&sources, difference);
    let all = view.directory.sources().map(|source| Choice::new(&source.id, &source.id));
    let chosen = (0..MOST).map(|at| sources.get(at).map(|source| source.id.clone()).unwrap_or_default());
    let differences = Difference::ALL.map(|it| Choice::new(it.name(), it.label()));
    Ok(Html(ComparePage {
        shell: visit.shell("Compare data sources", Section::DataSources).await,
        list: params.list(&[]),
        chosen: chosen.collect(),
        choices: Choice::optional("None", all),
        facts: facts(&sources),
        sections: sections(&sources, &columns),
        sources: sources.iter().map(|source| (*source).clone()).collect(),
        differences: Choice::optional("All columns", differences),
        difference: difference.map(Difference::name).unwrap_or_default(),
        everything: params.here().with("show", "").to_string(),
        markdown: params.here().at("/data-sources/compare.md").to_string(),
    }))
}

/// A column of one of the sources, for exports.
struct Line {
    column: ColumnDef,
    difference: Difference,
    source: String,
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] =
        &["column", "comparison", "data_source", "type", "role", "threshold", "unit", "description"];

    fn cells(&self) -> Vec<Value> {
        let column = &self.column;
        vec![
            json!(column.name),
            json!(self.difference.name()),
            json!(self.source),
            json!(column.data_type.to_string()),
            json!(described::role(column.column_type)),
            json!(column.threshold.amc()),
            json!(column.unit),
            json!(column.description),
        ]
    }
}

/// The displayed columns, a row for each source that has one.
pub(super) async fn export(State(site): State<Site>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let mut tx = site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    drop(tx);
    let (sources, difference) = requested(&view, &mut params)?;
    let lines = shown(&sources, difference).into_iter().flat_map(|compared| {
        let there = sources.iter().zip(compared.columns).filter_map(|(source, column)| Some((source, column?)));
        let line = |(source, column): (&&DataSource, &ColumnDef)| Line {
            column: column.clone(),
            difference: compared.difference,
            source: source.id.clone(),
        };
        there.map(line).collect::<Vec<_>>()
    });
    let file = list::export_rows(&params, Few(lines.collect())).await?;
    Ok(file.answer(&["compared data sources"], site.clock.now()))
}

/// The same as a Markdown table, a row for each column.
pub(super) async fn markdown(
    State(site): State<Site>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let mut tx = site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    drop(tx);
    let (sources, difference) = requested(&view, &mut params)?;
    params.strict()?;
    let names: Vec<&str> = sources.iter().map(|source| source.id.as_str()).collect();
    let rows = shown(&sources, difference).into_iter().map(|compared| {
        let cells = compared.columns.iter().map(|column| column.map_or_else(|| "–".to_owned(), short)).collect();
        (compared.name.to_owned(), compared.difference.label(), cells)
    });
    let text = markdown::compared(&names, rows);
    let name = FileName::new("data-sources", std::iter::once("compared").chain(names.iter().copied()), "md");
    let heads = [(CONTENT_TYPE, "text/markdown; charset=utf-8"), (CONTENT_DISPOSITION, &name.disposition())];
    Ok((heads, text).into_response())
}

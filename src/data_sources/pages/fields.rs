//! All columns of all sources: search, nested conditions, export.

use askama::Template;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::filters;
use super::{instance_choices, of_instance};
use crate::amcsql::catalogue::{ColumnDef, DataSource};
use crate::data_sources::described;
use crate::data_sources::directory::{Known, View};
use crate::data_sources::filter::{Group, Joined, Operator, Piece, Property, Row};
use crate::data_sources::markdown;
use crate::data_sources::store::{self, SavedFilter};
use crate::web::components::{Address, Choice, Pager, SortLink};
use crate::web::list::{self, Export, Few, List, ListParams};
use crate::web::shell::{Section, Shell};
use crate::web::{self, FileName, Html, Person, Site, Visit};

/// Columns per page.
const SIZE: u64 = 50;
const SORTS: [&str; 4] = ["column", "source", "type", "threshold"];

#[derive(Template)]
#[template(path = "data_sources/fields.html")]
pub(super) struct FieldsPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    pager: Pager,
    heads: [SortLink; 4],
    q: String,
    sort: String,
    instances: Vec<Choice>,
    instance: String,
    filter: Group,
    joins: Vec<Choice>,
    properties: Vec<Choice>,
    operators: Vec<Choice>,
    /// The filter in address form, for saving it.
    query: String,
    saved: Vec<SavedFilter>,
    /// The name under which this filter is saved, if it is.
    saved_as: String,
    markdown: String,
}

impl FieldsPage {
    fn pieces(&self) -> Vec<Piece<'_>> {
        self.filter.layout()
    }

    /// Whether the filter builder is open: it isn't empty.
    fn is_built(&self) -> bool {
        self.filter.count() > 0
    }
}

/// A column of a source, in the list and exports.
#[derive(Clone, Debug)]
pub(super) struct Line {
    href: String,
    source: String,
    category: String,
    column: ColumnDef,
    paid: bool,
    uploaded: bool,
}

impl Line {
    fn new(source: &DataSource, column: &ColumnDef) -> Self {
        Self {
            href: described::address(&source.id, Some(&column.name)),
            source: source.id.clone(),
            category: source.category.clone(),
            column: column.clone(),
            paid: source.paid,
            uploaded: source.is_uploaded(),
        }
    }
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &[
        "column",
        "data_source",
        "category",
        "type",
        "role",
        "threshold",
        "users_needed",
        "unit",
        "group",
        "description",
        "example",
        "values",
        "paid",
        "uploaded",
        "deprecated",
    ];

    fn cells(&self) -> Vec<Value> {
        let column = &self.column;
        vec![
            json!(column.name),
            json!(self.source),
            json!(self.category),
            json!(column.data_type.to_string()),
            json!(described::role(column.column_type)),
            json!(column.threshold.amc()),
            json!(column.threshold.users()),
            json!(column.unit),
            json!(column.category),
            json!(column.description),
            json!(column.example),
            json!(
                column
                    .values
                    .iter()
                    .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                    .collect::<Vec<_>>()
            ),
            json!(self.paid),
            json!(self.uploaded),
            json!(column.legacy),
        ]
    }
}

/// The parameters of an address.
struct Search {
    q: String,
    filter: Group,
    sort: String,
}

impl Search {
    fn read(params: &mut ListParams) -> web::Result<Self> {
        let filter = Group::read(params.fields().iter()).map_err(web::Error::Invalid)?;
        Ok(Self { q: params.text("q"), filter, sort: params.sort(&SORTS, "") })
    }

    /// The matching columns, as indexes of source and column: best match first unless sorted.
    fn find(&self, view: &View, instance: Option<&Known>) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = if self.q.is_empty() {
            let places = view.directory.sources().enumerate();
            places.flat_map(|(place, source)| (0..source.columns.len()).map(move |at| (place, at))).collect()
        } else {
            let found = view.directory.index.search(&self.q);
            found.iter().filter_map(|found| Some((found.source, found.column?))).collect()
        };
        if self.filter.narrows() {
            let listed = |place: usize| instance.map(|known| view.source_on(known, place));
            found.retain(|(place, at)| {
                let Some(source) = view.directory.at(*place) else { return false };
                let Some(column) = source.columns.get(*at) else { return false };
                let is_present = match listed(*place) {
                    Some(listed) => listed.is_some_and(|listed| listed.column(&column.name).is_some()),
                    None => view.spread(*place).0 > 0,
                };
                self.filter.fits(&Row { source, column, is_present })
            });
        }
        self.sort(view, &mut found);
        found
    }

    fn sort(&self, view: &View, found: &mut [(usize, usize)]) {
        let key = |place: &(usize, usize)| {
            let source = view.directory.at(place.0);
            let column = source.and_then(|source| source.columns.get(place.1));
            let name = column.map(|column| column.name.clone()).unwrap_or_default();
            let id = source.map(|source| source.id.clone()).unwrap_or_default();
            match self.sort.trim_start_matches('-') {
                "source" => (0, id, name),
                "type" => (0, column.map(|column| column.data_type.to_string()).unwrap_or_default(), name),
                "threshold" => (column.map(|column| column.threshold as u8).unwrap_or_default(), name, id),
                _ => (0, name, id),
            }
        };
        match self.sort.strip_prefix('-') {
            Some(_) => found.sort_by_cached_key(|place| std::cmp::Reverse(key(place))),
            None if self.sort.is_empty() => {}
            None => found.sort_by_cached_key(key),
        }
    }

    /// The address with a filter, keeping all other parameters.
    fn address(here: &Address, filter: &Group) -> String {
        let others = ["q", "instance", "sort"]
            .into_iter()
            .filter_map(|name| here.fields().iter().find(|(known, value)| known == name && !value.is_empty()).cloned());
        let fields = others.chain(filter.fields());
        fields.fold(Address::new(here.path(), ""), |address, (name, value)| address.and(&name, &value)).to_string()
    }
}

fn lines<'a>(view: &'a View, found: impl Iterator<Item = (usize, usize)> + 'a) -> impl Iterator<Item = Line> + 'a {
    found.filter_map(|(place, at)| {
        let source = view.directory.at(place)?;
        Some(Line::new(source, source.columns.get(at)?))
    })
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Response> {
    let mut search = Search::read(&mut params)?;
    let action = params.fields().trimmed("do").to_owned();
    if !action.is_empty() {
        search.filter.change(&action).map_err(web::Error::Invalid)?;
        let address = Search::address(params.here(), &search.filter);
        return Ok(Redirect::to(&format!("{address}#filter-builder")).into_response());
    }
    let mut tx = site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    let saved = store::filters(&mut tx, &person.id).await?;
    drop(tx);
    let instance = of_instance(&view, &mut params)?;
    let found = search.find(&view, instance);
    let (pager, found) = params.page(SIZE).cut(found);
    let query = filters::query(&search.filter);
    let mut list = params.list(&["sort"]);
    list.is_filtered |= search.filter.narrows();
    let file = params.here().at("/data-sources/fields.md").with("page", "");
    let page = FieldsPage {
        shell: visit.shell("Fields", Section::DataSources).await,
        lines: lines(&view, found.into_iter()).collect(),
        pager,
        heads: SORTS.map(|column| params.head(column, &search.sort)),
        saved_as: saved.iter().find(|known| known.query == query).map(|known| known.name.clone()).unwrap_or_default(),
        saved,
        query,
        markdown: file.to_string(),
        list,
        instances: instance_choices(&view, "Any instance"),
        instance: instance.map(|known| known.listing.id.to_string()).unwrap_or_default(),
        joins: Joined::ALL.map(|it| Choice::new(it.name(), it.label())).to_vec(),
        properties: Property::ALL.iter().map(|it| Choice::new(it.name(), it.label())).collect(),
        operators: Operator::ALL.map(|it| Choice::new(it.name(), it.label())).to_vec(),
        q: search.q,
        sort: search.sort,
        filter: search.filter,
    };
    Ok(Html(page).into_response())
}

async fn all(site: &Site, person: &Person, params: &mut ListParams) -> web::Result<(Vec<Line>, String)> {
    let search = Search::read(params)?;
    let mut tx = site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    drop(tx);
    let instance = of_instance(&view, params)?;
    let found = search.find(&view, instance);
    let parts = [search.q.as_str(), &search.filter.describe()].map(str::to_owned);
    let words = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    Ok((lines(&view, found.into_iter()).collect(), words))
}

/// The export of the displayed columns.
pub(super) async fn export(State(site): State<Site>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let (lines, _) = all(&site, &person, &mut params).await?;
    let file = list::export_rows(&params, Few(lines)).await?;
    Ok(file.answer(&["fields"], site.clock.now()))
}

/// The same as a Markdown table.
pub(super) async fn markdown(
    State(site): State<Site>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let (lines, words) = all(&site, &person, &mut params).await?;
    params.strict()?;
    let title = if words.is_empty() { "All fields".to_owned() } else { format!("Fields: {}", markdown::cell(&words)) };
    let table = markdown::table(lines.iter().map(|line| (Some(line.source.as_str()), &line.column)), true);
    let name = FileName::new("fields", ["fields"], "md");
    let heads = [(CONTENT_TYPE, "text/markdown; charset=utf-8"), (CONTENT_DISPOSITION, &name.disposition())];
    Ok((heads, format!("# {title}\n\n{table}")).into_response())
}

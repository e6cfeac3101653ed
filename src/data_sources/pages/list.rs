//! The list of data sources: live search, filters, export.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::{instance_choices, of_instance};
use crate::amcsql::catalogue::{DataSource, Kind};
use crate::data_sources::described::{self, Mark, marks};
use crate::data_sources::directory::{Known, Presence, View};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, Few, List, ListParams};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Site, Visit, words};

/// Rows per page.
const SIZE: u64 = 100;
/// Maximum number of matching columns listed for a source; its page has the others.
const NAMED: usize = 8;

#[derive(Template)]
#[template(path = "data_sources/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    pager: Pager,
    q: String,
    categories: Vec<Choice>,
    category: String,
    accesses: Vec<Choice>,
    access: &'static str,
    instances: Vec<Choice>,
    instance: String,
    presences: Vec<Choice>,
    presence: &'static str,
    /// The total number of columns.
    columns: usize,
}

impl ListPage {
    /// The number of filtered sources, for display.
    fn count(&self) -> String {
        words::counted(i64::try_from(self.pager.total).unwrap_or(i64::MAX), "data source", "data sources")
    }
}

/// A source in the list.
pub(super) struct Line {
    id: String,
    name: String,
    category: String,
    description: String,
    availability: String,
    lag: String,
    history: String,
    kind: Kind,
    twin: Option<String>,
    columns: usize,
    marks: Vec<Mark>,
    /// The number of instances that have it, and the number of all instances.
    spread: (usize, usize),
    /// Columns that match the search, best first.
    found: Vec<FoundColumn>,
    /// The number of further matches.
    more: usize,
    presence: Option<Presence>,
}

struct FoundColumn {
    href: String,
    name: String,
    data_type: String,
    description: String,
}

/// Whether a source is included, paid or uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Included,
    Paid,
    Uploaded,
}

impl Access {
    const ALL: [Self; 3] = [Self::Included, Self::Paid, Self::Uploaded];

    const fn name(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::Paid => "paid",
            Self::Uploaded => "uploaded",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Included => "Included",
            Self::Paid => "Paid feature",
            Self::Uploaded => "Uploaded table",
        }
    }

    fn of(source: &DataSource) -> Self {
        match source {
            source if source.is_uploaded() => Self::Uploaded,
            source if source.paid => Self::Paid,
            _ => Self::Included,
        }
    }
}

struct Filter {
    q: String,
    category: String,
    access: Option<Access>,
    presence: Option<Presence>,
}

impl Filter {
    fn read(params: &mut ListParams, categories: &[String]) -> Self {
        let known = |text: &str| categories.iter().find(|known| *known == text).cloned();
        Self {
            q: params.text("q"),
            category: params.value("category", "category", known).unwrap_or_default(),
            access: params
                .value("access", "kind of access", |text| Access::ALL.into_iter().find(|it| it.name() == text)),
            presence: params.value("on", "availability", Presence::parse),
        }
    }

    fn fits(&self, source: &DataSource, presence: Option<Presence>) -> bool {
        (self.category.is_empty() || source.category == self.category)
            && self.access.is_none_or(|access| Access::of(source) == access)
            && self.presence.is_none_or(|wanted| presence.is_none_or(|presence| presence == wanted))
    }
}

/// The categories, in the order of the sources.
fn categories(view: &View) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    for source in view.directory.sources() {
        if !source.category.is_empty() && !categories.contains(&source.category) {
            categories.push(source.category.clone());
        }
    }
    categories
}

/// The filtered sources: in their order, or with a search by relevance.
fn lines(view: &View, filter: &Filter, instance: Option<&Known>) -> Vec<Line> {
    let groups: Vec<(usize, Vec<usize>)> = if filter.q.is_empty() {
        (0..view.directory.sources().len()).map(|place| (place, Vec::new())).collect()
    } else {
        view.directory.index.groups(&filter.q).into_iter().map(|group| (group.source, group.columns)).collect()
    };
    let line = |(place, columns): (usize, Vec<usize>)| {
        let source = view.directory.at(place)?;
        let presence = instance.map(|known| view.presence(known, place));
        filter.fits(source, presence).then(|| Line::new(view, source, place, &columns, instance, presence))
    };
    groups.into_iter().filter_map(line).collect()
}

impl Line {
    /// The number of columns not listed, for display.
    fn more_columns(&self) -> String {
        words::counted(i64::try_from(self.more).unwrap_or(i64::MAX), "more column", "more columns")
    }

    fn new(
        view: &View,
        source: &DataSource,
        place: usize,
        columns: &[usize],
        instance: Option<&Known>,
        presence: Option<Presence>,
    ) -> Self {
        let found = columns.iter().filter_map(|at| source.columns.get(*at)).map(|column| FoundColumn {
            href: described::address(&source.id, Some(&column.name)),
            name: column.name.clone(),
            data_type: column.data_type.to_string(),
            description: column.description.clone(),
        });
        Self {
            id: source.id.clone(),
            name: source.name.clone(),
            category: source.category.clone(),
            description: source.description.clone(),
            availability: source.availability.clone(),
            lag: source.data_lag.clone(),
            history: source.history.clone(),
            kind: source.kind,
            twin: source.audience_table.clone(),
            columns: source.columns.len(),
            marks: marks(view, source, place, instance),
            spread: view.spread(place),
            found: found.take(NAMED).collect(),
            more: columns.len().saturating_sub(NAMED),
            presence,
        }
    }
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let mut tx = site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    drop(tx);
    let instance = of_instance(&view, &mut params)?;
    let categories = categories(&view);
    let filter = Filter::read(&mut params, &categories);
    let (pager, lines) = params.page(SIZE).cut(lines(&view, &filter, instance));
    Ok(Html(ListPage {
        shell: visit.shell("Data sources", Section::DataSources).await,
        list: params.list(&[]),
        columns: view.directory.sources().map(|source| source.columns.len()).sum(),
        lines,
        pager,
        categories: Choice::optional("All categories", categories.into_iter().map(|it| Choice::new(&it, &it))),
        accesses: Choice::optional("Any access", Access::ALL.map(|it| Choice::new(it.name(), it.label()))),
        instances: instance_choices(&view, "All instances"),
        instance: instance.map(|known| known.listing.id.to_string()).unwrap_or_default(),
        presences: Choice::optional("All data sources", Presence::ALL.map(|it| Choice::new(it.name(), it.label()))),
        q: filter.q,
        category: filter.category,
        access: filter.access.map(Access::name).unwrap_or_default(),
        presence: filter.presence.map(Presence::name).unwrap_or_default(),
    }))
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &[
        "data_source",
        "name",
        "category",
        "description",
        "availability",
        "data_lag",
        "history",
        "kind",
        "audience_table",
        "columns",
        "marks",
        "on_instances",
        "instances",
        "on_instance",
        "columns_found",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.name),
            json!(self.category),
            json!(self.description),
            json!(self.availability),
            json!(self.lag),
            json!(self.history),
            json!(described::kind(self.kind)),
            json!(self.twin),
            json!(self.columns),
            json!(self.marks.iter().map(|mark| mark.label).collect::<Vec<_>>()),
            json!(self.spread.0),
            json!(self.spread.1),
            json!(self.presence.map(Presence::name)),
            json!(self.found.iter().map(|column| &column.name).collect::<Vec<_>>()),
        ]
    }
}

/// The export of the filtered sources.
pub(super) async fn export(State(site): State<Site>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let mut tx = site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    drop(tx);
    let instance = of_instance(&view, &mut params)?;
    let filter = Filter::read(&mut params, &categories(&view));
    let file = list::export_rows(&params, Few(lines(&view, &filter, instance))).await?;
    Ok(file.answer(&["data sources"], site.clock.now()))
}

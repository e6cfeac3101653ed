//! AMC's data sources.

use axum::extract::{Path, State};
use axum::response::Response;

use super::Api;
use super::endpoint::{Endpoint, Endpoints};
use super::paging::{Page, Paging};
use super::reply::{Conditions, Result, found};
use super::schema::{answer, names};
use crate::amcsql::catalogue::{ColumnDef, ColumnType, DataSource, Kind};
use crate::data_sources::{Compared, Difference, View, compare};
use crate::tokens::{Area, Level};
use crate::web::list::ListParams;
use crate::web::{Error, Person};

/// Maximum number of sources that are compared at once.
const MOST_COMPARED: usize = 4;

names! {
    /// `fact` sources have events, which the time window limits; `dimension` sources are read completely.
    SourceKind: ["fact", "dimension"];
    ColumnRole: ["dimension", "metric"];
    /// `different` columns have different definitions, `only` ones aren't in all sources.
    StandingName: Difference::ALL.map(Difference::name);
}

answer! {
    /// A data source.
    SourceSummary {
        /// Its name in SQL.
        name: String,
        /// Its name for people.
        title: String,
        category: String,
        /// What a row represents.
        description: String,
        kind: SourceKind,
        /// Whether it needs a subscription.
        is_paid: bool,
        is_deprecated: bool,
        columns: usize,
        /// On how many of your instances it is available.
        available_on: usize,
        /// How many of your instances have told their data sources.
        of_instances: usize,
    }

    /// A data source with its columns.
    Source {
        /// Its name in SQL.
        name: String,
        /// Its name for people.
        title: String,
        category: String,
        /// What a row represents.
        description: String,
        availability: String,
        kind: SourceKind,
        /// Whether it needs a subscription.
        is_paid: bool,
        is_deprecated: bool,
        /// The delay of its data.
        data_lag: String,
        /// How long AMC keeps its data.
        history: String,
        /// The column that the time window limits.
        time_window_column: Option<String>,
        /// The name of its twin for audience queries.
        audience_table: Option<String>,
        join_keys: Vec<String>,
        notes: Vec<String>,
        columns: Vec<SourceColumn>,
    }

    /// A column of a data source.
    SourceColumn {
        name: String,
        /// AMC's type.
        data_type: String,
        role: ColumnRole,
        /// AMC's aggregation threshold, such as `VERY_HIGH`.
        threshold: String,
        category: String,
        description: String,
        /// The unit of an amount: `microcents`, `millicents` or `currency`.
        unit: Option<String>,
        is_legacy: bool,
    }

    /// A data source that matches a search.
    SourceMatch {
        source: SourceSummary,
        /// The matching columns.
        columns: Vec<SourceColumn>,
    }

    /// The columns of several data sources, compared.
    Comparison {
        sources: Vec<String>,
        columns: Vec<ComparedColumn>,
    }

    /// A column with the definition of each source, in their order.
    ComparedColumn {
        name: String,
        standing: StandingName,
        definitions: Vec<Option<SourceColumn>>,
    }

    /// A category of data sources.
    SourceCategory {
        name: String,
        sources: usize,
    }

    /// All categories.
    SourceCategories {
        items: Vec<SourceCategory>,
    }
}

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let list = Endpoint::get("/api/data-sources", "listDataSources", "List data sources")
        .scope(Area::DataSources, Level::Read)
        .query("category", "Of this category.")
        .pages()
        .returns::<Page<SourceSummary>>(200, "Data sources, documented ones first.");
    let search = Endpoint::get("/api/data-sources/search", "searchDataSources", "Search data sources and columns")
        .scope(Area::DataSources, Level::Read)
        .query("q", "Words in names and descriptions.")
        .pages()
        .returns::<Page<SourceMatch>>(200, "Matches, the best first.");
    let compare = Endpoint::get("/api/data-sources/compare", "compareDataSources", "Compare data sources")
        .scope(Area::DataSources, Level::Read)
        .query("source", "The name of a source; two to four times.")
        .returns::<Comparison>(200, "The columns of all of them, different ones first.");
    let categories = Endpoint::get("/api/data-sources/categories", "listDataSourceCategories", "List categories")
        .scope(Area::DataSources, Level::Read)
        .returns::<SourceCategories>(200, "The categories with the number of their sources.");
    let get = Endpoint::get("/api/data-sources/{name}", "getDataSource", "Get a data source with its columns")
        .scope(Area::DataSources, Level::Read)
        .returns::<Source>(200, "The data source.");
    routes
        .add(list, show_list)
        .add(search, show_matches)
        .add(compare, show_comparison)
        .add(categories, show_categories)
        .add(get, show)
}

const fn kind(source: &DataSource) -> SourceKind {
    SourceKind(match source.kind {
        Kind::Fact => "fact",
        Kind::Dimension => "dimension",
    })
}

impl SourceSummary {
    fn new(view: &View, source: &DataSource) -> Self {
        let (available_on, of_instances) = view.spread_of(source);
        Self {
            name: source.id.clone(),
            title: source.name.clone(),
            category: source.category.clone(),
            description: source.description.clone(),
            kind: kind(source),
            is_paid: source.paid,
            is_deprecated: source.deprecated,
            columns: source.columns.len(),
            available_on,
            of_instances,
        }
    }
}

impl From<&ColumnDef> for SourceColumn {
    fn from(column: &ColumnDef) -> Self {
        let role = match column.column_type {
            ColumnType::Dimension => "dimension",
            ColumnType::Metric => "metric",
        };
        Self {
            name: column.name.clone(),
            data_type: column.data_type.to_string(),
            role: ColumnRole(role),
            threshold: column.threshold.amc().to_owned(),
            category: column.category.clone(),
            description: column.description.clone(),
            unit: column.unit.clone(),
            is_legacy: column.legacy,
        }
    }
}

impl From<&DataSource> for Source {
    fn from(source: &DataSource) -> Self {
        Self {
            kind: kind(source),
            columns: source.columns.iter().map(SourceColumn::from).collect(),
            name: source.id.clone(),
            title: source.name.clone(),
            category: source.category.clone(),
            description: source.description.clone(),
            availability: source.availability.clone(),
            is_paid: source.paid,
            is_deprecated: source.deprecated,
            data_lag: source.data_lag.clone(),
            history: source.history.clone(),
            time_window_column: source.time_window_column.clone(),
            audience_table: source.audience_table.clone(),
            join_keys: source.join_keys.clone(),
            notes: source.notes.clone(),
        }
    }
}

async fn view(api: &Api, person: &Person) -> Result<View> {
    let mut tx = api.site.db.read(&person.scope()).await?;
    Ok(View::read(&mut tx, &person.id).await?)
}

async fn show_list(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    mut params: ListParams,
) -> Result<Response> {
    let vault = &api.site.vault;
    let category = params.text("category");
    let paging = Paging::read(vault, &person.id, &params)?;
    let view = view(&api, &person).await?;
    let sources = view.all().filter(|source| category.is_empty() || source.category == category);
    let rows = paging.cut(sources.map(|source| SourceSummary::new(&view, source)));
    paging.answer(vault, &conditions, rows)
}

async fn show_matches(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    mut params: ListParams,
) -> Result<Response> {
    let vault = &api.site.vault;
    let words = params.text("q");
    let paging = Paging::read(vault, &person.id, &params)?;
    let view = view(&api, &person).await?;
    let matches = view.search(&words);
    let rows = paging.cut(matches.iter().map(|found| SourceMatch {
        source: SourceSummary::new(&view, found.source),
        columns: found.columns.iter().map(|column| SourceColumn::from(*column)).collect(),
    }));
    paging.answer(vault, &conditions, rows)
}

async fn show_comparison(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    params: ListParams,
) -> Result<Response> {
    let names: Vec<&str> = params.fields().all("source").map(str::trim).filter(|name| !name.is_empty()).collect();
    if !(2..=MOST_COMPARED).contains(&names.len()) {
        let detail = format!("Name two to {MOST_COMPARED} data sources: ?source=dsp_impressions&source=dsp_clicks.");
        return Err(Error::Invalid(detail).into());
    }
    let view = view(&api, &person).await?;
    let sources: Option<Vec<&DataSource>> = names.iter().map(|name| view.named(name)).collect();
    let sources = sources.ok_or(Error::Missing)?;
    let column = |compared: Compared<'_>| ComparedColumn {
        name: compared.name.to_owned(),
        standing: StandingName(compared.difference.name()),
        definitions: compared.columns.into_iter().map(|column| column.map(SourceColumn::from)).collect(),
    };
    let comparison = Comparison {
        sources: sources.iter().map(|source| source.id.clone()).collect(),
        columns: compare(&sources).into_iter().map(column).collect(),
    };
    found(&conditions, &comparison)
}

async fn show_categories(State(api): State<Api>, person: Person, conditions: Conditions) -> Result<Response> {
    let view = view(&api, &person).await?;
    let category = |(name, sources): (&str, usize)| SourceCategory { name: name.to_owned(), sources };
    found(&conditions, &SourceCategories { items: view.categories().into_iter().map(category).collect() })
}

async fn show(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(name): Path<String>,
) -> Result<Response> {
    let view = view(&api, &person).await?;
    let source = view.named(&name).ok_or(Error::Missing)?;
    found(&conditions, &Source::from(source))
}

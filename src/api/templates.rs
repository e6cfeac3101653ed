//! Query templates, and queries created from them.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::Api;
use super::endpoint::{Endpoint, Endpoints};
use super::idempotency::IdempotencyKey;
use super::input::{Body, invalid, pointer};
use super::paging::{Page, Paging};
use super::reply::{Conditions, Result, created, found};
use super::schema::{answer, body};
use super::workflows::{self, Parameter, WindowInput, Workflow};
use crate::ids::InstanceId;
use crate::library::{self, TemplateView};
use crate::queries::{Given, RunInput};
use crate::tokens::{Area, Level};
use crate::web::components::Errors;
use crate::web::list::ListParams;
use crate::web::{Fields, Person};

answer! {
    /// A query template.
    QueryTemplate {
        /// Its name in addresses.
        id: String,
        name: String,
        description: String,
        category: String,
        /// The question that it answers.
        use_case: String,
        tags: Vec<String>,
        /// The names of the data sources that it reads.
        data_sources: Vec<String>,
        parameters: Vec<Parameter>,
        /// The SQL, with `{{name}}` for parameters.
        sql: String,
        version: i64,
        /// Who made it; null for a template that comes with RecomAMP.
        owner: Option<String>,
    }
}

body! {
    /// How to create a query from a template.
    CreateWorkflowInput {
        /// The default instance of the query.
        instance: Option<InstanceId>,
        /// New defaults of its parameters by name.
        parameters: Option<BTreeMap<String, Value>>,
        window: Option<WindowInput>,
    }
}

impl From<TemplateView> for QueryTemplate {
    fn from(template: TemplateView) -> Self {
        Self {
            id: template.slug,
            category: template.category,
            use_case: template.use_case,
            version: template.version,
            owner: template.owner,
            data_sources: template.sources,
            name: template.query.name,
            description: template.query.description,
            tags: template.query.tags.iter().map(str::to_owned).collect(),
            parameters: template.query.fields.into_iter().map(Parameter::from).collect(),
            sql: template.query.sql,
        }
    }
}

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let list = Endpoint::get("/api/query-templates", "listQueryTemplates", "List query templates")
        .scope(Area::Templates, Level::Read)
        .query("q", "Words in names, descriptions and SQL.")
        .pages()
        .returns::<Page<QueryTemplate>>(200, "Templates by category and name; people's own ones first.");
    let get = Endpoint::get("/api/query-templates/{slug}", "getQueryTemplate", "Get a query template")
        .scope(Area::Templates, Level::Read)
        .returns::<QueryTemplate>(200, "The template.");
    let create = Endpoint::post(
        "/api/query-templates/{slug}/create-workflow",
        "createWorkflowFromTemplate",
        "Create a query from a template",
    )
    .about("The query is yours alone and independent of the template.")
    .scope(Area::Queries, Level::Write)
    .takes::<CreateWorkflowInput>()
    .returns::<Workflow>(201, "The new query.");
    routes.add(list, show_list).add(get, show).add(create, make)
}

async fn show_list(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    mut params: ListParams,
) -> Result<Response> {
    let vault = &api.site.vault;
    let words = params.text("q");
    let paging = Paging::read(vault, &person.id, &params)?;
    let mut tx = api.site.db.read(&person.scope()).await?;
    let all = library::templates(&mut tx, &api.site, &api.guides, &person, &words).await?;
    drop(tx);
    let rows = paging.cut(all.into_iter().map(QueryTemplate::from));
    paging.answer(vault, &conditions, rows)
}

async fn show(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(slug): Path<String>,
) -> Result<Response> {
    let mut tx = api.site.db.read(&person.scope()).await?;
    let template = library::template(&mut tx, &api.site, &api.guides, &person, &slug).await?;
    found(&conditions, &QueryTemplate::from(template))
}

/// The fields of a run's form for values and a window.
pub(super) fn fields(parameters: Option<&BTreeMap<String, Value>>, errors: &mut Errors) -> Vec<(String, String)> {
    let values: BTreeMap<String, Given> = parameters.map(|values| workflows::given(values, errors)).unwrap_or_default();
    let form = RunInput { values, ..RunInput::default() }.form();
    form.into_iter().filter(|(name, _)| name.starts_with("param.")).collect()
}

async fn make(
    State(api): State<Api>,
    person: Person,
    Extension(key): Extension<IdempotencyKey>,
    Path(slug): Path<String>,
    Body(input): Body<CreateWorkflowInput>,
) -> Result<Response> {
    let mut errors = Errors::new();
    let mut form = fields(input.parameters.as_ref(), &mut errors);
    form.extend(input.window.iter().flat_map(WindowInput::form));
    form.extend(input.instance.iter().map(|id| ("instance".to_owned(), id.to_string())));
    if !errors.is_empty() {
        return Err(invalid(&errors, pointer));
    }
    let form: Fields = form.into_iter().collect();
    let mut tx = api.site.db.write(&person.scope()).await?;
    if let Some(instance) = &input.instance {
        // A form without such an instance makes a query without one; a program is told.
        crate::instances::find(&mut tx, &person.id, instance).await?;
    }
    let template = library::template(&mut tx, &api.site, &api.guides, &person, &slug).await?;
    let unknown = input.parameters.iter().flat_map(BTreeMap::keys);
    let unknown: Vec<&String> =
        unknown.filter(|name| !template.query.fields.iter().any(|field| field.name == **name)).collect();
    for name in unknown {
        errors.add(format!("param.{name}"), format!("The template has no parameter {name}."));
    }
    if !errors.is_empty() {
        return Err(invalid(&errors, pointer));
    }
    let id = library::create_query(&mut tx, &api.site, &api.guides, &person, &slug, &form).await?;
    let workflow = workflows::shown(&mut tx, &person, &id).await?;
    key.commit(tx, created(StatusCode::CREATED, &workflows::address(&id), &workflow)?).await
}

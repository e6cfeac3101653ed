//! The list of checks, and the page of one.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use crate::amcsql::codes::{self, Definition, Example, Topic};
use crate::amcsql::finding::Level;
use crate::guides::Guides;
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, Few, List, ListParams};
use crate::web::routes::Who::SignedIn;
use crate::web::routes::{Routes, get};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, PROBLEMS, Person, ProblemKind, Site, Visit};

pub(super) fn routes(site: Site) -> Routes {
    Routes::new()
        .route("/help/checks", get(SignedIn, show_list))
        .route("/help/checks.csv", get(SignedIn, export))
        .route("/help/checks.json", get(SignedIn, export))
        .route("/help/checks/{code}", get(SignedIn, show).about("Help about a check"))
        .route("/help/problems/{problem}", get(SignedIn, show_problem).about("Help about a problem"))
        .with_state(site)
}

/// Checks per page: all of them fit.
const SIZE: u64 = 200;

/// The levels, as addresses name them.
const LEVELS: [(Level, &str); 3] = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Info, "info")];

#[derive(Template)]
#[template(path = "help/list.html")]
struct ListPage {
    shell: Shell,
    list: List,
    checks: Vec<&'static Definition>,
    pager: Pager,
    q: String,
    topics: Vec<Choice>,
    topic: &'static str,
    levels: Vec<Choice>,
    level: &'static str,
}

/// The parameters of an address.
struct CheckParams {
    checks: Vec<&'static Definition>,
    q: String,
    topic: Option<Topic>,
    level: Option<&'static str>,
}

fn read_params(params: &mut ListParams) -> CheckParams {
    let (q, topic) = (params.text("q"), params.value("topic", "topic", Topic::parse));
    let level = params.value("level", "level", |text| LEVELS.into_iter().find(|(_, name)| *name == text));
    let mut checks = if q.is_empty() { codes::all().to_vec() } else { codes::search(&q) };
    checks.retain(|it| topic.is_none_or(|topic| it.topic == topic));
    checks.retain(|it| level.is_none_or(|(level, _)| it.level == level));
    CheckParams { checks, q, topic, level: level.map(|(_, name)| name) }
}

async fn show_list(_: Person, visit: Visit, mut params: ListParams) -> web::Result<Html<ListPage>> {
    let CheckParams { checks, q, topic, level } = read_params(&mut params);
    let (pager, checks) = params.page(SIZE).cut(checks);
    let topics = Topic::ALL.map(|topic| Choice::new(topic.name(), topic.label()));
    let levels = LEVELS.map(|(level, name)| Choice::new(name, level.label()));
    Ok(Html(ListPage {
        shell: visit.shell("Checks of a query", Section::Help).await,
        list: params.list(&[]),
        checks,
        pager,
        q,
        topics: Choice::optional("All topics", topics),
        topic: topic.map(Topic::name).unwrap_or_default(),
        levels: Choice::optional("All levels", levels),
        level: level.unwrap_or_default(),
    }))
}

/// A check in an export.
struct Line(&'static Definition);

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &["code", "title", "level", "topic", "why", "fix", "may_be_wrong"];

    fn cells(&self) -> Vec<Value> {
        let Self(check) = self;
        vec![
            json!(check.name),
            json!(check.title),
            json!(check.level),
            json!(check.topic.name()),
            json!(check.why),
            json!(check.fix),
            json!(check.may_be_wrong),
        ]
    }
}

/// The export of the filtered checks.
async fn export(State(site): State<Site>, _: Person, mut params: ListParams) -> web::Result<Response> {
    let lines = read_params(&mut params).checks.into_iter().map(Line).collect();
    let file = list::export_rows(&params, Few(lines)).await?;
    Ok(file.answer(&["checks"], site.clock.now()))
}

#[derive(Template)]
#[template(path = "help/check.html")]
struct CheckPage {
    shell: Shell,
    check: &'static Definition,
    /// Sections of guides that show the mistake: address and title.
    explained: Vec<(String, String)>,
}

impl CheckPage {
    /// What the examples are written for.
    fn note(&self) -> &'static str {
        match self.check.example {
            Example::Report | Example::Made => "",
            Example::Audience => "As an audience query.",
            Example::WithoutPaid => "On an instance without paid data sources.",
            Example::Declared => "For a workflow that declares the parameter product and names the schema main.",
        }
    }
}

async fn show(
    _: Person,
    visit: Visit,
    Extension(guides): Extension<Guides>,
    Path(code): Path<String>,
) -> web::Result<Html<CheckPage>> {
    let check = codes::find(&code).ok_or(web::Error::Missing)?;
    let explained = guides.explaining(check.name).await;
    Ok(Html(CheckPage { shell: visit.shell(check.title, Section::Help).await, check, explained }))
}

#[derive(Template)]
#[template(path = "help/problem.html")]
struct ProblemPage {
    shell: Shell,
    problem: &'static ProblemKind,
}

/// The page of a kind of problem: the `type` of a problem document.
async fn show_problem(_: Person, visit: Visit, Path(name): Path<String>) -> web::Result<Html<ProblemPage>> {
    let problem = PROBLEMS.iter().find(|problem| problem.name == name).ok_or(web::Error::Missing)?;
    Ok(Html(ProblemPage { shell: visit.shell(problem.title, Section::Help).await, problem }))
}

//! The page of the API, and its document.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Described;
use super::document::tag;
use super::endpoint::{Endpoint, Param};
use super::mcp::ToolRow;
use super::reply::{Conditions, Result, found};
use crate::instances::Role;
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, PROBLEMS, Person, ProblemKind, Visit};

#[derive(Template)]
#[template(path = "api/page.html")]
pub(super) struct ApiPage {
    shell: Shell,
    groups: Vec<Group>,
    tools: Vec<ToolRow>,
    problems: &'static [ProblemKind],
    address: String,
}

/// The endpoints of one group.
struct Group {
    name: &'static str,
    title: &'static str,
    rows: Vec<Row>,
}

/// An endpoint, for display.
struct Row {
    endpoint: Endpoint,
    scope: String,
}

impl Row {
    fn role(&self) -> &'static str {
        self.endpoint.role.map_or("", Role::label)
    }

    /// The parameters that are specific to it.
    fn params(&self) -> impl Iterator<Item = &Param> {
        self.endpoint.params.iter().filter(|param| !matches!(param.name, "Idempotency-Key" | "If-Match"))
    }

    fn answers(&self) -> String {
        let status = |reply: &super::endpoint::Reply| reply.status.to_string();
        self.endpoint.replies.iter().map(status).collect::<Vec<_>>().join(", ")
    }

    fn takes_json(&self) -> bool {
        self.endpoint.body.is_some()
    }
}

const TITLES: &[(&str, &str)] = &[
    ("auth", "Caller"),
    ("instances", "Instances"),
    ("workflows", "Queries"),
    ("executions", "Executions and results"),
    ("data-sources", "Data sources"),
    ("query-templates", "Query templates"),
    ("schedules", "Schedules"),
    ("guides", "Guides"),
];

pub(super) async fn show(State(described): State<Described>, _: Person, visit: Visit) -> web::Result<Html<ApiPage>> {
    let (document, endpoints, tools) = &*described.0;
    let row = |endpoint: &Endpoint| Row { scope: endpoint.scope_name(), endpoint: endpoint.clone() };
    let group = |(name, title): &(&'static str, &'static str)| Group {
        name,
        title,
        rows: endpoints.iter().filter(|endpoint| tag(endpoint.path) == *name).map(row).collect(),
    };
    let address = document["servers"][0]["url"].as_str().unwrap_or_default().to_owned();
    let groups = TITLES.iter().map(group).filter(|group| !group.rows.is_empty()).collect();
    let shell = visit.shell("API", Section::None).await;
    Ok(Html(ApiPage { shell, groups, tools: tools.clone(), problems: PROBLEMS, address }))
}

impl ApiPage {
    /// A command that starts a query.
    fn example(&self) -> String {
        format!(
            "curl --request POST {}/api/workflows/qry_…/execute \\\n  --header 'Authorization: Bearer recomamp_pat_…' \\\n  \
             --header 'Content-Type: application/json' \\\n  --header 'Idempotency-Key: weekly-2026-48' \\\n  \
             --data '{{\"parameters\": {{\"days\": 7}}, \"window\": {{\"kind\": \"last-week\"}}}}'",
            self.address
        )
    }
}

pub(super) async fn document(State(described): State<Described>, conditions: Conditions) -> Result<Response> {
    let (document, ..) = &*described.0;
    found(&conditions, document)
}

//! The list of instances, active or hidden.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::Room;
use crate::amazon::Region;
use crate::instances::model::Instance;
use crate::instances::store::{self, Filter, Progress};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::live::{self, Shown};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Rows per page.
const SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "instances/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    instances: Vec<Instance>,
    pager: Pager,
    here: String,
    filter: Filter,
    shows: Vec<Choice>,
    labels: Vec<Choice>,
    regions: Vec<Choice>,
    kinds: Vec<Choice>,
    looking: bool,
    progress: Progress,
    errors: Vec<String>,
    slots: i64,
    tag: String,
}

/// How many failed accounts are named; more are counted.
const NAMED: usize = 3;

impl ListPage {
    /// The failed accounts to name, each with its reason.
    fn named(&self) -> &[(String, String)] {
        &self.progress.problems[..self.progress.problems.len().min(NAMED)]
    }

    /// How many more there are.
    fn more(&self) -> usize {
        self.progress.problems.len().saturating_sub(NAMED)
    }

    fn show(&self) -> &'static str {
        match (self.filter.hidden, self.filter.starred) {
            (true, _) => "removed",
            (_, true) => "starred",
            _ => "",
        }
    }

    fn region(&self) -> &'static str {
        self.filter.region.map(Region::code).unwrap_or_default()
    }

    fn kind(&self) -> &'static str {
        self.filter.is_sandbox.map(|sandbox| if sandbox { "sandbox" } else { "standard" }).unwrap_or_default()
    }
}

fn filter(params: &mut ListParams) -> Filter {
    let known = |show: &str| ["removed", "starred"].into_iter().find(|known| *known == show);
    let show = params.value("show", "which instances are shown", known).unwrap_or_default();
    Filter {
        text: params.text("q"),
        hidden: show == "removed",
        starred: show == "starred",
        label: params.text("label"),
        region: params.value("region", "region", |region| region.parse().ok()),
        is_sandbox: params.value("kind", "kind of instance", |kind| match kind {
            "sandbox" => Some(true),
            "standard" => Some(false),
            _ => None,
        }),
    }
}

pub(super) async fn show(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    shown: Shown,
    mut params: ListParams,
) -> web::Result<Response> {
    let filter = filter(&mut params);
    let wanted = params.page(SIZE);
    let mut tx = room.site.db.read(&person.scope()).await?;
    let pager = wanted.pager(store::count(&mut tx, &person.id, &filter, wanted.most()).await?);
    let instances = store::page(&mut tx, &person.id, &filter, pager.range()).await?;
    let surveys = store::surveys(&mut tx, &person.id).await?;
    let progress = store::progress(&mut tx, &person.id).await?;
    let labels = store::all_labels(&mut tx, &person.id).await?;
    drop(tx);
    let looking = surveys.is_empty() || surveys.iter().any(|survey| survey.done_at.is_none());
    let errors: Vec<String> = surveys.into_iter().filter_map(|survey| survey.error).collect();
    let tag = live::tag(&(&instances, &pager, looking, &errors, &progress));
    if let Some(unchanged) = shown.unchanged(&tag) {
        return Ok(unchanged);
    }
    let regions = Region::ALL.map(|region| Choice::new(region.code(), region.to_string()));
    let page = ListPage {
        shell: visit.shell("Instances", Section::Instances).await,
        list: params.list(&[]),
        looking,
        progress,
        errors,
        instances,
        pager,
        here: params.here().to_string(),
        shows: vec![Choice::new("", "Active"), Choice::new("starred", "Starred"), Choice::new("removed", "Hidden")],
        labels: Choice::optional("All labels", labels.into_iter().map(|label| Choice::new(label.clone(), label))),
        regions: Choice::optional("All regions", regions),
        kinds: ["", "standard", "sandbox"]
            .into_iter()
            .zip(["All kinds", "Standard", "Sandbox"])
            .map(|(value, label)| Choice::new(value, label))
            .collect(),
        filter,
        slots: room.site.config.limits.runs_per_instance,
        tag: tag.clone(),
    };
    Ok(live::tagged(&tag, Html(page)))
}

impl Export for Instance {
    const COLUMNS: &'static [&'static str] = &[
        "account",
        "customer",
        "name",
        "name_at_amazon",
        "region",
        "instance_id",
        "entity_id",
        "marketplace_id",
        "kind",
        "slots_in_use",
        "listed_at",
        "labels",
        "starred",
        "id",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.account_name),
            json!(self.customer_name),
            json!(self.name()),
            json!(self.amc_name),
            json!(self.region.code()),
            json!(self.amc_id.as_str()),
            json!(self.entity.as_str()),
            json!(self.marketplace.as_str()),
            json!(if self.is_sandbox { "sandbox" } else { "standard" }),
            json!(self.slots_in_use),
            rfc3339(self.seen_at),
            json!(self.labels),
            json!(self.is_starred),
            json!(self.id),
        ]
    }
}

/// The export: all filtered rows.
pub(super) async fn export(State(room): State<Room>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let filter = filter(&mut params);
    let lines = RowSource::new(&room.site.db, person.scope(), (person.id, filter), |tx, (person, filter), range, _| {
        Box::pin(store::page(tx, person, filter, range))
    });
    let file = list::export_rows(&params, lines).await?;
    Ok(file.answer(&["instances"], room.site.clock.now()))
}

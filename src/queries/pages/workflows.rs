//! Workflows and schedules on an AMC instance: listed on request, and imported as drafts.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::dry_run;
use super::workflow as of_query;
use crate::amazon::{SavedSchedule, SavedWorkflow};
use crate::connections::{CallError, Grants};
use crate::ids::{ConnectionId, DraftId, InstanceId};
use crate::instances::{self, Action, Address, Instance};
use crate::queries::store::{self, Draft, KeptAs, Rest};
use crate::queries::workflow;
use crate::web::components;
use crate::web::routes::Who::{Analyst, Viewer};
use crate::web::routes::{Routes, get, post};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// Maximum number of drafts created at once; a person can have fifty.
const MOST: usize = 40;

#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) site: Site,
    pub(super) grants: Grants,
}

pub(in crate::queries) fn routes(site: Site, grants: Grants) -> Routes {
    Routes::new()
        .route(
            "/instances/{id}/workflows",
            get(Viewer, show)
                .about("Workflows on AMC")
                .post(Analyst, ask)
                .about("Read an instance's workflows from AMC"),
        )
        .route("/instances/{id}/workflows/import", post(Analyst, import).about("Import workflows as queries"))
        .route("/queries/dry-run", post(Analyst, dry_run::check).about("Check a query on AMC"))
        .route(
            "/queries/{id}/workflow",
            get(Viewer, of_query::show)
                .about("The workflow of a query on AMC")
                .post(Analyst, of_query::act)
                .about("Save a query as a workflow on AMC, or delete it there"),
        )
        .with_state(Room { site, grants })
}

impl Room {
    /// How to call an instance, and the connection to use: that of the person's own access to it.
    pub(super) async fn reach(
        &self,
        person: &Person,
        instance: &Instance,
    ) -> Result<(Address, ConnectionId), CallError> {
        let connection = instance.connection.clone().ok_or(CallError::Reconnect)?;
        let mut tx = self.site.db.read(&person.scope()).await?;
        Ok((Address::find(&mut tx, &instance.id).await?, connection))
    }

    async fn listed(
        &self,
        person: &Person,
        instance: &Instance,
    ) -> Result<(Vec<SavedWorkflow>, Vec<SavedSchedule>), CallError> {
        let (address, connection) = self.reach(person, instance).await?;
        let (client, amc) = (self.grants.client(), &address.amc_id);
        address
            .call(&self.grants, &connection, |token, pair| async move {
                let account = token.caller().of(&pair.entity, &pair.marketplace);
                Ok((client.all_workflows(account, amc).await?, client.all_schedules(account, amc).await?))
            })
            .await
    }
}

#[derive(Template)]
#[template(path = "queries/workflows.html")]
struct ListPage {
    shell: Shell,
    instance: Instance,
    workflows: Vec<WorkflowRow>,
    schedules: Vec<ScheduleRow>,
    read_at: Option<DateTime<Utc>>,
    can_run: bool,
}

struct WorkflowRow {
    id: String,
    sql: String,
    parameters: usize,
    /// The query that is stored as this workflow.
    query: Option<KeptAs>,
}

struct ScheduleRow {
    id: String,
    workflow: String,
    when: String,
    is_enabled: bool,
    /// The form for the same schedule here; empty unless its workflow is kept as a query.
    here: String,
}

/// Displayed characters of a text.
const SHOWN: usize = 160;

fn row(saved: SavedWorkflow, kept: &[KeptAs]) -> WorkflowRow {
    let sql = saved.sql_query.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    WorkflowRow {
        query: kept.iter().find(|one| one.workflow_id == saved.id).cloned(),
        sql: if sql.chars().count() > SHOWN { sql.chars().take(SHOWN).chain(['…']).collect() } else { sql },
        parameters: saved.input_parameters.len(),
        id: saved.id,
    }
}

/// The address of the form for a schedule that runs the same query at the same times over the same days.
fn here(query: &KeptAs, instance: &InstanceId, schedule: &Value) -> String {
    let is_weekly = schedule["period"] == "Weekly";
    let at = format!("{:02}:00", schedule["hour"].as_i64().unwrap_or(0));
    let (repeat, window) = if is_weekly { ("weekly", "last-week") } else { ("daily", "last-day") };
    let form = components::Address::new("/schedules/new", "")
        .and("query", query.query.as_str())
        .and("instance", instance.as_str());
    let form = form.and("repeat", repeat).and("at", &at).and("timing_zone", "UTC").and("window", window);
    let day: String = schedule["day"].as_str().unwrap_or_default().to_lowercase().chars().take(3).collect();
    if is_weekly { form.and("weekday", &day).to_string() } else { form.to_string() }
}

fn schedule(kept: &Value, queries: &[KeptAs], instance: &InstanceId) -> ScheduleRow {
    let text = |name: &str| kept[name].as_str().unwrap_or_default();
    let hour = kept["hour"].as_i64().unwrap_or(0);
    let when = match (text("period"), text("day")) {
        ("Weekly", day) => format!("Weekly on {day} at {hour:02}:00 UTC"),
        (period, _) => format!("{period} at {hour:02}:00 UTC"),
    };
    let query = queries.iter().find(|one| one.workflow_id == text("workflow"));
    ScheduleRow {
        here: query.map_or_else(String::new, |query| here(query, instance, kept)),
        id: text("id").to_owned(),
        workflow: text("workflow").to_owned(),
        when,
        is_enabled: kept["enabled"].as_bool().unwrap_or(true),
    }
}

fn stored(schedule: &SavedSchedule) -> Value {
    json!({ "id": schedule.id, "workflow": schedule.workflow_id, "period": schedule.period, "day": schedule.start_day,
        "hour": schedule.hour_utc, "enabled": schedule.is_enabled })
}

fn own(id: &str) -> web::Result<InstanceId> {
    id.parse().map_err(|_| web::Error::Missing)
}

async fn show(State(room): State<Room>, person: Person, visit: Visit, Path(id): Path<String>) -> web::Result<Response> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let instance = instances::find(&mut tx, &person.id, &own(&id)?).await?;
    let listed = store::listed_workflows(&mut tx, &instance.id).await?;
    let kept = store::kept_on(&mut tx, &person.id, &instance.id).await?;
    drop(tx);
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (workflows, schedules) =
        listed.as_ref().map(|listed| (items(&listed.workflows), items(&listed.schedules))).unwrap_or_default();
    let page = ListPage {
        shell: visit.shell(format!("Workflows of {}", instance.name()), Section::Instances).await,
        workflows: workflows.iter().filter_map(workflow::read).map(|saved| row(saved, &kept)).collect(),
        schedules: schedules.iter().map(|one| schedule(one, &kept, &instance.id)).collect(),
        read_at: listed.map(|listed| listed.read_at),
        can_run: instance.role.allows(Action::Run),
        instance,
    };
    Ok(Html(page).into_response())
}

/// Requests the list of workflows on the instance from AMC.
async fn ask(State(room): State<Room>, person: Person, visit: Visit, Path(id): Path<String>) -> web::Result<Response> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let instance = instances::require(&mut tx, &person.id, &own(&id)?, Action::Run).await?;
    drop(tx);
    match room.listed(&person, &instance).await {
        Ok((workflows, schedules)) => {
            let kept = (workflows.iter().map(workflow::stored).collect(), schedules.iter().map(stored).collect());
            let mut tx = room.site.db.write(&person.scope()).await?;
            store::save_listed(&mut tx, room.site.clock.now(), &instance.id, kept).await?;
            tx.commit().await?;
        }
        Err(error) => {
            if let Some((tone, said)) = of_query::failed(error)? {
                visit.flash(tone, format!("Couldn't list the workflows. {said}")).await;
            }
        }
    }
    Ok(Redirect::to(&format!("/instances/{}/workflows", instance.id)).into_response())
}

/// Creates drafts of the workflows named in the form (`workflow`, once or more).
async fn import(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    form: Fields,
) -> web::Result<Response> {
    let now = room.site.clock.now();
    let mut tx = room.site.db.write(&person.scope()).await?;
    let instance = instances::require(&mut tx, &person.id, &own(&id)?, Action::Write).await?;
    let back = format!("/instances/{}/workflows", instance.id);
    let listed = store::listed_workflows(&mut tx, &instance.id).await?;
    let listed: Vec<SavedWorkflow> = listed
        .iter()
        .flat_map(|listed| listed.workflows.as_array().into_iter().flatten())
        .filter_map(workflow::read)
        .collect();
    let mut drafts: Vec<DraftId> = Vec::new();
    for saved in listed.into_iter().filter(|saved| form.all("workflow").any(|id| id == saved.id)).take(MOST) {
        let fields = workflow::fields(&saved);
        let Some(sql) = saved.sql_query else { continue };
        let draft = Draft {
            id: room.site.random.id(now),
            query: None,
            base: 0,
            // As if an editor owned it: provided drafts are omitted from the list of drafts.
            tab: room.site.random.token(),
            source: format!("AMC workflow of {}", instance.name()),
            name: saved.id,
            sql,
            rest: Rest { fields, instance: instance.id.to_string(), ..Rest::default() },
            updated_at: now,
        };
        drafts.push(store::save_draft(&mut tx, &room.site.random, now, &person.id, &draft).await?);
    }
    tx.commit().await?;
    let next = match drafts.as_slice() {
        [] => {
            visit
                .flash(Tone::Info, "Choose workflows that have SQL; the old form of operations can't be imported.")
                .await;
            back
        }
        [one] => format!("/queries/new?draft={one}"),
        more => {
            let said = counted(more.len() as i64, "draft was made", "drafts were made");
            visit.flash(Tone::Success, format!("{said} of the workflows.")).await;
            "/queries/drafts".to_owned()
        }
    };
    Ok(Redirect::to(&next).into_response())
}

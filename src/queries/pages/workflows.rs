//! Workflows and schedules on an AMC instance: listed on request, and imported as drafts.

mod list;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::dry_run;
use super::workflow as of_query;
use crate::amazon::{SavedSchedule, SavedWorkflow};
use crate::connections::{CallError, Grants};
use crate::ids::{ConnectionId, DraftId, InstanceId};
use crate::instances::{self, Action, Address, Instance};
use crate::queries::store::{self, Draft, Rest};
use crate::queries::workflow;
use crate::web::routes::Who::{Analyst, Viewer};
use crate::web::routes::{Routes, get, post};
use crate::web::shell::Tone;
use crate::web::words::counted;
use crate::web::{self, Fields, Person, Site, Visit};

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
            get(Viewer, list::show)
                .about("Workflows on AMC")
                .post(Analyst, ask)
                .about("Read an instance's workflows from AMC"),
        )
        .route("/instances/{id}/workflows.csv", get(Viewer, list::export))
        .route("/instances/{id}/workflows.json", get(Viewer, list::export))
        .route("/instances/{id}/workflows/schedules", get(Viewer, list::schedules).about("Schedules on AMC"))
        .route("/instances/{id}/workflows/schedules.csv", get(Viewer, list::export_schedules))
        .route("/instances/{id}/workflows/schedules.json", get(Viewer, list::export_schedules))
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

fn stored(schedule: &SavedSchedule) -> Value {
    json!({ "id": schedule.id, "workflow": schedule.workflow_id, "period": schedule.period, "day": schedule.start_day,
        "hour": schedule.hour_utc, "enabled": schedule.is_enabled })
}

fn own(id: &str) -> web::Result<InstanceId> {
    id.parse().map_err(|_| web::Error::Missing)
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

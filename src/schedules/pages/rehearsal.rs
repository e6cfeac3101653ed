//! The result of a schedule's query on synthetic data, for review before anything is sent to AMC.

use askama::Template;
use axum::extract::{Path, State};

use super::own;
use crate::queries::{self, QueryInput, Trial};
use crate::schedules::Schedules;
use crate::schedules::model::Schedule;
use crate::schedules::store;
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, Html, Person, Visit};

/// Maximum number of rows shown.
const ROWS: usize = 20;

#[derive(Template)]
#[template(path = "schedules/rehearsal.html")]
pub(super) struct RehearsalPage {
    shell: Shell,
    schedule: Schedule,
    trial: Trial,
}

impl RehearsalPage {
    fn shown(&self) -> Vec<&Vec<Option<String>>> {
        self.trial.rows.iter().take(ROWS).collect()
    }
}

/// Runs the query with the schedule's values on synthetic data. Nothing is sent and nothing is stored.
pub(super) async fn show(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<RehearsalPage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let schedule = store::find(&mut tx, &person.id, &own(&id)?).await?;
    let input: QueryInput = match &schedule.query {
        Some(query) => queries::find(&mut tx, &person.id, query).await?.into(),
        None => QueryInput {
            name: schedule.name.clone(),
            sql: schedule.sql.clone(),
            fields: schedule.parameters.clone(),
            ..QueryInput::default()
        },
    };
    drop(tx);
    let instance = ("instance".to_owned(), schedule.instance.to_string());
    let fields: Fields = schedule.input.iter().cloned().chain(std::iter::once(instance)).collect();
    let trial = room.trials.run(&room.site, &person, &input, &fields).await?;
    Ok(Html(RehearsalPage {
        shell: visit.shell(format!("Rehearse {}", schedule.name), Section::Schedules).await,
        schedule,
        trial,
    }))
}

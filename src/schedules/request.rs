//! What a schedule runs.

use super::model::Schedule;
use crate::db::Tx;
use crate::executions::{Refusal, What};
use crate::ids::PersonId;
use crate::queries::{self, RunInput};

/// The schedule's query in its current version, or the schedule's own text, with its input, for this person.
pub(super) async fn what(tx: &mut Tx, person: &PersonId, schedule: &Schedule) -> Result<What, Refusal> {
    let instance = schedule.instance.clone();
    let Some(id) = &schedule.query else {
        if schedule.is_query_gone() {
            return Err(Refusal::Gone);
        }
        return Ok(What::Text {
            name: schedule.name.clone(),
            sql: schedule.sql.clone(),
            fields: schedule.parameters.clone(),
            instance,
            input: schedule.text_input(),
        });
    };
    let query = queries::find(tx, person, id).await?;
    let (input, _) = RunInput::of_form(&query.script(), &schedule.fields());
    Ok(What::Query { id: id.clone(), revision: None, instance, input })
}

//! Actions on an execution: cancel, stop waiting, download the result again, rerun.

use axum::extract::{Path, State};
use axum::response::Redirect;

use super::{own, start};
use crate::db::Tx;
use crate::executions::model::{Execution, Problem, RARELY, State as Stage};
use crate::executions::start::{Request, What};
use crate::executions::store;
use crate::executions::submit::Executions;
use crate::ids::ExecutionId;
use crate::instances::{self, Instance};
use crate::results::Key;
use crate::web::shell::Tone;
use crate::web::{self, Fields, Person, Visit};

/// An execution that the person may change, with its instance and a write transaction.
pub(in crate::executions) async fn to_change(
    room: &Executions,
    person: &Person,
    id: &ExecutionId,
) -> web::Result<(Tx, Execution, Instance)> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let execution = store::find(&mut tx, &person.id, id).await?;
    let instance = instances::require(&mut tx, &person.id, &execution.instance, instances::Action::Run).await?;
    Ok((tx, execution, instance))
}

/// Commits a change and redirects to the execution; if nothing was changed, the page says why.
async fn changed(
    (room, tx): (&Executions, Tx),
    id: &ExecutionId,
    visit: &Visit,
    otherwise: Option<&str>,
) -> web::Result<Redirect> {
    tx.commit().await?;
    room.tags.forget(id.as_str());
    if let Some(why) = otherwise {
        visit.flash(Tone::Info, why).await;
    }
    Ok(Redirect::to(&format!("/executions/{id}")))
}

pub(super) async fn cancel(
    State(room): State<Executions>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let id = own(&id)?;
    if !room.cancel(&person, &id).await? {
        visit.flash(Tone::Info, "Nothing to cancel: the execution has ended or is ending.").await;
    }
    Ok(Redirect::to(&format!("/executions/{id}")))
}

/// Stops waiting for an execution that AMC doesn't end.
pub(super) async fn stop_waiting(
    State(room): State<Executions>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let id = own(&id)?;
    let (mut tx, execution, _) = to_change(&room, &person, &id).await?;
    let now = room.site.clock.now();
    let problem = Problem::new(format!(
        "{} stopped waiting for AMC, which may still run it. RecomAMP asks AMC once an hour and fetches the result if \
         there is one.",
        person.name
    ));
    let stopped = store::stop_waiting(&mut tx, &execution, &problem, (now, now + RARELY)).await?;
    let otherwise = "AMC isn't being waited for: the execution has ended or hasn't been sent yet.";
    let answer = changed((&room, tx), &id, &visit, (!stopped).then_some(otherwise)).await;
    room.site.wakes.wake(crate::executions::OUTCOMES);
    answer
}

/// Downloads AMC's result again, because it couldn't be stored, was removed, or is unreadable.
pub(super) async fn fetch_again(
    State(room): State<Executions>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let id = own(&id)?;
    let (mut tx, execution, _) = to_change(&room, &person, &id).await?;
    let is_here = execution.state == Stage::Succeeded && room.result_store.columns(&Key::from(&id)).await.is_ok();
    let begun = !is_here
        && execution.is_done_at_amc()
        && store::fetch_again(&mut tx, &execution, room.site.clock.now()).await?;
    tx.commit().await?;
    room.tags.forget(id.as_str());
    room.wake_fetcher();
    if !begun {
        let why =
            if is_here { "The result is already here." } else { "AMC has no result to fetch for this execution." };
        visit.flash(Tone::Info, why).await;
    }
    Ok(Redirect::to(&format!("/executions/{id}")))
}

/// Runs the same again, exactly as it was sent: same SQL, same values, same window.
pub(super) async fn rerun(
    State(room): State<Executions>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let id = own(&id)?;
    let tx = room.site.db.write(&person.scope()).await?;
    let request = Request { key: fields.once(id.as_str()), what: What::Again(id) };
    Ok(start(&room, &person, &visit, tx, request).await?)
}

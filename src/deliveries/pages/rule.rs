//! Adding a rule and changing one, with a preview for the next slot.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::own;
use super::rules::{back, changeable_rule, log, to_change};
use crate::accounts::audit::Action;
use crate::db::Tx;
use crate::deliveries::model::{Subject, Target};
use crate::deliveries::store::{self, Usable};
use crate::deliveries::target_form::{Destinations, TargetForm, formats, modes, preview};
use crate::deliveries::{DELIVERER, Deliveries, pattern};
use crate::ids::{DeliveryRuleId, ScheduleId};
use crate::instances;
use crate::queries::WindowChoice;
use crate::schedules::{self, Upcoming};
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit};

#[derive(Template)]
#[template(path = "deliveries/rule.html")]
struct RulePage {
    shell: Shell,
    schedule: Upcoming,
    /// Where the form is sent.
    action: String,
    is_new: bool,
    form: TargetForm,
    destinations: Destinations,
    formats: Vec<Choice>,
    modes: Vec<Choice>,
    /// What the rule will do with the result of the next slot.
    preview: Vec<String>,
    errors: Errors,
}

/// The next slot's result, as far as it is known before it runs.
fn next_subject(room: &Deliveries, schedule: &Upcoming) -> Subject {
    let now = room.site.clock.now();
    let (slot, window) = schedule.next.clone().unzip();
    Subject {
        execution: room.site.random.id(now),
        schedule_name: schedule.name.clone(),
        query_name: schedule.query_name.clone(),
        instance_name: schedule.instance_name.clone(),
        slot,
        created_at: now,
        window: window.unwrap_or_else(WindowChoice::default),
        has_result: true,
    }
}

async fn page(
    room: &Deliveries,
    visit: &Visit,
    (schedule, rule): (Upcoming, Option<&DeliveryRuleId>),
    usable: &[Usable],
    (form, errors): (TargetForm, Errors),
) -> RulePage {
    let target = form.read(usable).ok().map(|(_, target)| target);
    let title = if rule.is_some() { "Change delivery" } else { "New delivery" };
    RulePage {
        shell: visit.shell(title, Section::Schedules).await,
        action: rule.map_or_else(
            || format!("/schedules/{}/deliveries", schedule.id),
            |rule| format!("/deliveries/rules/{rule}"),
        ),
        is_new: rule.is_none(),
        preview: target.map(|target| preview(&target, &next_subject(room, &schedule))).unwrap_or_default(),
        form,
        destinations: Destinations::of(usable),
        formats: formats(),
        modes: modes(),
        schedule,
        errors,
    }
}

/// A schedule that this person may change.
async fn changeable_schedule(tx: &mut Tx, person: &Person, id: &str) -> web::Result<Upcoming> {
    let schedule = schedules::upcoming(tx, &person.id, &own::<ScheduleId>(id)?).await?;
    instances::require(tx, &person.id, &schedule.instance, instances::Action::Run).await?;
    Ok(schedule)
}

pub(super) async fn new(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let schedule = changeable_schedule(&mut tx, &person, &id).await?;
    let usable = store::usable(&mut tx, &person.id).await?;
    drop(tx);
    let form = TargetForm::new(pattern::OF_SCHEDULE, &usable);
    Ok(Html(page(&room, &visit, (schedule, None), &usable, (form, Errors::new())).await).into_response())
}

/// Whether only the preview was asked for.
fn is_preview(fields: &Fields) -> bool {
    fields.get("do") == "preview"
}

pub(super) async fn add(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let (site, now) = (&room.site, room.site.clock.now());
    let mut tx = site.db.write(&person.scope()).await?;
    let schedule = changeable_schedule(&mut tx, &person, &id).await?;
    if schedule.is_deleted {
        return Err(web::Error::conflict("The schedule is deleted", "Restore the schedule before you add a delivery."));
    }
    let usable = store::usable(&mut tx, &person.id).await?;
    let form = TargetForm::of(&fields);
    let read = form.read(&usable).map(|(destination, target)| (destination.clone(), target));
    let (destination, target) = match read {
        Ok(read) if !is_preview(&fields) => read,
        Ok(_) => {
            drop(tx);
            return Ok(
                Html(page(&room, &visit, (schedule, None), &usable, (form, Errors::new())).await).into_response()
            );
        }
        Err(errors) => {
            drop(tx);
            return Ok(Html(page(&room, &visit, (schedule, None), &usable, (form, errors)).await).unprocessable());
        }
    };
    let rule = site.random.id::<DeliveryRuleId>(now);
    store::add_rule(&mut tx, now, (&rule, &schedule.id), (&destination.id, &target), &person.name).await?;
    logged(&room, &mut tx, &person, (&rule, "added"), (&schedule, &destination, &target)).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The rule was added. It delivers from the next result on.").await;
    Ok(back(&schedule.id).into_response())
}

async fn logged(
    room: &Deliveries,
    tx: &mut Tx,
    person: &Person,
    (rule, change): (&DeliveryRuleId, &str),
    (schedule, destination, target): (&Upcoming, &Usable, &Target),
) -> web::Result<()> {
    let detail = json!({
        "change": change, "schedule": schedule.id, "destination": destination.name, "target": target.describe(),
    });
    log(room, tx, person, (Action::DeliveryRuleChanged, rule.as_str()), detail).await
}

pub(super) async fn show(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let (rule, schedule) = changeable_rule(&mut tx, &person, &id).await?;
    let usable = store::usable(&mut tx, &person.id).await?;
    drop(tx);
    let form = TargetForm::stored(rule.destination.as_str(), &rule.target);
    Ok(Html(page(&room, &visit, (schedule, Some(&rule.id)), &usable, (form, Errors::new())).await).into_response())
}

pub(super) async fn change(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let (mut tx, rule, schedule) = to_change(&room, &person, &id).await?;
    let usable = store::usable(&mut tx, &person.id).await?;
    let form = TargetForm::of(&fields);
    let read = form.read(&usable).map(|(destination, target)| (destination.clone(), target));
    let named = (schedule.clone(), Some(&rule.id));
    let (destination, target) = match read {
        Ok(read) if !is_preview(&fields) => read,
        Ok(_) => {
            drop(tx);
            return Ok(Html(page(&room, &visit, named, &usable, (form, Errors::new())).await).into_response());
        }
        Err(errors) => {
            drop(tx);
            return Ok(Html(page(&room, &visit, named, &usable, (form, errors)).await).unprocessable());
        }
    };
    let now = room.site.clock.now();
    store::change_rule(&mut tx, now, &rule.id, (&destination.id, &target), &person.name).await?;
    store::retarget(&mut tx, &rule.id, (&destination.id, &destination.name), &target).await?;
    logged(&room, &mut tx, &person, (&rule.id, "changed"), (&schedule, &destination, &target)).await?;
    tx.commit().await?;
    room.site.wakes.wake(DELIVERER);
    visit.flash(Tone::Success, "The rule was saved. It also applies to deliveries that aren't done yet.").await;
    Ok(back(&schedule.id).into_response())
}

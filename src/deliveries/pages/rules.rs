//! The rules of a schedule, deleting and restoring one.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde_json::{Value, json};

use super::own;
use crate::accounts::audit::{self, Action};
use crate::db::Tx;
use crate::deliveries::model::{Rule, Target};
use crate::deliveries::{Deliveries, store};
use crate::ids::{DeliveryRuleId, ScheduleId};
use crate::instances;
use crate::schedules::{self, Upcoming};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Html, Person, Visit};

#[derive(Template)]
#[template(path = "deliveries/rules.html")]
pub(super) struct RulesPage {
    shell: Shell,
    schedule: Upcoming,
    rules: Vec<Rule>,
    /// Whether there is any destination to deliver to.
    has_destinations: bool,
}

impl RulesPage {
    /// The rules that can deliver: neither they nor their destinations are deleted.
    fn delivering(&self) -> Vec<&Rule> {
        self.rules.iter().filter(|rule| rule.deleted_at.is_none() && !rule.is_cut_off).collect()
    }

    /// Whether a rule updates by key: rows of past slots would replace newer ones.
    fn warns(&self) -> bool {
        let is_upsert = |rule: &Rule| matches!(&rule.target, Target::Table { keys, .. } if !keys.is_empty());
        self.rules.iter().any(is_upsert)
    }
}

pub(super) async fn show(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<RulesPage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let schedule = schedules::upcoming(&mut tx, &person.id, &own::<ScheduleId>(&id)?).await?;
    let rules = store::rules(&mut tx, &person.id, &schedule.id).await?;
    let has_destinations = !store::usable(&mut tx, &person.id).await?.is_empty();
    drop(tx);
    let shell = visit.shell(format!("Deliveries of {}", schedule.name), Section::Schedules).await;
    Ok(Html(RulesPage { shell, schedule, rules, has_destinations }))
}

/// Writes a change of a rule to the audit log.
pub(super) async fn log(
    room: &Deliveries,
    tx: &mut Tx,
    person: &Person,
    (action, id): (Action, &str),
    detail: Value,
) -> web::Result<()> {
    let (site, now) = (&room.site, room.site.clock.now());
    audit::write(tx, &site.random, now, Some(&person.id), action, id, detail).await?;
    Ok(())
}

/// A rule whose schedule this person may change.
pub(super) async fn changeable_rule(tx: &mut Tx, person: &Person, id: &str) -> web::Result<(Rule, Upcoming)> {
    let rule = store::rule(tx, &person.id, &own::<DeliveryRuleId>(id)?).await?;
    let schedule = schedules::upcoming(tx, &person.id, &rule.schedule).await?;
    instances::require(tx, &person.id, &schedule.instance, instances::Action::Run).await?;
    Ok((rule, schedule))
}

/// A rule whose schedule this person may change, in a transaction to change it in.
pub(super) async fn to_change(room: &Deliveries, person: &Person, id: &str) -> web::Result<(Tx, Rule, Upcoming)> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let (rule, schedule) = changeable_rule(&mut tx, person, id).await?;
    Ok((tx, rule, schedule))
}

pub(super) fn back(schedule: &ScheduleId) -> Redirect {
    Redirect::to(&format!("/schedules/{schedule}/deliveries"))
}

pub(super) async fn delete(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    binned(&room, &person, &visit, &id, true).await
}

pub(super) async fn restore(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    binned(&room, &person, &visit, &id, false).await
}

/// Deletes a rule with what waits for it, or restores it.
async fn binned(room: &Deliveries, person: &Person, visit: &Visit, id: &str, deleted: bool) -> web::Result<Redirect> {
    let (mut tx, rule, schedule) = to_change(room, person, id).await?;
    let now = room.site.clock.now();
    if !store::bin_rule(&mut tx, now, &rule.id, deleted).await? {
        let title = if deleted { "Already deleted" } else { "Not deleted" };
        return Err(web::Error::conflict(title, "Nothing had to be changed."));
    }
    if deleted {
        store::cancel(&mut tx, now, &rule.id).await?;
    }
    let change = if deleted { "deleted" } else { "restored" };
    let detail = json!({ "change": change, "schedule": schedule.id, "destination": rule.destination_name });
    log(room, &mut tx, person, (Action::DeliveryRuleChanged, rule.id.as_str()), detail).await?;
    tx.commit().await?;
    let said = if deleted {
        "The rule was deleted, and what waited for it was canceled. You can restore it here."
    } else {
        "The rule was restored. It delivers from the next result on."
    };
    visit.flash(Tone::Success, said).await;
    Ok(back(&schedule.id))
}

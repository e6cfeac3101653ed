//! Delivering the results of past slots by a rule.

use axum::extract::{Path, State};
use axum::response::Redirect;
use serde_json::json;

use super::rules::{back, log, to_change};
use crate::accounts::audit::Action;
use crate::deliveries::{DELIVERER, Deliveries, store};
use crate::ids::ResultDeliveryId;
use crate::web::components::read_date;
use crate::web::shell::Tone;
use crate::web::words::counted;
use crate::web::{self, Fields, Person, Visit};

/// Results that are delivered at a time; the button takes the rest when it is pressed again.
const MOST: i64 = 1_000;

/// Puts the stored results of past slots on the ledger that the rule has not delivered.
pub(super) async fn deliver(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let (mut tx, rule, schedule) = to_change(&room, &person, &id).await?;
    if rule.deleted_at.is_some() || rule.is_cut_off || schedule.is_deleted {
        let todo = "Restore the rule, its destination and its schedule first.";
        return Err(web::Error::conflict("Nothing is delivered", todo));
    }
    let (first, last) = (read_date(fields.trimmed("first")), read_date(fields.trimmed("last")));
    let Some((first, last)) = first.zip(last).filter(|(first, last)| first <= last) else {
        return Err(web::Error::Invalid(
            "Enter the first and the last day of the slots, such as 2026-01-01 and 2026-03-31.".to_owned(),
        ));
    };
    let (site, now) = (&room.site, room.site.clock.now());
    let found = store::past(&mut tx, &rule.id, (first, last), MOST).await?;
    let mut added = 0;
    for wanted in &found {
        let delivery = site.random.id::<ResultDeliveryId>(now);
        let is_new = store::add(&mut tx, now, &delivery, wanted).await?;
        let is_again = !is_new && store::again(&mut tx, now, &rule.id, &wanted.execution).await?;
        added += i64::from(is_new || is_again);
    }
    let detail =
        json!({ "change": "past slots", "schedule": schedule.id, "from": first, "until": last, "results": added });
    log(&room, &mut tx, &person, (Action::ResultDelivered, rule.id.as_str()), detail).await?;
    tx.commit().await?;
    site.wakes.wake(DELIVERER);
    if added == 0 {
        let said = "No slot in this range has a stored result that isn't delivered.";
        visit.flash(Tone::Info, said).await;
    } else {
        let more = if added >= MOST { " Press the button again for the rest." } else { "" };
        let said = format!("{} being delivered.{more}", counted(added, "result is", "results are"));
        visit.flash(Tone::Success, said).await;
    }
    Ok(back(&schedule.id))
}

//! Pauses and resumes several schedules of the list.

use axum::extract::State;
use axum::response::Redirect;
use serde_json::json;

use super::changes::pause_text;
use crate::accounts::audit::{self, Action as Entry};
use crate::db;
use crate::ids::ScheduleId;
use crate::schedules::Schedules;
use crate::schedules::model::{NOTE_LENGTH, Schedule};
use crate::schedules::policies::Missed;
use crate::schedules::scheduler::NAME;
use crate::schedules::store;
use crate::web::shell::Tone;
use crate::web::words::counted;
use crate::web::{self, Fields, Person, Visit};

/// Maximum number of schedules changed at once: a page of the list.
const MOST: usize = 500;

/// Pauses or resumes the selected schedules. Schedules that the person may not change, or that are already in that
/// state, are skipped and counted.
pub(super) async fn change(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Redirect> {
    let chosen: Vec<ScheduleId> = fields.all("schedule").filter_map(|id| id.parse().ok()).take(MOST).collect();
    let is_pause = match fields.get("do") {
        "pause" => true,
        "resume" => false,
        _ => return Err(web::Error::Invalid("Choose Pause or Resume.".to_owned())),
    };
    if chosen.is_empty() {
        visit.flash(Tone::Warning, "Select at least one schedule.").await;
        return Ok(Redirect::to("/schedules"));
    }
    let missed = Missed::parse(fields.get("missed")).unwrap_or(Missed::None);
    let note: String = fields.trimmed("note").replace('\0', "").chars().take(NOTE_LENGTH).collect();
    let (site, now) = (&room.site, room.site.clock.now());
    let mut tx = site.db.write(&person.scope()).await?;
    let mut changed = 0;
    for id in &chosen {
        let found = db::found(store::find(&mut tx, &person.id, id).await)?;
        let Some(schedule) = found.filter(Schedule::can_change) else { continue };
        let (is_changed, detail) = if is_pause {
            let reason = pause_text(&person, &note);
            let is_changed = store::pause(&mut tx, now, &schedule.id, &reason, None).await?;
            (is_changed, json!({ "change": "paused", "note": note, "until": null }))
        } else {
            let is_changed = store::resume(&mut tx, now, &schedule.id, missed.name()).await?;
            (is_changed, json!({ "change": "resumed", "missed_slots": missed.name() }))
        };
        if is_changed {
            changed += 1;
            let entry = Entry::ScheduleChanged;
            audit::write(&mut tx, &site.random, now, Some(&person.id), entry, schedule.id.as_str(), detail).await?;
        }
    }
    tx.commit().await?;
    site.wakes.wake(NAME);
    let done = if is_pause { "paused" } else { "resumed" };
    let left = i64::try_from(chosen.len()).unwrap_or(i64::MAX) - changed;
    let mut text = format!("{} {done}.", counted(changed, "schedule", "schedules"));
    if left > 0 {
        let others = counted(left, "schedule was", "schedules were");
        text.push(' ');
        text.push_str(&others);
        text.push_str(" not changed: already in that state, or you may not change them.");
    }
    visit.flash(if changed > 0 { Tone::Success } else { Tone::Warning }, text).await;
    Ok(Redirect::to("/schedules"))
}

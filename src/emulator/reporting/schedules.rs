//! Schedules: list, create, read, replace, delete, and their slots.

use std::sync::Arc;

use axum::extract::{Path, State};
use chrono::{DateTime, Datelike, Days, TimeDelta, Utc, Weekday};
use serde_json::{Map, Value};

use crate::emulator::Emulator;
use crate::emulator::caller::ByInstance;
use crate::emulator::errors::{Answer, Refusal, answer};
use crate::emulator::json::Fields;
use crate::emulator::query::{Order, Query};
use crate::emulator::room;
use crate::emulator::state::{Change, Period, Schedule};

use super::{SCHEDULES, done, listed, may_name, workflows};

/// The maximum number of slots that fire together after the clock was moved; older ones are skipped.
const MOST_SLOTS: usize = 31;

/// `GET /schedules`.
pub(super) async fn list(State(emulator): State<Emulator>, caller: ByInstance, query: Query) -> Answer {
    let page = query.page()?;
    let (rows, next) = emulator.store().read(|state| {
        let schedules = state.schedules.get(&caller.instance.id).into_iter().flatten();
        page.cut(schedules.map(|(id, schedule)| (id.clone(), shown(schedule))), Order::Ascending)
    });
    Ok(listed(SCHEDULES, "schedules", rows, next))
}

/// `POST /schedules`.
pub(super) async fn create(State(emulator): State<Emulator>, caller: ByInstance, fields: Fields) -> Answer {
    caller.must_be_complete(&emulator)?;
    let id = fields.required("scheduleId")?;
    if !may_name(&id) {
        let text = "scheduleId can hold letters, digits, periods, dashes and underscores only.";
        return Err(Refusal::bad(text));
    }
    let schedule = read_schedule(&emulator, &caller.instance.id, id, &fields)?;
    let instance = caller.instance.id.clone();
    emulator.store().write(|edit| {
        if edit.state().schedules.get(&instance).is_some_and(|known| known.contains_key(&schedule.id)) {
            return Err(Refusal::bad(format!("Schedule with ID {} already exists.", schedule.id)));
        }
        room::for_schedule(edit.state(), &instance)?;
        edit.put(Change::Schedule { instance, schedule: Arc::new(schedule) });
        Ok(())
    })?;
    emulator.something_is_due();
    Ok(done(SCHEDULES))
}

/// `GET /schedules/{scheduleId}`.
pub(super) async fn read(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    let schedule = find(&emulator, &caller.instance.id, &id)?;
    Ok(answer(SCHEDULES, shown(&schedule)))
}

/// `PUT /schedules/{scheduleId}`: replaces the whole schedule.
pub(super) async fn update(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Answer {
    find(&emulator, &caller.instance.id, &id)?;
    if fields.text("scheduleId")?.is_some_and(|sent| sent != id) {
        return Err(Refusal::bad("scheduleId of the body must be the one of the path."));
    }
    let schedule = Arc::new(read_schedule(&emulator, &caller.instance.id, id, &fields)?);
    emulator.store().write(|edit| edit.put(Change::Schedule { instance: caller.instance.id.clone(), schedule }));
    emulator.something_is_due();
    Ok(done(SCHEDULES))
}

/// `DELETE /schedules/{scheduleId}`.
pub(super) async fn delete(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    find(&emulator, &caller.instance.id, &id)?;
    emulator.store().write(|edit| edit.put(Change::ScheduleGone { instance: caller.instance.id.clone(), id }));
    Ok(done(SCHEDULES))
}

/// The schedule's next slot after `after`, if it is active.
pub(crate) fn next_slot(schedule: &Schedule, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if !schedule.enabled {
        return None;
    }
    let first = after.date_naive().and_hms_opt(schedule.hour, 0, 0)?.and_utc();
    let days = (0..=8).filter_map(|days| first.checked_add_days(Days::new(days)));
    days.filter(|slot| *slot > after).find(|slot| match schedule.period {
        Period::Daily(_) => true,
        Period::Weekly(day) => slot.weekday() == day,
    })
}

/// The slots up to `now` that haven't fired yet, oldest first.
pub(crate) fn due_slots(schedule: &Schedule, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let farthest = now - length(schedule.period) * MOST_SLOTS as i32;
    let mut slots = Vec::new();
    let mut after = schedule.fired_until.max(farthest);
    while let Some(slot) = next_slot(schedule, after).filter(|slot| *slot <= now) {
        slots.push(slot);
        after = slot;
    }
    slots
}

/// The time covered by one slot.
pub(crate) fn length(period: Period) -> TimeDelta {
    match period {
        Period::Daily(_) => TimeDelta::days(1),
        Period::Weekly(_) => TimeDelta::days(7),
    }
}

fn find(emulator: &Emulator, instance: &str, id: &str) -> Result<Arc<Schedule>, Refusal> {
    let schedule = emulator.store().read(|state| state.schedules.get(instance)?.get(id).cloned());
    schedule.ok_or_else(|| Refusal::missing(format!("Schedule with ID {id} does not exist.")))
}

fn read_schedule(emulator: &Emulator, instance: &str, id: String, fields: &Fields) -> Result<Schedule, Refusal> {
    let workflow = fields.required("workflowId")?;
    if workflows::find(emulator, instance, &workflow).is_none() {
        return Err(Refusal::bad(format!("Workflow with ID {workflow} does not exist")));
    }
    let now = emulator.now();
    let hour = fields.whole("aggregationHourUtc")?.unwrap_or(0);
    let hour = u32::try_from(hour).ok().filter(|hour| *hour < 24);
    Ok(Schedule {
        id,
        workflow,
        period: period(fields, now.weekday())?,
        hour: hour.ok_or_else(|| Refusal::bad("aggregationHourUtc must be an hour from 0 to 23."))?,
        enabled: fields.flag("scheduleEnabled")?.unwrap_or(true),
        require_synthetic_data: fields.flag("requireSyntheticData")?,
        controls_off: fields.flag("disableAggregationControls")?,
        fired_until: now,
    })
}

fn period(fields: &Fields, today: Weekday) -> Result<Period, Refusal> {
    let day = match fields.text("aggregationStartDay")?.filter(|day| !day.is_empty()) {
        None => None,
        Some(day) => Some(day.parse().map_err(|_| Refusal::bad("aggregationStartDay must be a day, such as Monday."))?),
    };
    match fields.required("aggregationPeriod")?.to_ascii_lowercase().as_str() {
        "daily" => Ok(Period::Daily(day)),
        "weekly" => Ok(Period::Weekly(day.unwrap_or(today))),
        _ => Err(Refusal::bad("aggregationPeriod must be Daily or Weekly.")),
    }
}

/// The flat object of a read.
fn shown(schedule: &Schedule) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    let (period, day) = match schedule.period {
        Period::Daily(day) => ("Daily", day),
        Period::Weekly(day) => ("Weekly", Some(day)),
    };
    put("scheduleId", schedule.id.as_str().into());
    put("workflowId", schedule.workflow.as_str().into());
    put("aggregationPeriod", period.into());
    if let Some(day) = day {
        put("aggregationStartDay", name(day).into());
    }
    put("aggregationHourUtc", schedule.hour.into());
    put("scheduleEnabled", schedule.enabled.into());
    if let Some(flag) = schedule.require_synthetic_data {
        put("requireSyntheticData", flag.into());
    }
    if let Some(flag) = schedule.controls_off {
        put("disableAggregationControls", flag.into());
    }
    fields.into()
}

fn name(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(period: Period) -> Schedule {
        Schedule {
            id: "s".into(),
            workflow: "w".into(),
            period,
            hour: 6,
            enabled: true,
            require_synthetic_data: None,
            controls_off: None,
            fired_until: at("2026-03-10T06:00:00Z"),
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_daily_schedule_fires_once_for_each_day_that_passed() {
        let daily = schedule(Period::Daily(None));
        assert!(due_slots(&daily, at("2026-03-10T07:00:00Z")).is_empty());
        let slots = due_slots(&daily, at("2026-03-12T06:00:00Z"));
        assert_eq!(slots, [at("2026-03-11T06:00:00Z"), at("2026-03-12T06:00:00Z")]);
    }

    #[test]
    fn a_weekly_schedule_fires_on_its_day() {
        let weekly = schedule(Period::Weekly(Weekday::Mon));
        assert_eq!(next_slot(&weekly, weekly.fired_until), Some(at("2026-03-16T06:00:00Z")));
    }

    #[test]
    fn a_far_move_of_the_clock_fires_a_bounded_number() {
        assert!(due_slots(&schedule(Period::Daily(None)), at("2027-03-10T06:00:00Z")).len() <= MOST_SLOTS);
    }

    #[test]
    fn a_schedule_that_is_off_never_fires() {
        let off = Schedule { enabled: false, ..schedule(Period::Daily(None)) };
        assert_eq!(next_slot(&off, off.fired_until), None);
    }
}

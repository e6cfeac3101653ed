//! Schedules as JSON, and as the fields of the form that the room reads.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::api::schema::{answer, body, names};
use crate::api::templates::fields as value_fields;
use crate::api::workflows::WindowInput;
use crate::ids::{ExecutionId, InstanceId, QueryId, ScheduleId};
use crate::schedules::{ScheduleLine, ScheduleSlot, ScheduleView, Schedules};
use crate::web::Fields;
use crate::web::components::Errors;

names! {
    ScheduleState: Schedules::states();
    /// The outcome of a slot.
    SlotStateName: Schedules::slot_states();
}

answer! {
    /// A schedule.
    Schedule {
        id: ScheduleId,
        name: String,
        /// The query that runs; null if the schedule has a text of its own.
        workflow: Option<QueryId>,
        instance: InstanceId,
        /// The name of the person whose access it uses.
        owner: String,
        state: ScheduleState,
        /// Why it has this state; may be empty.
        state_reason: String,
        /// When a pause ends.
        paused_until: Option<DateTime<Utc>>,
        timing: ScheduleTiming,
        /// The timing in words.
        timing_text: String,
        /// The values of parameters, as typed; lists have one value per line.
        parameters: BTreeMap<String, String>,
        window: ScheduleWindow,
        policies: SchedulePolicies,
        note: String,
        /// The instant of the next slot.
        next_at: Option<DateTime<Utc>>,
        /// Whether the caller may change it.
        can_change: bool,
        revision: i64,
        created_at: DateTime<Utc>,
        created_by: String,
        updated_at: DateTime<Utc>,
        updated_by: String,
    }

    /// When a schedule runs; what doesn't apply to its kind is empty.
    ScheduleTiming {
        /// `daily`, `weekly`, `monthly`, `days`, `once` or `cron`.
        repeat: String,
        /// The local time, `09:00`.
        at: String,
        /// For `weekly`: `mon` to `sun`.
        weekdays: Vec<String>,
        /// For `monthly`: `1` to `31`, `last`, `first-business`, `last-business`, or `2-tue` and `last-fri`.
        month_day: String,
        /// For `days`: how many.
        every: String,
        /// For `days`: the day from which they are counted.
        from: String,
        /// For `once`: `2026-12-01T09:00`.
        moment: String,
        /// For `cron`.
        cron: String,
        /// A time zone, such as `Europe/Berlin`.
        zone: String,
        /// The first day; empty for the current day.
        starts: String,
        /// The last day; empty for none.
        ends: String,
        /// Days without runs.
        excluded: Vec<String>,
    }

    /// The time window of each run, worked out from its slot.
    ScheduleWindow {
        kind: String,
        zone: String,
    }

    /// What happens when something goes wrong, and what runs wait for.
    SchedulePolicies {
        missed: String,
        catch_up_hours: String,
        overlap: String,
        wait: String,
        hold_hours: String,
        spread_minutes: String,
        pause_after: String,
    }

    /// A schedule in a list.
    ScheduleSummary {
        id: ScheduleId,
        name: String,
        workflow: Option<QueryId>,
        instance: InstanceId,
        instance_name: String,
        owner: String,
        /// The timing in words.
        timing_text: String,
        state: ScheduleState,
        next_at: Option<DateTime<Utc>>,
        /// The outcome of the last slot.
        last_state: Option<SlotStateName>,
        last_at: Option<DateTime<Utc>>,
        last_execution: Option<ExecutionId>,
    }

    /// A slot that was decided.
    Slot {
        /// Its local time, which names it.
        slot: String,
        at: DateTime<Utc>,
        decided_at: DateTime<Utc>,
        state: SlotStateName,
        /// Why, or what it waits for; may be empty.
        reason: String,
        /// Whether it was decided late.
        is_late: bool,
        execution: Option<ExecutionId>,
    }
}

body! {
    /// A schedule to be created or changed.
    ScheduleInput {
        /// By default the query's name.
        name: Option<String>,
        /// The query that runs, with its text as saved at the time of each slot.
        workflow: Option<QueryId>,
        /// Where it runs; by default the query's default instance.
        instance: Option<InstanceId>,
        timing: Option<TimingInput>,
        /// Values of parameters by name.
        parameters: Option<BTreeMap<String, Value>>,
        /// A window that moves with the slots, such as `settled` or `last-week`.
        window: Option<WindowInput>,
        policies: Option<PoliciesInput>,
        note: Option<String>,
    }

    /// When a schedule runs.
    TimingInput {
        /// `daily`, `weekly`, `monthly`, `days`, `once` or `cron`.
        repeat: String,
        /// The local time, `09:00`.
        at: Option<String>,
        /// For `weekly`: `mon` to `sun`.
        weekdays: Option<Vec<String>>,
        /// For `monthly`: `1` to `31`, `last`, `first-business`, `last-business`, or `2-tue` and `last-fri`.
        month_day: Option<String>,
        /// For `days`: how many.
        every: Option<u32>,
        /// For `days`: the day from which they are counted.
        from: Option<String>,
        /// For `once`: `2026-12-01T09:00`.
        moment: Option<String>,
        /// For `cron`: five fields.
        cron: Option<String>,
        /// A time zone, such as `Europe/Berlin`; UTC by default.
        zone: Option<String>,
        /// The first day.
        starts: Option<String>,
        /// The last day.
        ends: Option<String>,
        /// Days without runs.
        excluded: Option<Vec<String>>,
    }

    /// What happens when something goes wrong, and what runs wait for.
    PoliciesInput {
        /// What happens to slots that were missed: `latest`, `all` or `none`.
        missed: Option<String>,
        /// With `all`: the maximum age of a missed slot.
        catch_up_hours: Option<u32>,
        /// While an execution is still running: `queue`, `skip` or `allow`.
        overlap: Option<String>,
        /// What a run waits for after its slot: `slot`, `fresh` or `credited`.
        wait: Option<String>,
        /// How long after its slot a run starts.
        hold_hours: Option<u32>,
        /// Over how many minutes starts are spread.
        spread_minutes: Option<u32>,
        /// After how many consecutive failures it pauses; 0 for never.
        pause_after: Option<u32>,
    }

    /// How long to pause.
    PauseInput {
        /// The day on which the pause ends, `2026-12-31`; without one, somebody resumes it.
        until: Option<String>,
        note: Option<String>,
    }

    /// How to resume.
    ResumeInput {
        /// What happens to the slots in between: `latest`, `all` or `none`.
        missed: String,
    }
}

fn text(form: &[(&'static str, String)], name: &str) -> String {
    form.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

impl ScheduleTiming {
    fn new(form: &[(&'static str, String)]) -> Self {
        let of = |name| text(form, name);
        Self {
            repeat: of("repeat"),
            at: of("at"),
            weekdays: form.iter().filter(|(name, _)| *name == "weekday").map(|(_, day)| day.clone()).collect(),
            month_day: of("month_day"),
            every: of("every"),
            from: of("from_day"),
            moment: of("moment"),
            cron: of("cron"),
            zone: of("timing_zone"),
            starts: of("starts"),
            ends: of("ends"),
            excluded: of("excluded").lines().map(str::to_owned).collect(),
        }
    }
}

impl SchedulePolicies {
    fn new(form: &[(&'static str, String)]) -> Self {
        let of = |name| text(form, name);
        Self {
            missed: of("missed"),
            catch_up_hours: of("catch_up_hours"),
            overlap: of("overlap"),
            wait: of("wait"),
            hold_hours: of("hold_hours"),
            spread_minutes: of("spread_minutes"),
            pause_after: of("pause_after"),
        }
    }
}

impl From<ScheduleView> for Schedule {
    fn from(schedule: ScheduleView) -> Self {
        let input = |name: &str| {
            let value = schedule.input.iter().find(|(known, _)| known == name);
            value.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let value = |(name, value): &(String, String)| Some((name.strip_prefix("param.")?.to_owned(), value.clone()));
        Self {
            timing: ScheduleTiming::new(&schedule.timing),
            policies: SchedulePolicies::new(&schedule.policies),
            parameters: schedule.input.iter().filter_map(value).collect(),
            window: ScheduleWindow { kind: input("window"), zone: input("zone") },
            state: ScheduleState(schedule.state),
            id: schedule.id,
            name: schedule.name,
            workflow: schedule.query,
            instance: schedule.instance,
            owner: schedule.owner,
            state_reason: schedule.state_reason,
            paused_until: schedule.paused_until,
            timing_text: schedule.timing_words,
            note: schedule.note,
            next_at: schedule.next_at,
            can_change: schedule.can_change,
            revision: schedule.revision,
            created_at: schedule.created_at,
            created_by: schedule.created_by,
            updated_at: schedule.updated_at,
            updated_by: schedule.updated_by,
        }
    }
}

impl From<ScheduleLine> for ScheduleSummary {
    fn from(line: ScheduleLine) -> Self {
        Self {
            id: line.id,
            name: line.name,
            workflow: line.query,
            instance: line.instance,
            instance_name: line.instance_name,
            owner: line.owner,
            timing_text: line.timing,
            state: ScheduleState(line.state),
            next_at: line.next_at,
            last_state: line.last_state.map(SlotStateName),
            last_at: line.last_at,
            last_execution: line.last_execution,
        }
    }
}

impl From<ScheduleSlot> for Slot {
    fn from(slot: ScheduleSlot) -> Self {
        Self {
            slot: slot.name,
            at: slot.at,
            decided_at: slot.decided_at,
            state: SlotStateName(slot.state),
            reason: slot.reason,
            is_late: slot.is_late,
            execution: slot.execution,
        }
    }
}

impl TimingInput {
    /// As fields of the form. A timing is complete: what it doesn't name is empty.
    fn fields(&self) -> Vec<(String, String)> {
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        let zone = self.zone.clone().unwrap_or_else(|| "UTC".to_owned());
        let mut form = vec![
            ("repeat", self.repeat.clone()),
            ("at", of(&self.at)),
            ("month_day", of(&self.month_day)),
            ("every", self.every.map(|days| days.to_string()).unwrap_or_default()),
            ("from_day", of(&self.from)),
            ("moment", of(&self.moment)),
            ("cron", of(&self.cron)),
            ("timing_zone", zone),
            ("starts", of(&self.starts)),
            ("ends", of(&self.ends)),
            ("excluded", self.excluded.as_deref().unwrap_or_default().join("\n")),
        ];
        form.extend(self.weekdays.iter().flatten().map(|day| ("weekday", day.clone())));
        form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl PoliciesInput {
    fn fields(&self) -> Vec<(String, String)> {
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let form = [
            ("missed", self.missed.clone()),
            ("catch_up_hours", number(self.catch_up_hours)),
            ("overlap", self.overlap.clone()),
            ("wait", self.wait.clone()),
            ("hold_hours", number(self.hold_hours)),
            ("spread_minutes", number(self.spread_minutes)),
            ("pause_after", number(self.pause_after)),
        ];
        form.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

impl ScheduleInput {
    /// As fields of the form; what is left out isn't a field. Values that no parameter can have are reported.
    pub(super) fn fields(&self, errors: &mut Errors) -> Fields {
        let mut form = value_fields(self.parameters.as_ref(), errors);
        let named = [
            ("name", self.name.clone()),
            ("query", self.workflow.as_ref().map(ToString::to_string)),
            ("instance", self.instance.as_ref().map(ToString::to_string)),
            ("note", self.note.clone()),
        ];
        form.extend(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        form.extend(self.timing.iter().flat_map(TimingInput::fields));
        form.extend(self.window.iter().flat_map(WindowInput::form));
        form.extend(self.policies.iter().flat_map(PoliciesInput::fields));
        form.into_iter().collect()
    }
}

/// The JSON pointer for a field of the form.
pub(super) fn pointer(field: &str) -> String {
    match field {
        "query" => "/workflow".to_owned(),
        "weekday" => "/timing/weekdays".to_owned(),
        "from_day" => "/timing/from".to_owned(),
        "timing_zone" => "/timing/zone".to_owned(),
        "repeat" | "at" | "month_day" | "every" | "moment" | "cron" | "starts" | "ends" | "excluded" => {
            format!("/timing/{field}")
        }
        "missed" | "catch_up_hours" | "overlap" | "wait" | "hold_hours" | "spread_minutes" | "pause_after" => {
            format!("/policies/{field}")
        }
        other => crate::api::input::pointer(other),
    }
}

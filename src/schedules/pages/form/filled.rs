//! A submitted form: what it schedules, its values, and its errors.

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::Tx;
use crate::ids::InstanceId;
use crate::instances::{self, Action};
use crate::queries::{FieldDef, RunInput, WindowKind, prepare};
use crate::schedules::Schedules;
use crate::schedules::calendar::Plan;
use crate::schedules::model::{NAME_LENGTH, NOTE_LENGTH, Schedule};
use crate::schedules::pages::preview::SHOWN;
use crate::schedules::pages::source::{Source, Start, merge, over};
use crate::schedules::policies::Policies;
use crate::schedules::store::Written;
use crate::schedules::timing::Timing;
use crate::web::components::Errors;
use crate::web::{self, Fields, Person, naming};

/// A submitted form with everything derived from it.
pub(super) struct Filled {
    pub(super) schedule: Option<Schedule>,
    pub(super) source: Source,
    pub(super) fields: Fields,
    pub(super) errors: Errors,
    pub(super) name: String,
    pub(super) note: String,
    pub(super) timing: Timing,
    pub(super) policies: Policies,
    pub(super) plan: Option<Plan>,
    pub(super) input: RunInput,
    pub(super) instance: Option<InstanceId>,
    pub(super) asked: Vec<FieldDef>,
}

/// Parses a form; all errors are reported by field.
pub(super) async fn filled(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    start: Start,
    sent: &Fields,
) -> web::Result<Filled> {
    let fields = over(&start.fields, sent);
    let mut errors = Errors::new();
    let name = match (fields.has("name"), &start.schedule) {
        (true, _) => naming::plain(fields.trimmed("name")),
        (false, Some(schedule)) => schedule.name.clone(),
        (false, None) => start.source.name.clone(),
    };
    if name.is_empty() {
        errors.add("name", "Enter a name.");
    } else if let Some(fault) = naming::fault(&name, NAME_LENGTH) {
        errors.add("name", fault);
    }
    let before = start.schedule.as_ref();
    let timing = before.map(|schedule| schedule.timing.clone()).unwrap_or_default().with(&fields);
    let plan = timing.plan(&room.zones, &mut errors);
    let policies = before.map(|schedule| schedule.policies.clone()).unwrap_or_default().with(&fields, &mut errors);
    let note = if fields.has("note") {
        fields.trimmed("note").to_owned()
    } else {
        before.map(|schedule| schedule.note.clone()).unwrap_or_default()
    };
    let note = note.replace('\0', "").chars().take(NOTE_LENGTH).collect();
    let (mut input, wrong) = RunInput::of_form(&start.source.script(), &fields);
    merge(&mut errors, &wrong);
    if input.window.kind.relative().is_some() && sent.has("window") {
        errors.add(
            "window",
            "AMC would choose the days when the query runs, whatever the slot. Choose a window that is worked out from the \
             slot.",
        );
    }
    input.window.kind = input.window.kind.for_slots();
    if input.window.kind == WindowKind::Explicit && timing.repeat != "once" {
        errors.add(
            "window",
            "Choose a window that moves with the schedule; fixed dates would give the same result each time.",
        );
    }
    let mut filled = Filled {
        schedule: start.schedule,
        source: start.source,
        fields,
        errors,
        name,
        note,
        timing,
        policies,
        plan,
        input,
        instance: None,
        asked: Vec::new(),
    };
    check(room, tx, person, &mut filled).await?;
    Ok(filled)
}

/// Checks that this person can run it on the selected instance.
pub(super) async fn check(room: &Schedules, tx: &mut Tx, person: &Person, filled: &mut Filled) -> web::Result<()> {
    let chosen: Option<InstanceId> = filled.fields.trimmed("instance").parse().ok();
    let instance = match chosen {
        Some(id) => match instances::require(tx, &person.id, &id, Action::Run).await {
            Ok(instance) => Some(instance),
            Err(instances::Denied::Db(error)) => return Err(error.into()),
            Err(instances::Denied::Missing) => None,
            Err(instances::Denied::Role(why)) => {
                filled.errors.add("instance", why);
                return Ok(());
            }
        },
        None => None,
    };
    let catalogue = match &instance {
        Some(instance) => instances::catalogue(tx, &instance.id).await?,
        None => std::sync::Arc::clone(crate::amcsql::catalogue::Catalogue::standard()),
    };
    let is_sandbox = instance.as_ref().is_some_and(|instance| instance.is_sandbox);
    let now = room.site.clock.now();
    let first = filled.plan.as_ref().and_then(|plan| plan.after(now).next());
    let moment = first.map_or(now, |slot| slot.at);
    let mut prepared = prepare(&filled.source.script(), &filled.input, &catalogue, moment, is_sandbox);
    if let Some(plan) = filled.plan.as_ref().filter(|_| !prepared.errors.of("window").is_empty())
        && plan.after(now).take(SHOWN).any(|slot| filled.input.window.at(slot.at).is_ok())
    {
        // OK because the window is empty only at some slots, and the preview shows at which.
        let others: Vec<_> = prepared.errors.iter().filter(|(field, _)| *field != "window").collect();
        let mut errors = Errors::new();
        for (field, sentence) in others {
            errors.add(field, sentence);
        }
        prepared.errors = errors;
    }
    filled.asked.clone_from(&prepared.asked);
    let Some(instance) = instance else {
        filled.errors.add("instance", "Choose an instance.");
        return Ok(());
    };
    merge(&mut filled.errors, &prepared.errors);
    let is_error = |finding: &&crate::amcsql::finding::Finding| finding.level == crate::amcsql::finding::Level::Error;
    if let Some(finding) = prepared.findings.iter().find(is_error) {
        filled.errors.add("", format!("AMC would reject this query: {}", finding.message));
    }
    if filled.plan.as_ref().is_some_and(|plan| plan.after(now).next().is_none()) {
        filled.errors.add(
            "repeat",
            "With these settings nothing would ever run: each slot is in the past, or after the last day.",
        );
    }
    filled.instance = Some(instance.id);
    Ok(())
}

impl Filled {
    /// The time after which slots count: a due slot that wasn't decided yet isn't lost by a change.
    fn from(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let undecided = self.schedule.as_ref().and_then(|schedule| schedule.next_at);
        undecided.map_or(now, |at| now.min(at - TimeDelta::seconds(1)))
    }

    pub(super) fn written<'a>(
        &'a self,
        room: &'a Schedules,
        instance: &'a InstanceId,
        input: &'a [(String, String)],
    ) -> Written<'a> {
        let own_text = self.source.query.is_none();
        Written {
            name: &self.name,
            instance,
            query: self.source.query.as_ref(),
            sql: if own_text { &self.source.sql } else { "" },
            parameters: if own_text { &self.source.parameters } else { &[] },
            input,
            window: &self.input.window,
            timing: &self.timing,
            policies: &self.policies,
            note: &self.note,
            zone_rules: room.zones.version(),
            next: self.plan.as_ref().and_then(|plan| plan.after(self.from(room.site.clock.now())).next()),
        }
    }
}

//! The policies, decided for many facts.

use super::super::calendar::SlotName;
use super::*;
use crate::queries::WindowKind;

fn now() -> DateTime<Utc> {
    "2026-03-18T09:00:00Z".parse().unwrap()
}

fn slot(note: Option<Note>) -> Slot {
    Slot { name: SlotName { civil: now().naive_utc(), is_second: false }, at: now(), note }
}

fn facts(minutes_late: i64) -> Facts {
    Facts {
        now: now(),
        due: now() - TimeDelta::minutes(minutes_late),
        is_excluded: false,
        has_later: false,
        is_running: false,
        queued: 0,
        resumed_with: None,
    }
}

fn policies(missed: Missed, overlap: Overlap) -> Policies {
    Policies { missed, overlap, catch_up_hours: 24, ..Policies::default() }
}

fn name(decision: &Decision) -> &'static str {
    match decision {
        Decision::Start => "start",
        Decision::Queue => "queue",
        Decision::Skip(_) => "skip",
        Decision::Missed(_) => "missed",
    }
}

#[test]
fn missed_slots_follow_the_policy() {
    let decide = |missed, facts: &Facts| name(&policies(missed, Overlap::Queue).decide(&slot(None), facts));
    let later = Facts { has_later: true, ..facts(60) };
    let old = facts(25 * 60);
    assert_eq!([Missed::Latest, Missed::All, Missed::None].map(|missed| decide(missed, &facts(4))), ["start"; 3]);
    assert_eq!(
        [Missed::Latest, Missed::All, Missed::None].map(|missed| decide(missed, &facts(60))),
        ["start", "start", "missed"]
    );
    assert_eq!(
        [Missed::Latest, Missed::All, Missed::None].map(|missed| decide(missed, &later)),
        ["missed", "start", "missed"]
    );
    assert_eq!(
        [Missed::Latest, Missed::All, Missed::None].map(|missed| decide(missed, &old)),
        ["start", "missed", "missed"]
    );
    let resumed = |with| Facts { resumed_with: Some(with), has_later: true, ..old };
    let choices = [Missed::Latest, Missed::All, Missed::None];
    assert_eq!(choices.map(|with| decide(Missed::Latest, &resumed(with))), ["missed", "start", "missed"]);
}

#[test]
fn a_slot_during_another_execution_follows_the_policy() {
    let running = |queued| Facts { is_running: true, queued, ..facts(0) };
    let decide = |overlap, facts: &Facts| name(&policies(Missed::All, overlap).decide(&slot(None), facts));
    let all = [Overlap::Skip, Overlap::Queue, Overlap::Allow];
    assert_eq!(all.map(|overlap| decide(overlap, &running(0))), ["skip", "queue", "start"]);
    assert_eq!(all.map(|overlap| decide(overlap, &running(1))), ["skip", "skip", "start"]);
    let catching_up = Facts { due: now() - TimeDelta::hours(3), ..running(4) };
    assert_eq!(all.map(|overlap| decide(overlap, &catching_up)), ["queue", "queue", "start"]);
}

#[test]
fn excluded_days_and_repeated_instants_are_skipped() {
    let policies = Policies::default();
    assert_eq!(name(&policies.decide(&slot(None), &Facts { is_excluded: true, ..facts(0) })), "skip");
    assert_eq!(name(&policies.decide(&slot(Some(Note::SameInstant)), &facts(0))), "skip");
    assert_eq!(name(&policies.decide(&slot(Some(Note::Skipped)), &facts(0))), "start");
}

#[test]
fn an_execution_waits_for_data_and_its_share_of_the_spread() {
    let policies = Policies { hold_hours: 48, spread_minutes: 30, ..Policies::default() };
    let window = WindowChoice::default();
    let due = policies.due(now(), "sch_a", &window) - now() - TimeDelta::hours(48);
    assert!(due >= TimeDelta::zero() && due < TimeDelta::minutes(30));
    assert_eq!(Policies::default().due(now(), "sch_a", &window), now());
}

#[test]
fn waiting_for_data_delays_the_execution_and_not_the_window() {
    let window = WindowChoice { kind: WindowKind::CalendarMonth, ..WindowChoice::default() };
    let first: DateTime<Utc> = "2026-12-01T09:00:00Z".parse().unwrap();
    let due = |wait| Policies { wait, ..Policies::default() }.due(first, "sch_a", &window).to_rfc3339();
    assert_eq!(due(Wait::Slot), "2026-12-01T09:00:00+00:00");
    assert_eq!(due(Wait::Fresh), "2026-12-03T00:00:00+00:00");
    assert_eq!(due(Wait::Credited), "2026-12-15T00:00:00+00:00");
    assert_eq!(window.at(first).unwrap().days(), "1–30 Nov 2026");
    let settled = WindowChoice::default();
    let policies = Policies { wait: Wait::Credited, ..Policies::default() };
    assert_eq!(policies.due(first, "sch_a", &settled), first, "its data is mature at the slot");
}

//! Rehearsals: three months of a schedule's slots in a copy, with bad days; the real database stays as it is.

use std::time::Duration;

use chrono::TimeDelta;

use crate::executions::{REACH, saved};
use crate::notices::scheduled;
use crate::several::until_within;
use crate::support::{Answer, House, Visitor, stories};

/// Every Monday at nine in Berlin.
const WEEKLY: [(&str, &str); 4] =
    [("repeat", "weekly"), ("weekday", "mon"), ("at", "09:00"), ("timing_zone", "Europe/Berlin")];
/// A form without bad days.
const GOOD: (&str, &str) = ("throttled_on", "2026-03-30");
/// How long a rehearsal may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// Begins a rehearsal; gives its page's address.
async fn begun(visitor: &Visitor, schedule: &str, fields: &[(&str, &str)]) -> String {
    let there = visitor.post(&format!("{schedule}/rehearsal/months"), fields).await.with(303).location;
    there.trim_end_matches("#rehearsal").to_owned()
}

/// Waits for the end of a rehearsal.
async fn ended(visitor: &Visitor, address: &str) -> Answer {
    until_within(PATIENCE, "the end of the rehearsal", async || {
        let page = visitor.get(address).await.with(200);
        page.texts("#rehearsal progress").is_empty().then_some(page)
    })
    .await
}

async fn rehearsed(visitor: &Visitor, schedule: &str, fields: &[(&str, &str)]) -> Answer {
    let address = begun(visitor, schedule, fields).await;
    ended(visitor, &address).await
}

/// The line of a ledger whose slot is on this day.
fn line(page: &Answer, day: &str) -> String {
    let rows = page.texts("#rehearsal tbody tr");
    rows.iter().find(|row| row.contains(day)).unwrap_or_else(|| panic!("no slot on {day}: {rows:?}")).clone()
}

fn notices(page: &Answer, title: &str) -> usize {
    page.texts("#notices summary").iter().filter(|summary| summary.contains(title)).count()
}

/// Everything that a rehearsal could have changed.
async fn touched(house: &House) -> i64 {
    house
        .count(
            "select (select count(*) from executions) + (select count(*) from schedule_slots) \
             + (select count(*) from messages) + (select count(*) from message_incidents) \
             + (select count(*) from schedules where revision > 1 or failures > 0 or state <> 'active') \
             + (select count(*) from connections where state <> 'active') as value",
        )
        .await
}

stories! {
    /// Three months of Mondays across the clock change of March: each slot at nine in Berlin, each result a notice.
    /// Nothing of it is in the real database or at Amazon, and it can be looked at for an hour.
    async fn three_months_of_mondays_are_played_across_a_clock_change(house: House) {
        let ada = house.signed_in("Ada").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &WEEKLY).await;
        let form = format!("{schedule}/rehearsal/months");
        assert!(ada.get(&schedule).await.with(200).attributes("main a", "href").contains(&form));
        let proposed = ada.get(&form).await.with(200);
        assert!(proposed.text("#play").contains("13 slots"), "{}", proposed.text("#play"));
        assert!(proposed.text("#h-clocks").contains("29 Mar 2026"), "{}", proposed.text("#h-clocks"));
        assert_eq!(proposed.attributes("#play input[type=checkbox][checked]", "name").len(), 4);
        let before = (touched(&house).await, house.amazon.as_ref().expect("an AMC emulator").executions());
        let address = begun(&ada, &schedule, &[("from", "2026-03-18"), GOOD]).await;
        let page = ended(&ada, &address).await;
        assert!(page.text("#rehearsal .callout").contains("None of this happened"), "{}", page.body);
        let figures = page.text("#figures");
        assert!(figures.starts_with("13 slots expected = 13 ran + 0 ran late"), "{figures}");
        assert!(figures.contains("the schedule is active."), "{figures}");
        assert!(line(&page, "Mon 23 Mar 2026, 09:00").contains("08:00"), "winter");
        assert!(line(&page, "Mon 30 Mar 2026, 09:00").contains("07:00"), "summer");
        assert_eq!(notices(&page, "Schedule succeeded"), 13, "{}", page.text("#notices"));
        let rows = page.texts("#rehearsal tbody tr");
        assert!(!rows.iter().any(|row| row.contains("Running")), "the last slot has ended too: {rows:?}");
        assert!(page.attributes("#rehearsal a", "href").is_empty(), "nothing of it can be opened");
        let after = (touched(&house).await, house.amazon.as_ref().expect("an AMC emulator").executions());
        assert_eq!(after, before);
        let left = std::fs::read_dir(house.folder().join("rehearsals")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "the copy is deleted");
        house.time.advance(TimeDelta::minutes(61));
        let gone = ada.get(&address).await.with(200);
        assert!(gone.text("#rehearsal").contains("no longer available") && gone.texts("#figures").is_empty());
    }

    /// A day of 429 delays a slot, a rejection fails one; a revoked grant is one notice and a hold, and its end
    /// another notice; a slot in a week of downtime follows the schedule's choice for missed slots.
    async fn bad_days_end_as_the_schedule_would_end_them(house: House) {
        let ada = house.signed_in("Ada").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &WEEKLY).await;
        let before = touched(&house).await;
        let page = rehearsed(&ada, &schedule, &[
            ("from", "2026-03-18"),
            ("throttled", "true"), ("throttled_on", "2026-03-30"),
            ("rejected", "true"), ("rejected_on", "2026-04-13"),
            ("revoked", "true"), ("revoked_on", "2026-04-27"),
            ("down", "true"), ("down_on", "2026-05-10"),
        ]).await;
        let throttled = line(&page, "Mon 30 Mar 2026");
        assert!(throttled.contains("Succeeded") && throttled.contains("30 Mar 2026, 2"), "after the day in Berlin: {throttled}");
        let rejected = line(&page, "Mon 13 Apr 2026");
        assert!(rejected.contains("Failed") && rejected.contains("Too many executions"), "{rejected}");
        let (failed, recovered) = (notices(&page, "Schedule failed"), notices(&page, "Schedule recovered"));
        assert_eq!((failed, recovered), (1, 1), "{}", page.text("#notices"));
        let revoked = line(&page, "Mon 27 Apr 2026");
        assert!(revoked.contains("Succeeded") && revoked.contains("27 Apr 2026, 2"), "on hold until the owner reconnects: {revoked}");
        assert_eq!((notices(&page, "Reconnect to Amazon"), notices(&page, "Amazon access is restored")), (1, 1), "{}", page.text("#notices"));
        let events = page.text("#events");
        assert!(events.contains("Access is revoked at Amazon.") && events.contains("The owner reconnects."), "{events}");
        assert!(line(&page, "Mon 4 May 2026").contains("Succeeded"), "it has recovered");
        let missed = line(&page, "Mon 11 May 2026");
        assert!(missed.contains("Succeeded") && missed.contains("late, 16 May 2026"), "{missed}");
        assert_eq!(touched(&house).await, before);
    }

    /// The choice for missed slots, as a week of downtime shows it: none, the latest, or all of seven.
    async fn a_week_of_downtime_shows_the_choice_for_missed_slots(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for (missed, figures) in [("none", "0 ran late + 0 skipped + 7 missed"), ("latest", "1 ran late + 0 skipped + 6 missed"), ("all", "7 ran late + 0 skipped + 0 missed")] {
            let fields = [
                ("repeat", "daily"), ("at", "11:00"), ("timing_zone", "Europe/Berlin"), ("ends", "2026-04-05"),
                ("missed", missed), ("catch_up_hours", "400"),
            ];
            let schedule = scheduled(&ada, &query, &fields).await;
            let page = rehearsed(&ada, &schedule, &[("from", "2026-03-24"), ("down", "true"), ("down_on", "2026-03-26")]).await;
            let told = page.text("#figures");
            assert!(told.contains(figures) && told.contains("finished"), "{missed}: {told}");
        }
    }

    /// What is bounded says so; one rehearsal at a time for a person; nobody sees one of a schedule that isn't theirs.
    async fn a_rehearsal_is_bounded(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let hourly = scheduled(&ada, &query, &[("repeat", "cron"), ("cron", "0 * * * *")]).await;
        let form = ada.get(&format!("{hourly}/rehearsal/months")).await.with(200);
        assert!(form.text("#play").contains("400 slots") && form.texts("#f-clocks").is_empty(), "UTC has no clock changes");
        let weekly = scheduled(&ada, &query, &WEEKLY).await;
        let first = begun(&ada, &weekly, &[("from", "2026-03-18"), GOOD]).await;
        let second = begun(&ada, &weekly, &[("from", "2026-03-25"), GOOD]).await;
        assert_ne!(first, second);
        assert!(ada.get(&second).await.with(200).body.contains("Another rehearsal of yours is still playing"));
        assert_eq!(begun(&ada, &weekly, &[("from", "2026-03-18"), GOOD]).await, first, "the same goes on");
        let dag = house.signed_in("Dag").await;
        dag.get(&first).await.with(404);
        dag.post(&format!("{weekly}/rehearsal/months"), &[]).await.with(404);
        let wrong = ada.post(&format!("{weekly}/rehearsal/months"), &[("from", "soon"), ("down", "true"), ("down_on", "x")]).await.with(422);
        assert!(wrong.text("#errors").contains("first day") && wrong.text("#errors").contains("is not a day"), "{}", wrong.text("#errors"));
        let outside = ada.post(&format!("{weekly}/rehearsal/months"), &[("from", "2026-06-01"), ("clocks", "true"), ("down", "true"), ("down_on", "2026-07-01")]).await.with(303).location;
        assert!(outside.contains("from=2026-09-25") && outside.contains("down_on=2026-10-25"), "moved to the change of October: {outside}");
        ended(&ada, &first).await;
    }
}

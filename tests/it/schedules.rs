//! Schedules: each slot runs once, with its window and its reason; a pause, downtime or a crash loses none.

mod access;
mod deleted_queries;
mod forms;

use chrono::TimeDelta;
use serde_json::Value;

use crate::executions::{REACH, on_amc, saved};
use crate::support::{Answer, House, Visitor, recomamp, stories};

const EXECUTIONS: &str = "select count(*) as value from executions where origin = 'schedule'";

/// Every day at this time in Berlin.
const DAILY: [(&str, &str); 3] = [("repeat", "daily"), ("at", "11:00"), ("timing_zone", "Europe/Berlin")];

/// Schedules a query with these fields; returns the schedule's address.
async fn scheduled(visitor: &Visitor, query: &str, fields: &[(&str, &str)]) -> String {
    let fields: Vec<(&str, &str)> = [("query", query)].into_iter().chain(fields.iter().copied()).collect();
    visitor.post("/schedules", &fields).await.with(303).location
}

/// State and reason of each row of the ledger, newest first.
async fn ledger(visitor: &Visitor, schedule: &str) -> Vec<(String, String)> {
    let file = visitor.get(&format!("{schedule}/slots.json")).await.with(200);
    let rows: Vec<Value> = serde_json::from_str(&file.body).expect("rows");
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.iter().map(|row| (text(row, "state"), text(row, "reason"))).collect()
}

fn states(ledger: &[(String, String)]) -> Vec<&str> {
    ledger.iter().map(|(state, _)| state.as_str()).collect()
}

/// Runs the scheduler until everything it started has ended.
async fn settle(house: &House) {
    for _ in 0..30 {
        house.tick("scheduler").await;
        house.settle().await;
        let tick = house.tick("scheduler").await;
        if tick.changed == 0 && house.unfinished().await == 0 {
            return;
        }
    }
    panic!("schedules did not finish");
}

/// Advances by days, until everything that was due has ended. Ada's session expires, so she signs in again.
async fn days_later(house: &House, days: i64) -> Visitor {
    house.time.advance(TimeDelta::days(days));
    let ada = house.signed_in("Ada").await;
    settle(house).await;
    ada
}

fn errors(page: &Answer) -> String {
    page.text("#errors")
}

stories! {
    /// However often and in how many processes the scheduler ticks, a slot is one execution, also after a crash.
    async fn a_slot_runs_once(house: House) {
        let ada = house.signed_in("Ada").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        house.tick("scheduler").await;
        assert_eq!(house.count(EXECUTIONS).await, 0);
        house.time.advance(TimeDelta::hours(1));
        let (first, second) = tokio::join!(house.try_tick("scheduler"), house.try_tick("scheduler"));
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
        assert_eq!(house.count(EXECUTIONS).await, 1);
        let house = house.crash_and_start_again().await;
        settle(&house).await;
        assert_eq!((house.count(EXECUTIONS).await, on_amc(&house)), (1, 1));
        assert_eq!(states(&ledger(&ada, &schedule).await), ["succeeded"]);
    }

    /// After ten days of downtime, none, the latest, or all of the missed slots run; the others show why they didn't.
    async fn missed_slots_follow_the_policy(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let mut schedules = Vec::new();
        for missed in ["none", "latest", "all"] {
            let fields: Vec<_> = DAILY.into_iter().chain([("missed", missed), ("catch_up_hours", "400")]).collect();
            schedules.push(scheduled(&ada, &query, &fields).await);
        }
        let ada = days_later(&house, 10).await;
        for (schedule, ran) in schedules.iter().zip([0, 1, 10]) {
            let ledger = ledger(&ada, schedule).await;
            assert_eq!(ledger.len(), 10, "{ledger:?}");
            assert_eq!(ledger.iter().filter(|(state, _)| state == "succeeded").count(), ran, "{ledger:?}");
            assert!(ledger.iter().all(|(state, reason)| state == "succeeded" || reason.contains("wasn't running when it was due")), "{ledger:?}");
        }
    }

    /// The previous calendar month is the same on the first of a month and in the middle of it. Waiting for data delays
    /// the execution but not the window. On the first of a month, a month-to-date window is empty, so that slot is
    /// skipped with a reason.
    async fn windows_belong_to_the_slot_and_waiting_only_delays_the_execution(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let monthly = [("repeat", "monthly"), ("month_day", "1"), ("at", "09:00")];
        let month: Vec<_> = monthly.into_iter().chain([("name", "Month"), ("window", "calendar-month"), ("wait", "fresh")]).collect();
        let month = scheduled(&ada, &query, &month).await;
        let next = ada.get(&month).await.with(200).text("#next");
        assert!(next.contains("1–31 Mar 2026") && next.contains("Starts"), "{next}");
        let fields: Vec<_> = [("query", query.as_str())].into_iter().chain(monthly).chain([("window", "last-month")]).collect();
        let preview = ada.post("/schedules/preview", &fields).await.with(200).text("#next-rows");
        assert!(preview.contains("1–28 Feb 2026") && preview.contains("The data of 1–31 Mar 2026 isn't complete yet"), "{preview}");
        let fields: Vec<_> = [("query", query.as_str())].into_iter().chain(monthly).chain([("window", "month-to-date")]).collect();
        let empty = ada.post("/schedules", &fields).await.with(422);
        assert!(errors(&empty).contains("On 1 Apr 2026 this time window is empty"), "{}", errors(&empty));
        let amc = ada.post("/schedules", &[("query", query.as_str()), ("repeat", "daily"), ("window", "CURRENT_MONTH")]).await.with(422);
        assert!(errors(&amc).contains("AMC would choose the days"), "{}", errors(&amc));
        let days = [("query", query.as_str()), ("repeat", "daily"), ("window", "days"), ("window_days", "0"), ("window_before", "x")];
        let days = errors(&ada.post("/schedules", &days).await.with(422));
        assert!(days.contains("from 1 to 400") && days.contains("from 0 to 400"), "{days}");
        let to_date = scheduled(&ada, &query, &[("repeat", "daily"), ("at", "09:00"), ("name", "To date"), ("window", "month-to-date")]).await;

        let ada = days_later(&house, 14).await;
        let rows = ledger(&ada, &to_date).await;
        let (state, reason) = &rows[0];
        assert!(state == "skipped" && reason.contains("1 Apr 2026"), "{rows:?}");
        assert!(ledger(&ada, &month).await.is_empty(), "its data is complete on the third");
        let ada = days_later(&house, 2).await;
        assert_eq!(states(&ledger(&ada, &month).await), ["succeeded"]);
        let started = ada.get(&month).await.with(200).attributes("tbody a[href^='/executions/']", "href").remove(0);
        let details = ada.get(&format!("{started}?view=details")).await.with(200).text("#details");
        assert!(details.contains("1–31 Mar 2026"), "{details}");
    }

    /// A pause shows its reason, ends on the chosen day, and resuming asks what to do with the slots that passed.
    async fn resuming_asks_what_to_do_with_missed_slots(house: House) {
        let ada = house.signed_in("Ada").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        ada.post(&format!("{schedule}/pause"), &[("note", "Client on holiday")]).await.with(303);
        assert!(ada.get(&schedule).await.with(200).text("main").contains("Client on holiday"));
        ada.post(&format!("{schedule}/pause"), &[]).await.with(409);
        let ada = days_later(&house, 3).await;
        assert_eq!(house.count(EXECUTIONS).await, 0);
        let page = ada.get(&format!("{schedule}/resume")).await.with(200);
        assert_eq!(page.texts("main form li").len(), 3, "{}", page.text("main form"));
        ada.post(&format!("{schedule}/resume"), &[("missed", "some")]).await.with(422);
        ada.post(&format!("{schedule}/resume"), &[("missed", "latest")]).await.with(303);
        settle(&house).await;
        let rows = ledger(&ada, &schedule).await;
        assert_eq!(states(&rows), ["succeeded", "missed", "missed"]);
        assert!(rows[1].1.contains("paused"), "{rows:?}");

        ada.post(&format!("{schedule}/pause"), &[("until", "2026-03-01")]).await.with(400);
        ada.post(&format!("{schedule}/pause"), &[("until", "2026-03-24")]).await.with(303);
        let ada = days_later(&house, 4).await;
        assert!(ada.get(&schedule).await.with(200).text("main .head").contains("Active"));
    }

    /// A slot that can't be started shows the reason; after three consecutive failures the schedule pauses and says
    /// why.
    async fn failures_are_explained_and_pause_the_schedule(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let schedule = scheduled(&ada, &query, &DAILY).await;
        ada.post(&format!("/queries/{query}/delete"), &[]).await.with(303);
        for _ in 0..3 {
            days_later(&house, 1).await;
        }
        let ada = days_later(&house, 1).await;
        let rows = ledger(&ada, &schedule).await;
        assert_eq!(states(&rows), ["refused", "refused", "refused"]);
        assert!(rows[0].1.contains("deleted"), "{rows:?}");
        let page = ada.get(&schedule).await.with(200).text("main");
        assert!(page.contains("Paused automatically after 3 failures in a row") && page.contains("deleted"), "{page}");
        ada.post(&format!("/queries/{query}/restore"), &[]).await.with(303);
        ada.post(&format!("{schedule}/resume"), &[("missed", "none")]).await.with(303);
        let ada = days_later(&house, 1).await;
        assert_eq!(states(&ledger(&ada, &schedule).await)[0], "succeeded");
    }

    /// Executions take longer than the five minutes between slots: each slot has a row, and those that didn't run show
    /// why.
    async fn slots_during_a_long_execution_follow_the_policy(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for (overlap, expected) in [("skip", ["skipped", "skipped", "started"]), ("queue", ["skipped", "queued", "started"]), ("allow", ["started", "started", "started"])] {
            let fields = [("repeat", "cron"), ("cron", "*/5 * * * *"), ("overlap", overlap), ("name", overlap)];
            let schedule = scheduled(&ada, &query, &fields).await;
            for _ in 0..3 {
                house.time.advance(TimeDelta::minutes(5));
                house.tick("scheduler").await;
            }
            let rows = ledger(&ada, &schedule).await;
            assert_eq!(states(&rows), expected, "{overlap}: {rows:?}");
            ada.post(&format!("{schedule}/delete"), &[]).await.with(303);
        }
    }

    /// The calendar shows a month with totals that add up, the success rate and the typical duration.
    async fn the_calendar_of_the_ledger_has_totals_that_add_up(house: House) {
        let ada = house.signed_in("Ada").await;
        let fields: Vec<_> = DAILY.into_iter().chain([("excluded", "2026-03-20"), ("missed", "latest")]).collect();
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &fields).await;
        house.time.advance(TimeDelta::hours(1));
        settle(&house).await;
        house.time.advance(TimeDelta::hours(1));
        let ada = days_later(&house, 4).await;
        let page = ada.get(&format!("{schedule}?view=calendar")).await.with(200);
        let figures = page.text("#figures");
        assert!(figures.contains("March 2026: 5 slots expected = 1 ran + 1 ran late + 1 skipped + 2 missed + 0 not started"), "{figures}");
        assert_eq!(page.texts(".month tbody tr").len(), 6);
        let month = page.text(".month");
        assert!(month.contains("11:00 Succeeded") && month.contains("11:00 Planned") && month.contains("11:00 Skipped"), "{month}");
        assert!(page.text("dl.facts").contains("100% of 2") && page.text("dl.facts").contains("Typical duration"), "{}", page.text("dl.facts"));
        let april = ada.get(&format!("{schedule}?view=calendar&month=2026-04")).await.with(200);
        assert!(april.text("#figures").contains("0 slots expected") && april.text(".month").contains("Planned"));
        let line = ada.get("/schedules").await.with(200).text("tbody");
        assert!(line.contains("100% of 2"), "{line}");
        ada.get(&format!("{schedule}?month=soon")).await.with(200);
    }

    /// Forty schedules on one minute, while Amazon refuses most calls for a while: all run, none is lost.
    async fn forty_schedules_on_one_minute_all_run(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for _ in 0..40 {
            scheduled(&ada, &query, &DAILY).await;
        }
        house.fault("429=1", "/workflowExecutions", "60").await;
        house.time.advance(TimeDelta::hours(1) + TimeDelta::seconds(5));
        settle(&house).await;
        let slots = "select count(*) as value from schedule_slots where state = 'succeeded'";
        assert_eq!((house.count(EXECUTIONS).await, house.count(slots).await, on_amc(&house)), (40, 40, 40));
    }
}

#[tokio::test]
async fn the_command_line_previews_an_expression() {
    let arguments = [
        "schedule",
        "preview",
        "30 2 * * *",
        "--zone",
        "America/New_York",
        "--from",
        "2027-03-14T05:00:00Z",
        "--count",
        "2",
        "--format",
        "json",
    ];
    let output = recomamp(&[], &arguments).await.with(0);
    let rows: Vec<Value> = output.out.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(rows[0]["at"], "2027-03-14T07:00:00Z");
    assert_eq!(rows[0]["local"], "2027-03-14T03:00:00-04:00");
    assert!(rows[0]["note"].as_str().expect("a note").contains("doesn't exist"));
    assert_eq!((rows.len(), &rows[1]["at"]), (2, &"2027-03-15T06:30:00Z".into()));
    for (expression, zone, why) in [
        ("0 9 31 2 *", "UTC", "never"),
        ("0 0 9 * * *", "UTC", "five fields"),
        ("0 9 * * *", "Mars/Base", "Unknown time zone"),
    ] {
        let output = recomamp(&[], &["schedule", "preview", expression, "--zone", zone]).await.with(1);
        assert!(output.err.contains(why), "{expression}: {}", output.err);
    }
    let day = ["schedule", "preview", "0 9 13 * 5", "--from", "2027-04-01", "--count", "1"];
    let output = recomamp(&[], &day).await.with(0);
    assert!(output.out.starts_with("2027-04-02T09:00:00Z"), "{}", output.out);
    assert!(output.err.contains("when either matches"), "{}", output.err);
    let output = recomamp(&[], &["schedule", "preview", "@daily", "--from", "soon"]).await.with(2);
    assert!(output.err.contains("a day such as"), "{}", output.err);
}

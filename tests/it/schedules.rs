//! Schedules: each slot once, with its window and its reason; none lost in a pause, downtime or a crash.

use chrono::TimeDelta;
use serde_json::Value;

use crate::executions::{REACH, on_amc, run, saved};
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

/// Lets the scheduler work, and everything that it starts finish.
async fn settle(house: &House) {
    for _ in 0..30 {
        house.tick("scheduler").await;
        house.settle().await;
        let tick = house.tick("scheduler").await;
        if tick.changed == 0 && house.unfinished().await == 0 {
            return;
        }
    }
    panic!("schedules do not come to rest");
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
    /// An execution that worked becomes a weekly report for Monday at nine in Berlin, in two steps: open, save.
    async fn an_execution_that_worked_becomes_a_schedule_in_two_steps(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        let links = ada.get(&page).await.with(200).attributes("main a", "href");
        let form = links.iter().find(|link| link.starts_with("/schedules/new?execution=")).expect("a way to schedule it");
        let shown = ada.get(form).await.with(200);
        assert_eq!(shown.attributes("#f-name", "value"), ["Reach by campaign"]);
        assert!(shown.text("#next").contains("Mon 23 Mar 2026, 09:00"), "{}", shown.text("#next"));
        let execution = page.rsplit('/').next().expect("an id");
        let instance = shown.attributes("#f-instance option[selected]", "value").remove(0);
        let fields = [
            ("execution", execution), ("name", "Weekly reach"), ("instance", instance.as_str()), ("repeat", "weekly"),
            ("weekday", "mon"), ("at", "09:00"), ("timing_zone", "Europe/Berlin"), ("window", "settled"), ("zone", "Europe/Berlin"),
        ];
        let schedule = ada.post("/schedules", &fields).await.with(303).location;
        let shown = ada.get(&schedule).await.with(200);
        let next = shown.text("#next");
        // Correct across the clock change on 29 March, and the window is that of the slot.
        assert!(next.contains("23 Mar 2026, 08:00") && next.contains("30 Mar 2026, 07:00"), "{next}");
        assert!(next.contains("2–8 Mar 2026"), "{next}");
        assert!(ada.get("/schedules").await.with(200).text("tbody").contains("Every Monday at 09:00 (Europe/Berlin)"));
        assert!(ada.get("/search?q=weekly+reach").await.with(200).body.contains(&schedule));

        let ada = days_later(&house, 5).await;
        let ended = ada.get(&schedule).await.with(200);
        assert_eq!(states(&ledger(&ada, &schedule).await), ["succeeded"]);
        let started = ended.attributes("tbody a[href^='/executions/']", "href").remove(0);
        let details = ada.get(&format!("{started}?view=details")).await.with(200).text("#details");
        assert!(details.contains("Schedule"), "{details}");
    }

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

    /// Down for ten days: none, the latest, or all of the slots in between run; the others say why they didn't.
    async fn slots_that_were_missed_follow_the_policy(house: House) {
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
            assert!(ledger.iter().all(|(state, reason)| state == "succeeded" || reason.contains("not running when it was due")), "{ledger:?}");
        }
    }

    /// A pause shows its reason, ends on a day, and asks what to do with the slots in between.
    async fn a_pause_asks_what_becomes_of_its_slots(house: House) {
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

    /// A slot that can't be started has a reason; after three in a row the schedule pauses and says why.
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

    /// Every five minutes, with longer executions: each slot has its row, and those that didn't run say why.
    async fn slots_during_a_long_run_follow_the_policy(house: House) {
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

    /// A deleted schedule starts nothing and can be restored; a restored one is paused.
    async fn a_deleted_schedule_starts_nothing_and_comes_back_paused(house: House) {
        let ada = house.signed_in("Ada").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        ada.post(&format!("{schedule}/delete"), &[]).await.with(303);
        let ada = days_later(&house, 2).await;
        assert_eq!(house.count(EXECUTIONS).await, 0);
        assert!(ada.get("/schedules?show=deleted").await.with(200).body.contains(&schedule));
        ada.post(&format!("{schedule}/edit"), &[]).await.with(409);
        ada.post(&format!("{schedule}/restore"), &[]).await.with(303);
        assert!(ada.get(&schedule).await.with(200).text("main .head").contains("Paused"));
    }

    /// Errors are shown beside their fields, all at once, and nothing is started or lost.
    async fn a_form_that_does_not_fit_comes_back_with_every_message(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        for (fields, said) in [
            (&[("repeat", "cron"), ("cron", "0 9 31 2 *")][..], "never happens"),
            (&[("repeat", "daily"), ("at", "25:00"), ("timing_zone", "Mars/Base")], "Mars/Base"),
            (&[("repeat", "once"), ("moment", "2026-01-01T09:00")], "lies in the past"),
            (&[("repeat", "daily"), ("starts", "2026-05-01"), ("ends", "2026-04-01")], "before the first day"),
            (&[("repeat", "daily"), ("window", "explicit"), ("start", "2026-01-01T00:00"), ("end", "2026-01-08T00:00")], "moves with the schedule"),
            (&[("repeat", "daily"), ("name", "  ")], "a name"),
            (&[("repeat", "daily"), ("pause_after", "-1")], "from 0 to 100"),
            (&[("repeat", "daily"), ("param.nothing", "1")], "no parameter"),
        ] {
            let fields: Vec<_> = [("query", query.as_str())].into_iter().chain(fields.iter().copied()).collect();
            let page = ada.post("/schedules", &fields).await.with(422);
            assert!(errors(&page).contains(said), "{fields:?}: {}", errors(&page));
        }
        let broken = saved(&ada, "SELECT campain FROM dsp_impressions GROUP BY campain").await;
        let page = ada.post("/schedules", &[("query", broken.as_str()), ("repeat", "daily")]).await.with(422);
        assert!(errors(&page).contains("campain"), "{}", errors(&page));
        assert_eq!(house.count("select count(*) as value from schedules").await, 0);
        let preview = ada.post("/schedules/preview", &[("query", query.as_str()), ("repeat", "cron"), ("cron", "30 0 1 * 1")]).await.with(200);
        assert!(preview.text("main").contains("it runs when either matches"));
    }

    /// Someone without access to the instance can't see its schedules; they are transferred to the successor of a
    /// person who leaves.
    async fn schedules_are_seen_by_the_people_of_their_instance(house: House) {
        let ada = house.signed_in("Ada").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        let dag = house.signed_in("Dag").await;
        for address in [schedule.clone(), format!("{schedule}/edit"), format!("{schedule}/slots.csv"), format!("{schedule}/resume")] {
            dag.get(&address).await.with(404);
        }
        for what in ["pause", "resume", "delete", "restore", "edit"] {
            dag.post(&format!("{schedule}/{what}"), &[]).await.with(404);
        }
        assert!(!dag.get("/schedules").await.with(200).body.contains(&schedule));
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
    let said = recomamp(&[], &arguments).await.with(0);
    let rows: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(rows[0]["at"], "2027-03-14T07:00:00Z");
    assert_eq!(rows[0]["local"], "2027-03-14T03:00:00-04:00");
    assert!(rows[0]["note"].as_str().expect("a note").contains("does not exist"));
    assert_eq!((rows.len(), &rows[1]["at"]), (2, &"2027-03-15T06:30:00Z".into()));
    for (expression, zone, why) in
        [("0 9 31 2 *", "UTC", "never"), ("0 0 9 * * *", "UTC", "five fields"), ("0 9 * * *", "Mars/Base", "not known")]
    {
        let said = recomamp(&[], &["schedule", "preview", expression, "--zone", zone]).await.with(1);
        assert!(said.err.contains(why), "{expression}: {}", said.err);
    }
}

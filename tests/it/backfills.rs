//! Backfills: each past window runs once, windows with a result are skipped, and a crash loses nothing.

use chrono::TimeDelta;

use crate::executions::{REACH, on_amc, run, saved};
use crate::notices::messages;
use crate::support::{House, Visitor, stories};

const EXECUTIONS: &str = "select count(*) as value from executions where origin = 'backfill'";

/// Starts a backfill with these fields; returns its address.
async fn started(visitor: &Visitor, fields: &[(&str, &str)]) -> String {
    visitor.post("/schedules/backfills", fields).await.with(303).location
}

/// Lets the worker run until nothing changes any more.
async fn settle(house: &House) {
    for _ in 0..60 {
        let tick = house.tick("backfiller").await;
        house.settle().await;
        let again = house.tick("backfiller").await;
        if tick.changed + again.changed == 0 && house.unfinished().await == 0 {
            return;
        }
    }
    panic!("the backfill did not finish");
}

async fn figures(visitor: &Visitor, backfill: &str) -> String {
    visitor.get(backfill).await.with(200).text("#figures")
}

stories! {
    /// Half a year, week by week, with a crash in between: each week runs once, and a week with a result isn't run
    /// again.
    async fn a_backfill_of_half_a_year_continues_after_a_crash(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let week = [("query", query.as_str()), ("window", "explicit"), ("start", "2026-01-05"), ("end", "2026-01-11")];
        ada.post("/executions", &week).await.with(303);
        house.settle().await;
        let fields = [("query", query.as_str()), ("first_day", "2025-09-15"), ("last_day", "2026-03-17"), ("unit", "week"), ("at_once", "2")];
        let preview = ada.post("/schedules/backfills/preview", &fields).await.with(200);
        assert_eq!(preview.texts("#windows-rows li").len(), 26);
        let backfill = started(&ada, &fields).await;
        assert!(figures(&ada, &backfill).await.contains("0 done + 0 failed + 0 running + 26 waiting"));
        for _ in 0..4 {
            house.tick("backfiller").await;
            house.settle().await;
        }
        house.tick("backfiller").await;
        let running = figures(&ada, &backfill).await;
        assert!(running.contains("2 running"), "{running}");
        let house = house.crash_and_start_again().await;
        settle(&house).await;
        assert_eq!(figures(&ada, &backfill).await, "26 time windows = 26 done + 0 failed + 0 running + 0 not run");
        assert_eq!((house.count(EXECUTIONS).await, on_amc(&house)), (25, 26));
        let page = ada.get(&backfill).await.with(200);
        assert_eq!(page.texts("#calendar ~ div tbody tr, tbody tr").len(), 7, "September to March");
        assert!(page.text("main").contains("5–11 Jan 2026: Already stored"), "{}", page.text("main"));
        let onwards = page.attributes("main a[href^='/schedules/new']", "href").remove(0);
        let form = ada.get(&onwards).await.with(200);
        assert_eq!(form.attributes("#f-window option[selected]", "value"), ["calendar-week"]);
        let list = ada.get("/schedules/backfills").await.with(200).text("tbody");
        assert!(list.contains("26 of 26") && list.contains("Finished"), "{list}");
    }

    /// A backfill follows its pace, can be paused, and can be canceled early; canceled windows can be run later.
    async fn a_backfill_follows_its_pace_and_can_be_paused_and_canceled(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let fields = [("query", query.as_str()), ("first_day", "2026-01-01"), ("last_day", "2026-01-04"), ("unit", "day"), ("every_minutes", "30")];
        let backfill = started(&ada, &fields).await;
        settle(&house).await;
        assert!(figures(&ada, &backfill).await.contains("4 time windows = 1 done"), "{}", figures(&ada, &backfill).await);
        house.time.advance(TimeDelta::minutes(31));
        settle(&house).await;
        assert!(figures(&ada, &backfill).await.contains("2 done"));
        ada.post(&format!("{backfill}/pause"), &[]).await.with(303);
        ada.post(&format!("{backfill}/pause"), &[]).await.with(409);
        house.time.advance(TimeDelta::minutes(31));
        settle(&house).await;
        assert!(figures(&ada, &backfill).await.contains("2 done"));
        ada.post(&format!("{backfill}/cancel"), &[]).await.with(303);
        let page = ada.get(&backfill).await.with(200);
        assert!(page.text("main").contains("Canceled by Ada"), "{}", page.text("main"));
        ada.post(&format!("{backfill}/retry"), &[]).await.with(303);
        for _ in 0..2 {
            house.time.advance(TimeDelta::minutes(31));
            settle(&house).await;
        }
        assert!(figures(&ada, &backfill).await.contains("4 done + 0 failed"), "{}", figures(&ada, &backfill).await);
        assert_eq!(house.count(EXECUTIONS).await, 4);
        ada.post(&format!("{backfill}/retry"), &[]).await.with(409);
    }

    /// A window that can't be started shows the reason. Three consecutive failures pause the backfill, and the other
    /// windows wait.
    async fn failures_pause_a_backfill_and_show_why(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let fields = [("query", query.as_str()), ("first_day", "2026-01-05"), ("last_day", "2026-02-08"), ("unit", "week")];
        let backfill = started(&ada, &fields).await;
        ada.post(&format!("/queries/{query}/delete"), &[]).await.with(303);
        settle(&house).await;
        let page = ada.get(&backfill).await.with(200);
        assert!(page.text("main").contains("Paused automatically after 3 failures in a row"), "{}", page.text("main"));
        assert!(figures(&ada, &backfill).await.contains("3 failed + 0 running + 2 not run"));
        ada.post(&format!("/queries/{query}/restore"), &[]).await.with(303);
        ada.post(&format!("{backfill}/retry"), &[]).await.with(303);
        settle(&house).await;
        assert!(figures(&ada, &backfill).await.contains("5 done + 0 failed"), "{}", figures(&ada, &backfill).await);
    }

    /// A backfill is one message when it has ended, and one for each cause of failures, however many windows it has; also
    /// for webhooks. Each window has its own row in its ledger.
    async fn a_backfill_is_reported_at_its_end_and_once_for_each_cause(house: House) {
        const SENT: &str = "select count(*) as value from webhook_deliveries";
        let ada = house.signed_in("Ada").await;
        let hook = [("name", "Team"), ("kind", "webhook"), ("url", "https://hooks.example.com/in"), ("sends", "all")];
        ada.post("/settings/webhooks", &hook).await.with(200);
        house.tick("notifier").await;
        let query = saved(&ada, REACH).await;
        house.fault("overlap", "", "2").await;
        let fields = [("query", query.as_str()), ("first_day", "2026-01-05"), ("last_day", "2026-02-01"), ("unit", "week")];
        let backfill = started(&ada, &fields).await;
        settle(&house).await;
        assert!(figures(&ada, &backfill).await.contains("2 done + 2 failed"), "{}", figures(&ada, &backfill).await);
        for _ in 0..2 {
            house.tick("notifier").await;
        }
        let received = messages(&ada).await;
        let mut kinds: Vec<_> = received.iter().map(|message| message["kind"].as_str().expect("a kind")).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["backfill.incomplete", "execution.failed"], "{received:?}");
        let end = received.iter().find(|message| message["kind"] == "backfill.incomplete").expect("an end");
        let text = end["text"].as_str().expect("a text");
        for expected in ["Done: 2 of 4 time windows", "Failed: 2", " failed: "] {
            assert!(text.contains(expected), "{expected} is not in: {text}");
        }
        assert_eq!(house.count(SENT).await, 2);
        ada.post(&format!("{backfill}/retry"), &[]).await.with(303);
        settle(&house).await;
        house.tick("notifier").await;
        let received = messages(&ada).await;
        let done: Vec<_> = received.iter().filter(|message| message["kind"] == "backfill.finished").collect();
        assert_eq!((received.len(), done.len(), house.count(SENT).await), (3, 1, 3), "{received:?}");
        assert!(done[0]["text"].as_str().expect("a text").contains("Done: 4 of 4 time windows"), "{received:?}");
    }

    /// A backfill of a schedule runs the windows of the slots that the schedule would have had.
    async fn a_backfill_of_a_schedule_runs_the_windows_of_past_slots(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        let execution = page.rsplit('/').next().expect("an id").to_owned();
        let instance = crate::executions::instance(&ada).await;
        let fields = [
            ("execution", execution.as_str()), ("name", "Monthly reach"), ("instance", instance.as_str()), ("repeat", "monthly"),
            ("month_day", "1"), ("at", "09:00"), ("timing_zone", "Europe/Berlin"), ("window", "calendar-month"), ("zone", "Europe/Berlin"),
        ];
        let schedule = ada.post("/schedules", &fields).await.with(303).location;
        let id = schedule.rsplit('/').next().expect("an id");
        let months = [("schedule", id), ("first_day", "2025-12-01"), ("last_day", "2026-03-31")];
        let form = ada.post("/schedules/backfills/preview", &months).await.with(200);
        assert_eq!(form.texts("#windows-rows li"), ["1–30 Nov 2025", "1–31 Dec 2025", "1–31 Jan 2026", "1–28 Feb 2026"]);
        let backfill = started(&ada, &months).await;
        settle(&house).await;
        assert!(figures(&ada, &backfill).await.contains("4 done"));
        let wrong = ada.post("/schedules/backfills", &[("schedule", id), ("first_day", "2026-03-17"), ("last_day", "soon")]).await.with(422);
        assert!(wrong.text("#errors").contains("a date such as"), "{}", wrong.text("#errors"));
        let wrong = ada.post("/schedules/backfills", &[("schedule", id), ("first_day", "2026-03-17"), ("last_day", "2026-03-17")]).await.with(422);
        assert!(wrong.text("#errors").contains("No complete slot"), "{}", wrong.text("#errors"));
    }
}

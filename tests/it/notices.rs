//! Notices: one message per cause, and one when it has ended, each sent only to the people concerned.

use chrono::TimeDelta;
use serde_json::Value;

use crate::access::change;
use crate::executions::{REACH, run, saved};
use crate::support::{House, Visitor, stories};

const MESSAGES: &str = "select count(*) as value from messages";

/// Every day at this time in Berlin.
const DAILY: [(&str, &str); 3] = [("repeat", "daily"), ("at", "11:00"), ("timing_zone", "Europe/Berlin")];
/// A query without results.
const NOTHING: &str = "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions \
    WHERE campaign = 'No such campaign' GROUP BY campaign";

/// Schedules a query with these fields; gives the schedule's address.
pub(crate) async fn scheduled(visitor: &Visitor, query: &str, fields: &[(&str, &str)]) -> String {
    let fields: Vec<(&str, &str)> = [("query", query)].into_iter().chain(fields.iter().copied()).collect();
    visitor.post("/schedules", &fields).await.with(303).location
}

/// A visitor's messages, newest first.
pub(crate) async fn messages(visitor: &Visitor) -> Vec<Value> {
    let file = visitor.get("/notices.json").await.with(200);
    serde_json::from_str(&file.body).expect("messages")
}

fn titles(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["title"].as_str().expect("a title")).collect()
}

/// Advances until everything due has ended and been reported.
pub(crate) async fn settle(house: &House) {
    for _ in 0..30 {
        house.tick("scheduler").await;
        house.settle().await;
        let tick = house.tick("scheduler").await;
        if tick.changed == 0 && house.unfinished().await == 0 {
            house.tick("notifier").await;
            return;
        }
    }
    panic!("schedules do not come to rest");
}

/// Advances by some days, until everything due has ended and been reported.
pub(crate) async fn days_later(house: &House, days: i64) -> Visitor {
    house.time.advance(TimeDelta::days(days));
    let ada = house.signed_in("Ada").await;
    settle(house).await;
    ada
}

stories! {
    /// Each result of a schedule is reported with its figures and, from the second on, their change.
    async fn a_scheduled_result_is_reported_with_what_changed(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        days_later(&house, 1).await;
        let ada = days_later(&house, 1).await;
        let received = messages(&ada).await;
        assert_eq!(received.len(), 2, "{received:?}");
        let text = received[0]["text"].as_str().expect("a text");
        for expected in ["Rows: ", "since the previous slot", "Total impressions: ", "Maturity: Settled", "Duration: ", "Time window: "] {
            assert!(text.contains(expected), "{expected} is not in: {text}");
        }
        assert!(!received[1]["text"].as_str().expect("a text").contains("since the previous slot"));
        assert!(!text.contains("Total reach"), "people are not summed: {text}");
        assert_eq!(ada.get("/").await.text(".bell"), "Notices, 2 unread2");
        let list = ada.get("/notices?show=unread").await.with(200);
        assert_eq!(list.texts("tbody tr").len(), 2);
        let page = ada.get(&list.attributes("tbody th a", "href").remove(0)).await.with(200);
        let ways = page.attributes("main .actions a", "href");
        assert!(ways.iter().any(|way| way.starts_with("/executions/exe_")), "{ways:?}");
        assert!(ways.iter().any(|way| way.starts_with("/queries/qry_")), "{ways:?}");
        assert_eq!(page.text(".bell"), "Notices, 1 unread1");
        ada.post("/notices/read", &[]).await.with(303);
        assert_eq!(ada.get("/").await.text(".bell"), "Notices");
    }

    /// A failing schedule is reported once, regardless of the number of failures, and once when it works again.
    async fn a_failure_and_its_end_are_each_reported_once(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        let query = saved(&ada, REACH).await;
        let fields: Vec<_> = DAILY.into_iter().chain([("pause_after", "0")]).collect();
        let schedule = scheduled(&ada, &query, &fields).await;
        ada.post(&format!("/queries/{query}/delete"), &[]).await.with(303);
        assert!(ada.get(&schedule).await.with(200).text("main").contains("The query is deleted"));
        for _ in 0..4 {
            days_later(&house, 1).await;
        }
        let ada = house.signed_in("Ada").await;
        let received = messages(&ada).await;
        assert_eq!(titles(&received), ["Reach by campaign failed"], "{received:?}");
        assert!(received[0]["text"].as_str().expect("a text").contains("deleted"), "{received:?}");
        ada.post(&format!("/queries/{query}/restore"), &[]).await.with(303);
        let ada = days_later(&house, 1).await;
        let received = messages(&ada).await;
        assert_eq!(received.len(), 2, "{received:?}");
        assert_eq!(received[0]["kind"], "schedule.recovered");
        assert!(titles(&received)[0].starts_with("Reach by campaign works again"), "{received:?}");
        let ada = days_later(&house, 1).await;
        assert_eq!(messages(&ada).await[0]["kind"], "schedule.succeeded");
        assert!(ada.get(&schedule).await.with(200).body.contains("Active"));
    }

    /// The notifier may read a result before the scheduler has written it to the ledger; then the failure that it ended
    /// isn't reported again.
    async fn a_result_that_is_not_in_the_ledger_yet_ends_a_failure_too(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        house.fault("overlap", "", "1").await;
        let ada = days_later(&house, 1).await;
        assert_eq!(titles(&messages(&ada).await), ["Reach by campaign failed"]);
        house.heal().await;
        house.time.advance(TimeDelta::days(1));
        let ada = house.signed_in("Ada").await;
        house.tick("scheduler").await;
        house.settle().await;
        house.tick("notifier").await;
        house.tick("notifier").await;
        settle(&house).await;
        let received = messages(&ada).await;
        let kinds: Vec<&str> = received.iter().map(|message| message["kind"].as_str().expect("a kind")).collect();
        assert_eq!(kinds, ["schedule.recovered", "schedule.failed"], "{received:?}");
    }

    /// A revoked grant affects many schedules, but causes only one message, and one when it is granted again.
    async fn a_revoked_grant_causes_one_message(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        let query = saved(&ada, REACH).await;
        for name in ["One", "Two", "Three", "Four"] {
            let fields: Vec<_> = DAILY.into_iter().chain([("name", name)]).collect();
            scheduled(&ada, &query, &fields).await;
        }
        change(&house, "update connections set state = $1", "reconnect").await;
        house.time.advance(TimeDelta::hours(3));
        for _ in 0..3 {
            house.tick("scheduler").await;
            house.tick("poller").await;
            house.tick("notifier").await;
        }
        let received = messages(&ada).await;
        assert_eq!(titles(&received), ["Reconnect to Amazon"], "{received:?}");
        assert!(received[0]["text"].as_str().expect("a text").contains("4 schedules"), "{received:?}");
        let ada = house.signed_in("Ada").await;
        settle(&house).await;
        let received = messages(&ada).await;
        let kinds: Vec<&str> = received.iter().map(|message| message["kind"].as_str().expect("a kind")).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "connection.restored").count(), 1, "{received:?}");
        assert_eq!(kinds.iter().filter(|kind| **kind == "connection.revoked").count(), 1, "{received:?}");
    }

    /// A failed execution is reported to the person who started it, with the likely fix; repeated failures are
    /// counted. Success is reported to people who want it.
    async fn a_failed_execution_is_reported_with_a_fix(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        let query = saved(&ada, REACH).await;
        run(&ada, &query).await;
        house.settle().await;
        house.tick("notifier").await;
        assert_eq!(house.count(MESSAGES).await, 0, "success is quiet");
        house.fault("overlap", "", "2").await;
        for _ in 0..2 {
            run(&ada, &query).await;
            house.settle().await;
            house.tick("notifier").await;
        }
        let received = messages(&ada).await;
        assert_eq!(titles(&received), ["Reach by campaign failed"], "{received:?}");
        assert_eq!(received[0]["times"], 2);
        assert!(received[0]["text"].as_str().expect("a text").contains("What to do: "), "{received:?}");
        house.heal().await;
        ada.post("/settings/notices", &[("manual", "true"), ("failures", "true")]).await.with(303);
        run(&ada, &query).await;
        house.settle().await;
        house.tick("notifier").await;
        assert_eq!(messages(&ada).await[0]["kind"], "execution.succeeded");
    }

    /// Each event is reported once, even if several processes tick at the same time, and after a crash.
    async fn an_event_is_reported_once(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        house.time.advance(TimeDelta::hours(2));
        house.tick("scheduler").await;
        house.settle().await;
        let (first, second) = tokio::join!(house.try_tick("notifier"), house.try_tick("notifier"));
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
        let house = house.crash_and_start_again().await;
        house.tick("notifier").await;
        assert_eq!(house.count(MESSAGES).await, 1);
    }

    /// The page and the message of a result without rows explain why, with evidence; the person is notified that it
    /// is unusual.
    async fn an_empty_result_is_explained_with_evidence(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        let query = saved(&ada, NOTHING).await;
        scheduled(&ada, &query, &DAILY).await;
        let ada = days_later(&house, 1).await;
        let received = messages(&ada).await;
        assert_eq!(received[0]["kind"], "result.unusual", "{received:?}");
        let text = received[0]["text"].as_str().expect("a text");
        assert!(text.contains("The result has no rows.") && text.contains("No other execution of this query"), "{text}");
        let page = ada.get(&ada.get("/executions").await.attributes("tbody a[href^='/executions/']", "href").remove(0)).await.with(200);
        let shown = page.text("#result");
        assert!(shown.contains("The result is empty") && shown.contains("so the events had arrived"), "{shown}");
        assert!(shown.contains("What to do:"), "{shown}");
    }

    /// A message about an instance is hidden when the access ends, and other people never see it.
    async fn messages_are_only_visible_with_access(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        let ada = days_later(&house, 1).await;
        let chie = house.signed_in("Chie").await;
        let message = ada.get("/notices").await.attributes("tbody th a", "href").remove(0);
        chie.get(&message).await.with(404);
        assert!(messages(&chie).await.is_empty());
        change(&house, "delete from instance_access where role <> $1", "nobody").await;
        assert!(messages(&ada).await.is_empty());
        ada.get(&message).await.with(404);
        assert_eq!(ada.get("/").await.text(".bell"), "Notices");
    }

    /// Undecided slots are reported to their owners and to administrators, and so is their end.
    async fn overdue_slots_are_reported(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        house.time.advance(TimeDelta::hours(2));
        house.tick("notifier").await;
        house.tick("notifier").await;
        assert_eq!(titles(&messages(&ada).await), ["Scheduled executions are overdue"]);
        settle(&house).await;
        let received = messages(&ada).await;
        assert!(titles(&received).contains(&"Schedules run again"), "{received:?}");
    }

    /// The list can be filtered, and invalid parameters in its address are reported.
    async fn notices_are_filtered(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        let ada = days_later(&house, 1).await;
        for (address, rows) in [("/notices?q=reach", 1), ("/notices?q=nothing", 0), ("/notices?kind=schedule.failed", 0), ("/notices?kind=schedule.succeeded&show=unread", 1), ("/notices?until=2026-01-01", 0)] {
            assert_eq!(ada.get(address).await.with(200).texts("tbody tr").len(), rows, "{address}");
        }
        assert!(ada.get("/notices?kind=odd").await.with(200).text("main").contains("isn't a valid kind"));
        ada.get("/notices.csv?kind=odd").await.with(400);
        assert!(ada.get("/notices.csv").await.with(200).body.contains("schedule.succeeded"));
        ada.get("/notices/msg_01jzzzzzzzzzzzzzzzzzzzzzzz").await.with(404);
    }

    /// People with access to a schedule can subscribe to it with their own conditions: lateness, unusual figures. The
    /// owner isn't notified of conditions that only others chose.
    async fn people_subscribe_to_a_schedule_with_their_own_conditions(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        house.tick("notifier").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        let settings = format!("{schedule}/notices");
        chie.get(&settings).await.with(404);
        chie.post(&settings, &[("late", "10")]).await.with(404);
        let person = ada.get("/settings/people?q=chie").await.attributes("tbody th a", "href").remove(0);
        let instance = crate::executions::instance(&ada).await;
        ada.post(&format!("{person}/access"), &[("instance", instance.as_str()), ("role", "viewer")]).await.with(303);
        for (field, odd) in [("late", "0"), ("late", "soon"), ("suppressed", "101")] {
            let page = chie.post(&settings, &[(field, odd)]).await.with(422);
            assert_eq!(page.attributes(&format!("#f-{field}"), "value"), [odd]);
        }
        chie.post(&settings, &[("late", "10"), ("no_rows", "true"), ("suppressed", "12.5")]).await.with(303);
        let page = chie.get(&settings).await.with(200);
        assert_eq!((page.attributes("#f-late", "value"), page.attributes("#f-suppressed", "value")), (vec!["10".to_owned()], vec!["12.5".to_owned()]));
        house.time.set("2026-03-18T10:00:00Z".parse().expect("a time"));
        house.tick("scheduler").await;
        house.time.advance(TimeDelta::minutes(9));
        house.tick("notifier").await;
        assert!(messages(&chie).await.is_empty());
        house.time.advance(TimeDelta::minutes(2));
        house.tick("notifier").await;
        house.tick("notifier").await;
        assert_eq!(titles(&messages(&chie).await), ["Reach by campaign is late"]);
        settle(&house).await;
        assert_eq!(titles(&messages(&chie).await).len(), 1, "results were not asked for");
        assert_eq!(messages(&ada).await.len(), 1, "lateness was not asked for");
    }
}

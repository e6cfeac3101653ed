//! Destinations that are down, results that are gone, and what people are told.

use chrono::TimeDelta;

use super::{DAILY, destination, folder, ledger, reason, rule, states, with_folder};
use crate::access::change;
use crate::executions::{REACH, run, saved};
use crate::notices::{days_later, messages, scheduled};
use crate::support::stories;

stories! {
    /// While a destination is down, results wait in their order; when it is back, all arrive, each once.
    async fn results_wait_for_a_destination_that_is_down(database: Database) {
        let (house, root) = with_folder(database).await;
        let ada = house.signed_in("Ada").await;
        house.tick("deliverer").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        let share = folder(&ada).await;
        rule(&ada, &schedule, &share, &[("format", "csv"), ("pattern", "{slot}.csv")]).await;
        let away = root.path().with_extension("away");
        std::fs::rename(root.path(), &away).expect("it is moved");
        days_later(&house, 1).await;
        house.tick("deliverer").await;
        let ada = days_later(&house, 1).await;
        house.tick("deliverer").await;
        let rows = ledger(&ada).await;
        assert_eq!(states(&rows), ["waiting", "failed"], "a later result waits for the one before it: {rows:?}");
        assert!(reason(&rows[1]).contains("mounted"), "{rows:?}");
        assert!(rows[1]["attempts"].as_i64().expect("attempts") >= 2);
        std::fs::rename(&away, root.path()).expect("it is back");
        house.time.advance(TimeDelta::hours(30));
        house.tick("deliverer").await;
        let ada = house.signed_in("Ada").await;
        assert_eq!(states(&ledger(&ada).await), ["done", "done"]);
        assert_eq!(std::fs::read_dir(root.path().join("amc")).expect("a folder").count(), 2);
    }

    /// What can't be delivered for three days is given up; people are told once, and once when it works again.
    async fn a_failure_that_lasts_is_reported_once(database: Database) {
        let (house, root) = with_folder(database).await;
        let ada = house.signed_in("Ada").await;
        house.tick("deliverer").await;
        house.tick("notifier").await;
        ada.post("/settings/notices", &[("failures", "true")]).await.with(303);
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        let share = folder(&ada).await;
        rule(&ada, &schedule, &share, &[("format", "csv"), ("pattern", "{slot}.csv")]).await;
        let away = root.path().with_extension("away");
        std::fs::rename(root.path(), &away).expect("it is moved");
        days_later(&house, 1).await;
        ada.post(&format!("{schedule}/pause"), &[]).await;
        for _ in 0..12 {
            house.tick("deliverer").await;
            house.tick("notifier").await;
            house.time.advance(TimeDelta::hours(27));
        }
        let ada = house.signed_in("Ada").await;
        let rows = ledger(&ada).await;
        assert_eq!(rows.last().expect("a delivery")["state"], "given-up", "{rows:?}");
        let told = messages(&ada).await;
        let failed: Vec<_> = told.iter().filter(|message| message["kind"] == "delivery.failed").collect();
        assert_eq!(failed.len(), 1, "{told:?}");
        assert!(failed[0]["title"].as_str().is_some_and(|title| title.contains("delivery to Share failed")), "{failed:?}");
        let figures = house.visitor().get("/metrics").await.with(200).body;
        assert!(figures.contains("recomamp_deliveries{state=\"failed\"}"), "{figures}");
        assert!(ada.get("/operations").await.with(200).text("dl.stats").contains("failed"));

        std::fs::rename(&away, root.path()).expect("it is back");
        let list = ada.get("/deliveries?state=given-up").await.with(200);
        for page in list.attributes("tbody th a", "href") {
            ada.post(&format!("{page}/retry"), &[]).await.with(303);
        }
        house.tick("deliverer").await;
        house.tick("notifier").await;
        house.tick("notifier").await;
        let told = messages(&ada).await;
        assert_eq!(told.iter().filter(|message| message["kind"] == "delivery.recovered").count(), 1, "{told:?}");
    }

    /// A delivery that a person asked for and that is given up is reported to them once, and once when it arrives.
    async fn a_manual_delivery_that_is_given_up_is_reported_to_who_asked(database: Database) {
        let (house, root) = with_folder(database).await;
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        let share = folder(&ada).await;
        let away = root.path().with_extension("away");
        std::fs::rename(root.path(), &away).expect("it is moved");
        let target = [("destination", share.as_str()), ("format", "csv"), ("pattern", "{execution}.csv")];
        let delivery = ada.post(&format!("{page}/deliver"), &target).await.with(303).location;
        for _ in 0..12 {
            house.tick("deliverer").await;
            house.tick("notifier").await;
            house.time.advance(TimeDelta::hours(27));
        }
        let ada = house.signed_in("Ada").await;
        assert_eq!(states(&ledger(&ada).await), ["given-up"]);
        let told = messages(&ada).await;
        let failed: Vec<_> = told.iter().filter(|message| message["kind"] == "delivery.failed").collect();
        assert_eq!(failed.len(), 1, "{told:?}");
        assert_eq!(failed[0]["title"], "Reach by campaign: delivery to Share failed");
        assert!(failed[0]["text"].as_str().is_some_and(|text| text.contains("mounted")), "{failed:?}");

        std::fs::rename(&away, root.path()).expect("it is back");
        ada.post(&format!("{delivery}/retry"), &[]).await.with(303);
        house.tick("notifier").await;
        house.tick("deliverer").await;
        house.tick("notifier").await;
        house.tick("notifier").await;
        let told = messages(&ada).await;
        assert_eq!(told.iter().filter(|message| message["kind"] == "delivery.recovered").count(), 1, "{told:?}");
        assert_eq!(told.iter().filter(|message| message["kind"] == "delivery.failed").count(), 1, "{told:?}");
    }

    /// What no retry can mend is given up at once: a removed result, a deleted destination. A deleted rule cancels.
    async fn what_no_retry_mends_is_given_up_at_once(database: Database) {
        let (house, _root) = with_folder(database).await;
        let ada = house.signed_in("Ada").await;
        house.tick("deliverer").await;
        let query = saved(&ada, REACH).await;
        let page = run(&ada, &query).await;
        house.settle().await;
        let share = folder(&ada).await;
        let target = [("destination", share.as_str()), ("format", "csv"), ("pattern", "{execution}.csv")];
        ada.post(&format!("{page}/deliver"), &target).await.with(303);
        change(&house, "update executions set result_removed_at = finished_at where state = $1", "succeeded").await;
        house.tick("deliverer").await;
        let rows = ledger(&ada).await;
        assert!(rows[0]["state"] == "given-up" && reason(&rows[0]).contains("no longer stored"), "{rows:?}");
        ada.post(&format!("{page}/deliver"), &target).await.with(422);

        let schedule = scheduled(&ada, &query, &DAILY).await;
        let other = destination(&ada, &[("kind", "folder"), ("name", "Other"), ("path", "other")]).await;
        rule(&ada, &schedule, &other, &target[1..]).await;
        house.time.advance(TimeDelta::seconds(1));
        rule(&ada, &schedule, &share, &target[1..]).await;
        let rules = ada.get(&format!("{schedule}/deliveries")).await.with(200);
        let last = rules.attributes("form[action$='/delete']", "action").remove(1);
        let ada = days_later(&house, 1).await;
        ada.post(&format!("/settings/destinations/{other}/delete"), &[]).await.with(303);
        ada.post(&last, &[]).await.with(303);
        house.tick("deliverer").await;
        assert_eq!(ledger(&ada).await.len(), 1, "neither a deleted destination nor a deleted rule gets anything");
        ada.post(&last.replace("/delete", "/restore"), &[]).await.with(303);
        ada.post(&last.replace("/delete", "/restore"), &[]).await.with(409);
        let ada = days_later(&house, 1).await;
        house.tick("deliverer").await;
        assert_eq!(states(&ledger(&ada).await)[0], "done");
    }
}

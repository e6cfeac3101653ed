//! What runs a query that is deleted: each page says what stops, and how it goes on.

use chrono::TimeDelta;

use super::{DAILY, days_later, ledger, scheduled, states};
use crate::executions::{REACH, saved};
use crate::support::stories;

stories! {
    /// Deleting a query names the schedules, backfills and drafts that stop; each of them says so, with a way to restore
    /// it, and goes on afterwards.
    async fn deleting_a_query_names_what_stops(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let unused = ada.get(&format!("/queries/{query}")).await.with(200);
        assert!(unused.texts("#uses").is_empty());
        let schedule = scheduled(&ada, &query, &DAILY).await;
        let days = [("query", query.as_str()), ("first_day", "2026-01-01"), ("last_day", "2026-01-03"), ("unit", "day"), ("every_minutes", "60")];
        let backfill = ada.post("/schedules/backfills", &days).await.with(303).location;
        let before = ada.get(&format!("/queries/{query}")).await.with(200);
        assert_eq!(before.attributes("#uses a", "href"), [schedule.as_str(), backfill.as_str()]);
        assert!(before.text("main").contains("and 1 other stop until it is restored"), "{}", before.text("main"));

        let list = ada.post(&format!("/queries/{query}/delete"), &[]).await.with(303).location;
        let undo = ada.get(&list).await.with(200);
        assert_eq!(undo.attributes(".callout li a", "href"), [schedule.as_str(), backfill.as_str()]);
        assert!(undo.text(".callout").contains("schedule, active"), "{}", undo.text(".callout"));
        assert!(ada.get("/schedules").await.with(200).text("tbody").contains("Its query is deleted"));
        for page in [format!("/queries/{query}"), schedule.clone(), backfill] {
            let page = ada.get(&page).await.with(200);
            let restore = page.attributes(".callout form", "action");
            assert_eq!(restore, [format!("/queries/{query}/restore")], "{}", page.text("main"));
        }
        let ada = days_later(&house, 1).await;
        let rows = ledger(&ada, &schedule).await;
        assert_eq!(states(&rows), ["refused"]);
        assert!(rows[0].1.contains("Restore it"), "{rows:?}");
        ada.post(&format!("/queries/{query}/restore"), &[]).await.with(303);
        let ada = days_later(&house, 1).await;
        assert_eq!(states(&ledger(&ada, &schedule).await), ["succeeded", "refused"]);
        assert!(!ada.get(&schedule).await.with(200).text("main").contains("The query is deleted"));
    }

    /// A query that was in the bin for too long is gone: the schedule says so, and that there is nothing to restore.
    async fn a_schedule_whose_query_is_gone_says_so(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, REACH).await;
        let schedule = scheduled(&ada, &query, &DAILY).await;
        ada.post(&format!("{schedule}/pause"), &[]).await.with(303);
        ada.post(&format!("/queries/{query}/delete"), &[]).await.with(303);
        house.time.advance(TimeDelta::days(31));
        house.tick("bin-purger").await;
        let ada = house.signed_in("Ada").await;
        let page = ada.get(&schedule).await.with(200);
        assert!(page.text("main").contains("The query was deleted permanently"), "{}", page.text("main"));
        assert!(page.text("dl.facts").contains("Deleted permanently"), "{}", page.text("dl.facts"));
        assert!(page.attributes(".callout form", "action").is_empty());
    }
}

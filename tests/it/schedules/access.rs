//! Who sees and runs a schedule, and what happens to one that cannot run any more: it says so once, and nothing crashes.

use chrono::TimeDelta;
use recomamp::db::{Scope, sql};

use super::{DAILY, days_later, ledger, scheduled, states};
use crate::executions::{REACH, saved};
use crate::support::stories;

stories! {
    /// Who owns a schedule and may no longer run it: somebody else on the instance takes over; where nobody can, it
    /// pauses once and says why.
    async fn somebody_else_takes_over_or_the_schedule_pauses_once(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = crate::executions::instance(&ada).await;
        let query = crate::executions::saved_on(&ada, &instance, REACH).await;
        let chie = house.signed_in("Chie").await;
        let person = ada.get("/settings/people?q=chie").await.attributes("tbody th a", "href").remove(0);
        ada.post(&format!("{person}/access"), &[("instance", instance.as_str()), ("role", "analyst")]).await.with(303);
        let fields: Vec<_> = DAILY.into_iter().chain([("instance", instance.as_str())]).collect();
        let schedule = scheduled(&chie, &query, &fields).await;
        let leave = ada.get(&format!("{person}/remove")).await.with(200).text("main");
        assert!(leave.contains("1 schedule: given to the same person"), "{leave}");
        let end = "update instance_access set role = 'viewer' where instance_id = $1 \
            and person_id in (select id from people where name like 'Chie%')";
        crate::executions::set(&house, end, &instance).await;
        let ada = days_later(&house, 1).await;
        let rows = ledger(&ada, &schedule).await;
        assert_eq!(states(&rows), ["succeeded"]);
        assert!(rows[0].1.contains("Chie") && rows[0].1.contains("no longer run it"), "{rows:?}");
        assert!(ada.get(&schedule).await.with(200).text("dl.facts").contains("Ada"), "Ada owns it now");
        assert!(ada.get("/settings/audit").await.with(200).text("tbody").contains("Schedule taken over"));

        let nobody = "update instance_access set role = 'viewer' where instance_id = $1";
        crate::executions::set(&house, nobody, &instance).await;
        house.time.advance(TimeDelta::days(3));
        for _ in 0..3 {
            house.tick("scheduler").await;
        }
        let paused = "select count(*) as value from schedules where state = 'paused' and failures = 0";
        assert_eq!(house.count(paused).await, 1);
        let refused = "select count(*) as value from schedule_slots where state = 'refused'";
        assert_eq!(house.count(refused).await, 1, "it is said once");
    }

    /// A schedule that runs somebody's private query shows neither its name nor finds it, and its ledger speaks of its
    /// owner, not of its reader.
    async fn the_name_of_a_private_query_stays_private(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = crate::executions::instance(&ada).await;
        let chie = house.signed_in("Chie").await;
        let person = ada.get("/settings/people?q=chie").await.attributes("tbody th a", "href").remove(0);
        ada.post(&format!("{person}/access"), &[("instance", instance.as_str()), ("role", "analyst")]).await.with(303);
        let private = [("instance", instance.as_str()), ("name", "Secret plan"), ("sql", REACH), ("window", "settled"), ("home", "private")];
        let query = chie.post("/queries/new", &private).await.with(303).location;
        let query = query.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).expect("an id");
        let fields: Vec<_> = DAILY.into_iter().chain([("instance", instance.as_str()), ("name", "Each morning")]).collect();
        let schedule = scheduled(&chie, query, &fields).await;
        assert!(chie.get(&schedule).await.with(200).text("dl.facts").contains("Secret plan"));
        assert!(chie.get("/schedules?q=secret").await.with(200).text("main").contains("Each morning"));
        assert!(ada.get(&schedule).await.with(200).text("dl.facts").contains("A query that you can't see"));
        for address in ["/schedules", "/schedules.csv", &schedule] {
            assert!(!ada.get(address).await.with(200).body.contains("Secret plan"), "{address}");
        }
        assert!(!ada.get("/schedules?q=secret").await.with(200).text("main").contains("Each morning"));
        let end = "update instance_access set role = 'viewer' where instance_id = $1 \
            and person_id in (select id from people where name like 'Chie%')";
        crate::executions::set(&house, end, &instance).await;
        let ada = days_later(&house, 1).await;
        let rows = ledger(&ada, &schedule).await;
        assert!(rows[0].1.contains("Chie") && !rows[0].1.contains("Your role"), "{rows:?}");
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

    /// A zone that the newest data no longer has: the schedule pauses with its reason, one notice says so, its pages and
    /// its form still open, and a known zone sets it right.
    async fn a_zone_that_is_gone_pauses_the_schedule_and_says_so(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        let query = saved(&ada, REACH).await;
        let schedule = scheduled(&ada, &query, &DAILY).await;
        let other = scheduled(&ada, &query, &DAILY).await;
        let timing = serde_json::json!({ "repeat": "daily", "at": "11:00", "zone": "Mars/Base" });
        let mut tx = house.db().write(&Scope::System).await.expect("a transaction");
        let id = schedule.rsplit('/').next().expect("an id");
        let set = sql("update schedules set timing = $2, zone_rules = '1999a' where id = $1").bind(id).bind(timing);
        set.execute(&mut tx).await.expect("a change");
        tx.commit().await.expect("a commit");
        let ada = days_later(&house, 1).await;
        house.tick("notifier").await;
        assert_eq!(states(&ledger(&ada, &other).await), ["succeeded"], "the others go on");
        assert!(ledger(&ada, &schedule).await.is_empty());
        let page = ada.get(&schedule).await.with(200);
        assert!(page.text("main .callout").contains("The time zone Mars/Base is no longer known."), "{}", page.text("main"));
        let paused = "select count(*) as value from messages where kind = 'schedule.paused'";
        assert_eq!(house.count(paused).await, 1);
        for address in [format!("{schedule}?view=calendar"), format!("{schedule}/resume"), format!("{schedule}/rehearsal/months"), "/schedules".to_owned()] {
            ada.get(&address).await.with(200);
        }
        ada.get(&format!("{schedule}/edit")).await.with(200);
        let form = [("schedule", id), ("revision", "1"), ("name", "Reach"), ("repeat", "daily"), ("at", "11:00")];
        let said = ada.post(&format!("{schedule}/edit"), &form).await.with(422);
        assert!(super::errors(&said).contains("Mars/Base"), "{}", super::errors(&said));
        let known: Vec<_> = form.into_iter().chain([("timing_zone", "Europe/Berlin")]).collect();
        ada.post(&format!("{schedule}/edit"), &known).await.with(303);
        ada.post(&format!("{schedule}/resume"), &[("missed", "none")]).await.with(303);
        let ada = days_later(&house, 1).await;
        assert_eq!(states(&ledger(&ada, &schedule).await)[0], "succeeded");
    }

    /// An instance that nobody reaches any more, or that Amazon is still creating: a slot with its reason.
    async fn an_instance_that_is_gone_is_a_slot_with_its_reason(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = crate::executions::instance(&ada).await;
        let query = crate::executions::saved_on(&ada, &instance, REACH).await;
        let fields: Vec<_> = DAILY.into_iter().chain([("instance", instance.as_str()), ("pause_after", "0")]).collect();
        let schedule = scheduled(&ada, &query, &fields).await;
        crate::executions::set(&house, "update instances set creation_status = 'IN_PROGRESS' where id = $1", &instance).await;
        house.time.advance(TimeDelta::days(1));
        house.tick("scheduler").await;
        let ready = "update instances set creation_status = 'COMPLETED' where id = $1";
        crate::executions::set(&house, ready, &instance).await;
        let ada = house.signed_in("Ada").await;
        let rows = ledger(&ada, &schedule).await;
        assert_eq!(states(&rows), ["refused"]);
        assert!(rows[0].1.contains("ready"), "{rows:?}");
        crate::executions::set(&house, "delete from instance_access where instance_id = $1", &instance).await;
        house.time.advance(TimeDelta::days(1));
        house.tick("scheduler").await;
        let refused = "select count(*) as value from schedule_slots where state = 'refused' and reason <> ''";
        let paused = "select count(*) as value from schedules where state = 'paused' and state_reason like '%can no longer run it%'";
        assert_eq!((house.count(refused).await, house.count(paused).await), (2, 1));
        house.time.advance(TimeDelta::days(3));
        house.tick("scheduler").await;
        assert_eq!(house.count(refused).await, 2, "it is said once");
    }

    /// A query that no longer fits the instance's data sources, and one that was deleted: slots with their reasons, and
    /// the form says the same.
    async fn a_query_that_no_longer_fits_is_a_slot_with_its_reason(house: House) {
        const SITES: &str = "SELECT site, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY site";
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, SITES).await;
        let fields: Vec<_> = DAILY.into_iter().chain([("pause_after", "0")]).collect();
        let schedule = scheduled(&ada, &query, &fields).await;
        let ada = days_later(&house, 1).await;
        assert_eq!(states(&ledger(&ada, &schedule).await), ["succeeded"]);
        house.fault("drift", "", "").await;
        house.time.advance(TimeDelta::hours(30));
        ada.post("/instances/refresh", &[]).await.with(303);
        house.tick("instance-discovery").await;
        super::settle(&house).await;
        let ada = house.signed_in("Ada").await;
        let rows = ledger(&ada, &schedule).await;
        assert_eq!(rows[0].0, "refused", "{rows:?}");
        assert!(rows[0].1.contains("site"), "{rows:?}");
        let form = [("query", query.as_str()), ("repeat", "daily"), ("at", "09:00")];
        let said = ada.post("/schedules", &form).await.with(422);
        assert!(super::errors(&said).contains("site"), "{}", super::errors(&said));
        house.heal().await;
        ada.post(&format!("/queries/{query}/delete"), &[]).await.with(303);
        let ada = days_later(&house, 1).await;
        let rows = ledger(&ada, &schedule).await;
        assert!(rows[0].0 == "refused" && rows[0].1.contains("deleted"), "{rows:?}");
    }
}

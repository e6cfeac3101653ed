//! The audit log: what is recorded, who can read it, and when entries are deleted.

use chrono::TimeDelta;

use crate::executions::{REACH, run, saved};
use crate::queries::instance;
use crate::support::stories;

stories! {
    /// A member reads their own entries; an administrator everybody's. Filters work.
    async fn people_read_their_own_lines_and_administrators_all(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let all = ada.get("/settings/audit").await.with(200).texts("tbody tr");
        assert!(all.iter().any(|line| line.contains("Chie")) && all.iter().any(|line| line.contains("Ada")), "{all:?}");
        let own = chie.get("/settings/audit").await.with(200);
        assert!(!own.texts("tbody tr").is_empty());
        assert!(own.texts("tbody tr").iter().all(|line| line.contains("Chie")), "{}", own.body);
        assert!(own.texts("select[name=person]").is_empty(), "there is nobody to choose");
        let theirs = ada.get("/settings/audit").await.attributes("select[name=person] option", "value");
        for id in theirs {
            let asked = chie.get(&format!("/settings/audit?person={id}")).await.with(200);
            assert!(asked.texts("tbody tr").iter().all(|line| line.contains("Chie")), "whatever the address says");
            let file = chie.get(&format!("/settings/audit.json?person={id}")).await.with(200);
            assert!(!file.body.contains("Ada"), "{}", file.body);
        }
        let granted = ada.get("/settings/audit?action=granted&q=chi").await.with(200).texts("tbody tr");
        assert!(granted.len() == 1 && granted[0].contains("Amazon access granted or renewed"), "{granted:?}");
        let lines = ada.get("/settings/audit").await.texts("tbody tr").len();
        assert_eq!(ada.get("/settings/audit?from=2026-03-18&until=2026-03-18").await.texts("tbody tr").len(), lines);
        assert!(ada.get("/settings/audit?from=2026-03-19").await.texts("tbody tr").is_empty());
        ada.get("/settings/audit?action=%00&person=x&from=never&until=%F0%28&page=99999999999999999999&q=%25_%5C").await.with(200);
    }

    /// The export is recorded itself; token refreshes are recorded too.
    async fn the_log_is_taken_out_and_refreshes_are_in_it(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        let started = ada.get("/settings/audit?action=execution-started").await.with(200);
        assert!(started.text("td[data-label=Detail]").contains("started: Manually"), "{}", started.body);
        ada.get(&format!("{page}/result.csv")).await.with(200);
        house.time.advance(TimeDelta::minutes(46));
        house.tick("refresher").await;
        let csv = ada.get("/settings/audit.csv").await.with(200).body;
        assert!(csv.starts_with("\u{feff}at,person_id,person,action,subject,detail,token_id\n"), "{csv}");
        for deed in ["signed-in", "granted", "exported", "refreshed"] {
            assert!(csv.contains(&format!(",{deed},")), "{deed} is missing: {csv}");
        }
        assert!(csv.contains("renewed"), "{csv}");
        let json: serde_json::Value = serde_json::from_str(&ada.get("/settings/audit.json?action=exported").await.with(200).body).unwrap();
        let subjects: Vec<&str> = json.as_array().unwrap().iter().map(|line| line["subject"].as_str().unwrap()).collect();
        assert_eq!(subjects.len(), 2, "{json}");
        assert_eq!(subjects[0], "audit");
    }

    /// A long log has pages.
    async fn a_long_log_has_pages(house: House) {
        let ada = house.signed_in("Ada").await;
        for _ in 0..55 {
            ada.get("/settings/audit.csv?q=nothing").await.with(200);
        }
        let first = ada.get("/settings/audit?action=exported").await.with(200);
        assert_eq!(first.texts("tbody tr").len(), 50);
        assert!(first.text(".pager").contains("of 55"), "{}", first.text(".pager"));
        assert_eq!(ada.get("/settings/audit?action=exported&page=2").await.texts("tbody tr").len(), 5);
    }

    /// Everything with a page is linked, and nothing else: not what was removed, nor what belongs to others.
    async fn every_link_of_the_log_leads_to_a_page(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let id = saved(&ada, REACH).await;
        let (page, query) = (run(&ada, &id).await, format!("/queries/{id}"));
        house.settle().await;
        ada.get(&format!("{page}/result.csv")).await.with(200);
        ada.post(&format!("{query}/delete"), &[]).await.with(303);
        let on = instance(&chie).await;
        let fields = [("home", "private"), ("instance", on.as_str()), ("name", "Theirs"), ("sql", REACH), ("window", "settled")];
        let theirs = chie.post("/queries/new", &fields).await.with(303).location;
        chie.post(&format!("{}/delete", theirs.split(['?', '#']).next().expect("a path")), &[]).await.with(303);
        let links = async || {
            let log = ada.get("/settings/audit").await.with(200);
            let links = log.attributes("tbody td[data-label=Subject] a, tbody td[data-label=Detail] a", "href");
            for link in &links {
                ada.get(link).await.with(200);
            }
            links
        };
        let before = links().await;
        let has = |links: &[String], start: &str| links.iter().any(|link| link.starts_with(start));
        assert!(has(&before, &page) && has(&before, &query) && has(&before, "/settings/people/"), "{before:?}");
        house.time.advance(TimeDelta::days(31));
        house.tick("bin-purger").await;
        let ada = house.signed_in("Ada").await;
        let log = ada.get("/settings/audit?action=query-deleted").await.with(200);
        assert_eq!(log.texts("tbody tr").len(), 2);
        assert!(log.attributes("tbody td[data-label=Subject] a", "href").is_empty(), "deleted permanently: {}", log.body);
    }

    /// Old entries are deleted if a retention period is set, and only then.
    async fn old_lines_go_where_the_installation_says_so(house: House) {
        let ada = house.signed_in("Ada").await;
        assert!(ada.get("/settings/audit").await.text("main").contains("kept indefinitely"));
        house.time.advance(TimeDelta::days(400));
        house.tick("session-cleaner").await;
        let before = house.count("select count(*) as value from audit").await;
        assert!(before >= 2);
        let house = house.start_again_with(&[("KEEP_AUDIT_DAYS", "365")]).await;
        let ada = house.signed_in("Ada").await;
        assert!(house.tick("session-cleaner").await.changed >= 2);
        let left = ada.get("/settings/audit").await.with(200);
        assert!(left.text("main").contains("kept for 365 days"));
        assert_eq!(left.texts("tbody tr").len(), 2, "today's sign-in and grant: {:?}", left.texts("tbody tr"));
    }

    /// The status of grants: what they reach, when they are refreshed; the test button, and advice for a revoked one.
    async fn the_health_of_grants_is_shown_and_tried(house: House) {
        let ada = house.signed_in("Ada").await;
        let chie = house.signed_in("Chie").await;
        let page = ada.get("/settings/connections").await.with(200);
        let own = page.text("tbody tr");
        for what in ["North America", "Connected", "18 Mar 2026, 09:00", "18 Mar 2026, 09:45", "18 Mar 2026, 10:00", "instance", "None"] {
            assert!(own.contains(what), "{what} is missing: {own}");
        }
        assert!(page.text("main").contains("Other people's connections") && page.text("main").contains("Chie"));
        assert!(!chie.get("/settings/connections").await.text("main").contains("Ada"));
        let test = page.attributes("main form[action$='/test']", "action").remove(0);
        assert_eq!(page.attributes("main form[action$='/test']", "action").len(), 1, "others' grants are not used");
        chie.post(&test, &[]).await.with(404);
        ada.post(&test, &[]).await.with(303);
        let works = ada.get("/settings/connections").await.body;
        assert!(works.contains("Connected: Amazon lists"), "{works}");
        house.fault("5xx", "/amc/accounts", "1").await;
        ada.post(&test, &[]).await.with(303);
        let fails = ada.get("/settings/connections").await.body;
        assert!(fails.contains("test the connection. "), "{fails}");
        crate::executions::set(&house, "update connections set state = 'reconnect', last_error = $1 where person_id = (select id from people where name like 'Ada%')", "withdrawn").await;
        ada.post(&test, &[]).await.with(303);
        let dead = ada.get("/settings/connections").await.with(200);
        assert!(dead.body.contains("Select Reconnect"), "{}", dead.body);
        assert!(dead.text("tbody tr").contains("withdrawn"));
    }
}

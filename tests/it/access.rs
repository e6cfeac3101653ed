//! The roles on an instance, on every page and for every form.

use chrono::TimeDelta;
use recomamp::db::{Scope, sql};

use crate::executions::{REACH, run, saved};
use crate::queries::instance;
use crate::support::{House, Visitor, stories};

/// Gives everybody this role on all their instances.
pub(crate) async fn everybody_is(house: &House, role: &'static str) {
    let mut tx = house.db().write(&Scope::System).await.expect("a transaction");
    sql("update instance_access set role = $1").bind(role).execute(&mut tx).await.expect("roles are set");
    tx.commit().await.expect("it is kept");
}

/// Changes rows in the system's scope.
pub(crate) async fn change(house: &House, text: &'static str, value: &str) {
    let mut tx = house.db().write(&Scope::System).await.expect("a transaction");
    sql(text).bind(value).execute(&mut tx).await.expect("rows are changed");
    tx.commit().await.expect("it is kept");
}

/// Requests discovery again.
async fn ask_again(house: &House, visitor: &Visitor) {
    visitor.post("/instances/refresh", &[]).await.with(303);
    house.tick("instance-discovery").await;
}

const GONE: &str = "update instances set amc_id = 'amcgone' where id = $1";
const ENDING: &str = "select count(*) as value from audit where action = 'access-ending'";
const ENDED: &str = "select count(*) as value from audit where action = 'access-ended'";

stories! {
    /// An instance that Amazon no longer lists is reported once, stays accessible for the grace period, and then not.
    async fn access_ends_some_days_after_amazon_stops_listing(house: House) {
        let ada = house.signed_in("Ada").await;
        let gone = instance(&ada).await;
        let query = saved(&ada, REACH).await;
        house.time.advance(TimeDelta::hours(7));
        change(&house, GONE, &gone).await;
        house.fault("5xx", "/amc/instances", "50").await;
        ask_again(&house, &ada).await;
        assert_eq!(house.count(ENDING).await, 0, "what did not answer withdraws nothing");
        house.visitor().post("/emulator/control/faults/remove", &[]).await;
        ask_again(&house, &ada).await;
        ask_again(&house, &ada).await;
        assert_eq!(house.count(ENDING).await, 1, "it is told once");
        let page = ada.get(&format!("/instances/{gone}")).await.with(200);
        assert!(page.text("main .callout").contains("Amazon no longer lists this instance; access ends on 25 Mar 2026"), "{}", page.body);
        assert!(ada.get("/").await.with(200).text("main .callout").contains("access ends on"));
        run(&ada, &query).await;
        for _ in 0..7 {
            ada.get(&format!("/instances/{gone}")).await.with(200);
            house.time.advance(TimeDelta::days(1));
        }
        ada.get(&format!("/instances/{gone}")).await.with(404);
        ada.get(&format!("/queries/{query}")).await.with(200).text("h1"); // What she wrote stays hers.
        assert_eq!(house.count(ENDED).await, 1);
    }

    /// An instance that is listed again before the access ends stays accessible.
    async fn access_continues_when_amazon_lists_the_instance_again(house: House) {
        let ada = house.signed_in("Ada").await;
        let gone = instance(&ada).await;
        let amc_id = ada.get(&format!("/instances/{gone}")).await.texts("main code").remove(0);
        house.time.advance(TimeDelta::hours(7));
        change(&house, GONE, &gone).await;
        ask_again(&house, &ada).await;
        change(&house, "delete from instances where amc_id = $1", &amc_id).await;
        change(&house, Box::leak(format!("update instances set amc_id = '{amc_id}' where id = $1").into_boxed_str()), &gone).await;
        ask_again(&house, &ada).await;
        house.time.advance(TimeDelta::days(30));
        let ada = house.signed_in("Ada").await;
        let page = ada.get(&format!("/instances/{gone}")).await.with(200);
        assert!(page.texts("main .callout").is_empty(), "{}", page.body);
    }

    /// A viewer can read everything, but start and change nothing, and is told who can change that.
    async fn a_viewer_reads_and_sees_what_is_missing(house: House) {
        let ada = house.signed_in("Ada").await;
        let (query, instance) = (saved(&ada, REACH).await, instance(&ada).await);
        let page = run(&ada, &query).await;
        house.settle().await;
        everybody_is(&house, "viewer").await;
        change(&house, "update queries set owner_id = $1", "per_01jzzzzzzzzzzzzzzzzzzzzzzz").await;

        let shown = ada.get(&format!("/queries/{query}")).await.with(200);
        assert!(shown.body.contains("Your role on") && shown.body.contains("you need to be an analyst"), "{}", shown.body);
        assert!(!shown.texts("main button").iter().any(|button| button == "Run"), "{}", shown.body);
        let shown = ada.get(&page).await.with(200);
        assert!(!shown.texts("main button").iter().any(|button| button.contains("Run again")), "{}", shown.body);
        ada.get(&format!("{page}/result.csv")).await.with(200);
        let shown = ada.get(&format!("/instances/{instance}")).await.with(200);
        assert!(shown.texts("dd").iter().any(|fact| fact.starts_with("Viewer: ")), "{}", shown.body);
        assert!(shown.attributes("form[action$='/rename']", "action").is_empty(), "{}", shown.body);

        let new = [("instance", instance.as_str()), ("name", "Mine"), ("sql", REACH), ("window", "settled")];
        for (address, fields) in [
            ("/executions".to_owned(), vec![("query", query.as_str())]),
            (format!("{page}/rerun"), Vec::new()),
            (format!("{page}/cancel"), Vec::new()),
            (format!("{page}/fetch"), Vec::new()),
            ("/queries/new".to_owned(), new.to_vec()),
            (format!("/queries/{query}/edit"), vec![("name", "x"), ("sql", "SELECT 1"), ("revision", "1")]),
            (format!("/queries/{query}/delete"), Vec::new()),
            (format!("/instances/{instance}/rename"), vec![("name", "Mine")]),
        ] {
            let refused = ada.post(&address, &fields).await.with(403);
            let sentence = refused.text("main .lead");
            assert!(sentence.contains("Your role on") && sentence.contains("an administrator"), "{address}: {sentence}");
        }
        assert_eq!(house.count("select count(*) as value from executions").await, 1);
        assert_eq!(house.count("select count(*) as value from queries").await, 1);
    }

    /// An analyst can write and run, but not rename.
    async fn an_analyst_runs_and_does_not_rename(house: House) {
        let ada = house.signed_in("Ada").await;
        everybody_is(&house, "analyst").await;
        run(&ada, &saved(&ada, REACH).await).await;
        let refused = ada.post(&format!("/instances/{}/rename", instance(&ada).await), &[("name", "Mine")]).await.with(403);
        assert!(refused.text("main .lead").contains("you need to be a manager"), "{}", refused.body);
    }
}

//! Executions that were started elsewhere: found, counted, followed, with stored results. The tests start one here
//! and delete its row, so that only AMC knows it.

use chrono::TimeDelta;

use crate::queries::{id, instance, saved};
use crate::support::{execute, stories};

const SQL: &str = "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY campaign";

stories! {
    /// A finished one: its result is downloaded, and its page is like any other.
    async fn the_result_of_a_foreign_execution_is_adopted(house: House) {
        let ada = house.signed_in("Ada").await;
        let own = instance(&ada).await;
        let query = saved(&ada, "Elsewhere", SQL).await;
        ada.post("/executions", &[("query", id(&query))]).await.with(303);
        house.settle().await;
        house.time.advance(TimeDelta::minutes(20));
        house.tick("adoption").await;
        assert_eq!(house.count("select count(*) as value from executions").await, 1, "what RecomAMP started is known");
        execute(&house.database_url(), "delete from executions").await;
        house.time.advance(TimeDelta::minutes(20));
        assert_eq!(house.tick("adoption").await.changed, 1);
        assert_eq!(house.tick("adoption").await.looked, 0, "it is searched again later only");
        house.settle().await;
        let list = ada.get(&format!("/executions?instance={own}&q=outside")).await.with(200);
        assert_eq!(list.texts("tbody tr").len(), 1);
        let page = ada.get(&list.attributes("tbody a[href^='/executions/exe_']", "href")[0]).await.with(200);
        assert!(page.body.contains("Outside RecomAMP"));
        assert!(!page.texts("table thead th").is_empty(), "the result is there");
        assert!(ada.get(&format!("/instances/{own}")).await.with(200).body.contains("Started elsewhere"));
        house.time.advance(TimeDelta::minutes(20));
        assert_eq!(house.tick("adoption").await.changed, 0, "once is enough");
        let address = list.attributes("tbody a[href^='/executions/exe_']", "href").remove(0);
        let address = address.split(['?', '#']).next().expect("a path");
        execute(&house.database_url(), "update executions set sent = '{}'").await;
        let refused = ada.post(&format!("{address}/rerun"), &[]).await.with(409);
        assert!(refused.body.contains("can't be run again here") || refused.body.contains("can&#39;t be run again here"), "{}", refused.body);
    }

    /// A running one: it uses a slot, and ends here when it ends there.
    async fn a_foreign_execution_that_runs_takes_a_slot(house: House) {
        let ada = house.signed_in("Ada").await;
        let own = instance(&ada).await;
        let query = saved(&ada, "Elsewhere", SQL).await;
        house.time.advance(TimeDelta::minutes(20));
        ada.post("/executions", &[("query", id(&query))]).await.with(303);
        house.tick("poller").await;
        execute(&house.database_url(), "delete from executions").await;
        assert_eq!(house.tick("adoption").await.changed, 1);
        let page = ada.get(&format!("/instances/{own}")).await.with(200);
        assert!(page.text(".stats").contains("1 of "), "{}", page.text(".stats"));
        assert_eq!(house.unfinished().await, 1);
        house.settle().await;
        assert_eq!(house.unfinished().await, 0);
        assert_eq!(house.count("select count(*) as value from executions where state = 'succeeded' and origin = 'adopted'").await, 1);
    }
}

//! The data sources of instances: parsed once per list, and never outdated.

use std::sync::Arc;

use recomamp::db::Scope;
use recomamp::ids::InstanceId;
use recomamp::instances;

use crate::queries::{REACH, instance, saved};
use crate::support::{House, execute, stories};

/// Stores another list directly in the database, as another process does.
async fn listed(house: &House, table: &str, digest: &str) {
    let url = house.database().url(house.folder());
    let text = format!(
        "update instance_sources set digest = {digest}, read_at = '2026-03-18 10:00:00+00:00', \
         sources = '{{\"sources\":[{{\"id\":\"{table}\",\"columns\":[]}}]}}'"
    );
    execute(&url, &text).await;
}

async fn catalogue(house: &House, id: &InstanceId) -> Arc<recomamp::amcsql::catalogue::Catalogue> {
    let mut tx = house.db().read(&Scope::System).await.expect("a transaction");
    instances::catalogue(&mut tx, id).await.expect("a catalogue")
}

stories! {
    /// The next page uses a list that another process stored.
    async fn a_list_that_another_process_stored_is_used_at_once(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", REACH).await;
        assert_eq!(ada.get(&query).await.with(200).texts(".remark h2").len(), 0);
        for digest in ["'other'", "null"] {
            listed(&house, "conversions", digest).await;
            let page = ada.get(&query).await.with(200);
            assert!(page.body.contains("dsp_impressions") && page.texts(".remark h2").len() == 1, "{digest}");
            listed(&house, "dsp_impressions", if digest == "null" { "'third'" } else { "'back'" }).await;
            assert_eq!(ada.get(&query).await.with(200).texts(".remark h2").len(), 0);
        }
    }

    /// Equal lists share one value in memory, across instances.
    async fn instances_that_list_the_same_share_one_catalogue(house: House) {
        let ada = house.signed_in("Ada").await;
        listed(&house, "conversions", "'same'").await;
        let id: InstanceId = instance(&ada).await.parse().expect("an id");
        let page = ada.get("/instances").await.with(200);
        let other = page.attributes("tbody th a", "href").into_iter().find(|link| !link.ends_with(id.as_str()));
        let other = other.expect("a second instance").rsplit('/').next().expect("an id").parse().expect("an id");
        let first = catalogue(&house, &id).await;
        assert!(Arc::ptr_eq(&first, &catalogue(&house, &id).await));
        assert!(Arc::ptr_eq(&first, &catalogue(&house, &other).await));
    }
    /// An answer that can't be understood leaves the last list and is no change; the next good one is used.
    async fn a_broken_list_of_data_sources_leaves_the_last_one(house: House) {
        let ada = house.signed_in("Ada").await;
        let id: InstanceId = instance(&ada).await.parse().expect("an id");
        let query = saved(&ada, "Reach", REACH).await;
        let known = catalogue(&house, &id).await.sources().len();
        let refresh = async || {
            house.time.advance(chrono::TimeDelta::minutes(2));
            ada.post("/instances/refresh", &[]).await.with(303);
            house.tick("instance-discovery").await;
        };
        for fault in ["empty", "null", "html", "cut", "empty-object", "5xx"] {
            house.fault(fault, "dataSources", "").await;
            refresh().await;
            house.heal().await;
            assert_eq!(catalogue(&house, &id).await.sources().len(), known, "{fault}");
            assert_eq!(house.count("select count(*) as value from source_changes").await, 0, "{fault}");
            assert_eq!(ada.get(&query).await.with(200).texts(".remark h2").len(), 0, "{fault}");
        }
        house.time.advance(chrono::TimeDelta::hours(1));
        house.fault("drift", "", "").await;
        refresh().await;
        assert!(house.count("select count(*) as value from source_changes").await > 0, "the next answer is used");
    }
}

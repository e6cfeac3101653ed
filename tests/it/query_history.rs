//! Queries over time: versions, tags, stars, copies, the bin, and their executions in a row.

use crate::queries::{REACH, id, instance, saved, sql, submitted};
use crate::support::{Visitor, stories};

/// Saves a change of the current query.
async fn change(visitor: &Visitor, query: &str, name: &str, sql: &str, tags: &str) {
    let edit = format!("{query}/edit");
    let revision = visitor.get(&edit).await.with(200).attributes("input[name=revision]", "value").remove(0);
    let fields = [("name", name), ("sql", sql), ("revision", &revision), ("tags", tags)];
    visitor.post(&edit, &fields).await.with(303);
}

stories! {
    /// Each save makes a version; two are compared; one is restored, which can be undone too.
    async fn a_query_goes_back_to_an_earlier_version(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", "SELECT\n  campaign\nFROM dsp_impressions").await;
        let versions = format!("{query}/versions");
        assert!(ada.get(&versions).await.with(200).body.contains("Only one version"));
        change(&ada, &query, "Reach", "SELECT\n  campaign,\n  user_id\nFROM dsp_impressions", "weekly").await;
        house.time.advance(chrono::TimeDelta::hours(1));
        change(&ada, &query, "Reach, new", "SELECT 3", "weekly").await;
        let list = ada.get(&versions).await.with(200);
        assert_eq!(list.texts("tbody th a"), ["Version 3", "Version 2", "Version 1"]);
        assert_eq!(list.texts("tbody td[data-label=Name]"), ["Reach, new", "Reach", "Reach"]);
        let compared = ada.get(&format!("{versions}/compare?from=2&to=1")).await.with(200);
        let marked = |mark: &str| compared.texts(&format!("figure:first-of-type [data-mark={mark}] code"));
        assert_eq!(marked("removed"), ["campaign"]);
        assert_eq!(marked("added"), ["campaign,", "user_id"]);
        assert_eq!(marked("same"), ["SELECT", "FROM dsp_impressions"]);
        assert!(compared.texts("[data-mark=added] code").contains(&"Tags: weekly".to_owned()));
        let alone = ada.get(&format!("{versions}/compare?from=3&to=3")).await.with(200);
        assert_eq!(alone.text("#whole-to"), "SELECT 3");
        for odd in ["from=99", "from=0", "to=-1", "from=1&to=7"] {
            ada.get(&format!("{versions}/compare?{odd}")).await.with(404);
        }
        let (_, page) = submitted(&ada, &format!("{versions}/restore"), &[("revision", "1")]).await;
        assert!(page.text(".flash").contains("Restored version 1.") && page.text("h1") == "Reach");
        assert_eq!(sql(&ada.get(&format!("{query}/edit")).await), "SELECT\n  campaign\nFROM dsp_impressions");
        assert_eq!(ada.get(&versions).await.texts("tbody tr").len(), 4);
        let (_, page) = submitted(&ada, &format!("{versions}/restore"), &[("revision", "1")]).await;
        assert!(page.text(".flash").contains("Nothing changed"));
        submitted(&ada, &format!("{versions}/restore"), &[("revision", "3")]).await;
        assert_eq!(sql(&ada.get(&format!("{query}/edit")).await), "SELECT 3");
        ada.post(&format!("{versions}/restore"), &[("revision", "x")]).await.with(404);
    }

    /// Saving without a change adds no version.
    async fn a_save_without_a_change_is_no_version(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", "SELECT 1").await;
        change(&ada, &query, "Reach", "SELECT 1", "").await;
        assert_eq!(house.count("select count(*) as value from query_versions").await, 0);
        assert!(ada.get(&query).await.text(".flash").contains("Nothing changed"));
    }

    /// Found by tag, by star, by SQL; the filters combine, and other people's stars aren't shown.
    async fn queries_are_found_by_tag_and_by_star(house: House) {
        let ada = house.signed_in("Ada").await;
        let reach = saved(&ada, "Reach", "SELECT 1").await;
        let cost = saved(&ada, "Cost", "SELECT 2").await;
        change(&ada, &reach, "Reach", "SELECT 1", "Weekly, Brand new").await;
        change(&ada, &cost, "Cost", "SELECT 2", "weekly").await;
        let names = async |address: &str| ada.get(address).await.with(200).texts("tbody th > a");
        let page = ada.get("/queries").await;
        assert_eq!(page.texts("nav.tags a"), ["Favorites", "weekly 2", "brand new 1"]);
        assert_eq!(names("/queries?tag=brand+new").await, ["Reach"]);
        assert_eq!(names("/queries?tag=WEEKLY&sort=name").await, ["Cost", "Reach"]);
        assert!(names("/queries?tag=week").await.is_empty(), "a tag is a whole word");
        assert!(names("/queries?tag=%25").await.is_empty());
        assert_eq!(names("/queries?q=brand").await, ["Reach"]);
        let star = format!("{cost}/favourite");
        let next = ada.post(&star, &[("on", "true"), ("next", "/queries?tag=weekly")]).await.with(303).location;
        assert_eq!(next, "/queries?tag=weekly");
        ada.post(&star, &[("on", "true"), ("next", "https://evil.example")]).await.with(303);
        assert_eq!(names("/queries?stars=mine").await, ["Cost"]);
        assert!(names("/queries?stars=mine&tag=brand+new").await.is_empty());
        assert_eq!(ada.get(&next).await.attributes(".star", "aria-pressed").iter().filter(|on| *on == "true").count(), 1);
        let json: serde_json::Value = serde_json::from_str(&ada.get("/queries.json?stars=mine").await.body).unwrap();
        assert_eq!((json[0]["favourite"].as_bool(), json[0]["tags"][0].as_str()), (Some(true), Some("weekly")));
        ada.post(&star, &[("on", "false")]).await.with(303);
        assert!(names("/queries?stars=mine").await.is_empty());
        let long = "x".repeat(41);
        let many = (0..21).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        for wrong in [long.as_str(), many.as_str()] {
            let page = ada.post(&format!("{cost}/edit"), &[("name", "Cost"), ("sql", "SELECT 2"), ("tags", wrong)]).await.with(422);
            assert_eq!(page.texts("#errors li").len(), 1);
            assert!(!page.attributes("input[name=tags]", "value")[0].is_empty());
        }
    }

    /// A copy is independent.
    async fn a_copy_is_changed_without_its_original(house: House) {
        let ada = house.signed_in("Ada").await;
        let long = "n".repeat(200);
        let query = saved(&ada, &long, REACH).await;
        let (address, editor) = submitted(&ada, &format!("{query}/duplicate"), &[]).await;
        assert_eq!(sql(&editor), REACH);
        let name = editor.attributes("input[name=name]", "value").remove(0);
        assert!(name.ends_with("n (copy)") && name.len() == 200, "{name}");
        let copy = address.trim_end_matches("/edit");
        change(&ada, copy, "Copy", "SELECT 1", "").await;
        assert_eq!(sql(&ada.get(&format!("{query}/edit")).await), REACH);
        assert_eq!(ada.get("/queries").await.texts("tbody tr").len(), 2);
    }

    /// The bin keeps a deleted query for thirty days; its executions stay.
    async fn a_deleted_query_waits_in_the_bin_and_its_runs_stay(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Short-lived", "SELECT campaign FROM dsp_impressions GROUP BY 1").await;
        change(&ada, &query, "Short-lived", "SELECT campaign, COUNT(*) AS n FROM dsp_impressions GROUP BY 1", "").await;
        ada.post(&format!("{query}/favourite"), &[("on", "true")]).await.with(303);
        let run = ada.post("/executions", &[("query", id(&query))]).await.with(303).location;
        house.settle().await;
        assert!(ada.get("/queries/bin").await.with(200).body.contains("The bin is empty"));
        ada.post(&format!("{query}/delete"), &[]).await.with(303);
        let bin = ada.get("/queries/bin?q=short").await.with(200);
        assert_eq!(bin.texts("tbody th a"), ["Short-lived"]);
        assert!(ada.get("/queries/bin?q=nothing").await.body.contains("No deleted queries match"));
        ada.post(&bin.attributes("tbody form", "action")[0], &[]).await.with(303);
        assert!(ada.get("/queries/bin").await.texts("tbody tr").is_empty());
        ada.post(&format!("{query}/delete"), &[]).await.with(303);
        house.time.advance(chrono::TimeDelta::days(29));
        assert_eq!(house.tick("bin-purger").await.changed, 0);
        house.time.advance(chrono::TimeDelta::days(2));
        assert_eq!(house.tick("bin-purger").await.changed, 1);
        ada.sign_in("Ada").await;
        ada.get(&query).await.with(404);
        let page = ada.get(&run).await.with(200);
        assert!(page.text("#live [role=status]").contains("Succeeded"));
        assert!(!page.body.contains(&query), "nothing leads to a query that is gone");
        let again = ada.post(&format!("{run}/rerun"), &[]).await.with(303).location;
        ada.get(&again).await.with(200);
        let left = "select count(*) as value from query_versions where 1 = 1";
        assert_eq!(house.count(left).await, 0);
        assert_eq!(house.count("select count(*) as value from query_favourites").await, 0);
    }

    /// A query's executions in a row, and its typical duration.
    async fn a_query_shows_its_runs_and_how_long_they_take(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Campaigns", "SELECT campaign FROM dsp_impressions GROUP BY 1").await;
        assert!(ada.get(&query).await.texts("#runs").is_empty());
        let first = ada.post("/executions", &[("query", id(&query))]).await.with(303).location;
        assert!(!ada.get(&first).await.text(".figures").contains("Typical"), "nothing is known yet");
        house.settle().await;
        let page = ada.get(&query).await.with(200);
        assert_eq!(page.attributes("#runs tbody a", "href"), [first.as_str()]);
        assert!(page.text("#runs tbody tr").contains("Succeeded") && page.text("#runs").contains("based on 1 execution."));
        let took = page.text("#runs tbody td[data-label=Duration]");
        let second = ada.post("/executions", &[("query", id(&query))]).await.with(303).location;
        let live = ada.get(&second).await.with(200);
        assert!(live.text(".figures").contains(&format!("Typical{took}")), "{}", live.text(".figures"));
        let notes = live.attributes(".figures [title]", "title");
        assert!(notes.iter().any(|note| note.contains("based on 1 execution")), "{notes:?}");
        assert_eq!(ada.get(&query).await.attributes("#runs tbody a", "href"), [second.as_str(), first.as_str()]);
        let other = saved(&ada, "Other", "SELECT 1").await;
        let list = ada.get(&format!("/executions?query={}", id(&query))).await.with(200);
        assert_eq!(list.texts("#runs tbody tr").len(), 2);
        assert_eq!(list.attributes("form.toolbar input[name=query]", "value"), [id(&query)]);
        assert!(ada.get(&format!("/executions?query={}", id(&other))).await.texts("#runs tbody tr").is_empty());
    }

    /// An instance's people share its queries; others find neither text nor tags.
    async fn a_strangers_search_finds_nothing_of_others(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Secret reach", "SELECT 'canary'").await;
        change(&ada, &query, "Secret reach", "SELECT 'canary'", "canary-tag").await;
        ada.post(&format!("{query}/delete"), &[]).await.with(303);
        saved(&ada, "Secret reach 2", "SELECT 'canary'").await;
        let chie = house.signed_in("Chie").await;
        for address in ["/queries?q=canary", "/queries/bin?q=canary", "/queries.json?q=canary", "/search?q=canary", "/", "/queries?tag=canary-tag"] {
            let page = chie.get(address).await.with(200);
            assert!(!page.body.contains("Secret reach") && !page.body.contains("canary-tag</"), "{address}");
        }
        let instance = instance(&ada).await;
        assert!(chie.get(&format!("/queries?instance={instance}")).await.texts("tbody tr").is_empty());
    }
}

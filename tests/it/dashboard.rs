//! The dashboard: what is running, what ended, and how to begin.

use reqwest::Method;

use crate::queries::{id, saved};
use crate::support::stories;

stories! {
    /// A newcomer is guided; others see executions, queries and Amazon's status, each with a link to its list.
    async fn the_dashboard_leads_to_what_matters(house: House) {
        let ada = house.signed_in("Ada").await;
        let page = ada.get("/").await.with(200);
        assert!(page.text("#start").contains("first guide"));
        assert!(page.text("#amazon").contains("Connected"));
        assert!(page.texts("#recent").is_empty() && page.texts("#favorites").is_empty());
        let reach = saved(&ada, "Reach", "SELECT campaign FROM dsp_impressions GROUP BY 1").await;
        house.time.advance(chrono::TimeDelta::seconds(1));
        saved(&ada, "Cost", "SELECT 1").await;
        house.time.advance(chrono::TimeDelta::seconds(1));
        let run = ada.post("/executions", &[("query", id(&reach))]).await.with(303).location;
        let page = ada.get("/").await.with(200);
        assert_eq!(page.attributes("#active tbody a", "href"), [run.as_str()]);
        assert_eq!(page.texts("#recent li a"), ["Reach", "Cost"], "what was run last comes first");
        ada.post(&format!("{reach}/favourite"), &[("on", "true")]).await.with(303);
        house.settle().await;
        let page = ada.get("/").await.with(200);
        assert_eq!((page.texts("#favorites li a"), page.texts("#recent li a")), (vec!["Reach".to_owned()], vec!["Cost".to_owned()]));
        assert_eq!(page.attributes("#done tbody a", "href"), [run.as_str()]);
        for address in page.attributes("main a", "href") {
            let answer = ada.get(&address).await;
            assert!(answer.status.is_success(), "{address}: {}", answer.status);
        }
    }

    /// An open page polls what changes: it only receives changes, and doesn't consume messages for another page.
    async fn an_open_page_gets_only_what_is_new(house: House) {
        let ada = house.signed_in("Ada").await;
        let reach = saved(&ada, "Reach", "SELECT campaign FROM dsp_impressions GROUP BY 1").await;
        ada.post("/executions", &[("query", id(&reach))]).await.with(303);
        for (address, part) in [("/", "#now"), ("/executions", "#runs")] {
            let open = ada.get(address).await.with(200);
            let tag = open.attributes(part, "hx-ptag").remove(0);
            let asked = [("hx-request", "true"), ("hx-ptag", tag.as_str())];
            house.time.advance(chrono::TimeDelta::seconds(5));
            ada.send(Method::GET, address, &asked, None).await.with(304);
            ada.post("/executions", &[("query", id(&reach))]).await.with(303);
            ada.post(&format!("{reach}/delete"), &[]).await.with(303);
            ada.post(&format!("{reach}/restore"), &[]).await.with(303);
            let told = ada.send(Method::GET, address, &asked, None).await.with(200);
            assert_ne!(told.attributes(part, "hx-ptag").remove(0), tag);
            assert!(!told.body.contains("The query is restored."), "{address}");
            assert!(ada.get("/queries").await.body.contains("The query is restored."), "{address}: it waits for its page");
        }
        house.settle().await;
        for (address, part) in [("/", "#now"), ("/executions", "#runs")] {
            assert!(ada.get(address).await.attributes(part, "hx-get").is_empty(), "{address}: nothing moves any more");
        }
    }

    /// Somebody without an instance is told so, once Amazon has answered, on every page that needs one.
    async fn people_without_an_instance_are_told_so(house: House) {
        // The seller's own account has an instance; here Amazon doesn't list it.
        house.fault("refused=404", "/amc/instances#ENTITYSAMPLESA2US", "").await;
        let dag = house.signed_in("Dag").await;
        let page = dag.get("/").await.with(200);
        assert!(page.text("#start").contains("No instances found yet"), "{}", page.text("#start"));
        assert!(!page.body.contains("hx-get"), "nothing is waited for");
        assert!(dag.get("/instances").await.text(".empty").contains("Connect another region"));
        assert!(dag.get("/instances?q=acorn").await.text(".empty").contains("match these filters"));
        assert!(dag.get("/queries/new").await.with(200).text("#f-instance").contains("None (choose when you run it)"));
    }
}

//! *Explain privacy*: where each column of a result comes from, its threshold, what to change, and the effect.

use crate::queries::{id, instance, saved};
use crate::support::stories;

const DETAILED: &str = "WITH p AS (SELECT postal_code AS place, campaign, user_id, impressions FROM dsp_impressions)\n\
    SELECT place AS region, campaign, SUM(impressions) AS impressions\nFROM p GROUP BY 1, 2";

stories! {
    /// The page of a saved query names the column that costs rows, its path through the text, and what to change.
    async fn each_column_leads_back_to_its_source(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "By place", DETAILED).await;
        let page = ada.get(&query).await.with(200);
        let link = page.attributes("main a[href*='/privacy']", "href").remove(0);
        let page = ada.get(&link).await.with(200);
        assert_eq!(page.text("#rule"), "A row is shown only if at least 100 users are behind it, because of region.");
        let rows = page.texts("#columns ~ * tbody tr, #columns tbody tr, table tbody tr");
        assert!(rows[0].contains("region HIGH At least 100 users dsp_impressions.postal_code HIGH"), "{rows:?}");
        assert!(rows[0].contains("place line 1") && page.text("main").contains("Leave it out"), "{rows:?}");
        assert!(rows[1].contains("campaign LOW At least 2 users"), "{rows:?}");
        assert!(!page.body.contains("Measured in"));
        assert!(!ada.get(&format!("{query}/privacy?measure=true")).await.with(200).body.contains("Measured in"), "an address measures nothing");
    }

    /// A button runs the query without one column at a time on synthetic data; the most effective column comes first.
    async fn what_leaving_out_a_column_brings_back_is_measured(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "By place", DETAILED).await;
        let page = ada.post("/queries/privacy", &[("query", id(&query)), ("measure", "true")]).await.with(200);
        let told = page.text("main");
        assert!(told.contains("Synthetic data Thresholds remove") && told.contains("Measured in"), "{told}");
        assert!(told.contains("Without region, ") && told.contains("of the removed impressions comes back."), "{told}");
        let rows = page.texts("table tbody tr");
        let measured = &rows[rows.len() - 2..];
        assert!(measured[0].starts_with("region") && measured[1].starts_with("campaign"), "{rows:?}");
        let share = |row: &str| row.trim_end_matches('%').rsplit(['%', '<']).next().unwrap().trim().parse::<u32>().unwrap();
        assert!(share(&measured[0]) > share(&measured[1]), "{rows:?}");
        let coarse = "SELECT COUNT(DISTINCT user_id) AS reach FROM dsp_impressions";
        let page = ada.post("/queries/privacy", &[("sql", coarse), ("measure", "true")]).await.with(200);
        assert!(page.text("main").contains("no row is below a threshold"), "{}", page.text("main"));
        assert_eq!(house.count("select count(*) as value from executions").await, 0);
    }

    /// A text in the editor is explained, even one that is only rejected because of privacy, and nothing of the form
    /// is lost.
    async fn a_text_that_is_not_saved_is_explained_and_kept(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let text = "SELECT user_id AS person,\n  COUNT(1) AS n FROM dsp_clicks GROUP BY 1";
        let fields = [("instance", instance.as_str()), ("name", "Kept"), ("sql", text), ("description", "Kept, too")];
        let page = ada.post("/queries/check", &fields).await.with(200);
        assert_eq!(page.attributes(".remark button[formaction='/queries/privacy']", "formaction").len(), 1);
        let page = ada.post("/queries/privacy", &fields).await.with(200);
        assert!(page.text("#rule").starts_with("AMC refuses this query, because person must never be"), "{}", page.text("#rule"));
        assert!(page.text("main").contains("Count it with COUNT(DISTINCT …)"), "{}", page.text("main"));
        assert!(page.text("main .callout").contains("About hidden-"), "{}", page.text("main .callout"));
        let kept: Vec<_> = page.attributes("main form textarea", "name").into_iter().zip(page.texts("main form textarea")).collect();
        for (name, value) in fields {
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(kept.iter().any(|(known, text)| known == name && *text == value), "{name}: {kept:?}");
        }
        let wrong = ada.post("/queries/privacy", &[("sql", "SELECT campain FROM dsp_clicks GROUP BY 1")]).await.with(200);
        assert!(wrong.text("main .callout").contains("The SQL has 1 error"), "{}", wrong.text("main .callout"));
        let empty = ada.post("/queries/privacy", &[("sql", "")]).await.with(200);
        assert!(empty.text("main .callout").contains("There is no SQL yet"), "{}", empty.text("main .callout"));
        let chie = house.signed_in("Chie").await;
        chie.post("/queries/privacy", &fields).await.with(404);
    }
}

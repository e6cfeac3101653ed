//! Queries: written, checked, filled in, previewed, deleted and brought back. Nothing typed is lost.

use crate::support::{House, Visitor, stories};

const LISTED: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach\nFROM dsp_impressions\n\
    WHERE campaign IN ({{campaigns}})\nGROUP BY campaign";

async fn instance(visitor: &Visitor) -> String {
    let page = visitor.get("/instances").await.with(200);
    let rows = page.texts("tbody tr");
    let at = rows.iter().position(|row| row.contains("Standard")).expect("a standard instance");
    page.attributes("tbody th a", "href")[at].rsplit('/').next().expect("an id").to_owned()
}

/// Saves a query; gives its address.
async fn saved(visitor: &Visitor, sql: &str) -> String {
    let instance = instance(visitor).await;
    let fields = [("instance", instance.as_str()), ("name", "Reach"), ("sql", sql), ("window", "settled")];
    let led = visitor.post("/queries/new", &fields).await.with(303).location;
    led.split(['?', '#']).next().expect("a path").to_owned()
}

fn id(address: &str) -> &str {
    address.rsplit('/').next().expect("an id")
}

stories! {
    /// A mistyped column is named at its line, with what was probably meant; nothing is sent.
    async fn a_mistyped_column_is_named_at_its_line(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, &LISTED.replacen("campaign,", "campain,", 1)).await;
        let fields = [("query", id(&query)), ("param.campaigns", "One")];
        let refused = ada.post("/executions", &fields).await.with(422);
        assert!(refused.text("#report").contains("line 1, column 8"), "{}", refused.text("#report"));
        assert_eq!(refused.text("#report mark"), "campain");
        assert!(refused.body.contains("campaign"), "it says what was meant");
        assert_eq!(refused.texts("#f-param\\.campaigns").first().map(String::as_str), Some("One"), "nothing is lost");
        assert_eq!(house.unfinished().await, 0);
    }

    /// The check is a page without scripts and a part with them, and its fix can be applied.
    async fn the_check_offers_a_fix_that_a_button_applies(house: House) {
        let ada = house.signed_in("Ada").await;
        let instance = instance(&ada).await;
        let sql = "SELECT campain, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY 1";
        let fields = [("instance", instance.as_str()), ("name", "N"), ("sql", sql), ("window", "settled")];
        let page = ada.post("/queries/check", &fields).await;
        let fix = page.attributes("#report button[name=fix]", "value").remove(0);
        let fixed = [&fields[..], &[("fix", fix.as_str())]].concat();
        let page = ada.post("/queries/check", &fixed).await;
        assert!(page.text("textarea[name=sql]").contains("SELECT campaign,"), "{}", page.body);
    }

    /// What the preview shows is what is sent, to the letter.
    async fn the_preview_is_what_is_sent(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, LISTED).await;
        let fields = [("query", id(&query)), ("param.campaigns", "It's \"one\" -- really\nTwo /* 2 */")];
        let preview = ada.post(&format!("{query}/preview"), &fields).await.with(200);
        let sql = preview.text("#sent-sql");
        assert!(sql.contains("IN ('It''s \"one\" -- really', 'Two /* 2 */')"), "{sql}");
        let previewed: serde_json::Value = serde_json::from_str(&preview.text("#sent-body")).unwrap();
        let run = ada.post("/executions", &fields).await.with(303).location;
        let mut sent: serde_json::Value = serde_json::from_str(&ada.get(&run).await.text("#sent-body")).unwrap();
        assert!(sent["workflow"]["workflowId"].as_str().is_some_and(|id| id.starts_with("recomamp-exe_")));
        sent["workflow"].as_object_mut().unwrap().remove("workflowId");
        assert_eq!(sent, previewed);
        assert_eq!(sent["timeWindowStart"], "2026-02-25T00:00:00");
        assert_eq!(sent["timeWindowEnd"], "2026-03-04T00:00:00");
        house.settle().await;
        assert!(ada.get(&run).await.text("#live [role=status]").contains("Succeeded"));
    }

    /// Values that are missing, mistyped or hostile come back beside their fields.
    async fn hostile_values_come_back_with_a_message(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, LISTED).await;
        let long = "x".repeat(1 << 20);
        for value in ["", "a\0b", long.as_str()] {
            let fields = [("query", id(&query)), ("param.campaigns", value)];
            let refused = ada.post("/executions", &fields).await;
            assert_eq!(refused.status.as_u16(), 422, "{} bytes\n{}", value.len(), refused.texts("#errors").join(" "));
            assert!(!refused.text("#errors").is_empty());
        }
        assert_eq!(house.unfinished().await, 0);
    }

    /// Windows that cannot be: reversed, in the future, unreadable, in no zone.
    async fn impossible_windows_are_refused_with_the_reason(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "SELECT SUM(impressions) AS impressions FROM dsp_impressions").await;
        let cases = [
            ("2026-03-02T00:00", "2026-03-01T00:00", "UTC"),
            ("2026-03-01T00:00", "2027-03-01T00:00", "UTC"),
            ("yesterday", "2026-03-01T00:00", "UTC"),
            ("2026-03-01T00:00", "2026-03-02T00:00", "Mars/Olympus"),
        ];
        for (start, end, zone) in cases {
            let fields = [("query", id(&query)), ("window", "explicit"), ("start", start), ("end", end), ("zone", zone)];
            let refused = ada.post("/executions", &fields).await.with(422);
            assert!(!refused.text("#errors").is_empty(), "{start} {end} {zone}");
            assert_eq!(refused.attributes("#f-start", "value"), [start], "nothing is lost");
        }
    }

    /// Two people edit one query: the second sees both, and loses nothing.
    async fn a_change_that_crossed_anothers_shows_both(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "SELECT SUM(impressions) AS impressions FROM dsp_impressions").await;
        let edit = format!("{query}/edit");
        let form = ada.get(&edit).await.with(200);
        let revision = form.attributes("input[name=revision]", "value").remove(0);
        let instance = instance(&ada).await;
        let change = |sql: &'static str| {
            let fields = [("query", id(&query).to_owned()), ("revision", revision.clone()), ("instance", instance.clone()),
                ("name", "Reach".to_owned()), ("sql", sql.to_owned()), ("window", "settled".to_owned())];
            fields.map(|(name, value)| (name, value))
        };
        let mine = change("SELECT SUM(clicks) AS mine FROM dsp_clicks");
        let theirs = change("SELECT SUM(clicks) AS theirs FROM dsp_clicks");
        let pairs = |fields: &[(&'static str, String); 6]| fields.clone().map(|(name, value)| (name, value));
        let theirs = pairs(&theirs);
        let theirs: Vec<(&str, &str)> = theirs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ada.post(&edit, &theirs).await.with(303);
        let mine = pairs(&mine);
        let mine: Vec<(&str, &str)> = mine.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let crossed = ada.post(&edit, &mine).await;
        assert!(matches!(crossed.status.as_u16(), 409 | 422), "{}", crossed.status);
        assert!(crossed.text("textarea[name=sql]").contains("AS mine"));
        assert!(crossed.text("#theirs").contains("AS theirs"));
    }

    /// Deleted, and back again with everything.
    async fn a_deleted_query_comes_back(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "SELECT SUM(impressions) AS impressions FROM dsp_impressions").await;
        ada.post(&format!("{query}/delete"), &[]).await.with(303);
        assert_eq!(ada.get("/queries").await.with(200).texts("tbody tr").len(), 0);
        let refused = ada.post("/executions", &[("query", id(&query))]).await;
        assert!(refused.status.is_client_error(), "a deleted query is not run: {}", refused.status);
        ada.post(&format!("{query}/restore"), &[]).await.with(303);
        assert_eq!(ada.get("/queries").await.with(200).texts("tbody tr").len(), 1);
        assert_eq!(ada.get("/queries.csv").await.with(200).body.lines().count(), 2);
    }

    /// A guide hands its query over as a draft; saved, it runs.
    async fn a_guides_query_opens_as_a_draft_and_runs(house: House) {
        let ada = house.signed_in("Ada").await;
        let guide = ada.get("/guides/first-query").await.with(200);
        let open = guide.attributes("main form[action*=open]", "action").remove(0);
        let editor = ada.post(&open, &[]).await.with(303).location;
        let form = ada.get(&editor).await.with(200);
        let sql = form.text("textarea[name=sql]");
        assert!(sql.contains("dsp_impressions"), "{sql}");
        assert!(form.body.contains("campaigns"), "the draft brings its field");
    }
}

//! Query files: complete exports, and imports with a report.

use reqwest::Method;

use crate::queries::{REACH, saved};
use crate::support::{Answer, Visitor, stories};

/// Uploads files, each a name and its bytes.
async fn upload(visitor: &Visitor, files: &[(&str, &str)]) -> Answer {
    let part = |(name, text): &(&str, &str)| {
        format!(
            "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/sql\r\n\r\n{text}\r\n"
        )
    };
    let body = files.iter().map(part).collect::<String>() + "--cut--\r\n";
    visitor
        .send(Method::POST, "/queries/import", &[("content-type", "multipart/form-data; boundary=cut")], Some(body))
        .await
}

/// A query with every possible property.
async fn whole(visitor: &Visitor) -> String {
    let fields = [
        ("name", "Reach */ \"quoted\" -- ü"),
        ("description", "Two\r\n\r\nlines "),
        ("tags", "weekly, reach"),
        ("sql", REACH),
        ("fields", "campaigns"),
        ("field.campaigns.kind", "list"),
        ("field.campaigns.default", "Men's\r\nSpring"),
        ("field.campaigns.label", "Campaigns"),
        ("field.campaigns.help", "As in the console"),
        ("field.campaigns.required", "true"),
        ("window", "explicit"),
        ("start", "2026-02-01T00:00:00"),
        ("end", "2026-02-08T00:00:00"),
        ("zone", "Europe/Berlin"),
        ("privacy", "blank"),
        ("privacy.column", "low"),
    ];
    visitor.post("/queries/new", &fields).await.with(303).location
}

stories! {
    /// An exported file is imported as the same query: another person gets its parameters, window and privacy.
    async fn a_query_leaves_as_a_file_and_comes_in_as_the_same(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = whole(&ada).await;
        let file = ada.get(&format!("{query}/query.sql")).await.with(200);
        assert!(file.headers["content-disposition"].to_str().expect("a name").contains(".sql"));
        assert!(file.body.starts_with("--+++ recomamp query\n") && file.body.ends_with(REACH), "{}", file.body);
        let again = upload(&ada, &[("reach.sql", &file.body)]).await.with(200);
        assert_eq!(again.texts("tbody td[data-label=Outcome]"), ["Already there"]);
        let chie = house.signed_in("Chie").await;
        let page = upload(&chie, &[("reach.sql", &file.body)]).await.with(200);
        assert_eq!(page.texts("tbody td[data-label=Outcome]"), ["Saved"]);
        assert_eq!(page.texts("tbody td[data-label='Not understood']"), ["Nothing"]);
        let theirs = page.attributes("tbody td a", "href").remove(0);
        assert_eq!(chie.get(&format!("{theirs}/query.sql")).await.with(200).body, file.body);
        let shown = chie.get(&theirs).await.with(200);
        assert!(shown.body.contains("Seen by: only you"));
    }

    /// Many at once: each with its outcome; what can't be saved isn't lost.
    async fn each_of_many_files_is_reported(house: House) {
        let ada = house.signed_in("Ada").await;
        let odd = "--+++ recomamp query\n-- name = \"Odd\"\n-- colour = \"red\"\n--+++\nSELECT 1";
        let long = format!("--+++ recomamp query\n-- name = \"{}\"\n--+++\nSELECT 2", "n".repeat(300));
        let files = [("plain.sql", "SELECT campaign FROM dsp_impressions GROUP BY 1"), ("odd.sql", odd), ("long.sql", &long), ("picture.sql", "\0\u{1}"), ("empty.sql", "")];
        let page = upload(&ada, &files).await.with(200);
        assert_eq!(page.texts("tbody td[data-label=Outcome]"), ["Saved", "Saved", "Kept as a draft", "Not imported", "Not imported"]);
        let told = page.texts("tbody td[data-label='Not understood']");
        assert!(told[1].contains("colour is not known") && told[2].contains("at most 200") && told[3].contains("not a text file"), "{told:?}");
        let links = page.attributes("tbody td a", "href");
        assert!(ada.get(&links[0]).await.with(200).text("h1").contains("plain"));
        assert!(ada.get(&format!("{}/query.sql", links[1])).await.body.contains("-- colour = \"red\""), "it stays above the SQL");
        assert!(crate::queries::sql(&ada.get(&links[2]).await.with(200)).ends_with("SELECT 2"));
        assert!(ada.get("/queries/drafts").await.body.contains("long.sql") || ada.get("/queries/drafts").await.body.contains("nnn"));
    }

    /// A filtered list as one archive, whose files have unique names.
    async fn the_list_is_downloaded_as_an_archive(house: House) {
        let ada = house.signed_in("Ada").await;
        for (name, sql) in [("Reach", REACH), ("reach", REACH), ("Other", "SELECT campaign FROM dsp_impressions GROUP BY 1")] {
            saved(&ada, name, sql).await;
        }
        let list = ada.get("/queries?q=reach").await.with(200);
        let link = list.attributes("main a[href*='queries.zip']", "href").remove(0);
        let archive = ada.get(&link).await.with(200);
        assert_eq!(archive.headers["content-type"], "application/zip");
        for name in ["reach.sql", "reach_2.sql"] {
            assert!(archive.body.contains(name), "{name}");
        }
        assert!(!archive.body.contains("other.sql"));
    }

    /// Versions are compared by meaning, above the lines.
    async fn versions_are_compared_by_meaning(house: House) {
        let ada = house.signed_in("Ada").await;
        let query = saved(&ada, "Reach", "SELECT campaign, COUNT(DISTINCT user_id) AS reach FROM dsp_impressions GROUP BY campaign").await;
        let changed = [("name", "Reach"), ("revision", "1"), ("sql", "SELECT advertiser, campaign, COUNT(DISTINCT user_id) AS reach FROM dsp_clicks GROUP BY 1, 2")];
        ada.post(&format!("{query}/edit"), &changed).await.with(303);
        let rows = ada.get(&format!("{query}/versions/compare?from=1&to=2")).await.with(200).texts("#meaning tbody tr");
        let has = |text: &str| rows.iter().any(|row| row.starts_with(text));
        assert!(has("Column advertiser–STRING") && has("A row stands foreach campaigneach advertiser, campaign"), "{rows:?}");
        assert!(has("Source dsp_clicks–time window on click_dt_utc"), "{rows:?}");
        ada.post(&format!("{query}/edit"), &[("name", "Reach"), ("revision", "2"), ("sql", "SELECT campain FROM dsp_clicks GROUP BY 1")]).await.with(303);
        let page = ada.get(&format!("{query}/versions/compare?from=2&to=3")).await.with(200);
        assert!(page.body.contains("Version 3 has errors in its SQL"));
    }
}

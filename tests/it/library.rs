//! The query library: searching, trying and using templates, people's own templates, and updates to newer versions.

use std::path::Path;

use chrono::TimeDelta;

use crate::queries::{REACH, id, saved};
use crate::support::{Database, House, stories};

fn template(version: u32, columns: &str) -> String {
    format!(
        "--+++ recomamp query\n-- name = \"Clicks by campaign\"\n-- description = \"Which campaigns were clicked.\"\n-- category = \"Our delivery\"\n\
         -- use-case = \"Which campaigns get clicks?\"\n-- products = [\"dsp\"]\n-- level = \"intermediate\"\n-- version = {version}\n\
         -- interpretation = \"More is **more**.\"\n-- sample = \"\"\"\n-- campaign, clicks{more}\n-- Spring, 12{value}\n-- \"\"\"\n-- [metrics]\n-- clicks = \"Clicks.\"\n\
         -- [[parameters]]\n-- name = \"least\"\n-- kind = \"number\"\n-- default = 0\n--+++\nSELECT campaign,\n  SUM(clicks) AS clicks{columns}\nFROM dsp_clicks\n\
         WHERE clicks >= {{{{least}}}}\nGROUP BY campaign\n",
        more = if columns.is_empty() { "" } else { ", users" },
        value = if columns.is_empty() { "" } else { ", 9" },
    )
}

fn write(root: &Path, text: &str) {
    std::fs::create_dir_all(root.join("library")).expect("a folder");
    std::fs::write(root.join("library/clicks-by-campaign.sql"), text).expect("a file");
}

async fn with_template(database: Database, root: &Path) -> House {
    write(root, &template(1, ""));
    House::open_with(database, &[("GUIDES_DIR", root.to_str().expect("a path"))]).await
}

stories! {
    /// A template can be found, tried, and turned into a query in one step; its usage is counted.
    async fn a_template_becomes_a_query_in_one_step(database: Database) {
        let root = tempfile::tempdir().expect("a folder");
        let house = with_template(database, root.path()).await;
        let ada = house.signed_in("Ada").await;
        let list = ada.get("/library?q=which+campaigns+were+clicked&category=Our+delivery&product=dsp&level=intermediate").await.with(200);
        assert_eq!(list.texts("tbody th a"), ["Clicks by campaign"]);
        assert_eq!(ada.get("/library?level=advanced&q=which+campaigns+were+clicked").await.texts("tbody th a").len(), 0);
        let page = ada.get("/library/clicks-by-campaign").await.with(200);
        assert!(page.text("#reading").contains("More is more"));
        assert_eq!(page.texts("#sample tbody td").len() + page.texts("#sample tbody th").len(), 2);
        let tried = ada.post("/library/clicks-by-campaign/try", &[("param.least", "")]).await.with(200);
        assert!(tried.texts("#query-out tbody tr").len() > 1, "{}", tried.text("#query-out"));
        let wrong = ada.post("/library/clicks-by-campaign/use", &[("param.least", "3"), ("zone", "Mars/Base")]).await.with(422);
        assert!(wrong.text("#errors").contains("Unknown time zone"), "{}", wrong.body);
        let wrong = ada.post("/library/clicks-by-campaign/use", &[("param.least", "many")]).await.with(422);
        assert!(wrong.text("#errors").contains("number"), "{}", wrong.body);
        let query = ada.post("/library/clicks-by-campaign/use", &[("param.least", "3"), ("window", "last-week")]).await.with(303).location;
        let made = ada.get(&query).await.with(200);
        assert_eq!(made.attributes("input[name='param.least']", "value"), ["3"]);
        assert_eq!(made.attributes("select[name=window] option[selected]", "value"), ["last-week"]);
        assert_eq!(house.signed_in("Chie").await.get("/library?order=popular").await.texts("td[data-label=Uses]")[0], "1");
        ada.get("/library.csv?q=clicked").await.with(200);
        let draft = ada.post("/library/clicks-by-campaign/open", &[]).await.with(303).location;
        ada.get(&draft).await.with(200);
        ada.get("/library/nothing").await.with(404);
    }

    /// People who used a template are notified of a newer version and can merge it: changes only in the template are
    /// applied, and conflicts need a choice.
    async fn a_newer_version_is_announced_and_merged(database: Database) {
        let root = tempfile::tempdir().expect("a folder");
        let house = with_template(database, root.path()).await;
        let ada = house.signed_in("Ada").await;
        let query = ada.post("/library/clicks-by-campaign/use", &[("param.least", "3")]).await.with(303).location;
        let update = query.replace("/queries/", "/library/updates/");
        assert!(ada.get(&update).await.with(200).text("main").contains("everything"));
        assert!(!ada.get("/library").await.text("main").contains("Review changes"));
        write(root.path(), &template(2, ",\n  COUNT(DISTINCT user_id) AS users"));
        house.time.advance(TimeDelta::seconds(5));
        let list = ada.get("/library").await.with(200);
        assert_eq!(list.attributes("main .callout a", "href"), [update.as_str()]);
        let page = ada.get(&update).await.with(200);
        assert!(page.texts("ins").concat().contains("COUNT(DISTINCT user_id)"), "{}", page.text("main"));
        ada.post(&update, &[]).await.with(303);
        let merged = ada.get(&format!("{query}/query.sql")).await.with(200).body;
        assert!(merged.contains("COUNT(DISTINCT user_id) AS users") && merged.contains("default = \"3\""), "{merged}");
        assert!(!ada.get("/library").await.text("main").contains("Review changes"), "the changes are merged");

        let edit = ada.get(&format!("{query}/edit")).await.with(200);
        let sql = edit.text("textarea[name=sql]").replace("AS users", "AS people");
        let revision = edit.attributes("input[name=revision]", "value").remove(0);
        let fields = [("name", "Mine"), ("sql", sql.as_str()), ("revision", revision.as_str()), ("fields", "least"), ("field.least.kind", "number"), ("field.least.default", "3"), ("window", "settled")];
        ada.post(&format!("{query}/edit"), &fields).await.with(303);
        write(root.path(), &template(3, ",\n  COUNT(DISTINCT user_id) AS viewers").replace(", users", ", viewers"));
        house.time.advance(TimeDelta::seconds(5));
        let page = ada.get(&update).await.with(200);
        let choices = page.attributes("input[type=radio][value=mine]", "name");
        assert!(!choices.is_empty(), "{}", page.text("main"));
        ada.post(&update, &[]).await.with(422);
        let all: Vec<(&str, &str)> = choices.iter().map(|name| (name.as_str(), "theirs")).collect();
        ada.post(&update, &all).await.with(303);
        assert!(ada.get(&format!("{query}/query.sql")).await.body.contains("AS viewers"));
        house.signed_in("Chie").await.get(&update).await.with(404);
    }

    /// Any query can become a template in one step. It is private until it is shared through an instance, which can
    /// be pinned as the default.
    async fn a_query_becomes_a_shared_template(database: Database) {
        let house = House::open(database).await;
        let (ada, ben) = (house.signed_in("Ada").await, house.signed_in("Ben").await);
        let query = saved(&ada, "Reach", REACH).await;
        let id = id(query.split('?').next().expect("a path"));
        let template = ada.post("/library/own", &[("query", id)]).await.with(303).location;
        ada.get(&template).await.with(200);
        ben.get(&template).await.with(404);
        let homes = ada.get(&template).await.attributes("#f-home option", "value");
        let theirs = ben.get("/guides/first-query").await.attributes("#f-instance option", "value");
        let both = homes.iter().find(|home| !home.is_empty() && theirs.contains(home));
        let instance = both.expect("an instance that both have").clone();
        ben.post(&format!("{template}/share"), &[("home", instance.as_str())]).await.with(404);
        ada.post(&format!("{template}/share"), &[("home", instance.as_str()), ("pinned", "true")]).await.with(303);
        let shared = ben.get(&template).await.with(200);
        assert!(shared.text("#about").contains("Pinned to"), "{}", shared.text("#about"));
        let made = ben.post(&format!("{template}/use"), &[]).await.with(303).location;
        assert_eq!(ben.get(&made).await.attributes("select[name=instance] option[selected]", "value"), [instance.as_str()]);
        house.signed_in("Chie").await.get(&template).await.with(404);
        ada.post(&format!("{template}/change"), &[("query", id)]).await.with(303);
        ben.post(&format!("{template}/delete"), &[]).await.with(404);
        ada.post(&format!("{template}/delete"), &[]).await.with(303);
        ben.get(&template).await.with(404);
        ben.get(&made).await.with(200);
    }
}

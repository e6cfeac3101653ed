//! Guides: reading, searching, trying and running queries, saving reports; and a folder with guides that authors
//! change.

use std::path::Path;

use chrono::TimeDelta;

use crate::support::{Answer, Database, House, Visitor, stories};

const QUERY: &str = "/guides/first-query/queries/reach-and-frequency-by-campaign";
const ANCHOR: &str = "#query-reach-and-frequency-by-campaign";

/// The suggested instance on a guide's page.
async fn instance(visitor: &Visitor) -> String {
    let page = visitor.get("/guides/first-query").await.with(200);
    let values = page.attributes("#f-instance option", "value");
    values.into_iter().find(|value| !value.is_empty()).expect("an instance")
}

/// The fields of a query's first form, as a browser would send them.
fn form(page: &Answer, instance: &str) -> Vec<(String, String)> {
    let hidden = page.attributes(&format!("{ANCHOR} form input[name=once]"), "value");
    vec![
        ("instance".to_owned(), instance.to_owned()),
        ("once".to_owned(), hidden[0].clone()),
        (
            "param.campaigns".to_owned(),
            page.texts(&format!("{ANCHOR} textarea"))
                .remove(0)
                .replace(" Mirelune", "\nMirelune")
                .replace(" Woolpaddle", "\nWoolpaddle"),
        ),
        ("window".to_owned(), "settled".to_owned()),
    ]
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn guide(title: &str, rest: &str) -> String {
    format!("+++\ntitle = \"{title}\"\nsummary = \"S\"\nminutes = 5\n{rest}")
}

/// A house with its own folder of guides.
async fn with_folder(database: Database, root: &Path) -> House {
    House::open_with(database, &[("GUIDES_DIR", root.to_str().expect("a path"))]).await
}

mod read {
    use super::*;

    stories! {
        /// A new user finds a guide by searching its text, marks sections as done, and continues later.
        async fn a_reader_finds_a_guide_and_goes_on_where_they_left(house: House) {
            let ada = house.signed_in("Ada").await;
            let found = ada.get("/guides?q=aggregation+threshold").await.with(200);
            assert!(found.texts("tbody th a").contains(&"Your first query".to_owned()), "{:?}", found.texts("tbody th a"));
            assert!(found.texts("mark").iter().any(|hit| hit.to_lowercase() == "aggregation"));
            assert!(ada.get("/guides?q=no-such-word").await.text("main").contains("match these filters"));
            let page = ada.get("/guides/first-query").await.with(200);
            assert_eq!(page.texts("h1"), ["Your first query"]);
            let sections = page.attributes("[data-contents] a", "href");
            assert!(sections.len() > 5 && page.attributes("h2[id]", "id").len() >= sections.len(), "{sections:?}");
            assert!(page.text("#contents").contains("10 minutes"));
            let first = sections[0].trim_start_matches('#');
            let done = ada.post("/guides/first-query/progress", &[("section", first), ("done", "true")]).await.with(303);
            assert!(done.location.ends_with(&sections[1]), "{}", done.location);
            let page = ada.get("/guides/first-query").await;
            assert!(page.text("#contents").contains("left"), "{}", page.text("#contents"));
            assert_eq!(page.texts("[data-contents] li .sr"), ["Done"]);
            let list = ada.get("/guides").await;
            assert!(list.attributes("#going-on a", "href")[0].ends_with(&sections[1]));
            ada.post("/guides/first-query/favourite", &[("on", "true")]).await.with(303);
            assert_eq!(ada.get("/guides?show=favorites").await.texts("tbody th a").len(), 1);
            assert_eq!(ada.get("/guides?show=started&level=basic&product=dsp").await.texts("tbody th a").len(), 1);
            ada.post("/guides/first-query/progress", &[("section", first), ("done", "false")]).await.with(303);
            assert_eq!(ada.get("/guides/first-query").await.texts("[data-contents] li .sr").len(), 0);
            let ben = house.signed_in("Ben").await;
            assert_eq!(ben.get("/guides?show=favorites").await.texts("tbody th a").len(), 0, "progress is one's own");
            ada.post("/guides/first-query/progress", &[("section", "nowhere"), ("done", "true")]).await.with(404);
        }

        /// A query is tried without filling anything in, then run on the page. Its result is shown below the expected
        /// one, and a report is saved.
        async fn a_query_is_tried_run_in_place_and_kept(house: House) {
            let ada = house.signed_in("Ada").await;
            let instance = instance(&ada).await;
            let tried = ada.post(&format!("{QUERY}/try"), &[]).await.with(200);
            assert!(tried.text(&format!("{ANCHOR}-out")).contains("Synthetic data"), "{}", tried.text(ANCHOR));
            assert!(tried.texts(&format!("{ANCHOR}-out tbody tr")).len() > 1);
            let refused = ada.post(&format!("{QUERY}/run"), &[("window", "settled")]).await.with(422);
            assert!(refused.text(ANCHOR).contains("Choose an instance"));
            let page = ada.get(&format!("/guides/first-query?instance={instance}")).await.with(200);
            let fields = form(&page, &instance);
            let started = ada.post(&format!("{QUERY}/run"), &pairs(&fields)).await.with(303);
            assert!(started.location.ends_with(ANCHOR), "{}", started.location);
            ada.post(&format!("{QUERY}/run"), &pairs(&fields)).await.with(303);
            assert_eq!(house.count("select count(*) as value from guide_runs").await, 1, "pressed twice is run once");
            let waiting = ada.get(&started.location).await.with(200);
            assert_eq!(waiting.attributes(&format!("{ANCHOR}-run"), "hx-trigger").len(), 1);
            house.settle().await;
            let page = ada.get(&started.location).await.with(200);
            assert!(page.attributes(&format!("{ANCHOR}-run"), "hx-trigger").is_empty(), "a finished result is not asked for again");
            assert!(!page.texts(&format!("{ANCHOR}-run tbody tr")).is_empty(), "{}", page.text(ANCHOR));
            assert!(page.text("#contents").contains("1 of 2 queries run"));
            let report = ada.post("/guides/first-query/reports", &[("instance", &instance)]).await.with(303).location;
            let kept = ada.get(&report).await.with(200);
            assert!(kept.text("article").contains("Result:"), "{}", kept.text("article"));
            let file = ada.get(&format!("{report}/report.html")).await.with(200);
            assert!(file.body.starts_with("<!doctype html>") && !file.body.contains("<script") && !file.body.contains("src="));
            house.signed_in("Ben").await.get(&report).await.with(404);
            ada.post(&format!("{report}/delete"), &[]).await.with(303);
            ada.get(&report).await.with(404);
        }

        /// A query is copied with the submitted values: as one's own query, and into a schedule.
        async fn a_query_is_saved_and_scheduled_with_its_values(house: House) {
            let ada = house.signed_in("Ada").await;
            let instance = instance(&ada).await;
            let fields = [("instance", instance.as_str()), ("param.campaigns", "Mine\nYours"), ("window", "last-week")];
            let query = ada.post(&format!("{QUERY}/save"), &fields).await.with(303).location;
            let page = ada.get(&query).await.with(200);
            assert_eq!(page.text("textarea[name='param.campaigns']"), "Mine Yours");
            assert_eq!(page.attributes("select[name=window] option[selected]", "value"), ["last-week"]);
            assert_eq!(page.attributes("select[name=instance] option[selected]", "value"), [instance.as_str()]);
            let schedule = ada.post(&format!("{QUERY}/schedule"), &fields).await.with(303).location;
            assert!(schedule.starts_with("/schedules/new?query=qry_"), "{schedule}");
            ada.get(&schedule).await.with(200);
            let draft = ada.post(&format!("{QUERY}/open"), &fields).await.with(303).location;
            assert!(ada.get(&draft).await.with(200).body.contains("last-week"));
        }
    }
}

mod folder {
    use super::*;

    stories! {
        /// If an author breaks a file, they see the error, readers still see the last good version, and the corrected
        /// version appears.
        async fn changes_appear_without_a_restart_and_faults_stay_with_authors(database: Database) {
            let root = tempfile::tempdir().expect("a folder");
            write(root.path(), "our-way/guide.md", &guide("Our way", "+++\n\nHello.\n"));
            write(root.path(), "our-way/guide.de.md", &guide("Unser Weg", "+++\n\nHallo.\n"));
            write(root.path(), "secret/guide.md", &guide("Not yet", "draft = true\n+++\n\nSoon.\n"));
            let house = with_folder(database, root.path()).await;
            let (ada, ben) = (house.signed_in("Ada").await, house.signed_in("Ben").await);
            let (author, reader) = match ada.get("/guides/secret").await.status.as_u16() {
                200 => (ada, ben),
                _ => (ben, ada),
            };
            author.get("/guides/secret").await.with(200);
            reader.get("/guides/secret").await.with(404);
            assert_eq!(reader.get("/guides/our-way").await.with(200).text("h1"), "Our way");
            let german = reader.send(reqwest::Method::GET, "/guides/our-way", &[("accept-language", "de-AT,en")], None).await;
            assert_eq!(german.text("h1"), "Unser Weg");
            assert_eq!(reader.get("/guides/our-way?lang=de").await.text("h1"), "Unser Weg");

            write(root.path(), "our-way/guide.md", &guide("Our new way", "level = \"hard\"\n+++\n\nBroken, [gone](#nowhere).\n"));
            house.time.advance(TimeDelta::seconds(5));
            assert_eq!(reader.get("/guides/our-way").await.text("h1"), "Our way", "readers keep the last good version");
            let shown = author.get("/guides/our-way").await.with(200).text("main");
            assert!(shown.contains("our-way/guide.md:5:1") && shown.contains("#nowhere"), "{shown}");

            write(root.path(), "our-way/guide.md", &guide("Our new way", "+++\n\nMended.\n"));
            write(root.path(), "second/guide.md", &guide("Zweitens", "+++\n\nFrom the start broken <b>.\n"));
            house.time.advance(TimeDelta::seconds(5));
            assert_eq!(reader.get("/guides/our-way").await.text("h1"), "Our new way");
            assert!(reader.get("/guides/second").await.with(409).text("main").contains("can't be shown"));
            assert!(!reader.get("/guides").await.text("main").contains("Zweitens"));

            reader.post("/guides/our-way/favourite", &[("on", "true")]).await.with(303);
            std::fs::remove_dir_all(root.path().join("our-way")).expect("it goes");
            house.time.advance(TimeDelta::seconds(5));
            reader.get("/guides/our-way").await.with(404);
            assert_eq!(house.count("select count(*) as value from guide_readers where starred").await, 1, "progress stays");
            let path = root.path().to_owned();
            root.close().expect("it goes");
            house.time.advance(TimeDelta::seconds(5));
            assert!(author.get("/guides").await.with(200).text("main").contains("can't be read"));
            assert!(reader.get("/guides/first-query").await.status.is_success());
            write(&path, "back/guide.md", &guide("Back", "+++\n\nAgain.\n"));
            house.time.advance(TimeDelta::seconds(5));
            reader.get("/guides/back").await.with(200);
            std::fs::remove_dir_all(path).expect("it goes");
        }

        /// Pictures only come from the guide's folder.
        async fn pictures_come_from_the_folder_only(database: Database) {
            let root = tempfile::tempdir().expect("a folder");
            write(root.path(), "a/guide.md", &guide("A", "+++\n\n![p](p.png) ![q](https://evil.example/q.png)\n"));
            write(root.path(), "a/p.png", "not really");
            write(root.path(), "b/guide.md", &guide("B", "+++\n\n![p](p.png)\n"));
            write(root.path(), "b/p.png", "not really");
            let house = with_folder(database, root.path()).await;
            let ada = house.signed_in("Ada").await;
            let picture = ada.get("/guides/b/files/p.png").await.with(200);
            assert_eq!(picture.headers["content-type"], "image/png");
            assert_eq!(ada.get("/guides/b").await.attributes("article img", "src"), ["/guides/b/files/p.png"]);
            for address in ["/guides/b/files/guide.md", "/guides/b/files/..%2Fa%2Fp.png", "/guides/b/files/no.png"] {
                ada.get(address).await.with(404);
            }
        }
    }
}

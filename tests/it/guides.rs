//! Guides: reading, searching, trying and running queries, saving reports; and a folder with guides that authors
//! change.

use std::path::Path;

use chrono::TimeDelta;

use crate::support::{Answer, Database, House, Visitor, recomamp, stories};

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
        async fn a_reader_finds_a_guide_and_continues_where_they_left_off(house: House) {
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
        async fn a_query_is_tried_and_run_and_a_report_is_saved(house: House) {
            let ada = house.signed_in("Ada").await;
            let instance = instance(&ada).await;
            let tried = ada.post(&format!("{QUERY}/try"), &[]).await.with(200);
            assert!(tried.text(&format!("{ANCHOR}-out")).contains("Synthetic data"), "{}", tried.text(ANCHOR));
            assert!(tried.texts(&format!("{ANCHOR}-out tbody tr")).len() > 1);
            let frequencies = tried.texts(&format!("{ANCHOR}-out td.number:last-child"));
            assert!(!frequencies.is_empty() && frequencies.iter().all(|number| number.len() <= 6), "{frequencies:?}");
            let refused = ada.post(&format!("{QUERY}/run"), &[("window", "settled")]).await.with(422);
            assert!(refused.text(ANCHOR).contains("The query can't run yetChoose an instance above"), "{}", refused.text(ANCHOR));
            let page = ada.get(&format!("/guides/first-query?instance={instance}")).await.with(200);
            let fields = form(&page, &instance);
            let started = ada.post(&format!("{QUERY}/run"), &pairs(&fields)).await.with(303);
            assert!(started.location.ends_with(&format!("{ANCHOR}-run")), "{}", started.location);
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
            assert!(!file.body.contains("href=\"/"), "links work outside of the program");
            house.signed_in("Ben").await.get(&report).await.with(404);
            ada.post(&format!("{report}/delete"), &[]).await.with(303);
            ada.get(&report).await.with(404);
        }

        /// A guide is read in one's own language; progress is the same in all.
        async fn a_guide_is_read_in_another_language_and_progress_is_shared(house: House) {
            let ada = house.signed_in("Ada").await;
            let german = [("accept-language", "de-AT,en;q=0.5")];
            let page = ada.send(reqwest::Method::GET, "/guides/first-query", &german, None).await.with(200);
            assert_eq!((page.text("h1"), page.attributes("article", "lang")), ("Ihre erste Abfrage".to_owned(), vec!["de".to_owned()]));
            assert_eq!(page.texts("#about a[lang]"), ["English", "Deutsch"]);
            assert_eq!(page.texts("#about a[aria-current]"), ["Deutsch"]);
            let english = ada.get("/guides/first-query?lang=en").await.with(200);
            assert_eq!(english.text("h1"), "Your first query");
            let sections = page.attributes("[data-contents] a", "href");
            assert_eq!(sections, english.attributes("[data-contents] a", "href"), "sections have the same addresses");
            assert_eq!(page.attributes(".section-end input[name=lang]", "value").len(), sections.len());
            let first = sections[0].trim_start_matches('#');
            let done = ada.post("/guides/first-query/progress", &[("section", first), ("done", "true"), ("lang", "de")]).await.with(303);
            assert_eq!(done.location, format!("/guides/first-query?lang=de{}", sections[1]));
            assert_eq!(ada.get(&done.location).await.with(200).text("h1"), "Ihre erste Abfrage");
            assert_eq!(ada.get("/guides/first-query").await.texts("[data-contents] li .sr"), ["Done"]);
            let tried = ada.post(&format!("{QUERY}/try"), &[("lang", "de")]).await.with(200);
            assert_eq!(tried.text("h1"), "Ihre erste Abfrage");
            assert!(tried.texts(&format!("{ANCHOR}-out tbody tr")).len() > 1);
        }

        /// A sample is drawn beside its table, and an audience is shown with the values of the form.
        async fn a_sample_has_a_chart_and_a_measured_audience_its_sql(house: House) {
            let ada = house.signed_in("Ada").await;
            let page = ada.get("/guides/first-query").await.with(200);
            assert_eq!(page.texts(&format!("{ANCHOR} .sample-chart svg > title")), ["reach by campaign"]);
            assert!(!page.texts(&format!("{ANCHOR} table tbody tr")).is_empty(), "the table stays");
            let page = ada.get("/library/audience-repeat-buyers").await.with(200);
            assert_eq!(page.texts("#sample .sample-chart svg > title").len(), 1);
            assert!(page.text("#audience").contains("AMC needs 2,000"), "{}", page.text("#audience"));
            assert!(page.text("#audience pre").contains(">= 2"), "{}", page.text("#audience pre"));
            let tried = ada.post("/library/audience-repeat-buyers/try", &[("param.min_orders", "7"), ("param.brand_pattern", "Mirelune%")]).await.with(200);
            let sql = tried.text("#audience pre");
            assert!(sql.contains(">= 7") && sql.contains("LIKE 'Mirelune") && sql.contains("amazon_retail_purchases_for_audiences"), "{sql}");
        }

        /// A query is copied with the submitted values: as one's own query, and into a schedule.
        async fn a_query_is_saved_and_scheduled_with_its_values(house: House) {
            let ada = house.signed_in("Ada").await;
            let instance = instance(&ada).await;
            let fields = [("instance", instance.as_str()), ("param.campaigns", "Mine\nYours"), ("window", "last-week")];
            for (action, refusal) in [("save", "can't be saved yet"), ("schedule", "can't be scheduled yet")] {
                let wrong = ada.post(&format!("{QUERY}/{action}"), &[("zone", "Mars/Base")]).await.with(422);
                assert!(wrong.text(ANCHOR).contains("Unknown time zone"), "{}", wrong.text(ANCHOR));
                assert_eq!(wrong.text(&format!("{ANCHOR} [role=alert] h3")), format!("The query {refusal}"));
            }
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
        async fn changes_appear_without_a_restart_and_errors_are_shown_to_authors(database: Database) {
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
            assert!(reader.get("/guides/our-way").await.with(410).text("main").contains("progress and reports are kept"));
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

        /// An author follows the guide for authors: five mistakes are found at their places, and each fix is seen at once.
        async fn an_authors_mistakes_are_found_at_their_places_and_fixes_are_seen_at_once(database: Database) {
            let root = tempfile::tempdir().expect("a folder");
            let folder = root.path().to_str().expect("a path").to_owned();
            let query = |sample: &str, column: &str| {
                format!(
                    "--+++ recomamp query\n-- format = 1\n-- name = \"Impressions by product\"\n-- sample = \"\"\"\n-- {sample}\n-- a, 900\n-- \"\"\"\n--+++\n\
                     SELECT\n  {column},\n  SUM(impressions) AS n\nFROM sponsored_ads_traffic\nGROUP BY 1\n"
                )
            };
            let text = |level: &str, link: &str, claim: &str| {
                format!(
                    "level = \"{level}\"\n\n[[claims]]\nquery = \"by-product\"\ntext = \"of {claim} products\"\nnumbers = \"count(n)\"\n+++\n\n\
                     ## Count\n\n[By product](by-product.sql)\n\nThese are the numbers of {claim} products.\nSee [Count]({link}).\n"
                )
            };
            let write_both = |level: &str, link: &str, claim: &str, sample: &str, column: &str| {
                write(root.path(), "our-way/guide.md", &guide("Our way", &text(level, link, claim)));
                write(root.path(), "our-way/by-product.sql", &query(sample, column));
            };
            let told = async || {
                let checked = recomamp(&[], &["guides", "check", &folder]).await;
                let places = checked.out.lines().map(|line| {
                    let line = line.split("our-way/").nth(1).expect("a file of the guide");
                    line.split(": ").next().expect("a place").to_owned()
                });
                (checked.code, places.collect::<Vec<_>>())
            };
            write_both("hard", "#nowhere", "4", "ad_product_type, n", "ad_product_typ");
            let house = with_folder(database, root.path()).await;
            house.signed_in("Ada").await;
            let reader = house.signed_in("Ben").await;
            assert_eq!(told().await, (Some(1), ["by-product.sql:10:3", "guide.md:5:1", "guide.md:18:5"].map(str::to_owned).to_vec()));
            assert!(!reader.get("/guides").await.text("main").contains("Our way"));
            write_both("basic", "#count", "17", "ad_product_type, m", "ad_product_type");
            assert_eq!(told().await, (Some(1), vec!["by-product.sql:5:1".to_owned(), "guide.md:17:26".to_owned()]));
            write_both("basic", "#count", "4", "ad_product_type, n", "ad_product_type");
            assert_eq!(told().await, (Some(0), Vec::new()));
            house.time.advance(TimeDelta::seconds(5));
            let shown = reader.get("/guides/our-way").await.with(200);
            assert_eq!(shown.texts("article h3"), ["Impressions by product Main query"]);
            assert!(reader.get("/guides").await.text("main").contains("Our way"));
        }

        /// Thousands of guides are listed in pages, and one that goes while somebody reads it is gone for its forms, too.
        async fn five_thousand_guides_are_listed_and_one_goes_while_it_is_read(database: Database) {
            let root = tempfile::tempdir().expect("a folder");
            for number in 0..5_000 {
                write(root.path(), &format!("guide-{number}/guide.md"), &guide(&format!("Guide {number}"), "+++\n\n## One\n\nText.\n"));
            }
            let house = with_folder(database, root.path()).await;
            let ada = house.signed_in("Ada").await;
            let list = ada.get("/guides?q=guide").await.with(200);
            assert!((10..=200).contains(&list.texts("tbody th a").len()), "{}", list.texts("tbody th a").len());
            let page = ada.get("/guides/guide-4999").await.with(200);
            assert_eq!(page.texts("article h2[id]").len(), 1);
            std::fs::remove_dir_all(root.path().join("guide-4999")).expect("it goes");
            house.time.advance(TimeDelta::seconds(5));
            ada.post("/guides/guide-4999/progress", &[("section", "one"), ("done", "true")]).await.with(404);
            ada.get("/guides/guide-4998").await.with(200);
        }

        /// The search, and the page of changed data sources, know the guides and templates in the folder.
        async fn other_pages_know_what_is_in_the_folder(database: Database) {
            let root = tempfile::tempdir().expect("a folder");
            let query = "\n```sql query name=\"Sites\"\nSELECT site, COUNT(1) AS n FROM dsp_impressions GROUP BY site\n```\n";
            write(root.path(), "our-way/guide.md", &guide("Our way", &format!("+++\n\nZebrafish.\n{query}")));
            write(root.path(), "secret/guide.md", &guide("Not yet", "draft = true\n+++\n\nZebrafish.\n"));
            let template = "--+++ recomamp query\n-- name = \"Zebrafish by site\"\n-- description = \"D\"\n-- category = \"C\"\n-- use-case = \"U\"\n\
                -- products = [\"dsp\"]\n-- interpretation = \"I\"\n-- sample = \"\"\"\n-- site, n\n-- a, 1\n-- \"\"\"\n--+++\n\
                SELECT site, COUNT(1) AS n FROM dsp_impressions GROUP BY site\n";
            write(root.path(), "library/zebrafish.sql", template);
            let house = with_folder(database, root.path()).await;
            let ada = house.signed_in("Ada").await;
            let found = ada.get("/search?q=zebrafish").await.with(200).attributes("main a", "href");
            for expected in ["/guides/our-way", "/library/zebrafish"] {
                assert!(found.iter().any(|href| href == expected), "{expected} in {found:?}");
            }
            assert!(!found.iter().any(|href| href.contains("secret")), "a draft isn't found");
            ada.get("/instances").await;
            house.fault("drift", "", "").await;
            house.time.advance(TimeDelta::minutes(1));
            ada.post("/instances/refresh", &[]).await.with(303);
            house.tick("instance-discovery").await;
            let users = ada.get("/data-sources/drift?change=renamed").await.with(200).attributes(".drift li a", "href");
            for expected in ["/guides/our-way", "/library/zebrafish"] {
                assert!(users.iter().any(|href| href == expected), "{expected} in {users:?}");
            }
        }

        /// Pictures only come from the guide's folder.
        async fn pictures_only_come_from_the_guides_folder(database: Database) {
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

        /// A downloaded report is one file with the pictures in it; a public link has a note in their place.
        async fn a_downloaded_report_contains_the_pictures_of_the_guide(database: Database) {
            let root = tempfile::tempdir().expect("a folder");
            let query = "```sql query name=\"Sites\"\nSELECT site, COUNT(1) AS n FROM dsp_impressions GROUP BY site\n```\n";
            write(root.path(), "a/guide.md", &guide("A", &format!("+++\n\n![A funnel](p.png)\n\n{query}")));
            write(root.path(), "a/p.png", "not really");
            let house = with_folder(database, root.path()).await;
            let ada = house.signed_in("Ada").await;
            let instance = instance(&ada).await;
            let fields = [("instance", instance.as_str()), ("window", "settled")];
            ada.post("/guides/a/queries/sites/run", &fields).await.with(303);
            house.settle().await;
            let report = ada.post("/guides/a/reports", &[("instance", &instance)]).await.with(303).location;
            assert_eq!(ada.get(&report).await.with(200).attributes("article img", "src"), ["/guides/a/files/p.png"]);
            let file = async || ada.get(&format!("{report}/report.html")).await.with(200);
            assert_eq!(file().await.attributes("img", "src"), ["data:image/png;base64,bm90IHJlYWxseQ=="]);
            std::fs::remove_file(root.path().join("a/p.png")).expect("it goes");
            house.time.advance(TimeDelta::seconds(5));
            assert_eq!(file().await.text("em"), "A funnel (picture not included: it is no longer in the guide)");
        }

        /// A folder that is a symbolic link isn't read, and its author is told.
        async fn a_linked_folder_is_reported_to_authors(database: Database) {
            let (root, outside) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
            write(outside.path(), "guide.md", &guide("Elsewhere", "+++\n\nHello.\n"));
            std::os::unix::fs::symlink(outside.path(), root.path().join("linked")).expect("a link");
            let house = with_folder(database, root.path()).await;
            let pages = [house.signed_in("Ada").await.get("/guides").await, house.signed_in("Ben").await.get("/guides").await];
            let told = pages.iter().filter(|page| page.text("main").contains("This folder is a symbolic link"));
            assert_eq!(told.count(), 1, "only the administrator is told");
            assert!(pages.iter().all(|page| !page.text("main").contains("Elsewhere")));
        }
    }
}

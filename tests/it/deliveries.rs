//! Deliveries: each result once, to a folder, a bucket or a table, whatever fails in between.

mod failures;
mod tables;

use std::path::Path;

use chrono::TimeDelta;
use serde_json::Value;

use crate::buckets::bucket;
use crate::executions::{REACH, run, saved};
use crate::notices::{days_later, scheduled};
use crate::support::{Database, House, Visitor, recomamp, stories};

/// Every day at this time in Berlin.
const DAILY: [(&str, &str); 3] = [("repeat", "daily"), ("at", "11:00"), ("timing_zone", "Europe/Berlin")];

/// Opens a house with a folder for deliveries, which exists as long as the value beside it.
async fn with_folder(database: Database) -> (House, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display().to_string();
    let house = House::open_with(database, &[("DELIVERIES_DIR", path.as_str())]).await;
    (house, folder)
}

/// Adds a destination; gives its id.
async fn destination(visitor: &Visitor, fields: &[(&str, &str)]) -> String {
    let page = visitor.post("/settings/destinations", fields).await.with(303).location;
    page.rsplit('/').next().expect("an id").to_owned()
}

async fn folder(visitor: &Visitor) -> String {
    destination(visitor, &[("kind", "folder"), ("name", "Share"), ("path", "amc")]).await
}

/// Adds a rule to a schedule.
async fn rule(visitor: &Visitor, schedule: &str, destination: &str, fields: &[(&str, &str)]) {
    let all: Vec<_> = [("destination", destination)].into_iter().chain(fields.iter().copied()).collect();
    visitor.post(&format!("{schedule}/deliveries"), &all).await.with(303);
}

/// The ledger, newest first.
async fn ledger(visitor: &Visitor) -> Vec<Value> {
    let file = visitor.get("/deliveries.json").await.with(200);
    serde_json::from_str(&file.body).expect("deliveries")
}

fn states(ledger: &[Value]) -> Vec<&str> {
    ledger.iter().map(|row| row["state"].as_str().expect("a state")).collect()
}

fn reason(row: &Value) -> &str {
    row["reason"].as_str().expect("a reason")
}

fn read(root: &Path, name: &str) -> String {
    std::fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

stories! {
    /// The result of each slot becomes a CSV and a Parquet file, each once, under a name that tells its window.
    async fn a_slots_result_becomes_files(database: Database) {
        let (house, root) = with_folder(database).await;
        let ada = house.signed_in("Ada").await;
        house.tick("deliverer").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        assert!(ada.get(&format!("{schedule}/deliveries")).await.with(200).text("main").contains("No destinations yet"));
        let share = folder(&ada).await;
        assert!(ada.post(&format!("/settings/destinations/{share}/test"), &[]).await.with(303).location.contains(&share));
        assert!(ada.get(&format!("/settings/destinations/{share}")).await.with(200).body.contains("It works"));
        assert_eq!(std::fs::read_dir(root.path().join("amc")).expect("a folder").count(), 0, "a test leaves nothing");
        let pattern = "{schedule}/{slot}_{window_start}_{window_end}.{format}";
        let fields = [("destination", share.as_str()), ("format", "csv"), ("pattern", pattern), ("do", "preview")];
        let preview = ada.post(&format!("{schedule}/deliveries"), &fields).await.with(200).text("#preview");
        assert!(preview.contains("Reach-by-campaign/2026-03-18T1100_2026-02-25_2026-03-03.csv"), "{preview}");
        let wrong = [("destination", share.as_str()), ("format", "csv"), ("pattern", "../{slot}")];
        assert!(ada.post(&format!("{schedule}/deliveries"), &wrong).await.with(422).text("#errors").contains("dot"));
        rule(&ada, &schedule, &share, &fields[..3]).await;
        rule(&ada, &schedule, &share, &[("format", "parquet"), ("pattern", "parquet/{window_end}/{execution}.{format}")]).await;

        let ada = days_later(&house, 1).await;
        assert!(ledger(&ada).await.is_empty());
        house.tick("deliverer").await;
        house.tick("deliverer").await;
        let rows = ledger(&ada).await;
        assert_eq!(states(&rows), ["done", "done"], "{rows:?}");
        let csv = rows.iter().find(|row| row["form"] == "csv").expect("a CSV");
        let execution = csv["execution"].as_str().expect("an execution");
        let result = ada.get(&format!("/executions/{execution}/result.csv")).await.with(200).body;
        let file = read(root.path(), &format!("amc/{}", csv["object"].as_str().expect("a name")));
        assert_eq!(file, result);
        assert_eq!(csv["rows"].as_u64().expect("rows") as usize, result.lines().count() - 1);
        assert_eq!(csv["bytes"].as_u64().expect("bytes") as usize, result.len());
        assert_eq!(csv["slot"], "2026-03-18T11:00");
        let parquet = rows.iter().find(|row| row["form"] == "parquet").expect("a Parquet file");
        let name = parquet["object"].as_str().expect("a name");
        assert!(name.contains(execution), "{name}");
        assert!(std::fs::read(root.path().join("amc").join(name)).expect("a file").starts_with(b"PAR1"));

        let page = ada.get(&format!("{schedule}/deliveries")).await.with(200);
        assert_eq!(page.texts("tbody tr").len(), 2);
        let list = ada.get("/deliveries?state=done&q=reach").await.with(200);
        assert_eq!(list.texts("tbody tr").len(), 2);
        let detail = ada.get(&list.attributes("tbody th a", "href").remove(0)).await.with(200).text("main");
        assert!(detail.contains("Delivered") && detail.contains("rows"), "{detail}");
        let ada = days_later(&house, 1).await;
        house.tick("deliverer").await;
        assert_eq!(ledger(&ada).await.len(), 4);
    }

    /// Without the setting, folders are explained as unavailable, and other people have no destinations at all.
    async fn destinations_are_for_administrators(database: Database) {
        let house = House::open(database).await;
        let ada = house.signed_in("Ada").await;
        let page = ada.get("/settings/destinations/new").await.with(200);
        assert!(page.text("#folder").contains("RECOMAMP_DELIVERIES_DIR"), "{}", page.text("#folder"));
        let wrong = ada.post("/settings/destinations", &[("kind", "postgres"), ("name", "W"), ("port", "x")]).await.with(422);
        let errors = wrong.text("#errors");
        assert!(errors.contains("host") && errors.contains("port") && errors.contains("database"), "{errors}");
        let fields = [("kind", "postgres"), ("name", "Warehouse"), ("host", "127.0.0.1"), ("port", "1"), ("database", "d"), ("user", "u"), ("secret", "not to be shown"), ("schema", "public"), ("tls", "off")];
        let id = destination(&ada, &fields).await;
        ada.post("/settings/destinations", &fields).await.with(422);
        let page = ada.get(&format!("/settings/destinations/{id}")).await.with(200);
        assert!(!page.body.contains("not to be shown"));
        ada.post(&format!("/settings/destinations/{id}/test"), &[]).await.with(303);
        let tested = ada.get(&format!("/settings/destinations/{id}")).await.with(200);
        assert!(tested.body.contains("connect to 127.0.0.1:1"), "{}", tested.body);
        let elsewhere = [("name", "Warehouse"), ("host", "127.0.0.2"), ("port", "1"), ("database", "d"), ("user", "u"), ("schema", "public"), ("tls", "off")];
        let page = ada.post(&format!("/settings/destinations/{id}"), &elsewhere).await.with(422);
        assert!(page.text("#errors").contains("Enter it again"), "the stored secret isn't sent elsewhere");
        assert!(ada.get("/settings/destinations.csv").await.with(200).body.contains("Warehouse"));

        let chie = house.signed_in("Chie").await;
        for address in ["/settings/destinations", "/settings/destinations.csv", "/settings/destinations/new"] {
            chie.get(address).await.with(404);
        }
        chie.post("/settings/destinations", &fields).await.with(404);
        assert!(ada.get(&format!("/settings/destinations/{id}/delete")).await.with(200).text("main").contains("No schedule uses"));
        ada.post(&format!("/settings/destinations/{id}/delete"), &[]).await.with(303);
        ada.post(&format!("/settings/destinations/{id}/delete"), &[]).await.with(409);
        assert!(ada.get("/settings/destinations").await.with(200).texts("tbody tr").is_empty());
        assert_eq!(ada.get("/settings/destinations?show=deleted").await.with(200).texts("tbody tr").len(), 1);
        ada.post(&format!("/settings/destinations/{id}/restore"), &[]).await.with(303);
    }

    /// Rules are made by those who run queries on the instance; viewers see what is delivered.
    async fn viewers_see_rules_and_change_none(database: Database) {
        let (house, _root) = with_folder(database).await;
        let ada = house.signed_in("Ada").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        let share = folder(&ada).await;
        rule(&ada, &schedule, &share, &[("format", "csv"), ("pattern", "{slot}.csv")]).await;
        let page = ada.get(&format!("/settings/destinations/{share}/delete")).await.with(200);
        assert!(page.text("main").contains("Reach by campaign: 1 rule"), "{}", page.text("main"));
        crate::access::everybody_is(&house, "viewer").await;
        let page = ada.get(&format!("{schedule}/deliveries")).await.with(200);
        assert!(page.texts("tbody tr").len() == 1 && page.texts("tbody button").is_empty(), "{}", page.body);
        ada.post(&format!("{schedule}/deliveries"), &[("destination", share.as_str())]).await.with(403);
    }

    /// A person delivers the result of an execution to a bucket, whose secret survives a rotation of the keys.
    async fn a_result_is_delivered_to_a_bucket_manually(database: Database) {
        let house = House::open(database).await;
        let settings = bucket(&format!("deliveries-{}", house.address.port())).await;
        let setting = |name: &str| settings.iter().find(|(known, _)| *known == name).expect("a setting").1.clone();
        let place = setting("RECOMAMP_RESULTS_BUCKET");
        let name = place.trim_start_matches("s3://").split('/').next().expect("a bucket").to_owned();
        let server = setting("RECOMAMP_S3_ENDPOINT");
        let ada = house.signed_in("Ada").await;
        let fields = [("kind", "bucket"), ("name", "Lake"), ("endpoint", server.as_str()), ("region", "us-east-1"), ("bucket", name.as_str()), ("prefix", "amc/out"), ("key_id", "id"), ("secret", "secret")];
        let lake = destination(&ada, &fields).await;
        recomamp(&house.settings(), &["keys", "rotate"]).await.with(0);
        recomamp(&house.settings(), &["keys", "rotate", "--retire"]).await.with(0);
        ada.post(&format!("/settings/destinations/{lake}/test"), &[]).await.with(303);
        let said = ada.get(&format!("/settings/destinations/{lake}")).await.with(200);
        assert!(said.body.contains("It works"), "{}", said.body);
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        assert!(ada.get(&page).await.with(200).attributes("#result a", "href").contains(&format!("{page}/deliver")));
        let pattern = "{query}/{window_start}_{window_end}.{format}";
        for format in ["csv", "parquet"] {
            let target = [("destination", lake.as_str()), ("format", format), ("pattern", pattern)];
            house.time.advance(TimeDelta::seconds(1));
            let delivery = ada.post(&format!("{page}/deliver"), &target).await.with(303).location;
            house.tick("deliverer").await;
            assert!(ada.get(&delivery).await.with(200).texts("[role=status]").concat().contains("Delivered"));
        }
        let rows = ledger(&ada).await;
        assert!(states(&rows) == ["done", "done"] && rows[0]["requested_by"].as_str().is_some_and(|name| name.starts_with("Ada")), "{rows:?}");
        let object = rows[1]["object"].as_str().expect("a name");
        // The server looks at the key's name only.
        let signed = [("authorization", "AWS4-HMAC-SHA256 Credential=id/20260318/us-east-1/s3/aws4_request")];
        let object = format!("/{name}/amc/out/{object}");
        let stored = Visitor::new(server).send(reqwest::Method::GET, &object, &signed, None).await.with(200).body;
        assert_eq!(stored, ada.get(&format!("{page}/result.csv")).await.with(200).body);
        let shown = ada.get(&format!("{page}/deliver")).await.with(200);
        assert_eq!(shown.texts("tbody tr").len(), 2, "what was delivered is listed");
    }

    /// A rule that is added later delivers the stored results of past slots on request, each once; a back-filled slot is
    /// delivered like any other.
    async fn past_slots_are_delivered_on_request(database: Database) {
        let (house, root) = with_folder(database).await;
        let ada = house.signed_in("Ada").await;
        house.tick("deliverer").await;
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        for _ in 0..3 {
            days_later(&house, 1).await;
        }
        house.time.advance(TimeDelta::minutes(1));
        let ada = house.signed_in("Ada").await;
        let share = folder(&ada).await;
        rule(&ada, &schedule, &share, &[("format", "csv"), ("pattern", "{slot}.csv")]).await;
        house.tick("deliverer").await;
        assert!(ledger(&ada).await.is_empty(), "what was before the rule waits for a request");
        let past = ada.get(&format!("{schedule}/deliveries")).await.with(200).attributes("form[action$='/past']", "action").remove(0);
        ada.post(&past, &[("first", "2026-03-20"), ("last", "2026-03-19")]).await.with(400);
        ada.post(&past, &[("first", "2026-03-18"), ("last", "2026-03-19")]).await.with(303);
        house.tick("deliverer").await;
        let mut names: Vec<String> = std::fs::read_dir(root.path().join("amc")).expect("a folder").map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
        names.sort();
        assert_eq!(names, ["2026-03-18T1100.csv", "2026-03-19T1100.csv"]);
        ada.post(&past, &[("first", "2026-03-01"), ("last", "2026-03-31")]).await.with(303);
        ada.post(&past, &[("first", "2026-03-01"), ("last", "2026-03-31")]).await.with(303);
        house.tick("deliverer").await;
        assert_eq!(states(&ledger(&ada).await), ["done", "done", "done"]);

        let id = schedule.rsplit('/').next().expect("an id");
        let fields = [("schedule", id), ("first_day", "2026-03-10"), ("last_day", "2026-03-12"), ("unit", "slots")];
        ada.post("/schedules/backfills", &fields).await.with(303);
        for _ in 0..6 {
            house.tick("backfiller").await;
            house.settle().await;
            house.time.advance(TimeDelta::minutes(1));
        }
        house.tick("backfiller").await;
        house.tick("deliverer").await;
        let rows = ledger(&ada).await;
        assert_eq!(rows.len(), 6, "{rows:?}");
        assert!(root.path().join("amc/2026-03-10T1100.csv").exists(), "{rows:?}");
    }
}

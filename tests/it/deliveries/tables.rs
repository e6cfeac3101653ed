//! Results in tables of a PostgreSQL database.

use std::str::FromStr as _;

use chrono::TimeDelta;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};

use super::{DAILY, destination, ledger, reason, rule, states};
use crate::access::change;
use crate::executions::{REACH, run, saved};
use crate::notices::{days_later, scheduled};
use crate::support::{Database, House, Visitor, execute, stories};

/// A database of its own, as a destination.
struct Scratch {
    url: String,
    id: String,
}

impl Scratch {
    async fn add(visitor: &Visitor) -> Self {
        let Database::Postgres(url) = Database::empty_postgres().await else { unreachable!() };
        let parsed = url::Url::parse(&url).expect("an address");
        let (host, port) = (parsed.host_str().expect("a host"), parsed.port().unwrap_or(5_432).to_string());
        let name = parsed.path().trim_start_matches('/').to_owned();
        let fields = [
            ("kind", "postgres"),
            ("name", "Warehouse"),
            ("host", host),
            ("port", port.as_str()),
            ("database", name.as_str()),
            ("user", parsed.username()),
            ("secret", parsed.password().unwrap_or("unused")),
            ("schema", "public"),
            ("tls", "off"),
        ];
        let id = destination(visitor, &fields).await;
        Self { url, id }
    }

    /// The rows of a statement, each as one text.
    async fn rows(&self, statement: &str) -> Vec<String> {
        let mut connection =
            PgConnectOptions::from_str(&self.url).expect("an address").connect().await.expect("the database answers");
        let text = AssertSqlSafe(format!("select row_to_json(found)::text from ({statement}) as found"));
        #[expect(clippy::disallowed_methods, reason = "a statement from outside of the program")]
        let rows = sqlx::query(text).fetch_all(&mut connection).await.expect("rows");
        rows.iter().map(|row| row.get::<String, _>(0)).collect()
    }

    async fn count(&self, table: &str) -> usize {
        self.rows(&format!("select * from \"{table}\"")).await.len()
    }

    /// The names and types of a table's columns.
    async fn columns(&self, table: &str) -> Vec<String> {
        let text = format!(
            "select column_name, data_type from information_schema.columns where table_name = '{table}' \
             order by ordinal_position"
        );
        let row = |row: String| -> String {
            let row: serde_json::Value = serde_json::from_str(&row).expect("a row");
            format!(
                "{} {}",
                row["column_name"].as_str().unwrap_or_default(),
                row["data_type"].as_str().unwrap_or_default()
            )
        };
        self.rows(&text).await.into_iter().map(row).collect()
    }
}

/// Repeats what was written before it was noted, as after a crash between the two.
async fn forget_that_it_is_done(house: &House) {
    let again = "update deliveries set state = 'sending', due_at = created_at, lease_until = null where state = $1";
    change(house, again, "done").await;
}

stories! {
    /// A table is created with the result's types; rows are appended, and repeating a delivery doubles none.
    async fn rows_are_appended_once(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("deliverer").await;
        let scratch = Scratch::add(&ada).await;
        ada.post(&format!("/settings/destinations/{}/test", scratch.id), &[]).await.with(303);
        let said = ada.get(&format!("/settings/destinations/{}", scratch.id)).await.with(200).body;
        assert!(said.contains("It works"), "{said}");
        let schedule = scheduled(&ada, &saved(&ada, REACH).await, &DAILY).await;
        rule(&ada, &schedule, &scratch.id, &[("table", "Reach \"weekly\""), ("mode", "append")]).await;
        let ada = days_later(&house, 1).await;
        house.tick("deliverer").await;
        let rows = ledger(&ada).await;
        assert_eq!(states(&rows), ["done"], "{rows:?}");
        assert_eq!(rows[0]["object"], "public.Reach \"weekly\"");
        let columns = scratch.columns("Reach \"weekly\"").await;
        assert_eq!(columns, ["recomamp_execution_id text", "recomamp_window_start timestamp with time zone", "recomamp_window_end timestamp with time zone", "campaign text", "reach bigint", "impressions bigint"]);
        let execution = rows[0]["execution"].as_str().expect("an execution");
        let result = ada.get(&format!("/executions/{execution}/result.csv")).await.with(200).body;
        let written = scratch.rows("select campaign || ',' || reach || ',' || impressions as line from \"Reach \"\"weekly\"\"\"").await;
        let one = result.lines().nth(1).expect("a row");
        assert!(written.iter().any(|row| row.contains(one)), "{one}: {written:?}");
        let first = result.lines().count() - 1;
        forget_that_it_is_done(&house).await;
        house.tick("deliverer").await;
        let count = async || scratch.rows("select 1 as one from \"Reach \"\"weekly\"\"\"").await.len();
        assert_eq!(count().await, first, "a repeated write doubles nothing");
        let rows = ledger(&ada).await;
        assert!(states(&rows) == ["done"] && rows[0]["attempts"] == 2, "{rows:?}");
        let ada = days_later(&house, 1).await;
        house.tick("deliverer").await;
        assert_eq!(states(&ledger(&ada).await), ["done", "done"]);
        assert!(count().await > first);
    }

    /// Rows of the same window are replaced by those of a newer execution, and rows with the same key updated.
    async fn windows_are_replaced_and_keys_updated(house: House) {
        let ada = house.signed_in("Ada").await;
        house.tick("deliverer").await;
        let scratch = Scratch::add(&ada).await;
        let query = saved(&ada, REACH).await;
        let mut pages = Vec::new();
        for window in ["2026-03-01", "2026-03-01", "2026-03-02"] {
            let fields = [("query", query.as_str()), ("window", "explicit"), ("start", window), ("end", "2026-03-07")];
            pages.push(ada.post("/executions", &fields).await.with(303).location);
            house.settle().await;
        }
        let mut rows = Vec::new();
        for page in &pages {
            rows.push(ada.get(&format!("{page}/result.csv")).await.with(200).body.lines().count() - 1);
        }
        for (page, expected) in pages.iter().zip([rows[0], rows[1], rows[1] + rows[2]]) {
            let target = [("destination", scratch.id.as_str()), ("table", "by_window"), ("mode", "replace")];
            ada.post(&format!("{page}/deliver"), &target).await.with(303);
            house.tick("deliverer").await;
            assert_eq!(scratch.count("by_window").await, expected, "{:?}", ledger(&ada).await);
        }
        let executions = scratch.rows("select distinct recomamp_execution_id from by_window").await;
        assert_eq!(executions.len(), 2, "the first of the same window is gone");

        for page in &pages {
            let target = [("destination", scratch.id.as_str()), ("table", "by_key"), ("mode", "upsert"), ("keys", "campaign")];
            ada.post(&format!("{page}/deliver"), &target).await.with(303);
            house.tick("deliverer").await;
        }
        assert!(states(&ledger(&ada).await).iter().all(|state| *state == "done"), "{:?}", ledger(&ada).await);
        assert_eq!(scratch.count("by_key").await, rows[0], "the shorter window has none of its own");
        let newest = pages[2].rsplit('/').next().expect("an id");
        assert_eq!(scratch.rows(&format!("select 1 as one from by_key where recomamp_execution_id = '{newest}'")).await.len(), rows[2]);
        let target = [("destination", scratch.id.as_str()), ("table", "by_key"), ("mode", "upsert"), ("keys", "no_such_column")];
        house.time.advance(TimeDelta::seconds(1));
        ada.post(&format!("{}/deliver", pages[0]), &target).await.with(303);
        house.tick("deliverer").await;
        let last = ledger(&ada).await.remove(0);
        assert!(last["state"] == "given-up" && reason(&last).contains("no column no_such_column"), "{last}");
    }

    /// A changed shape is refused with what differs and what to do; once that is done, it is delivered.
    async fn a_changed_shape_is_refused_with_a_reason(house: House) {
        let ada = house.signed_in("Ada").await;
        let scratch = Scratch::add(&ada).await;
        let page = run(&ada, &saved(&ada, REACH).await).await;
        house.settle().await;
        let deliver = async |more: &[(&str, &str)]| {
            let target: Vec<_> = [("destination", scratch.id.as_str()), ("table", "reach"), ("mode", "append")].into_iter().chain(more.iter().copied()).collect();
            house.time.advance(TimeDelta::seconds(1));
            let delivery = ada.post(&format!("{page}/deliver"), &target).await.with(303).location;
            house.tick("deliverer").await;
            (delivery, ledger(&ada).await.remove(0))
        };
        assert_eq!(deliver(&[]).await.1["state"], "done");
        let rows = scratch.count("reach").await;

        execute(&scratch.url, "alter table reach alter column reach type text").await;
        let (delivery, refused) = deliver(&[]).await;
        assert_eq!(refused["state"], "given-up");
        assert!(["reach", "type text", "bigint"].iter().all(|said| reason(&refused).contains(said)), "{refused}");
        execute(&scratch.url, "alter table reach alter column reach type bigint using reach::bigint").await;
        ada.post(&format!("{delivery}/retry"), &[]).await.with(303);
        house.tick("deliverer").await;
        assert!(ada.get(&delivery).await.with(200).texts("[role=status]").concat().contains("Delivered"));
        ada.post(&format!("{delivery}/retry"), &[]).await.with(409);

        execute(&scratch.url, "alter table reach drop column impressions").await;
        let (_, refused) = deliver(&[]).await;
        assert!(reason(&refused).contains("impressions (bigint), which the table public.reach lacks"), "{refused}");
        assert_eq!(deliver(&[("add_columns", "true")]).await.1["state"], "done");
        execute(&scratch.url, "alter table reach add column clicks bigint, add column loaded_at timestamptz default now()").await;
        let (_, refused) = deliver(&[]).await;
        assert!(reason(&refused).contains("clicks (bigint), which the result lacks"), "{refused}");
        execute(&scratch.url, "alter table reach drop column clicks").await;
        assert_eq!(deliver(&[]).await.1["state"], "done");
        assert_eq!(scratch.count("reach").await, rows, "all of it is one execution's");
    }

    /// Values keep their types and their digits: NULL and empty text differ, decimals aren't rounded.
    async fn values_arrive_as_they_are(house: House) {
        const VALUES: &str = "SELECT campaign, CASE WHEN SUM(impressions) > 0 THEN NULL ELSE 'x' END AS nothing, \
            SUM(impressions) / 7.0 AS share, SUM(impressions) > 5 AS is_large, \
            CONCAT('a,\"b\"', campaign) AS odd FROM dsp_impressions GROUP BY campaign";
        let ada = house.signed_in("Ada").await;
        let scratch = Scratch::add(&ada).await;
        let page = run(&ada, &saved(&ada, VALUES).await).await;
        house.settle().await;
        let target = [("destination", scratch.id.as_str()), ("table", "values"), ("mode", "append")];
        ada.post(&format!("{page}/deliver"), &target).await.with(303);
        house.tick("deliverer").await;
        let rows = ledger(&ada).await;
        assert_eq!(states(&rows), ["done"], "{rows:?}");
        let nothing = scratch.rows("select 1 as one from \"values\" where nothing is null and is_large and odd like 'a,\"b\"%'").await;
        let json = ada.get(&format!("{page}/result.json")).await.with(200).body;
        let result: Vec<serde_json::Value> = serde_json::from_str(&json).expect("rows");
        assert_eq!(nothing.len(), result.iter().filter(|row| row["is_large"] == true).count(), "{json}");
        assert!(!nothing.is_empty());
    }
}

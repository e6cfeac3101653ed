//! Years of work in the database: what was created once is copied until there is enough of it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};

use recomamp::db::{Db, FromRow, Result, Row, Scope, Single, Tx, sql};

use super::site::Site;

/// Maximum number of rows of a kind other than executions.
const MOST: u64 = 10_000;
/// People: an installation has hundreds, not thousands.
const PEOPLE_KEPT: u64 = 500;
/// Drafts of a person, including discarded ones; and versions of a query. The program doesn't keep more.
const DRAFTS_KEPT: u64 = 100;
const VERSIONS_KEPT: u64 = 500;
/// Time limit for the first survey of all instances.
const PATIENCE: Duration = Duration::from_mins(2);

/// The ids of the originals from which the rest is copied.
pub(crate) struct Grown {
    pub(crate) instance: String,
    pub(crate) query: String,
    pub(crate) draft: String,
    pub(crate) execution: String,
    pub(crate) connection: String,
    pub(crate) schedule: String,
    pub(crate) backfill: String,
    pub(crate) report: String,
    pub(crate) brand: String,
    pub(crate) notice: String,
    pub(crate) webhook: String,
    pub(crate) delivery: String,
}

/// A column and the content of its copies; `n` counts them from 1, `$2` is their total number.
type Column = (&'static str, &'static str);

/// A time in the previous year, later for higher numbers.
macro_rules! time {
    () => {
        "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2025-10-01', '+' || (n * 36000000 / $2) || ' seconds')"
    };
}

const EXECUTIONS: &[Column] = &[
    ("id", "'exe_' || printf('%026d', n)"),
    ("state", "case when n = 1 then 'running' when n % 20 = 0 then 'failed' else 'succeeded' end"),
    (
        "problem",
        "case when n % 20 = 0 then '{\"what\":\"AMC could not finish the execution.\",\"words\":\"Internal\"}' end",
    ),
    ("created_at", time!()),
    ("sent_at", time!()),
    ("started_at", time!()),
    ("updated_at", time!()),
    ("finished_at", concat!("case when n > 1 then ", time!(), " end")),
    ("next_step_at", "null"),
];
const QUERIES: &[Column] = &[
    ("id", "'qry_' || printf('%026d', n)"),
    ("name", "'Reach by campaign ' || n"),
    ("created_at", time!()),
    ("updated_at", time!()),
    ("deleted_at", concat!("case when n % 10 = 0 then ", time!(), " end")),
];
const DRAFTS: &[Column] = &[
    ("id", "'drf_' || printf('%026d', n)"),
    ("tab", "'tab' || n"),
    ("created_at", time!()),
    ("updated_at", time!()),
    ("discarded_at", concat!("case when n % 2 = 0 then ", time!(), " end")),
];
const PEOPLE: &[Column] = &[
    ("id", "'per_' || printf('%026d', n)"),
    ("name", "'Colleague ' || n"),
    ("role", "'member'"),
    ("created_at", time!()),
    ("signed_in_at", time!()),
];
const SCHEDULES: &[Column] = &[
    ("id", "'sch_' || printf('%026d', n)"),
    ("name", "'Weekly reach ' || n"),
    ("state", "case when n % 10 = 0 then 'paused' else 'active' end"),
    ("next_at", "'2030-01-07T09:00:00.000000Z'"),
    ("next_slot", "'2030-01-07T09:00'"),
    ("due_at", "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2030-01-07', '+' || n || ' seconds')"),
    ("created_at", time!()),
    ("updated_at", time!()),
];
const AUDIT: &[Column] = &[("id", "'aud_' || printf('%026d', n)"), ("at", time!())];
/// Instances of the AMC emulator have the same list; here each gets its own catalog.
const APART: &str = "update instance_sources set digest = instance_id where $1 > 0";
const VERSIONS: &[Column] = &[("revision", "n"), ("saved_at", time!())];

/// Copies executions up to this number, some failed, one in progress; the first time also everything else.
pub(crate) async fn to(site: &Site, grown: &Grown, rows: u64, all: bool) -> anyhow::Result<()> {
    let db = Db::open(&format!("sqlite:{}", site.database().display())).await?;
    let mut tx = db.write(&Scope::System).await?;
    copy(&mut tx, "executions", EXECUTIONS, ("id", &grown.execution), rows).await?;
    if all {
        const LINE: &str = "select min(id) as value from audit where person_id is not null";
        const NEWEST: &str = "update queries set revision = $2 where id = $1";
        const FAVOURITES: &str = "insert or ignore into query_favourites (person_id, query_id, created_at) \
            select person_id, 'qry_' || printf('%026d', 11 * d.rowid), updated_at from drafts d where d.rowid < 200 \
            and exists (select 1 from queries where id = 'qry_' || printf('%026d', 11 * d.rowid))";
        let most = rows.min(MOST);
        copy(&mut tx, "queries", QUERIES, ("id", &grown.query), most).await?;
        copy(&mut tx, "drafts", DRAFTS, ("id", &grown.draft), most.min(DRAFTS_KEPT)).await?;
        copy(&mut tx, "query_versions", VERSIONS, ("query_id", &grown.query), most.min(VERSIONS_KEPT)).await?;
        let Single(line): Single<String> = sql(LINE).one(&mut tx).await?;
        let Single(person): Single<String> = sql("select min(id) as value from people").one(&mut tx).await?;
        copy(&mut tx, "people", PEOPLE, ("id", &person), most.min(PEOPLE_KEPT)).await?;
        copy(&mut tx, "audit", AUDIT, ("id", &line), most).await?;
        sql(NEWEST).bind(grown.query.clone()).bind(most.min(VERSIONS_KEPT) as i64 + 1).execute(&mut tx).await?;
        sql(FAVOURITES).execute(&mut tx).await?;
        sql(APART).bind(1_i64).execute(&mut tx).await?;
    }
    tx.commit().await?;
    db.close().await;
    Ok(())
}

/// Copies a schedule until there are so many, one in ten of them paused, the others due far in the future; and slots
/// until there are so many, as many for each.
pub(crate) async fn schedules(site: &Site, grown: &Grown, rows: u64, slots: u64) -> anyhow::Result<()> {
    const SLOTS: &str = "insert or ignore into schedule_slots (schedule_id, slot, at, decided_at, state, reason, is_late, \
        execution_id, ended_at, took_seconds) with recursive numbers(n) as \
        (select 0 union all select n + 1 from numbers where n + 1 < $1), \
        numbered as (select id, row_number() over (order by id) as number from schedules), \
        placed as (select n % $2 + 1 as number, strftime('%Y-%m-%dT%H:%M', '2026-10-01', '-' || (n / $2) || ' days') as slot, \
        n from numbers) \
        select s.id, p.slot, p.slot || ':00.000000Z', p.slot || ':00.000000Z', \
        case when p.n % 20 = 0 then 'failed' else 'succeeded' end, '', p.n % 50 = 0, null, p.slot || ':40.000000Z', 40 \
        from placed p join numbered s on s.number = p.number";
    let db = Db::open(&format!("sqlite:{}", site.database().display())).await?;
    let mut tx = db.write(&Scope::System).await?;
    copy(&mut tx, "schedules", SCHEDULES, ("id", &grown.schedule), rows).await?;
    sql(SLOTS).bind(slots as i64).bind(rows as i64).execute(&mut tx).await?;
    tx.commit().await?;
    db.close().await;
    Ok(())
}

/// Gives each instance its own catalog.
pub(crate) async fn apart(site: &Site) -> anyhow::Result<()> {
    let db = Db::existing(&format!("sqlite:{}", site.database().display())).await?;
    let mut tx = db.write(&Scope::System).await?;
    sql(APART).bind(1_i64).execute(&mut tx).await?;
    tx.commit().await?;
    db.close().await;
    Ok(())
}

/// The ids of all instances that have data sources.
pub(crate) async fn instances(site: &Site) -> anyhow::Result<Vec<String>> {
    const IDS: &str = "select instance_id as value from instance_sources order by instance_id limit $1";
    let db = Db::existing(&format!("sqlite:{}", site.database().display())).await?;
    let mut tx = db.read(&Scope::System).await?;
    let ids = sql(IDS).bind(10_000_i64).all::<Single<String>>(&mut tx).await?;
    drop(tx);
    db.close().await;
    Ok(ids.into_iter().map(|Single(id)| id).collect())
}

/// Waits until this many instances have their data sources.
pub(crate) async fn catalogues(site: &Site, instances: usize) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let db = Db::existing(&format!("sqlite:{}", site.database().display())).await?;
        let mut tx = db.read(&Scope::System).await?;
        let Single(count): Single<i64> = sql("select count(*) as value from instance_sources").one(&mut tx).await?;
        drop(tx);
        db.close().await;
        if count as usize >= instances {
            return uploads(site).await;
        }
        anyhow::ensure!(began.elapsed() < PATIENCE, "only {count} instances told their data sources");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Instances with uploaded tables, the tables of each, and the columns of each table: 50,000 in all.
const UPLOADING: usize = 25;
const TABLES: usize = 20;
const COLUMNS: usize = 100;

/// Adds uploaded tables to instances' lists.
async fn uploads(site: &Site) -> anyhow::Result<()> {
    struct Listed(String, Value);
    impl FromRow for Listed {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("instance_id")?, row.get("sources")?))
        }
    }
    const LIST: &str = "select instance_id, sources from instance_sources order by instance_id limit $1";
    const KEEP: &str = "update instance_sources set sources = $2, digest = $3 where instance_id = $1";
    let db = Db::existing(&format!("sqlite:{}", site.database().display())).await?;
    let mut tx = db.write(&Scope::System).await?;
    for (number, Listed(instance, mut listed)) in
        sql(LIST).bind(UPLOADING as i64).all::<Listed>(&mut tx).await?.into_iter().enumerate()
    {
        let sources = listed["sources"].as_array_mut().context("a list of sources")?;
        for table in 0..TABLES {
            let column = |column: usize| {
                json!({ "name": format!("client_{number}_column_{column}"), "columnType": "DIMENSION", "dataType": "STRING",
                    "sensitivity": "LOW", "description": format!("Attribute {column} of table {table} that client {number} keeps.") })
            };
            sources.push(json!({ "id": format!("client_{number}_table_{table}"), "owner": "CUSTOMER",
                "description": format!("Table {table} of client {number}."),
                "columns": (0..COLUMNS).map(column).collect::<Vec<_>>() }));
        }
        sql(KEEP).bind(&instance).bind(listed).bind(format!("uploads-{number}")).execute(&mut tx).await?;
    }
    tx.commit().await?;
    db.close().await;
    Ok(())
}

/// A column of a table.
struct Known {
    name: String,
    /// Whether it must be unique; the last column of a multi-column index.
    is_unique: bool,
}

impl FromRow for Known {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { name: row.get("name")?, is_unique: row.get::<i64>("is_unique")? > 0 })
    }
}

async fn copy(tx: &mut Tx, table: &str, own: &[Column], (key, id): (&str, &str), rows: u64) -> anyhow::Result<()> {
    const COLUMNS: &str = "select c.name, (c.type = 'TEXT' and c.name not in ('person_id', 'query_id', 'instance_id') \
        and exists (select 1 from pragma_index_list($1) l, pragma_index_info(l.name) i where l.\"unique\" = 1 \
        and l.origin <> 'pk' and i.name = c.name and i.seqno = (select max(o.seqno) from pragma_index_info(l.name) o))) \
        as is_unique from pragma_table_info($1) c";
    let columns: Vec<Known> = sql(COLUMNS).bind(table).all(tx).await?;
    anyhow::ensure!(!columns.is_empty(), "there is no table {table}");
    let value = |column: &Known| {
        let own = own.iter().find(|(name, _)| *name == column.name).map(|(_, value)| (*value).to_owned());
        let apart = column.is_unique.then(|| format!("{} || '-' || n", column.name));
        own.or(apart).unwrap_or_else(|| column.name.clone())
    };
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let values: Vec<String> = columns.iter().map(value).collect();
    let text = format!(
        "insert or ignore into {table} ({}) with recursive numbers(n) as \
         (select 1 union all select n + 1 from numbers where n < $2) \
         select {} from (select * from {table} where {key} = $1 limit 1), numbers where $2 > 0",
        names.join(", "),
        values.join(", ")
    );
    sql(Box::leak(text.into_boxed_str())).bind(id).bind(rows as i64).execute(tx).await?;
    let count = format!("select count(*) as value from {table}");
    let Single(count): Single<i64> = sql(Box::leak(count.into_boxed_str())).one(tx).await?;
    anyhow::ensure!(
        count >= rows as i64,
        "{table} has {count} rows and not {rows}: copies of one row exclude each other"
    );
    Ok(())
}

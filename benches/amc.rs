//! Reports over large synthetic data: the engine with thresholds compared with the same engine without, and, if its
//! Python package is installed, with `DuckDB` on the equivalent plain SQL. All three read the same Parquet files,
//! alternately in one run, so that the ratios are meaningful on any machine.
//!
//! `cargo bench --bench amc -- --scale 100` creates the files once, below `target/bench`. `--runs` is the number of
//! runs of each report. Figures are medians in seconds. Before the reports it prints how long a check of 300 and of
//! 5,000 lines takes.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use arrow::datatypes::{DataType, Field, Schema};
use chrono::{DateTime, NaiveDate, Utc};
use clap::Parser;
use datafusion::catalog::TableProvider;
use datafusion::common::ScalarValue;
use datafusion::config::TableParquetOptions;
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::prelude::{DataFrame, ParquetReadOptions, SessionConfig, SessionContext, col, lit};
use recomamp::amcsql::bound::Query;
use recomamp::amcsql::catalogue::Catalogue;
use recomamp::amcsql::engine::{Engine, Limits, Privacy, Run, Tables, USER_COLUMN, Window};
use recomamp::amcsql::{Context, check};
use recomamp::emulator::world::World;

/// The reports: a name, in AMC SQL and for `DuckDB`.
const REPORTS: [(&str, &str, &str); 4] = [
    (
        "reach_by_campaign",
        include_str!("queries/reach_by_campaign.sql"),
        include_str!("queries/duckdb/reach_by_campaign.sql"),
    ),
    ("overlap", include_str!("queries/overlap.sql"), include_str!("queries/duckdb/overlap.sql")),
    (
        "time_to_conversion",
        include_str!("queries/time_to_conversion.sql"),
        include_str!("queries/duckdb/time_to_conversion.sql"),
    ),
    (
        "path_to_conversion",
        include_str!("queries/path_to_conversion.sql"),
        include_str!("queries/duckdb/path_to_conversion.sql"),
    ),
];

/// The sources that the reports read, with their columns.
const SOURCES: [(&str, &[&str]); 3] = [
    ("dsp_impressions", &["campaign", "user_id", "impressions", "impression_dt_utc"]),
    ("sponsored_ads_traffic", &["user_id", "event_dt_utc"]),
    ("amazon_attributed_events_by_conversion_time", &["campaign", "user_id", "purchases", "conversion_event_dt_utc"]),
];

#[derive(Parser)]
struct Args {
    /// The amount of data: 1 is a million impressions.
    #[arg(long, default_value_t = 10.0)]
    scale: f64,
    /// The number of runs of each report.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The folder of the data.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Passed by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    time_checks(args.runs);
    let day = NaiveDate::from_ymd_opt(2026, 11, 21).context("a day")?;
    let folder = args.folder.join(format!("scale-{}", args.scale));
    let tokio = tokio::runtime::Builder::new_multi_thread().thread_stack_size(64 << 20).enable_all().build()?;
    if !folder.join("whole").exists() {
        let world = World::new(1, args.scale, day, Some(&args.folder.join("world")));
        let began = Instant::now();
        tokio.block_on(export(&world, &folder))?;
        fs::write(folder.join("whole"), "")?;
        say(&format!("data: made in {:.1} s", began.elapsed().as_secs_f64()));
    }
    let kept = tokio.block_on(Kept::open(&folder))?;
    for (name, rows) in &kept.rows {
        say(&format!("data: {name}: {rows} rows"));
    }
    let engine = Engine::new(Arc::new(kept), Limits { memory_bytes: 8 << 30, ..Limits::default() })?;
    let duckdb = Duckdb::find(&folder);
    say("report: with thresholds, without, DuckDB (s); ratios");
    for (name, sql, plain) in REPORTS {
        let query = checked(sql).with_context(|| name.to_owned())?;
        let (mut with, mut without, mut other) = (Vec::new(), Vec::new(), Vec::new());
        for turn in 0..=args.runs {
            let times = [timed(&tokio, &engine, &query, true)?, timed(&tokio, &engine, &query, false)?];
            let third = duckdb.as_ref().map(|duckdb| duckdb.time(plain)).transpose()?;
            // The first run warms up the files and the processes.
            if turn > 0 {
                with.push(times[0]);
                without.push(times[1]);
                other.extend(third);
            }
        }
        let (with, without) = (median(with), median(without));
        let third = (!other.is_empty()).then(|| median(other));
        let told = third.map_or("-".to_owned(), |third| format!("{third:.3}; {:.2}", with / third));
        say(&format!("{name}: {with:.3}, {without:.3}, {told}; {:.2} with against without", with / without));
    }
    Ok(())
}

fn say(line: &str) {
    // OK because a failure to print can't be printed.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A query with about this many lines: common table expressions of ten lines, each of which reads the previous one.
fn long_query(lines: usize) -> String {
    let first = "WITH t0 AS (SELECT campaign, user_id, impressions FROM dsp_impressions)".to_owned();
    let tables = lines.saturating_sub(6) / 10;
    let more = (1..=tables).map(|at| {
        let before = at - 1;
        format!(
            ",\nt{at} AS (\n  SELECT\n    campaign,\n    user_id,\n    SUM(impressions) AS impressions\n  FROM t{before}\n  \
             WHERE campaign IN ({{{{campaigns}}}})\n    AND impressions > {at}\n  GROUP BY 1, 2)"
        )
    });
    let text = std::iter::once(first).chain(more).collect::<Vec<_>>().concat();
    format!("{text}\nSELECT\n  campaign,\n  COUNT(DISTINCT user_id) AS reach\nFROM t{tables}\nGROUP BY 1")
}

/// The duration of a check of an author's text.
fn time_checks(runs: usize) {
    let context = Context::reporting(Catalogue::standard()).authored();
    for lines in [300, 5_000] {
        let text = long_query(lines);
        let once = || {
            let began = Instant::now();
            let checked = check(&text, &context);
            (began.elapsed().as_secs_f64() * 1_000.0, checked.findings.len())
        };
        let (_, findings) = once();
        let times = (0..runs.max(5)).map(|_| once().0).collect();
        let (real, bytes) = (text.lines().count(), text.len());
        say(&format!("check: {real} lines, {bytes} bytes: {:.2} ms, {findings} findings", median(times)));
    }
}

fn checked(sql: &str) -> anyhow::Result<Query> {
    let context = Context::reporting(Catalogue::standard());
    let checked = check(sql, &context);
    checked.query.with_context(|| format!("{:?}", checked.findings))
}

fn timed(tokio: &tokio::runtime::Runtime, engine: &Engine, query: &Query, controls: bool) -> anyhow::Result<f64> {
    let at = |text: &str| -> anyhow::Result<DateTime<Utc>> { Ok(text.parse()?) };
    let run = Run {
        window: Window { start: at("2026-01-01T00:00:00Z")?, end: at("2026-11-01T00:00:00Z")? },
        parameters: std::collections::HashMap::new(),
        controls,
        privacy: Privacy::default(),
        now: at("2026-11-21T00:00:00Z")?,
    };
    let began = Instant::now();
    tokio.block_on(engine.run(query, &run))?;
    Ok(began.elapsed().as_secs_f64())
}

/// Writes the columns that the reports read as Parquet.
async fn export(world: &World, folder: &Path) -> anyhow::Result<()> {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    for (source, columns) in SOURCES {
        let table = world.table(source).context("a source of the world")?;
        let names: Vec<&str> = columns.iter().copied().chain([USER_COLUMN]).collect();
        let frame = context.read_table(table)?.select_columns(&names)?;
        let target = folder.join(source);
        fs::create_dir_all(&target)?;
        let options = TableParquetOptions::default();
        frame.write_parquet(&target.display().to_string(), DataFrameWriteOptions::new(), Some(options)).await?;
    }
    Ok(())
}

/// The files as the tables of an instance: columns that no report reads are NULL.
struct Kept {
    tables: Vec<(&'static str, Arc<dyn TableProvider>)>,
    rows: Vec<(&'static str, usize)>,
}

impl Kept {
    async fn open(folder: &Path) -> anyhow::Result<Self> {
        let context = SessionContext::new();
        let (mut tables, mut rows) = (Vec::new(), Vec::new());
        for (source, columns) in SOURCES {
            let path = folder.join(source).display().to_string();
            let frame = context.read_parquet(path, ParquetReadOptions::default()).await?;
            rows.push((source, frame.clone().count().await?));
            tables.push((source, widened(frame, source, columns)?.into_view()));
        }
        Ok(Self { tables, rows })
    }
}

fn widened(frame: DataFrame, source: &str, columns: &[&str]) -> anyhow::Result<DataFrame> {
    let kept: BTreeSet<&str> = columns.iter().copied().collect();
    let source = Catalogue::standard().source(source).context("a source of the catalogue")?;
    let fields = source.columns.iter().map(|column| Field::new(&column.name, column.data_type.arrow(), true));
    let fields = fields.chain([Field::new(USER_COLUMN, DataType::UInt32, true)]);
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let mut wide = Vec::new();
    for field in schema.fields() {
        let name = field.name().as_str();
        wide.push(if kept.contains(name) || name == USER_COLUMN {
            datafusion::prelude::cast(col(name), field.data_type().clone()).alias(name)
        } else {
            lit(ScalarValue::try_from(field.data_type())?).alias(name)
        });
    }
    Ok(frame.select(wide)?)
}

impl Tables for Kept {
    fn table(&self, source: &str) -> Option<Arc<dyn TableProvider>> {
        self.tables.iter().find(|(name, _)| *name == source).map(|(_, table)| Arc::clone(table))
    }
}

/// `DuckDB`, run through its Python package.
struct Duckdb {
    folder: PathBuf,
    python: PathBuf,
}

impl Duckdb {
    fn find(folder: &Path) -> Option<Self> {
        let python = PathBuf::from(std::env::var_os("BENCH_PYTHON")?);
        let there = Command::new(&python).args(["-c", "import duckdb"]).status().is_ok_and(|status| status.success());
        there.then(|| Self { folder: folder.to_owned(), python })
    }

    /// The duration of a statement in seconds, without starting Python and opening the files.
    fn time(&self, sql: &str) -> anyhow::Result<f64> {
        let program = include_str!("duckdb.py");
        let answer = Command::new(&self.python).args(["-c", program]).arg(&self.folder).arg(sql).output()?;
        anyhow::ensure!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        Ok(String::from_utf8(answer.stdout)?.trim().parse()?)
    }
}

//! `recomamp copy`: moves everything from SQLite to PostgreSQL, in one transaction.
//!
//! The tables are read from both databases, and must be the same. The source is locked meanwhile, because anything a
//! running program wrote would be missing; the target then has all rows, or none, so an interrupted copy is simply
//! run again.

use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::{give, say, schema};
use crate::backup::Progress;
use crate::config::Config;
use crate::db::schema::Table;
use crate::db::transfer::{Filling, Snapshot};
use crate::db::{self, Db, lock};

/// Where everything goes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The address of an empty PostgreSQL database.
    #[arg(long, value_name = "postgres://…")]
    to: String,
}

/// Copies all rows, and prints the row count of each table.
pub(super) async fn run(config: Config, options: Options) -> anyhow::Result<ExitCode> {
    let Some(file) = db::file(&config.database_url) else {
        bail!("RECOMAMP_DATABASE_URL names no database of SQLite: this moves from SQLite to PostgreSQL only");
    };
    if !options.to.starts_with("postgres://") && !options.to.starts_with("postgresql://") {
        bail!("--to has to begin with postgres://");
    }
    let _lock = lock::hold(&file).context("the source has to stand still while it is copied")?;
    let source = Db::existing(&config.database_url).await;
    let source = source.with_context(|| format!("the database {} cannot be opened", file.display()))?;
    schema::known(&source, &config.database_url).await?;
    schema::bring_up_to_date(&source, &config.database_url).await.context("the source cannot be brought up to date")?;
    let shown = db::shown(&options.to);
    let target = Db::connect(&options.to).await.with_context(|| format!("the database {shown} cannot be opened"))?;
    if target.others().await? > 0 {
        bail!("another RecomAMP uses {shown}: stop it first, or name another database");
    }
    schema::bring_up_to_date(&target, &options.to)
        .await
        .with_context(|| format!("the tables of {shown} cannot be made"))?;
    let counts = move_all(&source, &target, &shown).await?;
    source.close().await;
    target.close().await;
    for (name, rows) in &counts {
        say(&format!("  {name}: {rows}"));
    }
    give(&format!(
        "Copied {} rows in {} tables to {shown}. Set RECOMAMP_DATABASE_URL to it and start; results, keys and the \
         AMC emulator stay in the data folder. {} is as it was.",
        counts.iter().map(|(_, rows)| rows).sum::<u64>(),
        counts.len(),
        file.display()
    ));
    Ok(ExitCode::SUCCESS)
}

async fn move_all(source: &Db, target: &Db, shown: &str) -> anyhow::Result<Vec<(String, u64)>> {
    let mut snapshot = Snapshot::begin(source).await?;
    let mut filling = Filling::begin(target).await?;
    let occupied = filling.occupied().await?;
    if !occupied.is_empty() {
        let names: Vec<String> = occupied.iter().map(|(name, rows)| format!("{name} ({rows})")).collect();
        bail!("{shown} has rows already: {}. Nothing was changed; name an empty database", names.join(", "));
    }
    let pairs = paired(snapshot.tables(), filling.tables())?;
    let mut progress = Progress::begin("Copying", say);
    let mut counts = Vec::with_capacity(pairs.len());
    for table in pairs {
        let mut written = 0;
        let read = snapshot
            .read(&table, async |rows| {
                written += rows.len();
                filling.write(&table, rows).await?;
                progress.at(|| format!("{written} rows of {}", table.name));
                Ok(())
            })
            .await?;
        let (there, here) = (snapshot.count(&table).await?, filling.count(&table).await?);
        if there != here || there != read {
            bail!("the table {} has {there} rows and its copy {here}: nothing was kept", table.name);
        }
        counts.push((table.name, here));
    }
    if filling.replaced_nuls() > 0 {
        say(&format!(
            "{} texts held NULs, which PostgreSQL does not store; they read \u{fffd} there.",
            filling.replaced_nuls()
        ));
    }
    filling.commit().await?;
    Ok(counts)
}

/// The source's tables in the target's order, which follows foreign keys; both must have the same tables.
fn paired(source: &[Table], target: &[Table]) -> anyhow::Result<Vec<Table>> {
    let names = |tables: &[Table]| {
        let mut names: Vec<String> = tables
            .iter()
            .flat_map(|table| table.columns.iter().map(|column| format!("{}.{}", table.name, column.name)))
            .collect();
        names.sort();
        names
    };
    let (ours, theirs) = (names(source), names(target));
    let differ: Vec<&String> = ours
        .iter()
        .filter(|name| !theirs.contains(name))
        .chain(theirs.iter().filter(|name| !ours.contains(name)))
        .collect();
    if !differ.is_empty() {
        bail!("the two databases do not have the same tables and columns; they differ in {differ:?}");
    }
    Ok(target.iter().filter_map(|table| source.iter().find(|ours| ours.name == table.name)).cloned().collect())
}

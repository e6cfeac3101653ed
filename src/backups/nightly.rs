//! The worker that makes the backup of each night.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, TimeDelta, Timelike as _, Utc};
use futures::future::BoxFuture;

use super::store::{self, Made};
use crate::backup::{self, Manifest};
use crate::config::{BackupSettings, Config};
use crate::db::lease::Lease;
use crate::db::{Db, Scope};
use crate::ids::{BackupId, ProcessId};
use crate::vault::private_folder;
use crate::web::Site;
use crate::workers::{Tick, Worker};

/// Longer than a backup takes. After a crash, another process takes over then.
const LEASE: TimeDelta = TimeDelta::hours(4);
const PATIENCE: Duration = Duration::from_hours(4);
/// How often a backup is tried.
const ATTEMPTS: i64 = 3;
/// Between one try and the next.
const WAIT: TimeDelta = TimeDelta::minutes(15);
/// The ending of a folder that is being written.
const UNFINISHED: &str = ".unfinished";
/// How many days the list goes back.
const LISTED: i64 = 400;

#[derive(Debug)]
pub(super) struct Nightly {
    site: Site,
    process: ProcessId,
}

/// The latest time at or before `now` at which a backup was due.
fn last_due(now: DateTime<Utc>, hour: u32) -> DateTime<Utc> {
    let days = i64::from(now.hour() < hour);
    let day = now.date_naive() - TimeDelta::days(days);
    // OK because the setting is an hour of the day.
    day.and_hms_opt(hour, 0, 0).map_or(now, |at| at.and_utc())
}

/// The folders of nights in the backup folder, oldest first: complete backups whose names are days.
fn nights(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut nights = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.parse::<NaiveDate>().is_ok() && Manifest::read(&folder.join(&name)).is_ok() {
            nights.push(name);
        }
    }
    nights.sort();
    Ok(nights)
}

impl Nightly {
    pub(super) const fn new(site: Site, process: ProcessId) -> Self {
        Self { site, process }
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let Some(settings) = &self.site.config.backup else { return Ok(Tick::default()) };
        let now = self.site.clock.now();
        let due = last_due(now, settings.hour);
        let mut tx = self.site.db.write(&Scope::System).await?;
        let id = self.site.random.id::<BackupId>(now);
        store::plan(&mut tx, &id, &due.format("%Y-%m-%d").to_string(), due).await?;
        let claimed = store::claim(&mut tx, &self.process, now, LEASE).await?;
        tx.commit().await?;
        let mut tick = Tick { next: Some(due + TimeDelta::days(1)), ..Tick::default() };
        let Some(lease) = claimed else { return Ok(tick) };
        tick.looked = 1;
        let mut tx = self.site.db.read(&Scope::System).await?;
        let Some(row) = store::claimed(&mut tx, &lease).await? else { return Ok(tick) };
        drop(tx);
        match self.make(settings, &row.night).await {
            Ok(made) => {
                self.keep(settings, &lease, &row.night, &made).await?;
                tick.changed = 1;
            }
            Err(error) => {
                let problem = format!("{error:#}");
                tracing::error!(night = row.night, error = problem, "a nightly backup failed");
                let next = (row.attempts < ATTEMPTS).then(|| self.site.clock.now() + WAIT);
                let mut tx = self.site.db.write(&Scope::System).await?;
                store::failed(&mut tx, self.site.clock.now(), &lease, &problem, next).await?;
                tx.commit().await?;
                (tick.failed, tick.next) = (1, next.or(tick.next));
            }
        }
        Ok(tick)
    }

    /// Writes the backup of a night into its folder, and checks it there.
    async fn make(&self, settings: &BackupSettings, night: &str) -> anyhow::Result<Made> {
        let config = &self.site.config;
        let (folder, unfinished) = (settings.folder.join(night), settings.folder.join(format!("{night}{UNFINISHED}")));
        remove(&unfinished)?;
        private_folder(&unfinished).with_context(|| format!("{} can't be created", unfinished.display()))?;
        let made = written(&self.site, &unfinished).await;
        let manifest = match made {
            Ok(manifest) => manifest,
            Err(error) => {
                // OK to leave it if it can't be removed: the next try removes it.
                let _ = remove(&unfinished);
                return Err(error);
            }
        };
        remove(&folder)?;
        fs::rename(&unfinished, &folder).with_context(|| format!("{} can't be created", folder.display()))?;
        tracing::info!(night, bytes = manifest.bytes(), bucket = config.results_bucket.is_some(), "a backup was made");
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Ok(Made {
            folder: folder.display().to_string(),
            bytes: number(manifest.bytes()),
            rows: number(manifest.rows()),
        })
    }

    /// Records a verified backup, and deletes those beyond the number that is kept.
    async fn keep(&self, settings: &BackupSettings, lease: &Lease, night: &str, made: &Made) -> anyhow::Result<()> {
        let now = self.site.clock.now();
        let mut tx = self.site.db.write(&Scope::System).await?;
        store::verified(&mut tx, now, lease, made).await?;
        tx.commit().await?;
        let all = nights(&settings.folder)?;
        let surplus = all.len().saturating_sub(settings.keep);
        for old in all.iter().take(surplus).filter(|old| *old != night) {
            remove(&settings.folder.join(old))?;
            let mut tx = self.site.db.write(&Scope::System).await?;
            store::deleted(&mut tx, old).await?;
            tx.commit().await?;
        }
        let before = (now - TimeDelta::days(LISTED)).format("%Y-%m-%d").to_string();
        let mut tx = self.site.db.write(&Scope::System).await?;
        store::forget(&mut tx, &before).await?;
        Ok(tx.commit().await?)
    }
}

/// Writes a backup, and opens and checks it.
async fn written(site: &Site, folder: &Path) -> anyhow::Result<Manifest> {
    let (config, now, folder) = (Arc::clone(&site.config), site.clock.now(), folder.to_owned());
    let runtime = tokio::runtime::Handle::current();
    // OK to block a thread of the pool for it: a backup mostly reads and writes files.
    tokio::task::spawn_blocking(move || runtime.block_on(write_and_check(&config, &folder, now))).await?
}

async fn write_and_check(config: &Config, folder: &Path, now: DateTime<Utc>) -> anyhow::Result<Manifest> {
    let quiet: fn(&str) = |text| tracing::debug!("{text}");
    let db = Db::inspect(&config.database_url).await?;
    let made = backup::make(config, &db, folder, now, false, quiet).await;
    db.close().await;
    made?;
    backup::check(folder, quiet).await
}

/// Removes a folder if it exists.
fn remove(folder: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).with_context(|| format!("{} can't be removed", folder.display()))
}

impl Worker for Nightly {
    fn name(&self) -> &'static str {
        "nightly-backup"
    }

    fn duty(&self) -> &'static str {
        "Makes and verifies the nightly backup."
    }

    fn period(&self) -> Duration {
        Duration::from_mins(10)
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_due_at_its_hour_every_day() {
        let due = |now: &str, hour| last_due(now.parse().unwrap(), hour).format("%d %H").to_string();
        assert_eq!(due("2026-03-18T01:59:59Z", 2), "17 02");
        assert_eq!(due("2026-03-18T02:00:00Z", 2), "18 02");
        assert_eq!(due("2026-03-18T23:59:59Z", 0), "18 00");
        assert_eq!(due("2026-03-18T22:00:00Z", 23), "17 23");
    }
}

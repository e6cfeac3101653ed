//! The target of a restore: what exists already, and how files get there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};

use crate::backup::{self, DATABASE_FILE, DATABASE_FOLDER, EMULATOR, KEYS, Manifest, Progress, RESULTS};
use crate::command::say;
use crate::config::Config;
use crate::db::{self, lock};
use crate::vault::private_folder;
use crate::web::words;

/// Where the settings say things are.
pub(super) struct Place {
    data: PathBuf,
    keys: PathBuf,
    database: Option<PathBuf>,
}

impl Place {
    pub(super) fn new(config: &Config) -> Self {
        Self { data: config.data_dir.clone(), keys: config.keys_file.clone(), database: db::file(&config.database_url) }
    }

    /// Ensures that the program isn't running here, and can't start until the lock is dropped.
    pub(super) fn hold(&self) -> anyhow::Result<Option<lock::FileLock>> {
        private_folder(&self.data).with_context(|| format!("{} cannot be made", self.data.display()))?;
        let emulator = self.data.join(EMULATOR).join("journal.lock");
        let used = fs::File::open(emulator).is_ok_and(|file| file.try_lock_shared().is_err());
        if used {
            bail!("RecomAMP runs on {}: stop it first", self.data.display());
        }
        Ok(self.database.as_deref().map(lock::hold).transpose()?)
    }

    /// What would be overwritten.
    fn occupied(&self, manifest: &Manifest) -> Vec<PathBuf> {
        let holds = |folder: &Path| backup::below(folder, &backup::is_made_again).is_ok_and(|files| !files.is_empty());
        let mut occupied: Vec<PathBuf> =
            [RESULTS, EMULATOR].map(|name| self.data.join(name)).into_iter().filter(|folder| holds(folder)).collect();
        occupied.extend(self.database.iter().flat_map(|file| beside(file)).filter(|file| file.exists()));
        if manifest.has_keys() && self.keys.exists() {
            occupied.push(self.keys.clone());
        }
        occupied
    }

    /// Stops if something would be overwritten; with `replace`, renames it instead.
    pub(super) fn make_room(&self, manifest: &Manifest, replace: bool, now: DateTime<Utc>) -> anyhow::Result<()> {
        let occupied = self.occupied(manifest);
        if occupied.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = occupied.iter().map(|path| path.display().to_string()).collect();
        if !replace {
            bail!(
                "there is something already: {}. Nothing was changed. Name another place (RECOMAMP_DATA_DIR), or say \
                 --replace: then it is put aside under another name",
                names.join(", ")
            );
        }
        for path in occupied {
            let mut aside = path.as_os_str().to_owned();
            aside.push(now.format(".replaced-%Y%m%dT%H%M%SZ").to_string());
            fs::rename(&path, &aside).with_context(|| format!("{} cannot be put aside", path.display()))?;
            say(&format!("Put aside as {}.", Path::new(&aside).display()));
        }
        Ok(())
    }

    /// Copies the backup's files to their places, the database last: until then the program can't start.
    pub(super) fn take_files(&self, backup: &Path, manifest: &Manifest) -> anyhow::Result<()> {
        let mut progress = Progress::begin("Restoring files", say);
        let (mut done, mut copied) = (0, 0);
        let is_database = |path: &str| path == DATABASE_FILE;
        let (database, others): (Vec<_>, Vec<_>) =
            manifest.files.iter().partition(|entry| is_database(entry.path.as_str()));
        for entry in others {
            let local = entry.local()?;
            let target = match entry.path.split('/').next() {
                Some(KEYS) => self.keys.clone(),
                Some(DATABASE_FOLDER) => continue,
                _ => self.data.join(&local),
            };
            take(&backup.join(&local), &target, &entry.sha256)?;
            copied += 1;
            done += entry.bytes;
            progress.at(|| format!("{copied} files, {} of {}", words::bytes(done), words::bytes(manifest.bytes())));
        }
        if let (Some(entry), Some(target)) = (database.first(), &self.database) {
            take(&backup.join(entry.local()?), target, &entry.sha256)?;
        }
        Ok(())
    }
}

/// Copies under a temporary name, and renames the file when it is complete.
fn take(from: &Path, to: &Path, sha256: &str) -> anyhow::Result<()> {
    let mut passing = to.as_os_str().to_owned();
    passing.push(db::RESTORING);
    let (_, sum) = backup::copy(from, Path::new(&passing))
        .with_context(|| format!("{} cannot be restored to {}", from.display(), to.display()))?;
    if sum != *sha256 {
        bail!("{} changed while it was restored", from.display());
    }
    fs::rename(&passing, to).with_context(|| format!("{} cannot be written", to.display()))
}

/// The files of an SQLite database.
fn beside(file: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|ending| {
        let mut path = file.as_os_str().to_owned();
        path.push(ending);
        path.into()
    })
}

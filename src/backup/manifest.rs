//! The manifest of a backup: the last file written, the first one read.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::db::Engine;

/// The manifest's file name. A folder without it is an incomplete backup.
const FILE: &str = "manifest.json";
/// The version of the backup's format. A program that doesn't know it refuses the backup.
const FORMAT: u32 = 1;

/// The copy of an SQLite database.
pub const DATABASE_FILE: &str = "database.sqlite";
/// The folder of PostgreSQL tables, one file each, one row per line.
pub const DATABASE_FOLDER: &str = "database";
pub const RESULTS: &str = "results";
/// The AMC emulator's folder.
pub const EMULATOR: &str = "emulator";
pub const KEYS: &str = "keys";

/// The content of a backup.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the format.
    pub format: u32,
    /// The program that made it.
    pub version: String,
    /// When the database was read.
    pub made_at: DateTime<Utc>,
    /// `sqlite` or `postgres`.
    pub engine: String,
    /// The version of the schema.
    pub schema: i64,
    pub tables: Vec<Counted>,
    /// All files except the manifest.
    pub files: Vec<Entry>,
}

/// A table and its row count.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub name: String,
    pub rows: u64,
    /// The order of values in a row.
    pub columns: Vec<String>,
}

/// A file of the backup.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Relative to the backup's folder, with `/`.
    pub path: String,
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// A manifest without tables and files.
    pub(super) fn new(made_at: DateTime<Utc>, engine: Engine, schema: i64) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            engine: word(engine).to_owned(),
            schema,
            tables: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Reads the manifest of a backup.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let text = std::fs::read(&path).with_context(|| {
            format!(
                "{} cannot be read: {} is no backup, or one that was not finished",
                path.display(),
                folder.display()
            )
        })?;
        let manifest: Self =
            serde_json::from_slice(&text).with_context(|| format!("{} is not a manifest", path.display()))?;
        if manifest.format != FORMAT {
            bail!(
                "the backup has the format {}, this program knows {FORMAT}: use the version {} that made it",
                manifest.format,
                manifest.version
            );
        }
        for entry in &manifest.files {
            entry.local()?;
        }
        Ok(manifest)
    }

    /// Writes the manifest, which completes the backup.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(FILE);
        let text = serde_json::to_vec_pretty(self)?;
        std::fs::write(&path, text)
            .and_then(|()| std::fs::File::open(&path)?.sync_all())
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Whether it is a backup of this kind of database.
    pub fn is_of(&self, engine: Engine) -> bool {
        self.engine == word(engine)
    }

    /// Whether it contains the key ring.
    pub fn has_keys(&self) -> bool {
        self.files.iter().any(|entry| entry.path == KEYS)
    }

    /// The total number of rows.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Files below one folder of the backup.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.files.iter().filter(move |entry| entry.path.split('/').next() == Some(folder))
    }

    /// The total size of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.bytes).sum()
    }
}

impl Entry {
    /// The path inside the backup. A path that leads outside, or to a place that no backup has, is an error: a
    /// manifest is untrusted.
    pub fn local(&self) -> anyhow::Result<PathBuf> {
        let path = Path::new(&self.path);
        let plain = path.components().all(|step| matches!(step, Component::Normal(_))) && !self.path.contains('\\');
        let first = self.path.split('/').next().unwrap_or_default();
        if !plain || ![DATABASE_FILE, DATABASE_FOLDER, RESULTS, EMULATOR, KEYS].contains(&first) {
            bail!("the manifest names `{}`, which isn't a place in a backup", self.path);
        }
        Ok(path.to_owned())
    }
}

const fn word(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_cannot_lead_out_of_its_folder() {
        let entry = |path: &str| Entry { path: path.to_owned(), bytes: 0, sha256: String::new() }.local();
        for path in ["results/kept/exe_1.parquet", "keys", "database.sqlite", "database/people.jsonl"] {
            assert!(entry(path).is_ok(), "{path}");
        }
        for path in ["../keys", "/etc/passwd", "results/../../x", "", "elsewhere/x", "results\\..\\x", "./keys/../x"] {
            assert!(entry(path).is_err(), "{path}");
        }
    }
}

//! Settings of the nightly backup.

use std::path::PathBuf;

use super::reader::Reader;

/// When and where the nightly backup is made.
#[derive(Clone, Debug)]
pub struct BackupSettings {
    /// The folder that gets a folder for each night.
    pub folder: PathBuf,
    /// The hour of the day in UTC, 0 to 23.
    pub hour: u32,
    /// How many backups are kept; older ones are deleted.
    pub keep: usize,
}

/// `None` without a folder.
pub(super) fn settings(reader: &mut Reader<'_>) -> Option<BackupSettings> {
    let folder = reader.text("BACKUP_FOLDER").map(PathBuf::from);
    let hour = reader.number("BACKUP_HOUR", 2, 0..=23, "2");
    let keep = reader.number("BACKUP_KEEP", 14, 1..=1_000, "14");
    Some(BackupSettings { folder: folder?, hour, keep })
}

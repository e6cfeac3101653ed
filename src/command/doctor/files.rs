//! Checks the data folder, its disk, the lock and the key file.

use std::io::Write as _;
use std::path::Path;

use super::Finding;
use crate::config::Config;
use crate::db;
use crate::ids::Random;
use crate::vault::Vault;
use crate::web::words;

/// Below this the next result may not fit.
const LITTLE: u64 = 1 << 30;
/// Below this the database itself will soon fail.
const NOTHING: u64 = 64 << 20;

/// What to do about a full disk.
pub(super) const ROOM: &str =
    "Make room: remove old backups, or set RECOMAMP_KEEP_RESULTS_DAYS, so that old results go.";

/// Whether this process may write a file.
#[cfg(unix)]
pub(super) fn is_writable(file: &Path) -> bool {
    rustix::fs::access(file, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
pub(super) fn is_writable(file: &Path) -> bool {
    file.metadata().is_ok_and(|file| !file.permissions().readonly())
}

/// Whether the data folder exists and is writable, and how much disk space is left.
pub(super) fn folder(config: &Config) -> Vec<Finding> {
    const CHECK: &str = "disk";
    let folder = &config.data_dir;
    let shown = folder.display();
    if !folder.exists() {
        return vec![Finding::warning(
            CHECK,
            format!("The data folder {shown} is not there."),
            "Nothing, if this is a new installation: the first start makes it. Otherwise set RECOMAMP_DATA_DIR.",
        )];
    }
    let mut findings = Vec::new();
    if let Err(error) = try_writing(folder) {
        findings.push(unwritable(&shown.to_string(), &error));
    }
    if let Some(kind) = db::network_file_system(folder).filter(|_| db::file(&config.database_url).is_some()) {
        let what =
            format!("The data folder {shown} is on a network file system ({kind}), where SQLite may be damaged.");
        let todo = "Move it to a disk of this machine, or use PostgreSQL (`recomamp copy`).";
        findings.push(Finding::warning(CHECK, what, todo));
    }
    if open_to(folder, 0o007) {
        let what = format!("Others on this machine can enter the data folder {shown}, and read what lies open in it.");
        findings.push(Finding::warning(CHECK, what, format!("chmod 700 {shown}")));
    }
    let todo = ROOM;
    findings.push(match free(folder) {
        None => Finding::ok(CHECK, format!("The data folder is {shown}; how much room is left is not known here.")),
        Some(free) if free < NOTHING => {
            let what = format!("{} are left below {shown}: nothing can be stored any more.", words::bytes(free));
            Finding::fault(CHECK, what, todo)
        }
        Some(free) if free < LITTLE => {
            let what = format!("{} are left below {shown}: a large result does not fit.", words::bytes(free));
            Finding::warning(CHECK, what, todo)
        }
        Some(free) => Finding::ok(CHECK, format!("{} are left below {shown}.", words::bytes(free))),
    });
    findings
}

/// The finding for a folder that isn't writable.
fn unwritable(shown: &str, error: &std::io::Error) -> Finding {
    const CHECK: &str = "disk";
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    if matches!(error.kind(), StorageFull | QuotaExceeded) {
        return Finding::fault(CHECK, format!("The disk of the data folder {shown} is full ({error})."), ROOM);
    }
    let who = crate::vault::user_id().map(|id| format!(" by user id {id}")).unwrap_or_default();
    let todo = "Give the folder to the user who runs RecomAMP, and mount it writable.";
    Finding::fault(CHECK, format!("The data folder {shown} cannot be written{who} ({error})."), todo)
}

fn try_writing(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::File::create(&path).and_then(|mut file| {
        file.write_all(b"written by recomamp doctor\n")?;
        file.sync_all()
    });
    // OK because a file that couldn't be created doesn't exist.
    let _ = std::fs::remove_file(&path);
    written
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

/// Whether the program runs on this database.
pub(super) fn lock(config: &Config) -> Finding {
    const CHECK: &str = "lock";
    let Some(file) = db::file(&config.database_url) else {
        return Finding::ok(CHECK, "PostgreSQL is shared by leases; no lock is needed.");
    };
    match db::lock::holder(&file) {
        Ok(None) => Finding::ok(CHECK, "RecomAMP does not run on this database."),
        Ok(Some(None)) => Finding::ok(CHECK, "RecomAMP runs on this database."),
        Ok(Some(Some(process))) => Finding::ok(CHECK, format!("RecomAMP runs on this database, as process {process}.")),
        Err(error) => {
            let what = format!("Whether RecomAMP runs on {} cannot be seen ({error}).", file.display());
            Finding::fault(CHECK, what, "Run this as the user who runs RecomAMP.")
        }
    }
}

/// Whether the key file exists, is readable, and is private.
pub(super) fn keys(config: &Config) -> Finding {
    const CHECK: &str = "keys";
    let file = config.keys_file.as_path();
    let shown = file.display();
    if !file.exists() {
        let todo = "Nothing, if this is a new installation: the first start makes it. Otherwise put the key file back.";
        return Finding::warning(CHECK, format!("There is no key file at {shown}."), todo);
    }
    let ring = match Vault::from_file(file, &Random::system()) {
        Ok(ring) => ring,
        Err(error) => {
            return Finding::fault(CHECK, format!("{error}."), "Put the right key file back, from where its copy is.");
        }
    };
    if open_to(file, 0o077) {
        let what = format!("Others on this machine can read the key file {shown}.");
        return Finding::fault(CHECK, what, format!("chmod 600 {shown}, then `recomamp keys rotate` if it was read."));
    }
    let number = i64::try_from(ring.names().len()).unwrap_or(i64::MAX);
    Finding::ok(CHECK, format!("{shown} holds {}, and only its owner reads it.", words::counted(number, "key", "keys")))
}

/// Whether the emulator's journal can be read; `None` with Amazon credentials.
pub(super) fn emulator(config: &Config) -> Option<Finding> {
    const CHECK: &str = "emulator";
    if !config.is_demo() {
        return None;
    }
    Some(match crate::emulator::examine(&config.data_dir.join("emulator")) {
        Ok(()) => Finding::ok(CHECK, "The journal of the AMC emulator is whole."),
        Err(error) => Finding::fault(
            CHECK,
            format!("The journal of the AMC emulator is damaged: {error:#}. RecomAMP does not start with it."),
            "Restore the newest backup, or move the file away: the emulator then begins anew and knows no earlier run.",
        ),
    })
}

/// Whether it has any of these permissions.
#[cfg(unix)]
fn open_to(path: &Path, permissions: u32) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|path| path.permissions().mode() & permissions != 0)
}

#[cfg(not(unix))]
fn open_to(_: &Path, _: u32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn a_full_disk_gets_other_advice_than_a_folder_of_somebody_elses() {
        let full = unwritable("/data", &Error::from(ErrorKind::StorageFull));
        assert!(full.what.contains("is full") && full.todo.contains("Make room"), "{full:?}");
        let closed = unwritable("/data", &Error::from(ErrorKind::PermissionDenied));
        assert!(closed.what.contains("user id") && closed.todo.contains("Give the folder"), "{closed:?}");
    }
}

//! One process per SQLite file: an advisory lock in a file beside it.
//!
//! The operating system holds the lock as long as the process lives and releases it however the process ends,
//! including `kill -9`, so nothing has to be cleaned up. Only commands that serve or replace the database take it;
//! read-only ones (`doctor`, `backup`) work alongside. The file contains the id of the process that holds it, for
//! people. Symbolic links are resolved first, so one file has one lock under any name; hard links can't be detected,
//! and SQLite doesn't support them either.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often to retry for a holder that is about to exit or a short check.
const TRIES: u32 = 4;
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// The lock, held until dropped.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

/// Why the lock couldn't be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error(
        "another RecomAMP{} uses the database {}: stop it first, or set RECOMAMP_DATA_DIR or RECOMAMP_DATABASE_URL to \
         another place; several processes need PostgreSQL",
        process.map(|process| format!(" (process {process})")).unwrap_or_default(),
        database.display()
    )]
    Held {
        /// The locked file.
        database: PathBuf,
        /// The process that holds it, if known.
        process: Option<u32>,
    },
    /// The lock file can't be created.
    #[error("{} cannot be written ({why})", path.display())]
    File {
        path: PathBuf,
        /// The cause; already part of the message, so not a source.
        why: io::Error,
    },
}

/// Takes the lock on a database file for this process.
pub fn hold(database: &Path) -> Result<FileLock, LockError> {
    let path = beside(database);
    let failed = |why| LockError::File { path: path.clone(), why };
    // OK not to truncate before the lock is held: the file names its holder.
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    for attempt in 1..=TRIES {
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(failed)?;
                return Ok(FileLock { _file: file });
            }
            Err(TryLockError::WouldBlock) if attempt < TRIES => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
    Err(LockError::Held { database: database.to_owned(), process: process(&mut file) })
}

/// Whether a process holds the lock, and which. Checks briefly and leaves nothing behind.
pub fn holder(database: &Path) -> io::Result<Option<Option<u32>>> {
    let mut file = match File::open(beside(database)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| None),
        Err(TryLockError::WouldBlock) => Ok(Some(process(&mut file))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn process(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// How many symbolic links are followed, as on most systems; longer chains can't be opened.
const LINKS: usize = 40;

/// The database file behind symbolic links, whether it exists or not.
fn followed(database: &Path) -> PathBuf {
    if let Ok(file) = database.canonicalize() {
        return file;
    }
    // A link may point to a file that the first start creates.
    let mut file = database.to_owned();
    for _ in 0..LINKS {
        let Ok(next) = file.read_link() else { break };
        file = file.parent().unwrap_or(Path::new("")).join(next);
    }
    let folder = file.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    match (folder.and_then(|folder| folder.canonicalize().ok()), file.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => file,
    }
}

fn beside(database: &Path) -> PathBuf {
    let mut name = followed(database).into_os_string();
    name.push(".lock");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_the_lock_and_others_learn_who() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("x.sqlite");
        assert_eq!(holder(&database).unwrap(), None, "nobody was ever here");
        let held = hold(&database).unwrap();
        assert_eq!(holder(&database).unwrap(), Some(Some(std::process::id())));
        let refused = hold(&database).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(held);
        assert_eq!(holder(&database).unwrap(), None, "what is left of the file holds nobody up");
        assert!(hold(&database).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_the_file_leads_to_its_lock() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let [database, link, second, beside] =
            ["x.sqlite", "link", "second", "folder"].map(|name| folder.path().join(name));
        symlink("x.sqlite", &link).unwrap();
        symlink(&link, &second).unwrap();
        symlink(folder.path(), &beside).unwrap();
        for there in [false, true] {
            if there {
                std::fs::write(&database, "").unwrap();
            }
            let held = hold(&database).unwrap();
            for name in [&link, &second, &beside.join("x.sqlite"), &beside.join("link")] {
                assert!(hold(name).is_err(), "{} while it is there: {there}", name.display());
                assert_eq!(holder(name).unwrap(), Some(Some(std::process::id())));
            }
            drop(held);
        }
    }
}

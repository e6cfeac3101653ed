//! Whether the file of SQLite is still where it was opened.
//!
//! SQLite goes on with a file that was removed, moved or replaced, and whatever it writes then is lost with the
//! process. So each transaction looks first, which costs a microsecond, and none begins that would be lost.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{Error, Result};

/// A file, and which one it is.
#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    /// Nothing where that could not be told.
    known: Option<(u64, u64)>,
}

impl Place {
    /// Of a file that is open.
    pub(super) fn of(file: &Path) -> Self {
        Self { known: identity(file).ok(), file: file.to_owned() }
    }

    /// Nothing if it is still there, and [`Error::Unavailable`] if not: it may be put back.
    pub(super) fn check(&self) -> Result<()> {
        match (self.known, identity(&self.file)) {
            (Some(known), Ok(found)) if known == found => Ok(()),
            (None, _) => Ok(()),
            _ => {
                let words = format!(
                    "{} was removed, moved or replaced while the program runs, and what is written now would be lost: \
                     put it back, or stop the program, restore the newest backup (`recomamp restore`), and start it again",
                    self.file.display()
                );
                Err(Error::Unavailable(sqlx::Error::Io(io::Error::other(words))))
            }
        }
    }
}

fn identity(file: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(file).map(|file| (file.dev(), file.ino()))
}

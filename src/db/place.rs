//! Checks whether the SQLite file is still where it was opened.
//!
//! SQLite keeps using a file that was removed, moved or replaced, and whatever it writes then is lost when the
//! process ends. So each transaction checks first, which costs a microsecond, and none begins that would be lost.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{Error, Result};

/// A file and its identity.
#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    /// `None` if the identity is unknown.
    known: Option<(u64, u64)>,
}

impl Place {
    /// The place of an open file.
    pub(super) fn of(file: &Path) -> Self {
        Self { known: identity(file).ok(), file: file.to_owned() }
    }

    /// Succeeds if the file is still there, and returns [`Error::Unavailable`] if not: it may be put back.
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

/// The kind of network file system that contains a path, if any: SQLite's locks and shared memory don't work reliably
/// there, and a database may be damaged.
pub fn network_file_system(path: &Path) -> Option<&'static str> {
    #[cfg(target_os = "linux")]
    return rustix::fs::statfs(path).ok().and_then(|disk| network_kind(disk.f_type as u64 & 0xffff_ffff));
    #[cfg(not(target_os = "linux"))]
    None
}

/// By the numbers of Linux (`statfs(2)`).
#[cfg(target_os = "linux")]
const fn network_kind(number: u64) -> Option<&'static str> {
    match number {
        0x6969 => Some("NFS"),
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => Some("SMB"),
        0x6573_5546 => Some("FUSE"),
        0x0102_1997 => Some("9P"),
        0x00c3_6400 => Some("Ceph"),
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
#[test]
fn network_file_systems_are_distinguished_from_disks() {
    assert_eq!((network_kind(0x6969), network_kind(0x6573_5546)), (Some("NFS"), Some("FUSE")));
    assert_eq!(network_kind(0xef53), None, "ext4 is a disk's");
}

fn identity(file: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(file).map(|file| (file.dev(), file.ino()))
}

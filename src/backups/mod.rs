//! Nightly backups: one a night by one of the processes, each opened and verified, a number of them kept.
//!
//! A backup is a row for its night. The process that leases the row writes into a folder with an unfinished name, checks
//! what it wrote, and renames the folder; only then are older backups deleted. A failed one is tried again twice.

mod nightly;
mod pages;
mod store;

use std::sync::Arc;

use crate::ids::ProcessId;
use crate::web::Site;
use crate::web::room::{PageEntry, Room};
use crate::web::shell::Section;
use nightly::Nightly;

pub use store::{Backup, State, newest};

/// The room, with a worker that makes backups as `process`.
pub fn room(site: Site, process: ProcessId) -> Room {
    Room {
        administration: const { &[Section::new("/operations/backups", "Backups", "archive")] },
        pages: const { &[PageEntry::new("/operations/backups", "Backups", "nightly backup restore operations")] },
        workers: vec![Arc::new(Nightly::new(site.clone(), process))],
        ..Room::new(pages::routes(site))
    }
}

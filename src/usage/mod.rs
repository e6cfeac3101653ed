//! Usage and health seen from inside: which routes are used, which are slow, and which fail. Counts only, without people,
//! and nothing leaves the installation.

mod pages;
mod store;
mod writer;

use std::sync::Arc;

use crate::web::Site;
use crate::web::room::{PageEntry, Room};
use crate::web::shell::Section;
use writer::UsageWriter;

/// The room, with a worker that stores the counts of this process.
pub fn room(site: Site) -> Room {
    Room {
        administration: const { &[Section::new("/operations/usage", "Usage", "gauge")] },
        pages: const { &[PageEntry::new("/operations/usage", "Usage", "slow pages errors health statistics operations")] },
        workers: vec![Arc::new(UsageWriter::new(site.clone()))],
        ..Room::new(pages::routes(site))
    }
}

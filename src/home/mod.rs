//! The dashboard, the search and the operations page.
//!
//! This room reads through the public functions of the rooms below, each with the person's own scope, and writes
//! nothing. So it shows exactly what those rooms would show to the same person.

mod dashboard;
mod metrics;
mod operations;
mod search;

use axum::extract::FromRef;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::connections::Grants;
use crate::db::Memo;
use crate::ids::PersonId;
use crate::web::Site;
use crate::web::room::{PageEntry, Room};
use crate::web::routes::Who::{Operator, SignedIn};
use crate::web::routes::{Routes, get};
use crate::web::shell::Section;
use dashboard::Work;

/// Maximum number of cached dashboards; beyond it, the cache is cleared.
const MOST_KEPT: usize = 1_000;

#[derive(Clone, Debug)]
struct Home {
    site: Site,
    /// For the state of calls to Amazon.
    grants: Grants,
    /// What each person's dashboard last read, by day.
    work: Memo<(PersonId, NaiveDate), Arc<Work>>,
}

impl FromRef<Home> for Site {
    fn from_ref(home: &Home) -> Self {
        home.site.clone()
    }
}

pub fn room(site: Site, grants: Grants) -> Room {
    let routes = Routes::new()
        .route("/", get(SignedIn, dashboard::show))
        .route("/search", get(SignedIn, search::show).about("Search"))
        .route("/operations", get(SignedIn, operations::show))
        .route("/metrics", get(Operator, metrics::show).about("Metrics for monitoring"))
        .with_state(Home { work: Memo::new(site.db.clone(), MOST_KEPT), site, grants });
    Room {
        section: Some(Section::Dashboard),
        settings: const { &[Section::new("/operations", "Operations", "activity")] },
        pages: const {
            &[
                PageEntry::new("/", "Dashboard", "home start overview"),
                PageEntry::new("/operations", "Operations", "workers background status version"),
            ]
        },
        ..Room::new(routes)
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/`.
    pub const Dashboard: Self = Self::new("/", "Dashboard", "layout-dashboard");
}

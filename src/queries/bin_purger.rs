//! Purges the bin: items deleted more than thirty days ago are permanently deleted.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::BoxFuture;

use super::store;
use crate::db::Scope;
use crate::web::Site;
use crate::workers::{Tick, Worker};

/// How long deleted items stay in the bin.
pub(super) const KEPT: TimeDelta = TimeDelta::days(30);

/// The bin purger.
#[derive(Debug)]
pub(super) struct BinPurger(Site);

impl BinPurger {
    pub(super) const fn new(site: Site) -> Self {
        Self(site)
    }
}

impl Worker for BinPurger {
    fn name(&self) -> &'static str {
        "bin-purger"
    }

    fn duty(&self) -> &'static str {
        "Permanently deletes queries and drafts 30 days after they were deleted."
    }

    fn period(&self) -> Duration {
        Duration::from_hours(1)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(async {
            let before = self.0.clock.now() - KEPT;
            let mut tx = self.0.db.write(&Scope::System).await?;
            let gone = store::purge(&mut tx, before).await? + store::purge_drafts(&mut tx, before).await?;
            tx.commit().await?;
            let gone = usize::try_from(gone).unwrap_or(usize::MAX);
            Ok(Tick { looked: gone, changed: gone, ..Tick::default() })
        })
    }
}

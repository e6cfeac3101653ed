//! The worker that adds this process's counts to those of the day. A crash loses the last minutes, which is
//! acceptable for statistics.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::BoxFuture;

use super::store;
use crate::db::Scope;
use crate::web::Site;
use crate::workers::{Tick, Worker};

/// How long the counts of a day are kept.
const KEPT: TimeDelta = TimeDelta::days(400);

#[derive(Debug)]
pub(super) struct UsageWriter(Site);

impl UsageWriter {
    pub(super) const fn new(site: Site) -> Self {
        Self(site)
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let site = &self.0;
        let now = site.clock.now();
        let day = now.format("%Y-%m-%d").to_string();
        let mut tx = site.db.write(&Scope::System).await?;
        let counts = site.metrics.usage().take();
        for (route, usage) in &counts {
            store::add(&mut tx, &day, route, usage).await?;
        }
        store::forget(&mut tx, &(now - KEPT).format("%Y-%m-%d").to_string()).await?;
        tx.commit().await?;
        Ok(Tick { looked: counts.len(), changed: counts.len(), ..Tick::default() })
    }
}

impl Worker for UsageWriter {
    fn name(&self) -> &'static str {
        "usage"
    }

    fn duty(&self) -> &'static str {
        "Stores how many requests each page had."
    }

    fn period(&self) -> Duration {
        Duration::from_mins(5)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

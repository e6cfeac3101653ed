//! Deletes expired sessions, and audit log entries older than the retention period.

use std::time::Duration;

use chrono::Days;
use futures::future::BoxFuture;

use super::audit;
use crate::db::Scope;
use crate::web::Site;
use crate::web::session::Sessions;
use crate::workers::{Tick, Worker};

/// Log entries per tick; the next tick handles the rest immediately.
const MOST: i64 = 5_000;

#[derive(Debug)]
pub(super) struct SessionCleaner {
    site: Site,
    sessions: Sessions,
}

impl SessionCleaner {
    /// Cleans `sessions` and the log.
    pub(super) const fn new(site: Site, sessions: Sessions) -> Self {
        Self { site, sessions }
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let swept = self.sessions.sweep().await?;
        let forgotten = self.forget().await?;
        let swept = usize::try_from(swept + forgotten).unwrap_or(usize::MAX);
        let more = i64::try_from(forgotten).is_ok_and(|forgotten| forgotten == MOST);
        Ok(Tick { looked: swept, changed: swept, next: more.then(|| self.site.clock.now()), ..Tick::default() })
    }

    async fn forget(&self) -> anyhow::Result<u64> {
        let days = self.site.config.limits.keep_audit_days;
        let now = self.site.clock.now();
        let Some(before) = days.and_then(|days| now.checked_sub_days(Days::new(days.into()))) else { return Ok(0) };
        let mut tx = self.site.db.write(&Scope::Owner).await?;
        let forgotten = audit::forget(&mut tx, before, MOST).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}

impl Worker for SessionCleaner {
    fn name(&self) -> &'static str {
        "session-cleaner"
    }

    fn duty(&self) -> &'static str {
        "Removes expired browser sessions and audit entries past their retention."
    }

    fn period(&self) -> Duration {
        Duration::from_hours(1)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

//! Refreshes tokens that expire within fifteen minutes.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::BoxFuture;

use super::grants::{CallError, Grants};
use super::store;
use crate::db::{Scope, lease};
use crate::ids::{ConnectionId, ProcessId};
use crate::queue;
use crate::workers::{Tick, Worker};

const DUE: lease::Queue = queue!("connections", due "refresh_at");
/// Lease duration; a refresh takes seconds.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// Grants per tick; the next tick handles the rest.
const MOST: i64 = 50;

#[derive(Debug)]
pub(super) struct Refresher {
    grants: Grants,
    process: ProcessId,
}

impl Refresher {
    /// Refreshes through `grants`, with leases of `process`.
    pub(super) fn new(grants: Grants, process: ProcessId) -> Self {
        Self { grants, process }
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let site = &self.grants.site;
        let mut tx = site.db.write(&Scope::System).await?;
        let leases = lease::claim(&mut tx, DUE, &self.process, site.clock.now(), LEASE, MOST).await?;
        tx.commit().await?;
        let mut tick = Tick { looked: leases.len(), ..Tick::default() };
        for lease in leases {
            let id: ConnectionId = lease.id.parse()?;
            let mut tx = site.db.read(&Scope::System).await?;
            let connection = store::find(&mut tx, &id).await?;
            drop(tx);
            let Some(connection) = connection else { continue };
            match self.grants.refresh_due(&connection).await {
                Ok(()) => tick.changed += 1,
                // OK because the lease expires, and then it is retried; the others continue.
                Err(CallError::Db(error)) => {
                    tracing::error!(connection.id = %id, %error, "a refresh could not be kept");
                    tick.failed += 1;
                }
                // OK because the reason is in the connection's row, where its owner sees it.
                Err(CallError::Reconnect | CallError::Token(_) | CallError::Amazon(_)) => tick.failed += 1,
            }
        }
        Ok(tick)
    }
}

impl Worker for Refresher {
    fn name(&self) -> &'static str {
        "refresher"
    }

    fn duty(&self) -> &'static str {
        "Refreshes access tokens that expire within fifteen minutes."
    }

    fn period(&self) -> Duration {
        self.grants.site.config.limits.refresh
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

//! The worker that writes the ledger from the feed of outcomes, and delivers what is due.
//!
//! A delivery is claimed, sent once without a transaction, and written down under the claim's number. While it is being
//! sent the claim is renewed, so that another process takes over soon after a crash and never before the end. The
//! deliveries of one rule keep the order of their executions: with a table that is updated by key, an older result
//! must not come after a newer one.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{BoxFuture, join_all};

use super::model::{Attempt, DeliveryState, next_attempt};
use super::seals::secret_place;
use super::send::{Failure, Order, Sent};
use super::store::{self, Outgoing, Verdict};
use super::{DELIVERER, Deliveries};
use crate::db::lease::Lease;
use crate::db::{self, Scope, Tx};
use crate::executions::{Cursor, Happened, Outcome, State};
use crate::ids::{ProcessId, ResultDeliveryId};
use crate::workers::{Tick, Worker};

const CURSOR: Cursor = Cursor::new(DELIVERER);
/// Rows of the feed that are read at a time.
const OUTCOMES: i64 = 200;
/// Deliveries that are sent at a time.
const AT_ONCE: i64 = 4;
/// Rounds of a tick; the next one takes the rest.
const ROUNDS: usize = 50;
/// After this another process may take a delivery over.
const LEASE: TimeDelta = TimeDelta::seconds(120);
/// How often the claim is renewed while a delivery is being sent.
const BEAT: Duration = Duration::from_secs(30);
/// A delivery that takes longer has failed.
const LONGEST: Duration = Duration::from_hours(1);
/// A slot that an execution by a person serves is delivered if it was decided within this time.
const SERVED: TimeDelta = TimeDelta::days(1);
/// A rule whose oldest delivery fails for so long is failing, even before it is given up.
const WARNED_AFTER: TimeDelta = TimeDelta::hours(24);

#[derive(Debug)]
pub(super) struct Deliverer {
    room: Deliveries,
    process: ProcessId,
}

impl Deliverer {
    /// Delivers for this room, claiming as `process`.
    pub(super) fn new(room: Deliveries, process: ProcessId) -> Self {
        Self { room, process }
    }

    fn now(&self) -> DateTime<Utc> {
        self.room.site.clock.now()
    }

    async fn write(&self) -> db::Result<Tx> {
        self.room.site.db.write(&Scope::System).await
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let mut tick = Tick { changed: self.read_outcomes().await? + self.served().await?, ..Tick::default() };
        for _ in 0..ROUNDS {
            let mut tx = self.write().await?;
            let due = store::claim(&mut tx, &self.process, (self.now(), LEASE), AT_ONCE).await?;
            tx.commit().await?;
            if due.is_empty() {
                break;
            }
            tick.looked += due.len();
            for done in join_all(due.iter().map(|lease| self.deliver(lease))).await {
                match done {
                    Ok(true) => tick.changed += 1,
                    Ok(false) => tick.failed += 1,
                    Err(error) => {
                        tick.failed += 1;
                        tracing::error!(%error, "a delivery was not written down; it is made again");
                    }
                }
            }
        }
        let mut tx = self.room.site.db.read(&Scope::System).await?;
        tick.next = store::next_due(&mut tx).await?;
        Ok(tick)
    }

    /// Writes a row of the ledger for each new result and each rule that wants it.
    async fn read_outcomes(&self) -> db::Result<usize> {
        let mut added = 0;
        while let Some(batch) = CURSOR.next(&self.room.site.db, OUTCOMES).await? {
            let mut tx = self.write().await?;
            if !batch.pass(&mut tx).await? {
                break;
            }
            let mut now_added = 0;
            for row in batch.rows.iter().filter(|row| is_result(row)) {
                for wanted in store::wanted(&mut tx, &row.execution).await? {
                    let id = self.room.site.random.id::<ResultDeliveryId>(self.now());
                    now_added += usize::from(store::add(&mut tx, self.now(), &id, &wanted).await?);
                }
            }
            tx.commit().await?;
            added += now_added;
        }
        Ok(added)
    }

    /// Adds the slots that are served by an execution which a person had started shortly before, and which may have
    /// ended before the slot was decided.
    async fn served(&self) -> db::Result<usize> {
        let now = self.now();
        let mut tx = self.room.site.db.read(&Scope::System).await?;
        let served = store::served(&mut tx, now - SERVED).await?;
        drop(tx);
        if served.is_empty() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let mut added = 0;
        for wanted in &served {
            let id = self.room.site.random.id::<ResultDeliveryId>(now);
            added += usize::from(store::add(&mut tx, now, &id, wanted).await?);
        }
        tx.commit().await?;
        Ok(added)
    }

    /// Makes one attempt; says whether it was delivered.
    async fn deliver(&self, lease: &Lease) -> db::Result<bool> {
        let mut tx = self.room.site.db.read(&Scope::System).await?;
        let Some(outgoing) = store::outgoing(&mut tx, lease).await? else { return Ok(false) };
        drop(tx);
        let (began, clock) = (self.now(), Instant::now());
        let outcome = match self.secret(&outgoing) {
            Ok(secret) => {
                let order = Order {
                    id: &outgoing.id,
                    target: &outgoing.target,
                    subject: &outgoing.subject,
                    place: &outgoing.place,
                    secret,
                };
                match self.held(lease, self.room.send(&order)).await? {
                    Some(outcome) => outcome,
                    // OK because another process has taken it over, and writes its own attempt.
                    None => return Ok(false),
                }
            }
            Err(failure) => Err(failure),
        };
        let took_ms = i64::try_from(clock.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.written(lease, &outgoing, (began, took_ms), outcome).await
    }

    fn secret(&self, outgoing: &Outgoing) -> Result<Option<crate::vault::Secret>, Failure> {
        if outgoing.is_cut_off {
            return Err(Failure::GiveUp("The destination was deleted. Restore it, or change the rule.".to_owned()));
        }
        let Some(sealed) = &outgoing.sealed else { return Ok(None) };
        let opened = self.room.site.vault.open(sealed, &secret_place(&outgoing.destination));
        opened.map(Some).map_err(|_| {
            Failure::Retry("No key opens the destination's secret. An administrator enters it again.".to_owned())
        })
    }

    /// Sends while the claim is renewed; `None` if another process has it.
    async fn held(
        &self,
        lease: &Lease,
        sending: impl Future<Output = Result<Sent, Failure>>,
    ) -> db::Result<Option<Result<Sent, Failure>>> {
        let begun = Instant::now();
        let mut sending = std::pin::pin!(sending);
        loop {
            if let Ok(outcome) = tokio::time::timeout(BEAT, &mut sending).await {
                return Ok(Some(outcome));
            }
            if begun.elapsed() > LONGEST {
                return Ok(Some(Err(Failure::Retry("It took longer than an hour.".to_owned()))));
            }
            let mut tx = self.write().await?;
            if !store::renew(&mut tx, lease, self.now() + LEASE).await? {
                return Ok(None);
            }
            tx.commit().await?;
        }
    }

    /// Writes an attempt down, and what follows from it.
    async fn written(
        &self,
        lease: &Lease,
        outgoing: &Outgoing,
        (began, took_ms): (DateTime<Utc>, i64),
        outcome: Result<Sent, Failure>,
    ) -> db::Result<bool> {
        let (now, number) = (self.now(), outgoing.attempts + 1);
        let next = match &outcome {
            Err(Failure::Retry(_)) => {
                next_attempt(now, number - outgoing.attempts_before, self.room.site.random.fraction())
            }
            _ => None,
        };
        let state = match (&outcome, next) {
            (Ok(_), _) => DeliveryState::Done,
            (Err(_), Some(_)) => DeliveryState::Failed,
            (Err(_), None) => DeliveryState::GivenUp,
        };
        let sent = outcome.as_ref().ok();
        let number_of = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let attempt = Attempt {
            number,
            at: began,
            took_ms,
            rows: sent.map(|sent| number_of(sent.rows)),
            bytes: sent.map(|sent| number_of(sent.bytes)),
            object: sent.map(|sent| sent.object.clone()).unwrap_or_default(),
            reason: outcome.as_ref().err().map(|failure| failure.sentence().to_owned()).unwrap_or_default(),
        };
        let mut tx = self.write().await?;
        if !store::tried(&mut tx, now, lease, &Verdict { state, next, attempt: &attempt }).await? {
            // OK because another process has taken it over, and writes its own attempt.
            return Ok(false);
        }
        store::log_attempt(&mut tx, &outgoing.id, &attempt).await?;
        if let Some(rule) = &outgoing.rule {
            let is_failing = state == DeliveryState::GivenUp || now - outgoing.created_at > WARNED_AFTER;
            match state {
                DeliveryState::Done => store::mark_working(&mut tx, rule).await?,
                _ if is_failing => store::mark_failing(&mut tx, rule, now).await?,
                _ => {}
            }
        }
        tx.commit().await?;
        Ok(state == DeliveryState::Done)
    }
}

/// Whether a row of the feed announces a new result.
fn is_result(row: &Outcome) -> bool {
    row.happened == Happened::Ended && row.state == State::Succeeded
}

impl Worker for Deliverer {
    fn name(&self) -> &'static str {
        DELIVERER
    }

    fn duty(&self) -> &'static str {
        "Delivers results to folders, buckets and databases, and retries what failed."
    }

    fn period(&self) -> Duration {
        Duration::from_secs(20)
    }

    fn wakes_on(&self) -> &'static [&'static str] {
        &[crate::executions::OUTCOMES]
    }

    /// Longer than a delivery takes.
    fn patience(&self) -> Duration {
        LONGEST * 2
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

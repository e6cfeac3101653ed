//! Sends an execution, and finds out whether an unclear send arrived.

use chrono::TimeDelta;

use super::walk::Ended;
use super::{Address, CLOCKS_DIFFER, Poller, bounded, problem};
use crate::amazon::{self, ErrorKind, ExecutionFilter};
use crate::connections::CallError;
use crate::db::{self, Scope, Tx};
use crate::executions::model::{Claimed, LOOK_AGAIN, LOOKS, Problem, SETTLED, State};
use crate::executions::store::{self, Change, Obstacle};
use crate::instances;

/// The wait for a free slot.
const SLOT_WAIT: TimeDelta = TimeDelta::seconds(10);
/// The wait of an execution that isn't permitted now.
const LOOK_FOR_LEAVE: TimeDelta = TimeDelta::minutes(1);
/// When a new execution is polled first: AMC validates it for some seconds.
const FIRST_LOOK: TimeDelta = TimeDelta::seconds(3);
/// The maximum number of list pages when looking up an execution; a list of one workflow has one.
const PAGES: usize = 10;

/// Whether AMC has an execution.
enum Found {
    Here(Box<amazon::Execution>),
    Nowhere,
    /// Not found in a list that was too long to read completely: nothing is sent again for this reason.
    ListTooLong,
}

impl Poller {
    /// Sends an execution when a slot is free: stores that it is being sent, sends it, stores the answer.
    pub(super) async fn send(&self, address: &Address, execution: &mut Claimed) -> db::Result<Change> {
        if execution.cancel_asked_at.is_some() {
            return Ok(Change::to(State::Cancelled, None));
        }
        let now = self.room.site.clock.now();
        let mut sending = Change::to(State::Sending, Some(self.after(LOOK_AGAIN)));
        sending.sent_at = Some(now);
        sending.keep_lease = true;
        sending.attempts = execution.attempts;
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        if let Some(obstacle) = store::obstacle(&mut tx, now, execution).await? {
            return Ok(self.held_by(execution, obstacle));
        }
        if let Some(reason) = self.no_slot(&mut tx, address, execution).await? {
            let mut change = Change::to(State::Waiting, Some(self.after(SLOT_WAIT)));
            change.waiting_for = Some(reason);
            return Ok(change);
        }
        let ours = store::change(&mut tx, now, execution, &sending).await?;
        let stored = store::to_send(&mut tx, &execution.id).await?;
        if stored.is_cancelled {
            // Not committed: somebody canceled it when the step began, so nothing is sent.
            return Ok(Change::to(State::Cancelled, None));
        }
        tx.commit().await?;
        self.room.tags.forget(execution.id.as_str());
        if !ours {
            return Ok(sending);
        }
        let (client, body) = (self.room.grants.client(), &stored.body);
        let answer = bounded(address.call(&self.room.grants, &execution.connection, |token, pair| async move {
            let account = token.caller().of(&pair.entity, &pair.marketplace);
            client.create_execution(account, &address.amc_id, body).await
        }))
        .await;
        self.after_send(execution, answer)
    }

    /// It waits for somebody to act; this doesn't count as an attempt.
    fn held_by(&self, execution: &Claimed, obstacle: Obstacle) -> Change {
        let mut change = Change::to(State::Waiting, Some(self.after(LOOK_FOR_LEAVE)));
        change.attempts = execution.attempts;
        change.waiting_for = Some(
            match obstacle {
                Obstacle::Role => {
                    "The person who started it can no longer run queries on this instance. It is sent when they have \
                     the analyst role again; cancel it if nobody needs it."
                }
                Obstacle::Connection => {
                    "No working connection to Amazon reaches this instance for the person who started it. It is sent \
                     when there is one, under Connections."
                }
            }
            .to_owned(),
        );
        change
    }

    /// The change for the answer to a send.
    fn after_send(&self, execution: &Claimed, answer: Result<amazon::Execution, CallError>) -> db::Result<Change> {
        match answer {
            Ok(accepted) => Ok(self.accepted(&accepted)),
            Err(CallError::Db(error)) => Err(error),
            Err(CallError::Amazon(error)) if error.may_have_been_accepted() => {
                let mut change = Change::to(State::Sending, Some(self.after(LOOK_AGAIN)));
                let what = error.happened();
                change.waiting_for =
                    Some(format!("{what} RecomAMP is checking whether the execution started before retrying."));
                Ok(change)
            }
            Err(CallError::Amazon(error)) if is_refusal(&error) => {
                let mut change = Change::to(State::Failed, None);
                change.problem = Some(problem("AMC didn't accept the execution.", &error));
                Ok(change)
            }
            Err(error) => {
                let mut change = self.retry(execution, &error);
                change.state = State::Waiting;
                Ok(change)
            }
        }
    }

    fn accepted(&self, accepted: &amazon::Execution) -> Change {
        let mut change = Change::to(State::Pending, Some(self.after(FIRST_LOOK)));
        change.amc_id = Some(accepted.id.to_string());
        change.amc_status = Some(accepted.status.to_string());
        change
    }

    /// After a crash or an unclear answer: looks the execution up at AMC by its own workflow id.
    pub(super) async fn look_up(&self, address: &Address, execution: &Claimed) -> db::Result<Change> {
        match bounded(self.find(address, execution)).await {
            Ok(Found::Here(found)) => Ok(self.accepted(&found)),
            Ok(Found::Nowhere) => Ok(self.not_found(execution)),
            Ok(Found::ListTooLong) => Ok(self.look_again(execution)),
            Err(CallError::Db(error)) => Err(error),
            Err(error) => Ok(self.retry(execution, &error)),
        }
    }

    async fn find(&self, address: &Address, execution: &Claimed) -> Result<Found, CallError> {
        let since = execution.sent_at.unwrap_or(execution.created_at) - CLOCKS_DIFFER;
        let filter = &ExecutionFilter::of_workflow(&execution.amc_workflow_id)
            .and_created_since(since)
            .including_cancelled()
            .oldest_first();
        // If a list wasn't filtered as requested, another execution must not be mistaken for this one.
        let is_this =
            |one: &amazon::Execution| one.workflow_id.as_ref().is_none_or(|id| *id == execution.amc_workflow_id);
        let mut found = None;
        let at = (address, &execution.connection);
        let ended = self.walk(at, filter, PAGES, |items| {
            found = items.into_iter().find(is_this);
            found.is_some()
        });
        let ended = ended.await?;
        Ok(match found {
            Some(found) => Found::Here(Box::new(found)),
            None if ended == Ended::TooLong => Found::ListTooLong,
            None => Found::Nowhere,
        })
    }

    /// AMC doesn't list it: look again, and only then conclude that it never arrived.
    fn not_found(&self, execution: &Claimed) -> Change {
        let now = self.room.site.clock.now();
        let settled = execution.sent_at.is_none_or(|sent| now >= sent + SETTLED);
        if settled && execution.lookups + 1 >= LOOKS {
            if execution.cancel_asked_at.is_some() {
                return Change::to(State::Cancelled, None);
            }
            let mut change = Change::to(State::Waiting, Some(now));
            change.waiting_for = Some("AMC didn't receive it. Sending again.".to_owned());
            return change;
        }
        let mut change = self.look_again(execution);
        change.lookups += 1;
        change
    }

    fn look_again(&self, execution: &Claimed) -> Change {
        let mut change = Change::to(State::Sending, Some(self.after(LOOK_AGAIN)));
        change.lookups = execution.lookups;
        change.waiting_for = Some("RecomAMP is checking whether the execution started before retrying.".to_owned());
        change
    }

    /// Why there is no free slot, or `None`; the transaction reserves the slot before others count.
    async fn no_slot(&self, tx: &mut Tx, address: &Address, execution: &Claimed) -> db::Result<Option<String>> {
        let limits = &self.room.site.config.limits;
        tx.alone(&format!("slots of {}", address.usual.entity)).await?;
        let used = instances::slots_in_use(tx, &execution.instance).await?;
        Ok(if used.instance >= limits.runs_per_instance {
            Some(format!(
                "All {} slots of the instance are in use. Runs in the next free one.",
                limits.runs_per_instance
            ))
        } else if used.account >= limits.runs_per_account {
            Some(format!("All {} slots of the account are in use. Runs in the next free one.", limits.runs_per_account))
        } else {
            None
        })
    }
}

/// Whether Amazon refused permanently, so that sending the same again would get the same answer.
fn is_refusal(error: &amazon::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Forbidden | ErrorKind::TermsNotAccepted | ErrorKind::Missing { .. } | ErrorKind::Refused { .. }
    )
}

/// The problem of an execution that AMC no longer knows.
pub(super) fn lost() -> Problem {
    Problem::new("AMC no longer knows this execution, so its outcome is unknown. Run the query again.")
}

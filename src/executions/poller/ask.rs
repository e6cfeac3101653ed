//! Polling AMC for the status of executions: one list call per instance instead of one call each.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::send::lost;
use super::{Address, CLOCKS_DIFFER, Poller, bounded};
use crate::amazon::{self, AmcExecutionId, ErrorKind, ExecutionFilter, Status};
use crate::connections::CallError;
use crate::db;
use crate::executions::model::{
    Claimed, FORGOTTEN, LOST_AFTER, Problem, RARELY, State, longest_wait, next_poll, state_of,
};
use crate::executions::store::Change;
use crate::ids::{ConnectionId, InstanceId};

/// Up to this many executions are polled one by one; more are looked up in the list.
const FEW: usize = 2;
/// The maximum number of list pages; executions further back are polled one by one.
const PAGES: usize = 5;
/// How soon AMC is polled after a cancellation; after that the wait doubles each time.
const AFTER_CANCEL: TimeDelta = TimeDelta::seconds(3);
/// The longest wait.
const AFTER_CANCEL_AT_MOST: TimeDelta = TimeDelta::minutes(10);

/// The lists of an instance, by the connection that requested them.
pub(super) type PolledLists = HashMap<ConnectionId, Result<Answers, CallError>>;

type Answers = HashMap<String, amazon::Execution>;

impl Poller {
    /// The lists of one instance, one for each connection that its executions use.
    pub(super) async fn lists(&self, address: &Address, running: &[Claimed]) -> PolledLists {
        let mut by_connection: HashMap<&ConnectionId, Vec<&Claimed>> = HashMap::new();
        for execution in running {
            by_connection.entry(&execution.connection).or_default().push(execution);
        }
        let mut lists = PolledLists::new();
        for (connection, executions) in by_connection {
            let list = bounded(self.listed(address, connection, &executions)).await;
            lists.insert(connection.clone(), list);
        }
        lists
    }

    /// The status updates found in the lists, and the executions that need a further call.
    pub(super) fn status_updates(
        &self,
        lists: &PolledLists,
        executions: Vec<Claimed>,
    ) -> (Vec<(Claimed, Change)>, Vec<Claimed>) {
        let mut updates = Vec::with_capacity(executions.len());
        let mut others = Vec::new();
        for execution in executions {
            match self.listed_as(&execution, lists) {
                Some(change) if change.attempts > 0 || to_stop(&execution, &change).is_none() => {
                    updates.push((execution, change));
                }
                _ => others.push(execution),
            }
        }
        (updates, others)
    }

    fn listed_as(&self, execution: &Claimed, lists: &PolledLists) -> Option<Change> {
        match lists.get(&execution.connection)? {
            Err(CallError::Db(_)) => None,
            Err(error) => Some(self.retry(execution, error)),
            Ok(answers) => {
                answers.get(execution.amc_id.as_ref()?.as_str()).map(|answer| self.status_change(execution, answer))
            }
        }
    }

    /// The step of an execution that AMC has.
    pub(super) async fn ask(&self, address: &Address, execution: &Claimed, lists: &PolledLists) -> db::Result<Change> {
        let change = match self.listed_as(execution, lists) {
            Some(change) => change,
            None => self.ask_one(address, execution).await?,
        };
        if execution.state == State::Lost && change.attempts > 0 {
            return Ok(Change { next: Some(self.after(RARELY)), waiting_for: None, attempts: 0, ..change });
        }
        if change.attempts > 0 { Ok(change) } else { self.stop_if_asked(address, execution, change).await }
    }

    /// The list of an instance since the oldest of these executions; empty if there are only a few.
    async fn listed(
        &self,
        address: &Address,
        connection: &ConnectionId,
        executions: &[&Claimed],
    ) -> Result<Answers, CallError> {
        let mut answers = Answers::new();
        let oldest = executions.iter().filter_map(|execution| execution.sent_at).min();
        let Some(oldest) = oldest.filter(|_| executions.len() > FEW) else { return Ok(answers) };
        let filter = &ExecutionFilter::created_since(oldest - CLOCKS_DIFFER).including_cancelled();
        let mut wanted: HashSet<&str> =
            executions.iter().filter_map(|one| Some(one.amc_id.as_ref()?.as_str())).collect();
        self.walk((address, connection), filter, PAGES, |items| {
            for one in items {
                wanted.remove(one.id.as_str());
                answers.insert(one.id.to_string(), one);
            }
            wanted.is_empty()
        })
        .await?;
        Ok(answers)
    }

    async fn ask_one(&self, address: &Address, execution: &Claimed) -> db::Result<Change> {
        let Some(amc_id) = &execution.amc_id else {
            // OK because a row without AMC's id is one whose send was unclear.
            return Ok(Change::to(State::Sending, Some(self.after(TimeDelta::zero()))));
        };
        let client = self.room.grants.client();
        let answer = bounded(address.call(&self.room.grants, &execution.connection, |token, pair| async move {
            let account = token.caller().of(&pair.entity, &pair.marketplace);
            client.execution(account, &address.amc_id, amc_id).await
        }))
        .await;
        match answer {
            Ok(answer) => Ok(self.status_change(execution, &answer)),
            Err(CallError::Db(error)) => Err(error),
            Err(CallError::Amazon(error)) if matches!(error.kind(), ErrorKind::Missing { .. }) => {
                Ok(self.missing(execution))
            }
            Err(error) => Ok(self.retry(execution, &error)),
        }
    }

    fn missing(&self, execution: &Claimed) -> Change {
        if execution.state == State::Lost {
            return Change::to(State::Lost, None);
        }
        if execution.lookups + 1 >= LOST_AFTER {
            let mut change = Change::to(State::Lost, None);
            change.problem = Some(lost());
            return change;
        }
        let mut change = Change::to(execution.state, Some(self.next(execution)));
        change.lookups = execution.lookups + 1;
        change.waiting_for =
            Some("AMC doesn't list this execution right now. Checking again automatically.".to_owned());
        change
    }

    fn next(&self, execution: &Claimed) -> DateTime<Utc> {
        let site = &self.room.site;
        let now = site.clock.now();
        let poll = TimeDelta::from_std(site.config.limits.poll).unwrap_or(TimeDelta::seconds(15));
        let age = now - execution.sent_at.unwrap_or(execution.created_at);
        next_poll(now, age, poll, phase(&execution.instance))
    }

    /// The change for AMC's status.
    fn status_change(&self, execution: &Claimed, answer: &amazon::Execution) -> Change {
        let state = state_of(&answer.status, execution.state);
        let next = match state {
            State::Fetching => Some(self.after(TimeDelta::zero())),
            state if state.is_final() => None,
            _ => Some(self.next(execution)),
        };
        let mut change = Change::to(state, next);
        change.amc_status = Some(answer.status.to_string());
        if !answer.output_columns.is_empty() {
            let columns = answer.output_columns.iter().map(|column| {
                json!({ "name": column.name, "dataType": column.data_type, "columnType": column.column_type,
                    "precision": column.rest.get("dataTypePrecision"), "scale": column.rest.get("dataTypeScale") })
            });
            change.output_columns = Some(columns.collect());
        }
        if matches!(state, State::Pending | State::Running | State::Lost) {
            return self.goes_on(execution, answer, change);
        }
        let what = match state {
            State::Failed => "AMC couldn't finish the execution.",
            State::Rejected => "AMC rejected this query.",
            State::Cancelled if execution.cancel_asked_at.is_none() => "It was canceled outside RecomAMP.",
            _ => return change,
        };
        let words = answer.status_reason.clone().unwrap_or_default();
        change.problem = Some(Problem { what: what.to_owned(), words, request_id: None });
        change
    }

    /// Forwards a cancellation, unless the execution has ended.
    async fn stop_if_asked(&self, address: &Address, execution: &Claimed, change: Change) -> db::Result<Change> {
        let Some(amc_id) = to_stop(execution, &change) else { return Ok(change) };
        let client = self.room.grants.client();
        let answer = bounded(address.call(&self.room.grants, &execution.connection, |token, pair| async move {
            let account = token.caller().of(&pair.entity, &pair.marketplace);
            client.cancel_execution(account, &address.amc_id, amc_id).await
        }))
        .await;
        match answer {
            // OK to be refused: it has ended, and the next poll tells how.
            Ok(()) => Ok(self.not_stopped_yet(execution, change)),
            Err(CallError::Db(error)) => Err(error),
            Err(CallError::Amazon(error))
                if matches!(error.kind(), ErrorKind::Refused { .. } | ErrorKind::Missing { .. }) =>
            {
                Ok(self.not_stopped_yet(execution, change))
            }
            Err(error) => {
                let Change { next, waiting_for, attempts, .. } = self.retry(execution, &error);
                Ok(Change { next, waiting_for, attempts, ..change })
            }
        }
    }
}

impl Poller {
    /// AMC was asked to cancel it; the next poll tells whether it did.
    fn not_stopped_yet(&self, execution: &Claimed, change: Change) -> Change {
        let now = self.room.site.clock.now();
        let since = execution.cancel_asked_at.map_or(AFTER_CANCEL, |asked| now - asked);
        let wait = since.clamp(AFTER_CANCEL, AFTER_CANCEL_AT_MOST);
        let said = change.waiting_for.clone().map(|said| format!(" {said}")).unwrap_or_default();
        let waiting_for = (since > AFTER_CANCEL * 4).then(|| {
            format!(
                "AMC was asked to cancel but is still \
                                                                      running.{said}"
            )
        });
        Change { next: Some(now + wait), waiting_for: waiting_for.or(change.waiting_for), ..change }
    }

    /// The change for an execution that is still in progress: it is polled again, rarely once it took longer than AMC
    /// allows.
    fn goes_on(&self, execution: &Claimed, answer: &amazon::Execution, mut change: Change) -> Change {
        let now = self.room.site.clock.now();
        let sent_at = execution.sent_at.unwrap_or(execution.created_at);
        let longest = longest_wait(execution.timeout_seconds);
        let reason = answer.status_reason.as_deref().filter(|reason| !reason.trim().is_empty());
        let reason = reason.map(|reason| format!(" Its reason: {reason}")).unwrap_or_default();
        if matches!(answer.status, Status::Other(_)) {
            change.waiting_for = Some(format!(
                "AMC's status is “{}”, which RecomAMP doesn't know, so it keeps asking.{reason}",
                answer.status
            ));
        } else if !reason.is_empty() {
            change.waiting_for = Some(format!("AMC's status is {}.{reason}", answer.status));
        }
        if execution.state != State::Lost && now < sent_at + longest {
            return change;
        }
        // After this machine was suspended, AMC's first answer may be outdated: several polls must agree.
        if execution.state != State::Lost && execution.lookups + 1 < LOST_AFTER {
            change.lookups = execution.lookups + 1;
            return change;
        }
        change.state = State::Lost;
        change.waiting_for = None;
        change.next = (now < sent_at + FORGOTTEN).then_some(now + RARELY);
        if execution.state != State::Lost {
            change.problem = Some(Problem {
                what: format!(
                    "RecomAMP lost track of this execution: AMC's status was still “{}” {} hours after it was sent, \
                     longer than AMC allows. RecomAMP checks once an hour and fetches a result if there is one. Run \
                     the query again, or look in the AMC console.",
                    answer.status,
                    (now - sent_at).num_hours()
                ),
                words: answer.status_reason.clone().unwrap_or_default(),
                request_id: None,
            });
        }
        change
    }
}

/// AMC's id of an execution to cancel at AMC: somebody canceled it, and it hasn't ended.
fn to_stop<'a>(execution: &'a Claimed, change: &Change) -> Option<&'a AmcExecutionId> {
    let goes_on = matches!(change.state, State::Pending | State::Running);
    execution.amc_id.as_ref().filter(|_| goes_on && execution.cancel_asked_at.is_some())
}

/// The phase of an instance's polling schedule: 0 to 1, the same in every process.
fn phase(instance: &InstanceId) -> f64 {
    let mut hasher = DefaultHasher::new();
    instance.as_str().hash(&mut hasher);
    (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
}

//! Asking AMC how executions go: one list for an instance, not one call for each.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::send::lost;
use super::{Address, CLOCKS_DIFFER, Poller, bounded};
use crate::amazon::{self, AmcExecutionId, ErrorKind, ExecutionFilter};
use crate::connections::CallError;
use crate::db;
use crate::executions::model::{Execution, LOST_AFTER, Problem, State, next_poll, state_of};
use crate::executions::store::Change;
use crate::ids::{ConnectionId, InstanceId};

/// Up to so many executions are asked after one by one; more are looked for in the list.
const FEW: usize = 2;
/// Pages of the list that are read; executions further back are asked after one by one.
const PAGES: usize = 5;
/// After a stop was asked for, AMC is asked this soon again.
const AFTER_CANCEL: TimeDelta = TimeDelta::seconds(3);

/// What the lists of an instance said, by the connection that asked.
pub(super) type Listed = HashMap<ConnectionId, Result<Answers, CallError>>;

type Answers = HashMap<String, amazon::Execution>;

impl Poller {
    /// The lists of one instance, one for each connection by which its executions run.
    pub(super) async fn lists(&self, address: &Address, running: &[Execution]) -> Listed {
        let mut by_connection: HashMap<&ConnectionId, Vec<&Execution>> = HashMap::new();
        for execution in running {
            by_connection.entry(&execution.connection).or_default().push(execution);
        }
        let mut lists = Listed::new();
        for (connection, executions) in by_connection {
            let list = bounded(self.listed(address, connection, &executions)).await;
            lists.insert(connection.clone(), list);
        }
        lists
    }

    /// What the lists said of executions, and those of which more has to be asked or told.
    pub(super) fn told_by(
        &self,
        lists: &Listed,
        executions: Vec<Execution>,
    ) -> (Vec<(Execution, Change)>, Vec<Execution>) {
        let mut told = Vec::with_capacity(executions.len());
        let mut others = Vec::new();
        for execution in executions {
            match self.listed_as(&execution, lists) {
                Some(change) if change.attempts > 0 || to_stop(&execution, &change).is_none() => {
                    told.push((execution, change));
                }
                _ => others.push(execution),
            }
        }
        (told, others)
    }

    fn listed_as(&self, execution: &Execution, lists: &Listed) -> Option<Change> {
        match lists.get(&execution.connection)? {
            Err(CallError::Db(_)) => None,
            Err(error) => Some(self.retry(execution, error)),
            Ok(answers) => answers.get(execution.amc_id.as_ref()?.as_str()).map(|answer| self.told(execution, answer)),
        }
    }

    /// What an execution that AMC has becomes.
    pub(super) async fn ask(&self, address: &Address, execution: &Execution, lists: &Listed) -> db::Result<Change> {
        let change = match self.listed_as(execution, lists) {
            Some(change) => change,
            None => self.ask_one(address, execution).await?,
        };
        if change.attempts > 0 { Ok(change) } else { self.stop_if_asked(address, execution, change).await }
    }

    /// The list of an instance since the oldest of these; empty for few.
    async fn listed(
        &self,
        address: &Address,
        connection: &ConnectionId,
        executions: &[&Execution],
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

    async fn ask_one(&self, address: &Address, execution: &Execution) -> db::Result<Change> {
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
            Ok(answer) => Ok(self.told(execution, &answer)),
            Err(CallError::Db(error)) => Err(error),
            Err(CallError::Amazon(error)) if matches!(error.kind(), ErrorKind::Missing { .. }) => {
                Ok(self.missing(execution))
            }
            Err(error) => Ok(self.retry(execution, &error)),
        }
    }

    fn missing(&self, execution: &Execution) -> Change {
        if execution.lookups + 1 >= LOST_AFTER {
            let mut change = Change::to(State::Lost, None);
            change.problem = Some(lost());
            return change;
        }
        let mut change = Change::to(execution.state, Some(self.next(execution)));
        change.lookups = execution.lookups + 1;
        change.waiting_for = Some("AMC does not know this run at the moment; it is asked again.".to_owned());
        change
    }

    fn next(&self, execution: &Execution) -> DateTime<Utc> {
        let site = &self.room.site;
        let now = site.clock.now();
        let poll = TimeDelta::from_std(site.config.limits.poll).unwrap_or(TimeDelta::seconds(15));
        let age = now - execution.sent_at.unwrap_or(execution.created_at);
        next_poll(now, age, poll, phase(&execution.instance))
    }

    /// What AMC's answer means.
    fn told(&self, execution: &Execution, answer: &amazon::Execution) -> Change {
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
        let what = match state {
            State::Failed => "AMC could not finish the run.",
            State::Rejected => "AMC checked the query and would not run it.",
            State::Cancelled if execution.cancel_asked_at.is_none() => "It was cancelled outside of RecomAMP.",
            _ => return change,
        };
        let words = answer.status_reason.clone().unwrap_or_default();
        change.problem = Some(Problem { what: what.to_owned(), words, request_id: None });
        change
    }

    /// Passes on the wish to stop, unless it is over anyway.
    async fn stop_if_asked(&self, address: &Address, execution: &Execution, change: Change) -> db::Result<Change> {
        let Some(amc_id) = to_stop(execution, &change) else { return Ok(change) };
        let client = self.room.grants.client();
        let answer = bounded(address.call(&self.room.grants, &execution.connection, |token, pair| async move {
            let account = token.caller().of(&pair.entity, &pair.marketplace);
            client.cancel_execution(account, &address.amc_id, amc_id).await
        }))
        .await;
        match answer {
            // OK to be refused: it ended meanwhile, and the next look tells how.
            Ok(()) => Ok(Change { next: Some(self.after(AFTER_CANCEL)), ..change }),
            Err(CallError::Db(error)) => Err(error),
            Err(CallError::Amazon(error))
                if matches!(error.kind(), ErrorKind::Refused { .. } | ErrorKind::Missing { .. }) =>
            {
                Ok(Change { next: Some(self.after(AFTER_CANCEL)), ..change })
            }
            Err(error) => {
                let Change { next, waiting_for, attempts, .. } = self.retry(execution, &error);
                Ok(Change { next, waiting_for, attempts, ..change })
            }
        }
    }
}

/// What AMC is to be told to stop: somebody asked for it, and it is not over.
fn to_stop<'a>(execution: &'a Execution, change: &Change) -> Option<&'a AmcExecutionId> {
    let goes_on = matches!(change.state, State::Pending | State::Running);
    execution.amc_id.as_ref().filter(|_| goes_on && execution.cancel_asked_at.is_some())
}

/// Where in the time between two looks an instance's beat begins: 0 to 1, the same in every process.
fn phase(instance: &InstanceId) -> f64 {
    let mut hasher = DefaultHasher::new();
    instance.as_str().hash(&mut hasher);
    (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
}

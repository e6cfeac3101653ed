//! Executions started outside of RecomAMP, in Amazon's console or by another program: found in AMC's list for each
//! instance, and followed from then on like any other.
//!
//! Each is stored as a row with the origin `adopted`: it counts for the slots while it runs, and its result is
//! downloaded while AMC provides it. Each instance is searched periodically with one list call; executions in the
//! list without a row are new. A row's key is AMC's id, so it is stored only once even if several processes search.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::model::{State, state_of};
use super::store::{self, Found, Search};
use super::submit::Executions;
use crate::amazon::{self, ExecutionFilter};
use crate::connections::CallError;
use crate::db::{self, Scope};
use crate::ids::ExecutionId;
use crate::instances::Address;
use crate::queries::{WindowChoice, WindowKind};
use crate::workers::{Tick, Worker};

/// How often an instance is searched.
const EVERY: TimeDelta = TimeDelta::minutes(15);
/// The wait after a failed search.
const AFTER_FAILURE: TimeDelta = TimeDelta::hours(1);
/// How far back the first search goes: results of older executions are seldom available.
const FIRST: TimeDelta = TimeDelta::days(3);
/// How much a search overlaps with the previous one, since AMC's clock may be behind.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// Instances per tick; the next tick handles the rest.
const MOST: i64 = 20;
/// The maximum number of list pages per search.
const PAGES: usize = 10;
/// The name shown for the person who started them.
const SOMEBODY: &str = "Outside RecomAMP";

#[derive(Debug)]
pub(super) struct Adoption(Executions);

impl Adoption {
    pub(super) const fn new(room: Executions) -> Self {
        Self(room)
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let now = self.0.site.clock.now();
        let mut tx = self.0.site.db.write(&Scope::System).await?;
        let due = store::due_searches(&mut tx, now, (now - EVERY, now + EVERY, now - FIRST), MOST).await?;
        tx.commit().await?;
        let mut tick = Tick { looked: due.len(), ..Tick::default() };
        for search in &due {
            match self.search(search, now).await {
                Ok(adopted) => tick.changed += adopted,
                Err(error) => {
                    tick.failed += 1;
                    self.failed(search, now, &error).await?;
                }
            }
        }
        if i64::try_from(due.len()).is_ok_and(|found| found == MOST) {
            tick.next = Some(now);
        }
        Ok(tick)
    }

    /// Searches the list of one instance; returns the number of new executions.
    async fn search(&self, search: &Search, now: DateTime<Utc>) -> Result<usize, CallError> {
        let mut tx = self.0.site.db.read(&Scope::System).await?;
        let address = Address::find(&mut tx, &search.instance).await?;
        drop(tx);
        let listed = self.listed(&address, search).await?;
        let mut tx = self.0.site.db.write(&Scope::System).await?;
        let mut adopted = 0;
        for execution in &listed {
            // OK because a dry run of ours made nothing that could be fetched.
            let is_dry = execution.workflow_id.as_deref().is_some_and(crate::queries::is_dry_run);
            if is_dry || store::is_known(&mut tx, execution).await? {
                continue;
            }
            let found = found(search, execution, now);
            let id: ExecutionId = self.0.site.random.id(execution.created_at.unwrap_or(now));
            adopted += usize::from(store::adopt(&mut tx, &id, now, search, &found).await?);
        }
        store::searched(&mut tx, &search.instance, now).await?;
        tx.commit().await?;
        if adopted > 0 {
            self.0.wake();
            self.0.wake_fetcher();
        }
        Ok(adopted)
    }

    async fn listed(&self, address: &Address, search: &Search) -> Result<Vec<amazon::Execution>, CallError> {
        let client = self.0.grants.client();
        let filter = &ExecutionFilter::created_since(search.since - OVERLAP)
            .including_cancelled()
            .with_workflow()
            .oldest_first();
        let (mut all, mut next): (Vec<amazon::Execution>, Option<String>) = (Vec::new(), None);
        for _ in 0..PAGES {
            let token_of_page = next.as_deref();
            let page = address
                .call(&self.0.grants, &search.connection, |token, pair| async move {
                    let account = token.caller().of(&pair.entity, &pair.marketplace);
                    client.executions(account, &address.amc_id, filter, token_of_page).await
                })
                .await?;
            all.extend(page.items);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        Ok(all)
    }

    async fn failed(&self, search: &Search, now: DateTime<Utc>, error: &CallError) -> db::Result<()> {
        tracing::debug!(instance.id = %search.instance, %error, "an instance was not searched for executions");
        let mut tx = self.0.site.db.write(&Scope::System).await?;
        store::search_failed(&mut tx, &search.instance, now + AFTER_FAILURE, &error.happened()).await?;
        tx.commit().await
    }
}

/// The row of an execution that AMC lists.
fn found(search: &Search, execution: &amazon::Execution, now: DateTime<Utc>) -> Found {
    let state = state_of(&execution.status, State::Pending);
    let (window, sent) = (window(execution), body(execution));
    let is_final = !matches!(state, State::Pending | State::Running | State::Fetching);
    let words = execution.status_reason.clone().unwrap_or_default();
    Found {
        amc_id: execution.id.clone(),
        name: execution.workflow_id.clone().unwrap_or_else(|| "Execution on AMC".to_owned()),
        somebody: SOMEBODY,
        owner: search.owner.clone(),
        state,
        status: execution.status.as_str().to_owned(),
        sql: execution.sql_query.clone().unwrap_or_default(),
        sent,
        window,
        problem: (is_final && state != State::Cancelled)
            .then(|| json!({ "what": "It failed on AMC, where it was started.", "words": words })),
        output_columns: columns(execution),
        created_at: execution.created_at.unwrap_or(now),
        finished_at: is_final.then(|| execution.updated_at.unwrap_or(now)),
    }
}

/// The columns declared by AMC, in the stored format.
fn columns(execution: &amazon::Execution) -> Option<Value> {
    let column = |column: &amazon::OutputColumn| {
        let mut fields = column.rest.clone();
        fields.insert("name".to_owned(), json!(column.name));
        fields.insert("dataType".to_owned(), json!(column.data_type));
        fields.insert("columnType".to_owned(), json!(column.column_type));
        Value::Object(fields)
    };
    (!execution.output_columns.is_empty()).then(|| execution.output_columns.iter().map(column).collect())
}

/// The requested window: the given times, or those that AMC determined, in UTC.
fn window(execution: &amazon::Execution) -> WindowChoice {
    let text = |name: &str| execution.rest.get(name).and_then(Value::as_str);
    let given = |name: &str| text(name).and_then(|time| WindowChoice::read(time.trim_end_matches('Z')));
    let zone = text("timeWindowTimeZoneOriginal").and_then(|zone| zone.parse().ok());
    match (given("timeWindowStartOriginal"), given("timeWindowEndOriginal")) {
        (Some(start), Some(end)) => WindowChoice {
            kind: WindowKind::Explicit,
            start: Some(start),
            end: Some(end),
            zone: zone.unwrap_or(chrono_tz::UTC),
        },
        _ => WindowChoice {
            kind: WindowKind::Explicit,
            start: execution.window_start.map(|time| time.naive_utc()),
            end: execution.window_end.map(|time| time.naive_utc()),
            zone: chrono_tz::UTC,
        },
    }
}

/// The request that would start the same execution again.
fn body(execution: &amazon::Execution) -> Value {
    let window = window(execution);
    let mut body = Map::new();
    body.insert("workflow".to_owned(), json!({ "sqlQuery": execution.sql_query }));
    if let (Some(start), Some(end)) = (window.start, window.end) {
        body.insert("timeWindowType".to_owned(), json!("EXPLICIT"));
        body.insert("timeWindowStart".to_owned(), json!(WindowChoice::stored(start)));
        body.insert("timeWindowEnd".to_owned(), json!(WindowChoice::stored(end)));
        body.insert("timeWindowTimeZone".to_owned(), json!(window.zone.name()));
    }
    for name in ["parameterValues", "requireSyntheticData", "disableAggregationControls"] {
        if let Some(value) = execution.rest.get(name) {
            body.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(body)
}

impl Worker for Adoption {
    fn name(&self) -> &'static str {
        "adoption"
    }

    fn duty(&self) -> &'static str {
        "Finds executions on AMC that were started elsewhere, and follows them."
    }

    fn period(&self) -> Duration {
        Duration::from_mins(5)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

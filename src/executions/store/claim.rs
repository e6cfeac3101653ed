//! Claims executions for their next step: one statement claims and reads what the step needs.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::add::Chosen;
use super::{choose_connection, note, state};
use crate::db::{Error, FromRow, Result, Row, Tx, lease, sql};
use crate::executions::model::Claimed;
use crate::ids::{ConnectionId, ExecutionId, ProcessId};

macro_rules! claimed {
    ($only:literal) => {
        crate::queue!("executions", due "next_step_at", only $only, gives "id, instance_id, connection_id, \
            connection_owner, person_id, state, amc_workflow_id, amc_execution_id, cancel_asked_at, waiting_for, output_columns, \
            attempts, lookups, created_at, sent_at, lease_epoch, \
            cast(sent ->> 'workflowExecutionTimeoutSeconds' as bigint) as timeout_seconds")
    };
}

/// Executions that are due for a short step: send or poll.
pub(in crate::executions) const DUE: lease::Queue = claimed!("state <> 'fetching'");
/// Executions whose result is due for download, which may take minutes.
pub(in crate::executions) const READY: lease::Queue = claimed!("state = 'fetching'");

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            instance: row.get("instance_id")?,
            connection: row.get("connection_id")?,
            connection_owner: row.get("connection_owner")?,
            person: row.get("person_id")?,
            state: state(row)?,
            amc_workflow_id: row.get("amc_workflow_id")?,
            amc_id: row.get("amc_execution_id")?,
            cancel_asked_at: row.get("cancel_asked_at")?,
            waiting_for: row.get("waiting_for")?,
            output_columns: row.get("output_columns")?,
            timeout_seconds: row.get("timeout_seconds")?,
            attempts: row.get("attempts")?,
            lookups: row.get("lookups")?,
            created_at: row.get("created_at")?,
            sent_at: row.get("sent_at")?,
            epoch: row.get("lease_epoch")?,
        })
    }
}

/// A claimed row, or why it can't be read: one unreadable row must not stop the others.
struct Attempt(String, Result<Claimed>);

impl FromRow for Attempt {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(row.get("id")?, Claimed::from_row(row)))
    }
}

/// Claims executions that are due, oldest first, so that slots go to those waiting longest. Each gets a working
/// connection, if there is one for its person.
pub(in crate::executions) async fn claim(
    tx: &mut Tx,
    queue: lease::Queue,
    owner: &ProcessId,
    (now, time): (DateTime<Utc>, TimeDelta),
    most: i64,
) -> Result<Vec<Claimed>> {
    let mut due = Vec::new();
    for Attempt(id, read) in lease::claim_as(tx, queue, owner, now, time, most).await? {
        match read {
            Ok(claimed) => due.push(claimed),
            Err(error @ Error::Inconsistent { .. }) => {
                tracing::error!(execution.id = id, %error, "an execution cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    due.sort_by(|left, right| left.id.cmp(&right.id));
    connect(tx, now, &mut due).await?;
    Ok(due)
}

/// Gives each execution whose connection doesn't work another one that its person may use, if there is one.
async fn connect(tx: &mut Tx, now: DateTime<Utc>, due: &mut [Claimed]) -> Result<()> {
    const ACTIVE: &str = "select c.id, p.name as owner from connections c join people p on p.id = c.person_id \
        where c.state = 'active'";
    struct Active(ConnectionId, String);
    impl FromRow for Active {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("id")?, row.get("owner")?))
        }
    }
    if due.is_empty() {
        return Ok(());
    }
    let active = sql(ACTIVE).all::<Active>(tx).await?;
    let active: HashMap<ConnectionId, String> = active.into_iter().map(|Active(id, owner)| (id, owner)).collect();
    for one in due {
        let chosen = match (active.get(&one.connection), &one.connection_owner) {
            (Some(_), Some(_)) => continue,
            (Some(owner), None) => Some(Chosen { id: one.connection.clone(), owner: owner.clone() }),
            (None, _) => choose_connection(tx, &one.person, &one.instance).await?,
        };
        // OK without one because the step then reports that the connection needs reconnecting, and is retried.
        if let Some(chosen) = chosen {
            goes_on_with(tx, now, one, chosen).await?;
        }
    }
    Ok(())
}

/// Switches a claimed execution to another connection.
async fn goes_on_with(tx: &mut Tx, now: DateTime<Utc>, one: &mut Claimed, chosen: Chosen) -> Result<()> {
    const CONNECT: &str = "update executions set connection_id = $3, connection_owner = $4, revision = revision + 1 \
        where id = $1 and lease_epoch = $2";
    let Chosen { id, owner } = chosen;
    sql(CONNECT).bind(&one.id).bind(one.epoch).bind(&id).bind(&owner).execute(tx).await?;
    if id != one.connection {
        let words = format!("The chosen connection no longer works. Continuing with {owner}'s connection.");
        note(tx, &one.id, now, one.state, &words).await?;
    }
    (one.connection, one.connection_owner) = (id, Some(owner));
    Ok(())
}

/// Why an execution can't be sent for its person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::executions) enum Obstacle {
    /// The person can no longer run queries on the instance: their role ended or is below analyst, or they may not
    /// sign in.
    Role,
    /// No working connection reaches the instance for them.
    Connection,
}

/// Whether an execution may still be sent, checked at the last moment: roles and connections can end while executions
/// wait. If its connection may no longer be used, it switches to another of its person's, if there is one.
pub(in crate::executions) async fn obstacle(
    tx: &mut Tx,
    now: DateTime<Utc>,
    one: &mut Claimed,
) -> Result<Option<Obstacle>> {
    const FIND: &str = "select exists (select 1 from instance_access mine join people p on p.id = mine.person_id \
        where mine.person_id = $1 and mine.instance_id = $2 and mine.role in ('analyst', 'manager') \
        and p.state = 'active') as may_run, \
        exists (select 1 from connections c join instance_access theirs on theirs.person_id = c.person_id \
        where c.id = $3 and theirs.connection_id = c.id and theirs.instance_id = $2 \
        and theirs.role in ('analyst', 'manager') and c.state = 'active' and (c.person_id = $1 \
        or exists (select 1 from instance_access mine where mine.person_id = $1 and mine.instance_id = $2 \
            and mine.connection_id = c.id) \
        or exists (select 1 from access_grants g where g.person_id = $1 and g.instance_id = $2 \
            and g.source <> 'shared'))) as is_usable";
    struct Now(bool, bool);
    impl FromRow for Now {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("may_run")?, row.get("is_usable")?))
        }
    }
    let Now(may_run, is_usable) =
        sql(FIND).bind(&one.person).bind(&one.instance).bind(&one.connection).one::<Now>(tx).await?;
    if !may_run {
        return Ok(Some(Obstacle::Role));
    }
    if is_usable {
        return Ok(None);
    }
    let Some(chosen) = choose_connection(tx, &one.person, &one.instance).await? else {
        return Ok(Some(Obstacle::Connection));
    };
    goes_on_with(tx, now, one, chosen).await?;
    Ok(None)
}

pub(in crate::executions) struct ToSend {
    pub(in crate::executions) body: Value,
    /// Whether somebody canceled it meanwhile.
    pub(in crate::executions) is_cancelled: bool,
}

impl FromRow for ToSend {
    fn from_row(row: &Row) -> Result<Self> {
        let asked: Option<DateTime<Utc>> = row.get("cancel_asked_at")?;
        Ok(Self { body: row.get("sent")?, is_cancelled: asked.is_some() })
    }
}

pub(in crate::executions) async fn to_send(tx: &mut Tx, id: &ExecutionId) -> Result<ToSend> {
    const FIND: &str = "select sent, cancel_asked_at from executions where id = $1";
    sql(FIND).bind(id).one(tx).await
}

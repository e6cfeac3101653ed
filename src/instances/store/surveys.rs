//! Surveys: the accounts that each connection asks, the progress, and the answers.

use chrono::{DateTime, TimeDelta, Utc};

use super::Pair;
use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{ConnectionId, Id, PersonId};

/// How often surveys run.
const EVERY: TimeDelta = TimeDelta::hours(6);
/// The wait after a survey with failures; doubles after each further one, up to [`EVERY`].
const AGAIN: TimeDelta = TimeDelta::minutes(5);

/// An account in one of Amazon's lists.
#[derive(Clone, Debug)]
pub(in crate::instances) struct Candidate {
    pub(in crate::instances) pair: Pair,
    pub(in crate::instances) name: String,
    /// `amc`, `advertisers` or `profiles`.
    pub(in crate::instances) listed_by: &'static str,
    /// Whether another region's connection asks it.
    pub(in crate::instances) is_elsewhere: bool,
}

/// An account's latest answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::instances) enum AccountState {
    /// Not asked yet in this survey.
    Waiting,
    /// It listed its instances.
    Answered,
    /// The person can't use AMC through it, which is normal for advertiser accounts.
    Refused,
    /// The call failed; its previous data is kept.
    Failed,
}

impl AccountState {
    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// An account to ask.
#[derive(Clone, Debug)]
pub(in crate::instances) struct Account {
    pub(in crate::instances) pair: Pair,
    pub(in crate::instances) name: String,
    pub(in crate::instances) position: i64,
    pub(in crate::instances) tries: i64,
    /// Since when it has refused, if its last answer was a refusal.
    pub(in crate::instances) refused_since: Option<DateTime<Utc>>,
}

impl FromRow for Account {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            pair: Pair::from_row(row)?,
            name: row.get("name")?,
            position: row.get("position")?,
            tries: row.get("tries")?,
            refused_since: row.get("refused_since")?,
        })
    }
}

/// The answer of an account, to be stored.
#[derive(Clone, Debug)]
pub(in crate::instances) struct Outcome {
    pub(in crate::instances) state: AccountState,
    pub(in crate::instances) found: usize,
    pub(in crate::instances) skipped: usize,
    pub(in crate::instances) problem: Option<String>,
}

/// A survey of one connection, for its owner.
#[derive(Clone, Debug)]
pub(in crate::instances) struct Survey {
    pub(in crate::instances) done_at: Option<DateTime<Utc>>,
    pub(in crate::instances) error: Option<String>,
}

impl FromRow for Survey {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { done_at: row.get("done_at")?, error: row.get("error")? })
    }
}

/// A person's surveys.
pub(in crate::instances) async fn surveys(tx: &mut Tx, person: &PersonId) -> Result<Vec<Survey>> {
    const LIST: &str = "select done_at, error from surveys where person_id = $1 order by connection_id";
    sql(LIST).bind(person).all(tx).await
}

/// Whether a survey for a person's instances is running.
pub async fn is_looking(tx: &mut Tx, person: &PersonId) -> Result<bool> {
    let surveys = surveys(tx, person).await?;
    Ok(surveys.is_empty() || surveys.iter().any(|survey| survey.done_at.is_none()))
}

/// The progress of a person's surveys, and the failures.
#[derive(Clone, Debug, Default, Hash)]
pub(in crate::instances) struct Progress {
    /// The number of accounts to ask, in surveys that have listed them.
    pub(in crate::instances) accounts: i64,
    /// How many of them were asked.
    pub(in crate::instances) asked: i64,
    /// The account being asked now.
    pub(in crate::instances) asking: Option<String>,
    /// Accounts that failed, or AMC accounts that refused, with the reason.
    pub(in crate::instances) problems: Vec<(String, String)>,
}

struct Line {
    name: String,
    state: String,
    problem: Option<String>,
    matters: bool,
}

impl FromRow for Line {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            state: row.get("state")?,
            problem: row.get("problem")?,
            matters: row.get("matters")?,
        })
    }
}

/// The progress of a person's surveys.
pub(in crate::instances) async fn progress(tx: &mut Tx, person: &PersonId) -> Result<Progress> {
    const LINES: &str = "select name, state, problem, (state = 'failed' or listed_by = 'amc') as matters \
        from survey_accounts where person_id = $1 and state <> 'elsewhere' order by connection_id, position";
    let lines: Vec<Line> = sql(LINES).bind(person).all(tx).await?;
    let waits = |line: &&Line| line.state == AccountState::Waiting.name();
    Ok(Progress {
        accounts: i64::try_from(lines.len()).unwrap_or(i64::MAX),
        asked: i64::try_from(lines.iter().filter(|line| !waits(line)).count()).unwrap_or(i64::MAX),
        asking: lines.iter().find(waits).map(|line| line.name.clone()),
        problems: lines
            .iter()
            .filter(|line| line.matters && line.state != AccountState::Answered.name())
            .filter_map(|line| Some((line.name.clone(), line.problem.clone()?)))
            .collect(),
    })
}

/// Creates missing surveys of connections, due now.
pub(in crate::instances) async fn plan_surveys(tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
    const PLAN: &str = "insert into surveys (connection_id, id, person_id, due_at) \
        select c.id, c.id, c.person_id, $1 from connections c where c.state = 'active' \
        and not exists (select 1 from surveys s where s.connection_id = c.id) on conflict (connection_id) do nothing";
    sql(PLAN).bind(now).execute(tx).await?;
    Ok(())
}

/// Starts a person's surveys again, now; their data sources are read again too.
pub(in crate::instances) async fn ask_again(tx: &mut Tx, person: &PersonId, now: DateTime<Utc>) -> Result<()> {
    const ASK: &str = "update surveys set due_at = $2, done_at = null, listed_at = null, error = null, failures = 0 \
        where person_id = $1";
    sql(ASK).bind(person).bind(now).execute(tx).await?;
    Ok(())
}

/// A survey's owner, and when its accounts were listed, if they were.
#[derive(Clone, Debug)]
pub(in crate::instances) struct InHand {
    pub(in crate::instances) person: PersonId,
    pub(in crate::instances) listed_at: Option<DateTime<Utc>>,
    /// Whether somebody waits for it.
    pub(in crate::instances) was_asked_for: bool,
}

impl FromRow for InHand {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            person: row.get("person_id")?,
            listed_at: row.get("listed_at")?,
            was_asked_for: row.get::<Option<DateTime<Utc>>>("done_at")?.is_none(),
        })
    }
}

/// The survey of a connection.
pub(in crate::instances) async fn in_hand(tx: &mut Tx, connection: &ConnectionId) -> Result<InHand> {
    const FIND: &str = "select person_id, listed_at, done_at from surveys where connection_id = $1";
    sql(FIND).bind(connection).one(tx).await
}

/// The outcome of listing accounts.
#[derive(Clone, Debug, Default)]
pub(in crate::instances) struct Said {
    /// Whether all accounts were listed.
    pub(in crate::instances) is_complete: bool,
    /// What was skipped.
    pub(in crate::instances) note: Option<String>,
    /// Which lists couldn't be read, and why.
    pub(in crate::instances) error: Option<String>,
}

/// Starts a survey with these accounts. Earlier accounts that aren't among them are deleted if the lists are
/// complete, otherwise asked like the others.
pub(in crate::instances) async fn list_accounts(
    tx: &mut Tx,
    connection: &ConnectionId,
    now: DateTime<Utc>,
    candidates: &[Candidate],
    said: &Said,
) -> Result<()> {
    const AGAIN: &str =
        "update survey_accounts set state = 'waiting', tries = 0, position = $2 where connection_id = $1";
    const LIST: &str = "insert into survey_accounts (connection_id, person_id, entity_id, marketplace_id, name, \
        listed_by, position, state, problem) select $1, person_id, $2, $3, $4, $5, $6, $7, null \
        from connections where id = $1 \
        on conflict (connection_id, entity_id, marketplace_id) do update set name = excluded.name, \
        listed_by = excluded.listed_by, position = excluded.position, state = excluded.state";
    const FORGET: &str = "delete from survey_accounts where connection_id = $1 and position = $2";
    const UNREACHED: &str = "delete from instance_entities where connection_id = $1 and not exists (select 1 \
        from survey_accounts a where a.connection_id = instance_entities.connection_id \
        and a.entity_id = instance_entities.entity_id and a.marketplace_id = instance_entities.marketplace_id) \
        and exists (select 1 from instances i where i.id = instance_entities.instance_id and i.added_by = 'discovery')";
    const LISTED: &str = "update surveys set listed_at = $2, note = $3, error = $4 where connection_id = $1";
    let last = i64::try_from(candidates.len()).unwrap_or(i64::MAX);
    sql(AGAIN).bind(connection).bind(last).execute(tx).await?;
    for (position, candidate) in (0_i64..).zip(candidates) {
        sql(LIST)
            .bind(connection)
            .bind(&candidate.pair.entity)
            .bind(&candidate.pair.marketplace)
            .bind(&candidate.name)
            .bind(candidate.listed_by)
            .bind(position)
            .bind(if candidate.is_elsewhere { "elsewhere" } else { "waiting" })
            .execute(tx)
            .await?;
    }
    if said.is_complete {
        sql(FORGET).bind(connection).bind(last).execute(tx).await?;
        sql(UNREACHED).bind(connection).execute(tx).await?;
    }
    sql(LISTED).bind(connection).bind(now).bind(said.note.clone()).bind(said.error.clone()).execute(tx).await.map(drop)
}

/// The next account of a survey to ask.
pub(in crate::instances) async fn next_account(tx: &mut Tx, connection: &ConnectionId) -> Result<Option<Account>> {
    const NEXT: &str = "select entity_id, marketplace_id, name, position, tries, refused_since from survey_accounts \
        where connection_id = $1 and state = 'waiting' order by position, entity_id limit 1";
    sql(NEXT).bind(connection).optional(tx).await
}

/// Stores an account's answer. If it failed, its previous data is kept.
pub(in crate::instances) async fn account_asked(
    tx: &mut Tx,
    connection: &ConnectionId,
    pair: &Pair,
    now: DateTime<Utc>,
    outcome: &Outcome,
) -> Result<()> {
    const ASKED: &str = "update survey_accounts set state = $4, tries = tries + 1, \
        found = case when $4 = 'answered' then $5 else found end, skipped = $6, problem = $7, asked_at = $8, \
        refused_since = case when $4 = 'refused' then coalesce(refused_since, $8) else null end \
        where connection_id = $1 and entity_id = $2 and marketplace_id = $3";
    sql(ASKED)
        .bind(connection)
        .bind(&pair.entity)
        .bind(&pair.marketplace)
        .bind(outcome.state.name())
        .bind(outcome.found as i64)
        .bind(outcome.skipped as i64)
        .bind(outcome.problem.clone())
        .bind(now)
        .execute(tx)
        .await
        .map(drop)
}

/// Postpones a survey; it continues where it stopped.
pub(in crate::instances) async fn postponed(
    tx: &mut Tx,
    connection: &ConnectionId,
    epoch: i64,
    until: DateTime<Utc>,
) -> Result<()> {
    const LATER: &str =
        "update surveys set due_at = $3, lease_until = null where connection_id = $1 and lease_epoch = $2";
    sql(LATER).bind(connection).bind(epoch).bind(until).execute(tx).await.map(drop)
}

/// Stores the outcome of a survey and when the next is due: soon, if an account failed.
pub(in crate::instances) async fn surveyed(
    tx: &mut Tx,
    connection: &ConnectionId,
    epoch: i64,
    now: DateTime<Utc>,
    error: Option<String>,
) -> Result<()> {
    const FAILURES: &str = "select case when $2 or error is not null or exists (select 1 from survey_accounts where connection_id = $1 \
        and state = 'failed') then failures + 1 else cast(0 as bigint) end as value from surveys where connection_id = $1";
    const DONE: &str = "update surveys set due_at = $3, done_at = $4, failures = $5, error = coalesce($6, error), listed_at = null, \
        found = (select count(distinct instance_id) from instance_entities where connection_id = $1), \
        lease_until = null where connection_id = $1 and lease_epoch = $2";
    let failures = sql(FAILURES).bind(connection).bind(error.is_some()).count(tx).await?;
    let wait = match failures {
        0 => EVERY,
        failures => (AGAIN * (1 << (failures - 1).clamp(0, 10))).min(EVERY),
    };
    sql(DONE)
        .bind(connection)
        .bind(epoch)
        .bind(now + wait)
        .bind(now)
        .bind(failures)
        .bind(error)
        .execute(tx)
        .await
        .map(drop)
}

/// The lease of a survey uses the connection's id.
pub(in crate::instances) fn connection_of(lease_id: &str) -> Option<ConnectionId> {
    debug_assert_eq!(ConnectionId::PREFIX, "con");
    lease_id.parse().ok()
}

//! The accounts through which each connection reaches an instance, and calls that try one after the other.
//!
//! AMC lists the same instance under several accounts: a manager's and its client's. One of them may refuse a call
//! that the other allows. The instance's row names the usual one, whose slots are counted; it stays the same as long
//! as anybody reaches the instance through it.

use chrono::{DateTime, Utc};

use crate::amazon::{self, AmcInstanceId, EntityId, ErrorKind, MarketplaceId};
use crate::connections::{CallError, Grants, Token};
use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{ConnectionId, InstanceId};
use crate::instances::model::Found;

/// An account and its marketplace, as named in calls to AMC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub entity: EntityId,
    pub marketplace: MarketplaceId,
}

impl FromRow for Pair {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { entity: row.get("entity_id")?, marketplace: row.get("marketplace_id")? })
    }
}

/// How to call an instance: its AMC id, and the accounts of its connections.
#[derive(Clone, Debug)]
pub struct Address {
    pub amc_id: AmcInstanceId,
    /// The usual account, whose slots are counted.
    pub usual: Pair,
    reached: Vec<(ConnectionId, Pair)>,
}

struct Base(AmcInstanceId, Pair);

impl FromRow for Base {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(row.get("amc_id")?, Pair::from_row(row)?))
    }
}

struct Reached(ConnectionId, Pair);

impl FromRow for Reached {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(row.get("connection_id")?, Pair::from_row(row)?))
    }
}

impl Address {
    pub async fn find(tx: &mut Tx, instance: &InstanceId) -> Result<Self> {
        const USUAL: &str = "select amc_id, entity_id, marketplace_id from instances where id = $1";
        const REACHED: &str = "select connection_id, entity_id, marketplace_id from instance_entities \
            where instance_id = $1 order by position, entity_id, marketplace_id";
        let Base(amc_id, usual) = sql(USUAL).bind(instance).one(tx).await?;
        let reached: Vec<Reached> = sql(REACHED).bind(instance).all(tx).await?;
        let reached = reached.into_iter().map(|Reached(connection, pair)| (connection, pair)).collect();
        Ok(Self { amc_id, usual, reached })
    }

    /// The accounts through which a connection reaches the instance, the usual one first.
    fn pairs(&self, connection: &ConnectionId) -> Vec<Pair> {
        let own = self.reached.iter().filter(|(one, _)| one == connection).map(|(_, pair)| pair.clone());
        let mut own: Vec<Pair> = own.collect();
        own.sort_by_key(|pair| *pair != self.usual);
        if own.is_empty() { vec![self.usual.clone()] } else { own }
    }

    /// Calls through one account after the other until one doesn't refuse. If all refuse, the first answer counts.
    pub async fn call<T, F>(
        &self,
        grants: &Grants,
        connection: &ConnectionId,
        call: impl Fn(Token, Pair) -> F,
    ) -> std::result::Result<T, CallError>
    where
        F: Future<Output = std::result::Result<T, amazon::Error>>,
    {
        let mut refusal = None;
        for pair in self.pairs(connection) {
            match grants.call(connection, |token| call(token, pair.clone())).await {
                Err(CallError::Amazon(error)) if is_refused(&error) => {
                    refusal.get_or_insert(error);
                }
                answer => return answer,
            }
        }
        Err(refusal.unwrap_or_else(|| ErrorKind::Forbidden.into()).into())
    }
}

/// Whether the account was refused, so that another may succeed.
fn is_refused(error: &amazon::Error) -> bool {
    matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::Missing { .. })
}

/// Stores through which account a connection was shown an instance. The instance keeps its usual account as long as
/// anybody reaches it through that.
pub(super) async fn save(
    tx: &mut Tx,
    now: DateTime<Utc>,
    instance: &InstanceId,
    connection: &ConnectionId,
    found: &Found,
) -> Result<()> {
    const KEEP: &str = "insert into instance_entities (instance_id, connection_id, entity_id, marketplace_id, \
        account_name, position, seen_at) values ($1, $2, $3, $4, $5, $6, $7) \
        on conflict (instance_id, connection_id, entity_id, marketplace_id) do update set \
        account_name = excluded.account_name, position = excluded.position, seen_at = excluded.seen_at";
    const USUAL: &str = "update instances set entity_id = $2, marketplace_id = $3, account_name = $4 where id = $1 \
        and (entity_id = $2 and marketplace_id = $3 or not exists (select 1 from instance_entities e \
        where e.instance_id = instances.id and e.entity_id = instances.entity_id \
        and e.marketplace_id = instances.marketplace_id))";
    sql(KEEP)
        .bind(instance)
        .bind(connection)
        .bind(&found.entity)
        .bind(&found.marketplace)
        .bind(&found.account_name)
        .bind(found.position)
        .bind(now)
        .execute(tx)
        .await?;
    sql(USUAL)
        .bind(instance)
        .bind(&found.entity)
        .bind(&found.marketplace)
        .bind(&found.account_name)
        .execute(tx)
        .await
        .map(drop)
}

/// Deletes the instances that an account listed to a connection before `since` and no longer lists. An instance that
/// no account lists to a connection is one that Amazon no longer lists to it.
pub(in crate::instances) async fn forget_unlisted(
    tx: &mut Tx,
    connection: &ConnectionId,
    pair: &Pair,
    since: DateTime<Utc>,
) -> Result<()> {
    const FORGET: &str = "delete from instance_entities \
        where connection_id = $1 and entity_id = $2 and marketplace_id = $3 and seen_at < $4";
    sql(FORGET).bind(connection).bind(&pair.entity).bind(&pair.marketplace).bind(since).execute(tx).await.map(drop)
}

/// The usual accounts of the instances that a connection knows through accounts which neither listed nor refused them
/// in a survey begun at `since`.
pub(in crate::instances) async fn unanswered(
    tx: &mut Tx,
    connection: &ConnectionId,
    since: DateTime<Utc>,
) -> Result<Vec<String>> {
    const KNOWN: &str = "select distinct i.entity_id as value from instance_entities e \
        join instances i on i.id = e.instance_id where e.connection_id = $1 and e.seen_at < $2";
    sql(KNOWN).bind(connection).bind(since).column(tx).await
}

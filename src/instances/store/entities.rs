//! The accounts under which each connection reaches an instance, and calls that try one after the other.
//!
//! AMC lists the same instance under several accounts: a manager's and its client's. One of them may refuse a
//! call that the other allows. The row of the instance names the usual one, by which the slots of an account
//! are counted; it stays the same while anybody reaches the instance by it.

use chrono::{DateTime, Utc};

use crate::amazon::{self, AmcInstanceId, EntityId, ErrorKind, MarketplaceId};
use crate::connections::{CallError, Grants, Token};
use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::ids::{ConnectionId, InstanceId};
use crate::instances::model::Found;

/// An account and its marketplace: what calls to AMC name.
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

/// How an instance is called: AMC's id of it, and the accounts that its connections reach it by.
#[derive(Clone, Debug)]
pub struct Address {
    /// AMC's id.
    pub amc_id: AmcInstanceId,
    /// The usual account, by which slots are counted.
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
    /// The address of an instance.
    pub async fn find(tx: &mut Tx, instance: &InstanceId) -> Result<Self> {
        const USUAL: &str = "select amc_id, entity_id, marketplace_id from instances where id = $1";
        const REACHED: &str = "select connection_id, entity_id, marketplace_id from instance_entities \
            where instance_id = $1 order by position, entity_id, marketplace_id";
        let Base(amc_id, usual) = sql(USUAL).bind(instance).one(tx).await?;
        let reached: Vec<Reached> = sql(REACHED).bind(instance).all(tx).await?;
        let reached = reached.into_iter().map(|Reached(connection, pair)| (connection, pair)).collect();
        Ok(Self { amc_id, usual, reached })
    }

    /// The accounts that a connection reaches the instance by, the usual one first.
    fn pairs(&self, connection: &ConnectionId) -> Vec<Pair> {
        let own = self.reached.iter().filter(|(one, _)| one == connection).map(|(_, pair)| pair.clone());
        let mut own: Vec<Pair> = own.collect();
        own.sort_by_key(|pair| *pair != self.usual);
        if own.is_empty() { vec![self.usual.clone()] } else { own }
    }

    /// Calls by a connection under one account after the other, until one of them does not refuse. What the first
    /// said counts where all refuse.
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

/// Whether the account was refused, so that another may do.
fn is_refused(error: &amazon::Error) -> bool {
    matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::Missing { .. })
}

/// Keeps by which account a connection was shown an instance. The instance keeps its usual account while
/// anybody reaches it by that.
pub(super) async fn keep(
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

/// Forgets the instances that an account listed to a connection before `since` and does not list any more. An
/// instance that a connection is shown by no account is then one that Amazon no longer lists to it.
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

/// The usual accounts of the instances that a connection knows by accounts which did not list them in a survey
/// begun at `since` and did not deny them either.
pub(in crate::instances) async fn unanswered(
    tx: &mut Tx,
    connection: &ConnectionId,
    since: DateTime<Utc>,
) -> Result<Vec<String>> {
    const KNOWN: &str = "select distinct i.entity_id as value from instance_entities e \
        join instances i on i.id = e.instance_id where e.connection_id = $1 and e.seen_at < $2";
    let known = sql(KNOWN).bind(connection).bind(since).all::<Single<String>>(tx).await?;
    Ok(known.into_iter().map(|Single(entity)| entity).collect())
}

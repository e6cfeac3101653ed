//! Instance discovery: asks all accounts of each connection, one after the other, and reads the instances' data
//! sources.
//!
//! A survey's progress is stored in rows: its accounts are listed first, and each answer is recorded, so that a
//! survey continues where it stopped after a wait or a restart, and its progress can be shown. An account that fails
//! is reported with its reason, and doesn't stop the others; its previous data is kept.

mod lists;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;

use super::access;
use super::model::{Found, Instance};
use super::store::{self, AccountState, Address, Outcome, Pair};
use crate::amazon::{self, AmcAccount, CreationStatus, ErrorKind, InstanceType, Listing, Region};
use crate::connections::{self, CallError, Grants, Token};
use crate::db::{self, Scope, lease};
use crate::ids::{ConnectionId, PersonId, ProcessId};
use crate::queue;
use crate::web::Site;
use crate::workers::{Tick, Worker};
use lists::{Lists, said, skipped};

const DUE: lease::Queue = queue!("surveys", due "due_at");
/// Lease duration: longer than [`SLICE`] plus reading data sources.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// A survey of hundreds of accounts takes minutes: after this time it is interrupted, and continues when others have
/// had their turn.
const SLICE: TimeDelta = TimeDelta::minutes(1);
/// Surveys per tick.
const MOST: i64 = 5;
/// How often data sources are read again.
const SOURCES_EVERY: TimeDelta = TimeDelta::hours(24);
/// How often a throttled account is retried; then it counts as failed for this survey.
const MOST_TRIES: i64 = 3;
/// An account that has refused for this long no longer lists its instances.
const REFUSED_FOR: TimeDelta = TimeDelta::hours(24);
/// How long to wait if Amazon doesn't say how long.
const PAUSE: Duration = Duration::from_secs(5);

/// The outcome of one slice of a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Survey {
    /// All accounts were asked.
    Done,
    /// It continues at this time.
    Later(DateTime<Utc>),
}

#[derive(Debug)]
pub(super) struct InstanceDiscovery {
    site: Site,
    grants: Grants,
    process: ProcessId,
}

impl InstanceDiscovery {
    /// Calls Amazon through `grants`, with leases of `process`.
    pub(super) fn new(site: Site, grants: Grants, process: ProcessId) -> Self {
        Self { site, grants, process }
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let now = self.site.clock.now();
        access::end_due(&self.site).await?;
        let mut tx = self.site.db.write(&Scope::System).await?;
        store::plan_surveys(&mut tx, now).await?;
        let leases = lease::claim(&mut tx, DUE, &self.process, now, LEASE, MOST).await?;
        tx.commit().await?;
        let mut tick = Tick { looked: leases.len(), ..Tick::default() };
        for lease in leases {
            let Some(connection) = store::connection_of(&lease.id) else { continue };
            let turn = self.survey(&connection).await;
            let mut tx = self.site.db.write(&Scope::System).await?;
            match turn {
                Ok(Survey::Later(until)) => {
                    store::postponed(&mut tx, &connection, lease.epoch, until).await?;
                    tick.next = Some(tick.next.map_or(until, |next| next.min(until)));
                }
                Ok(Survey::Done) => {
                    store::surveyed(&mut tx, &connection, lease.epoch, self.site.clock.now(), None).await?;
                    tick.changed += 1;
                }
                // OK because the lease expires, and then it is retried; the others continue.
                Err(CallError::Db(error)) => {
                    tracing::error!(connection.id = %connection, %error, "a survey could not be kept");
                    tick.failed += 1;
                    continue;
                }
                Err(error) => {
                    let error = Some(error.happened());
                    store::surveyed(&mut tx, &connection, lease.epoch, self.site.clock.now(), error).await?;
                    tick.failed += 1;
                }
            }
            tx.commit().await?;
        }
        Ok(tick)
    }

    /// Continues a survey: lists the accounts, asks one after the other, then reads data sources.
    async fn survey(&self, connection: &ConnectionId) -> Result<Survey, CallError> {
        let started = self.site.clock.now();
        let mut tx = self.site.db.read(&Scope::System).await?;
        let survey = store::in_hand(&mut tx, connection).await?;
        drop(tx);
        let since = match survey.listed_at {
            Some(at) => at,
            None => self.list_accounts(connection, started).await?,
        };
        let region = self.region(connection).await?;
        loop {
            let mut tx = self.site.db.read(&Scope::System).await?;
            let next = store::next_account(&mut tx, connection).await?;
            drop(tx);
            let Some(account) = next else { break };
            let now = self.site.clock.now();
            if now >= started + SLICE {
                return Ok(Survey::Later(now));
            }
            let listed = self.instances_of(connection, &account.pair).await;
            if let Some(later) =
                self.record_answer((connection, region), &survey.person, since, &account, listed).await?
            {
                return Ok(Survey::Later(later));
            }
        }
        let mut tx = self.site.db.write(&Scope::System).await?;
        let unanswered = store::unanswered(&mut tx, connection, since).await?;
        access::withdraw_unlisted(&self.site, &mut tx, connection, since, &unanswered).await?;
        tx.commit().await?;
        self.read_sources(connection, survey.was_asked_for).await?;
        Ok(Survey::Done)
    }

    /// Lists the accounts through which a connection may reach instances: AMC accounts, then advertiser accounts and
    /// profiles, since a manager's client instances are only listed under the clients' accounts.
    async fn list_accounts(&self, connection: &ConnectionId, now: DateTime<Utc>) -> Result<DateTime<Utc>, CallError> {
        let client = self.grants.client();
        let accounts = self
            .grants
            .call(connection, |token| async move { Ok((token.region(), client.all_accounts(token.caller()).await?)) })
            .await;
        let mut lists = Lists::default();
        let region = match accounts {
            Ok((region, accounts)) => {
                let of = |one: AmcAccount| (Pair { entity: one.entity, marketplace: one.marketplace }, one.name, None);
                lists.add(
                    "amc",
                    region,
                    Listing { skipped: accounts.skipped, items: accounts.items.into_iter().map(of).collect() },
                );
                region
            }
            // OK to continue with the other lists: the known accounts are requested anyway.
            Err(CallError::Amazon(error)) => {
                lists.lacks("AMC accounts", &error);
                self.region(connection).await?
            }
            Err(error) => return Err(error),
        };
        let listed = self
            .grants
            .call_once(connection, |token| async move { client.all_advertiser_accounts(token.caller()).await })
            .await;
        lists.add_or_lack("advertisers", "advertiser accounts", region, listed)?;
        let listed =
            self.grants.call_once(connection, |token| async move { client.profiles(token.caller()).await }).await;
        lists.add_or_lack("profiles", "profiles", region, listed)?;
        let mut tx = self.site.db.write(&Scope::System).await?;
        store::list_accounts(&mut tx, connection, now, &lists.candidates, &lists.said()).await?;
        tx.commit().await?;
        Ok(now)
    }

    async fn region(&self, connection: &ConnectionId) -> db::Result<Region> {
        let mut tx = self.site.db.read(&Scope::System).await?;
        connections::region(&mut tx, connection).await
    }

    /// Stores an account's answer; returns when to continue if it asks to wait.
    async fn record_answer(
        &self,
        (connection, region): (&ConnectionId, Region),
        person: &PersonId,
        since: DateTime<Utc>,
        account: &store::Account,
        listed: Result<Listing<amazon::Instance>, CallError>,
    ) -> Result<Option<DateTime<Utc>>, CallError> {
        let now = self.site.clock.now();
        let listed = match listed {
            Ok(listed) => Ok(listed),
            Err(CallError::Amazon(error)) => Err(error),
            Err(error) => return Err(error),
        };
        let mut outcome = Outcome { state: AccountState::Answered, found: 0, skipped: 0, problem: None };
        let mut later = None;
        let mut tx = self.site.db.write(&Scope::System).await?;
        match listed {
            Ok(listed) => {
                outcome.found = listed.items.len();
                outcome.skipped = listed.skipped;
                outcome.problem = (listed.skipped > 0).then(|| skipped(listed.skipped));
                for instance in listed.items {
                    let found = found(region, account, instance);
                    store::save(&mut tx, &self.site.random, now, person, connection, &found, "discovery").await?;
                }
                // The unreadable entries may be known instances.
                if listed.skipped == 0 {
                    store::forget_unlisted(&mut tx, connection, &account.pair, since).await?;
                }
            }
            Err(error) => {
                if matches!(error.kind(), ErrorKind::Resting { .. }) {
                    return Err(error.into());
                }
                let again = matches!(error.kind(), ErrorKind::Throttled { .. }) && account.tries + 1 < MOST_TRIES;
                later = again.then(|| now + TimeDelta::from_std(error.retry_after().unwrap_or(PAUSE)).unwrap_or(LEASE));
                outcome.problem = Some(said(&error));
                outcome.state = match error.kind() {
                    _ if again => AccountState::Waiting,
                    ErrorKind::Unauthorized
                    | ErrorKind::Forbidden
                    | ErrorKind::Missing { .. }
                    | ErrorKind::TermsNotAccepted => AccountState::Refused,
                    _ => AccountState::Failed,
                };
                // One refusal may be a glitch at Amazon; if it persists, the account lists nothing any more.
                if outcome.state == AccountState::Refused
                    && account.refused_since.is_some_and(|since| since + REFUSED_FOR <= now)
                {
                    store::forget_unlisted(&mut tx, connection, &account.pair, now).await?;
                }
                if outcome.state == AccountState::Failed {
                    tracing::warn!(connection.id = %connection, %error, "an account did not list its instances");
                }
            }
        }
        store::account_asked(&mut tx, connection, &account.pair, now, &outcome).await?;
        tx.commit().await?;
        Ok(later)
    }

    async fn instances_of(
        &self,
        connection: &ConnectionId,
        pair: &Pair,
    ) -> Result<Listing<amazon::Instance>, CallError> {
        let client = self.grants.client();
        let call = |token: Token| async move {
            client.all_instances(token.caller().of(&pair.entity, &pair.marketplace)).await
        };
        self.grants.call_once(connection, call).await
    }

    /// Reads the data sources of instances that weren't read for a day; or of all, if somebody requested it.
    async fn read_sources(&self, connection: &ConnectionId, all: bool) -> Result<(), CallError> {
        let now = self.site.clock.now();
        let before = if all { now } else { now - SOURCES_EVERY };
        let mut tx = self.site.db.read(&Scope::System).await?;
        let instances = store::without_sources(&mut tx, connection, before).await?;
        drop(tx);
        for instance in instances.iter().filter(|instance| instance.is_ready()) {
            let sources = match self.sources_of(connection, instance).await {
                Ok(sources) if sources.is_empty() => {
                    // OK because an instance without any source isn't possible: the answer wasn't understood, and the
                    // last list is better than none.
                    tracing::warn!(instance.id = %instance.id, "the list of data sources was empty and is not used");
                    continue;
                }
                Ok(sources) => sources,
                // OK because one failing instance must not block the others; until it responds, the documented
                // sources are used.
                Err(CallError::Amazon(error)) => {
                    tracing::warn!(instance.id = %instance.id, error = %error, "data sources were not read");
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut tx = self.site.db.write(&Scope::System).await?;
            let now = self.site.clock.now();
            let changes = store::save_sources(&mut tx, &self.site.random, (&instance.id, now), &sources).await?;
            tx.commit().await?;
            if changes > 0 {
                tracing::info!(instance.id = %instance.id, changes, "the data sources of an instance changed");
            }
        }
        Ok(())
    }

    async fn sources_of(
        &self,
        connection: &ConnectionId,
        instance: &Instance,
    ) -> Result<Vec<amazon::DataSource>, CallError> {
        let client = self.grants.client();
        let mut tx = self.site.db.read(&Scope::System).await?;
        let address = &Address::find(&mut tx, &instance.id).await?;
        drop(tx);
        let call = |token: Token, pair: Pair| async move {
            client.all_data_sources(token.caller().of(&pair.entity, &pair.marketplace), &address.amc_id).await
        };
        address.call(&self.grants, connection, call).await
    }
}

/// Maximum number of paid data sets that are stored.
const MOST_DATASETS: usize = 100;

/// The labels of an instance's paid data sets.
fn datasets(instance: &amazon::Instance) -> Option<String> {
    let is_plain = |label: &&str| {
        (1..=100).contains(&label.len()) && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    };
    let listed = instance.rest.get("optionalDatasets")?.as_array()?;
    let labels = listed.iter().filter_map(|dataset| dataset["label"].as_str()).filter(is_plain);
    Some(labels.take(MOST_DATASETS).collect::<Vec<_>>().join(","))
}

/// The stored part of an instance listed by an account.
pub(super) fn found(region: Region, account: &store::Account, instance: amazon::Instance) -> Found {
    Found {
        datasets: datasets(&instance),
        amc_name: instance.name.unwrap_or_else(|| instance.id.to_string()),
        amc_id: instance.id,
        region,
        entity: account.pair.entity.clone(),
        marketplace: account.pair.marketplace.clone(),
        position: account.position,
        account_name: account.name.clone(),
        customer_name: instance.customer_name,
        is_sandbox: instance.instance_type == Some(InstanceType::Sandbox),
        creation_status: match instance.creation_status {
            None | Some(CreationStatus::Completed) => "COMPLETED".to_owned(),
            Some(status) => status.to_string(),
        },
    }
}

impl Worker for InstanceDiscovery {
    fn name(&self) -> &'static str {
        "instance-discovery"
    }

    fn duty(&self) -> &'static str {
        "Finds the instances of all accounts, and their data sources."
    }

    fn period(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

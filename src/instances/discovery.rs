//! Finds instances: all accounts and all pages of each connection, and what data sources they have.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::BoxFuture;

use super::access;
use super::model::{Found, Instance};
use super::store;
use crate::amazon::{self, AmcAccount, CreationStatus, InstanceType};
use crate::connections::{CallError, Grants};
use crate::db::{Scope, Single, lease, sql};
use crate::ids::{ConnectionId, PersonId, ProcessId};
use crate::queue;
use crate::web::Site;
use crate::workers::{Tick, Worker};

const DUE: lease::Queue = queue!("surveys", due "due_at");
/// A survey of hundreds of accounts takes minutes; after this another process may try.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// Surveys of one tick.
const MOST: i64 = 5;
/// Data sources are read again when they were read so long ago.
const SOURCES_EVERY: TimeDelta = TimeDelta::hours(24);

/// The worker.
#[derive(Debug)]
pub struct InstanceDiscovery {
    site: Site,
    grants: Grants,
    process: ProcessId,
}

impl InstanceDiscovery {
    /// Asks through `grants`, claiming as `process`.
    pub fn new(site: Site, grants: Grants, process: ProcessId) -> Self {
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
            let outcome = match self.survey(&connection).await {
                Ok(found) => Ok(found),
                // OK because the claim lapses, and then it is tried again; the others go on.
                Err(CallError::Db(error)) => {
                    tracing::error!(connection.id = %connection, %error, "a survey could not be kept");
                    tick.failed += 1;
                    continue;
                }
                Err(error) => Err(error.happened()),
            };
            match outcome {
                Ok(_) => tick.changed += 1,
                Err(_) => tick.failed += 1,
            }
            let mut tx = self.site.db.write(&Scope::System).await?;
            store::surveyed(&mut tx, &connection, lease.epoch, self.site.clock.now(), outcome).await?;
            tx.commit().await?;
        }
        Ok(tick)
    }

    /// Keeps all instances of a connection; gives how many.
    async fn survey(&self, connection: &ConnectionId) -> Result<usize, CallError> {
        const OWNER: &str = "select person_id as value from connections where id = $1";
        let begun = self.site.clock.now();
        let mut tx = self.site.db.read(&Scope::System).await?;
        let Single(person): Single<PersonId> = sql(OWNER).bind(connection).one(&mut tx).await?;
        drop(tx);
        let client = self.grants.client();
        let (region, accounts) = self
            .grants
            .call(connection, |token| async move {
                let accounts = client.all_accounts(token.caller()).await?;
                Ok((token.region(), accounts))
            })
            .await?;
        let mut count = 0;
        for account in accounts {
            for instance in self.instances_of(connection, &account).await? {
                let found = found(region, &account, instance);
                let (random, now) = (&self.site.random, self.site.clock.now());
                let mut tx = self.site.db.write(&Scope::System).await?;
                store::keep(&mut tx, random, now, &person, connection, &found, "discovery").await?;
                tx.commit().await?;
                count += 1;
            }
        }
        let mut tx = self.site.db.write(&Scope::System).await?;
        access::withdraw_unlisted(&self.site, &mut tx, connection, begun, &[]).await?;
        tx.commit().await?;
        self.read_sources(connection).await?;
        Ok(count)
    }

    async fn instances_of(
        &self,
        connection: &ConnectionId,
        account: &AmcAccount,
    ) -> Result<Vec<amazon::Instance>, CallError> {
        let client = self.grants.client();
        self.grants
            .call(connection, |token| async move {
                client.all_instances(token.caller().of(&account.entity, &account.marketplace)).await
            })
            .await
    }

    /// Reads the data sources of instances that were not asked for a day.
    async fn read_sources(&self, connection: &ConnectionId) -> Result<(), CallError> {
        let before = self.site.clock.now() - SOURCES_EVERY;
        let mut tx = self.site.db.read(&Scope::System).await?;
        let instances = store::without_sources(&mut tx, connection, before).await?;
        drop(tx);
        for instance in instances.iter().filter(|instance| instance.is_ready()) {
            let sources = match self.sources_of(connection, instance).await {
                Ok(sources) => sources,
                // OK because one instance that does not answer must not hide the others; the documented
                // sources stand in until it does.
                Err(CallError::Amazon(error)) => {
                    tracing::warn!(instance.id = %instance.id, error = %error, "data sources were not read");
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut tx = self.site.db.write(&Scope::System).await?;
            store::keep_sources(&mut tx, &instance.id, self.site.clock.now(), &sources).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn sources_of(
        &self,
        connection: &ConnectionId,
        instance: &Instance,
    ) -> Result<Vec<amazon::DataSource>, CallError> {
        let client = self.grants.client();
        self.grants
            .call(connection, |token| async move {
                let account = token.caller().of(&instance.entity, &instance.marketplace);
                client.all_data_sources(account, &instance.amc_id).await
            })
            .await
    }
}

/// What is kept of an instance that an account lists.
pub(super) fn found(region: amazon::Region, account: &AmcAccount, instance: amazon::Instance) -> Found {
    Found {
        amc_name: instance.name.unwrap_or_else(|| instance.id.to_string()),
        amc_id: instance.id,
        region,
        entity: account.entity.clone(),
        marketplace: account.marketplace.clone(),
        account_name: account.name.clone().unwrap_or_else(|| account.entity.to_string()),
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
        "Finds instances of all accounts, and the data sources that they have."
    }

    fn period(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

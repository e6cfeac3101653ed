//! Fetching a result: all parts, within the life of their links, kept with their types.

use std::error::Error as StdError;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{self, BoxFuture};
use futures::stream::{self, BoxStream};
use serde_json::Value;

use super::{Address, LEASE, Poller, Step, count, problem, stumble};
use crate::amazon::{self, DownloadLinks, ErrorKind, Link, Network};
use crate::connections::CallError;
use crate::db::{self, Scope};
use crate::executions::model::{Execution, Kept, Problem, RETRYING, State};
use crate::executions::store::{self, Change};
use crate::executions::submit::Executions;
use crate::ids::ProcessId;
use crate::results::{self, ColumnSpec, Key, Limits, Part};
use crate::workers::{Tick, Worker};

/// The worker's name, for wakes.
pub(in crate::executions) const NAME: &str = "fetcher";
/// Results that are fetched at the same time.
const AT_ONCE: i64 = 4;
/// A fetch that takes longer counts as failed and begins anew: its links live ten minutes, and a tick no longer.
const LONGEST: Duration = Duration::from_mins(9);

/// The claim of a fetch is renewed this often.
const RENEW: Duration = Duration::from_secs(30);
/// A result that cannot be fetched for so many tries in a row is given up; AMC keeps it, so that
/// a person can have it fetched once more.
const MOST_TRIES: i64 = 200;

/// Why a result is not kept yet, or never.
enum Trouble {
    Call(CallError),
    Keep(results::Error),
}

impl Poller {
    /// Asks for links, fetches all parts, keeps the result; nothing when the claim was lost meanwhile.
    async fn fetch(&self, address: &Address, execution: &Execution) -> db::Result<Option<Change>> {
        let work = tokio::time::timeout(LONGEST, self.fetch_and_keep(address, execution));
        let mut work = std::pin::pin!(work);
        let outcome = loop {
            match tokio::time::timeout(RENEW, &mut work).await {
                Ok(outcome) => break outcome,
                Err(_) => match self.renew(execution).await {
                    Ok(true) => {}
                    Ok(false) => return Ok(None),
                    // OK because what is written in the end names the claim.
                    Err(error) => tracing::warn!(execution.id = %execution.id, %error, "a claim was not renewed"),
                },
            }
        };
        let late = || Trouble::Call(amazon::Error::from(ErrorKind::Network(Network::Timeout)).into());
        match outcome.unwrap_or_else(|_| Err(late())) {
            Ok(kept) => {
                let mut change = Change::to(State::Succeeded, None);
                change.result = Some(kept);
                Ok(Some(change))
            }
            Err(Trouble::Call(CallError::Db(error))) => Err(error),
            Err(trouble) => Ok(Some(self.trouble(execution, &trouble))),
        }
    }

    async fn renew(&self, execution: &Execution) -> db::Result<bool> {
        let until = self.room.site.clock.now() + LEASE;
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        let held = store::hold(&mut tx, execution, until).await?;
        tx.commit().await?;
        Ok(held)
    }

    async fn fetch_and_keep(&self, address: &Address, execution: &Execution) -> Result<Kept, Trouble> {
        let Some(amc_id) = &execution.amc_id else {
            return Err(Trouble::Call(amazon::Error::from(ErrorKind::Missing { message: None }).into()));
        };
        let client = self.room.grants.client();
        let links = address
            .call(&self.room.grants, &execution.connection, |token, pair| async move {
                let account = token.caller().of(&pair.entity, &pair.marketplace);
                client.download_links(account, &address.amc_id, amc_id).await
            })
            .await
            .map_err(Trouble::Call)?;
        let specs = specs(execution.output_columns.as_ref());
        let most = self.room.site.config.limits.result_bytes;
        let limits = Limits { bytes: most, ..Limits::default() };
        let kept = self
            .room
            .result_store
            .keep(&Key::from(&execution.id), &specs, self.parts(links, most), limits)
            .await
            .map_err(Trouble::Keep)?;
        Ok(Kept { rows: kept.rows, bytes: kept.bytes, columns: kept.columns })
    }

    /// The parts, each asked for when the one before has come whole.
    fn parts(&self, links: DownloadLinks, most: u64) -> impl futures::Stream<Item = Part> + Send {
        let client = self.room.grants.client().clone();
        stream::iter(links.parts).then(move |link| {
            let client = client.clone();
            async move { part(&client, &link, most).await }
        })
    }

    fn trouble(&self, execution: &Execution, trouble: &Trouble) -> Change {
        let fails = |what: Problem| {
            let mut change = Change::to(State::Failed, None);
            change.problem = Some(what);
            change
        };
        if execution.attempts >= MOST_TRIES {
            return fails(Problem::new(
                "The result could not be fetched for a long time. Fetch it again, or run the query again.",
            ));
        }
        // What may not be the last word counts for itself: tries that failed for other reasons say nothing of it.
        let (doubt, most) = doubt(trouble);
        if doubt && execution.lookups >= most {
            return fails(match trouble {
                Trouble::Call(CallError::Amazon(cause)) => {
                    problem(format!("AMC finished the run but does not hand out its result. {cause}"), cause)
                }
                Trouble::Call(error) => Problem::new(error.to_string()),
                Trouble::Keep(error) => Problem::new(error.to_string()),
            });
        }
        let mut change = match trouble {
            Trouble::Call(error) => self.retry(execution, error),
            Trouble::Keep(error) => {
                let mut change = self.retry(execution, &amazon::Error::from(ErrorKind::LinkExpired).into());
                change.waiting_for = Some(format!("{error} {RETRYING}"));
                change
            }
        };
        change.lookups += i64::from(doubt);
        change
    }
}

/// Whether a trouble may last, and how often it is believed that it does not. A result that was
/// announced may not be ready at once, and what was fetched wrongly may be fetched rightly.
fn doubt(trouble: &Trouble) -> (bool, i64) {
    const REFUSALS: i64 = 10;
    const REREADS: i64 = 3;
    match trouble {
        Trouble::Call(CallError::Amazon(error)) => match error.kind() {
            _ if error.is_transient() => (false, 0),
            ErrorKind::Missing { .. } | ErrorKind::Refused { .. } => (true, REFUSALS),
            ErrorKind::LinkExpired | ErrorKind::Unauthorized | ErrorKind::ClientRejected => (false, 0),
            _ => (true, 0),
        },
        Trouble::Call(CallError::Reconnect | CallError::Token(_) | CallError::Db(_))
        | Trouble::Keep(results::Error::Full | results::Error::Fetch { .. } | results::Error::Store(_)) => (false, 0),
        Trouble::Keep(
            results::Error::NotATable { .. } | results::Error::HeadersDiffer { .. } | results::Error::Row { .. },
        ) => (true, REREADS),
        Trouble::Keep(_) => (true, 0),
    }
}

/// Fetches results, beside the poller.
#[derive(Debug)]
pub struct Fetcher(Poller);

impl Fetcher {
    /// Works on `room`, claiming as `process`.
    pub fn new(room: Executions, process: ProcessId) -> Self {
        Self(Poller::new(room, process))
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let ready = self.0.claim(store::READY, AT_ONCE).await?;
        let mut tick = Tick { looked: ready.len(), ..Tick::default() };
        for step in future::join_all(ready.iter().map(|execution| self.one(execution))).await {
            count(&mut tick, step);
        }
        tick.next = self.0.next_due(true).await?;
        Ok(tick)
    }

    async fn one(&self, execution: &Execution) -> Step {
        let step = async {
            let address = self.0.address(&execution.instance).await?;
            match self.0.fetch(&address, execution).await? {
                Some(change) => self.0.write(execution, change).await,
                None => Ok(Step::Nothing),
            }
        };
        step.await.unwrap_or_else(|error| stumble(execution, &error))
    }
}

impl Worker for Fetcher {
    fn name(&self) -> &'static str {
        NAME
    }

    fn duty(&self) -> &'static str {
        "Fetches results from AMC and keeps them."
    }

    fn period(&self) -> Duration {
        self.0.period()
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

async fn part(client: &amazon::Client, link: &Link, most: u64) -> Part {
    let boxed = |error: amazon::Error| -> Box<dyn StdError + Send + Sync> { Box::new(error) };
    let bytes: BoxStream<'static, _> = match client.download(link, most).await {
        Ok(download) => download.map(move |piece| piece.map_err(boxed)).boxed(),
        Err(error) => stream::once(async move { Err(boxed(error)) }).boxed(),
    };
    bytes
}

/// The columns that AMC announced.
fn specs(announced: Option<&Value>) -> Vec<ColumnSpec> {
    let columns = announced.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let spec = |column: &Value| {
        let data_type = column["dataType"].as_str().unwrap_or("STRING");
        let number = |name: &str| column[name].as_i64();
        let data_type = match (data_type, number("precision"), number("scale")) {
            ("DECIMAL", Some(precision), Some(scale)) => format!("DECIMAL({precision},{scale})"),
            _ => data_type.to_owned(),
        };
        Some(ColumnSpec {
            name: column["name"].as_str()?.to_owned(),
            data_type,
            column_type: column["columnType"].as_str().map(str::to_owned),
        })
    };
    columns.iter().filter_map(spec).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn announced_columns_carry_their_precision() {
        let announced = json!([
            { "name": "campaign", "dataType": "STRING", "columnType": "DIMENSION" },
            { "name": "cost", "dataType": "DECIMAL", "columnType": "METRIC", "precision": 38, "scale": 4 },
            { "dataType": "LONG" },
        ]);
        let specs = specs(Some(&announced));
        assert_eq!(specs.len(), 2);
        assert_eq!(specs[1].data_type, "DECIMAL(38,4)");
    }
}

//! Downloads a result: all parts, while their links are valid, stored with their types.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, FuturesUnordered};
use serde_json::Value;

use super::{Address, LEASE, Poller, Step, count, problem, step_failed};
use crate::amazon::{self, AmcExecutionId, DownloadLinks, ErrorKind, Link, Unreadable};
use crate::clock::Clock;
use crate::connections::{CallError, Grants, Token};
use crate::db::{self, Scope};
use crate::executions::model::{Claimed, Problem, RETRYING, State};
use crate::executions::store::{self, Change};
use crate::executions::submit::Executions;
use crate::ids::{ConnectionId, ProcessId};
use crate::instances::Pair;
use crate::results::{self, ColumnSpec, Key, Limits, Part, StoredResult};
use crate::web::words::bytes;
use crate::workers::{Tick, Worker};

/// The worker's name, for wake-ups.
pub(in crate::executions) const NAME: &str = "fetcher";
/// How often to check for other results that are ready during downloads.
const LOOK: Duration = Duration::from_secs(2);
/// How many results are downloaded at once.
const AT_ONCE: i64 = 4;
/// Links older than this are renewed before the next part of a result: they are valid for ten minutes.
const LINKS_LIVE: TimeDelta = TimeDelta::minutes(8);
/// The time limit of a tick. A download itself has no limit: it ends when nothing arrives for a while.
const LONGEST_TICK: Duration = Duration::from_hours(24);

/// How often a download's lease is renewed and its progress stored.
const RENEW: Duration = Duration::from_secs(5);
/// A download is given up after this many failed attempts in a row; AMC keeps the result, so a person can start
/// another download.
const MOST_TRIES: i64 = 200;

/// How long to wait when the disk is full.
const FULL: TimeDelta = TimeDelta::seconds(10);

/// Why a download failed although AMC responds.
const ODD_LINKS: &str = "AMC finished the execution, but lists the files of its result in a form that RecomAMP doesn't \
    know. Report it with the answer below; the result can be fetched again later.";

/// A download's progress.
#[derive(Debug, Default)]
struct Progress {
    received: AtomicU64,
    /// The total size of the parts that were begun, if storage reports it.
    announced: AtomicU64,
}

impl Progress {
    /// The text for the page; `None` before the first byte.
    fn message(&self) -> Option<String> {
        let (received, announced) = (self.received.load(Ordering::Relaxed), self.announced.load(Ordering::Relaxed));
        let received_text = bytes(received);
        match (received, announced) {
            (0, _) => None,
            (_, 0) => Some(format!("Downloading the result: {received_text} received.")),
            _ => Some(format!("Downloading the result: {received_text} of {}.", bytes(announced.max(received)))),
        }
    }
}

/// What a download needs to renew its links.
struct Fetch {
    grants: Grants,
    clock: Clock,
    address: Address,
    connection: ConnectionId,
    amc_id: AmcExecutionId,
    progress: Arc<Progress>,
}

impl Fetch {
    async fn links(&self) -> Result<DownloadLinks, CallError> {
        let (client, instance, amc_id) = (self.grants.client(), &self.address.amc_id, &self.amc_id);
        let call = |token: Token, pair: Pair| async move {
            client.download_links(token.caller().of(&pair.entity, &pair.marketplace), instance, amc_id).await
        };
        self.address.call(&self.grants, &self.connection, call).await
    }

    async fn part(&self, link: &Link, most: u64) -> Part {
        let boxed = |error: amazon::Error| -> Box<dyn StdError + Send + Sync> { Box::new(error) };
        let bytes: BoxStream<'static, _> = match self.grants.client().download(link, most).await {
            Ok(download) => {
                let progress = Arc::clone(&self.progress);
                progress.announced.fetch_add(download.length().unwrap_or(0), Ordering::Relaxed);
                let count = move |piece: Result<::bytes::Bytes, amazon::Error>| {
                    let piece = piece.map_err(boxed)?;
                    progress.received.fetch_add(piece.len() as u64, Ordering::Relaxed);
                    Ok(piece)
                };
                download.map(count).boxed()
            }
            Err(error) => stream::once(async move { Err(boxed(error)) }).boxed(),
        };
        bytes
    }
}

/// The parts, each requested when the previous one is complete, with a valid link.
fn parts(fetch: Fetch, links: DownloadLinks, most: u64) -> impl futures::Stream<Item = Part> + Send {
    let since = fetch.clock.now();
    stream::unfold((fetch, links, since, 0), move |(fetch, mut links, mut since, at)| async move {
        if at > 0 && fetch.clock.now() >= since + LINKS_LIVE {
            // OK to continue with the old links: an expired one reports it.
            if let Ok(fresh) = fetch.links().await {
                if fresh.parts.len() == links.parts.len() {
                    links = fresh;
                }
                since = fetch.clock.now();
            }
        }
        let part = fetch.part(links.parts.get(at)?, most).await;
        Some((part, (fetch, links, since, at + 1)))
    })
}

/// Somebody canceled the download.
fn given_up() -> Change {
    let mut change = Change::to(State::Cancelled, None);
    change.problem = Some(Problem::new(
        "The result download was canceled. AMC finished the execution, so the result can be fetched again.",
    ));
    change
}

/// Why a result isn't stored yet, or never will be.
enum Trouble {
    Call(CallError),
    Keep(results::Error),
}

impl Poller {
    /// Requests links, downloads all parts and stores the result; `None` if the lease was lost.
    async fn fetch(&self, address: &Address, execution: &Claimed) -> db::Result<Option<Change>> {
        if execution.cancel_asked_at.is_some() {
            return Ok(Some(given_up()));
        }
        let progress = Arc::new(Progress::default());
        let mut work = std::pin::pin!(self.fetch_and_keep(address, execution, &progress));
        let outcome = loop {
            match tokio::time::timeout(RENEW, &mut work).await {
                Ok(outcome) => break outcome,
                Err(_) => match self.renew(execution, &progress).await {
                    Ok(Some(false)) => {}
                    Ok(Some(true)) => return Ok(Some(given_up())),
                    Ok(None) => return Ok(None),
                    // OK because the final write checks the lease.
                    Err(error) => tracing::warn!(execution.id = %execution.id, %error, "a claim was not renewed"),
                },
            }
        };
        match outcome {
            Ok(kept) => {
                let mut change = Change::to(State::Succeeded, None);
                change.result = Some(kept);
                Ok(Some(change))
            }
            Err(Trouble::Call(CallError::Db(error))) => Err(error),
            Err(trouble) => Ok(Some(self.trouble(execution, &trouble))),
        }
    }

    /// Renews the lease and stores the progress; returns whether somebody canceled, or `None` if the lease is lost.
    async fn renew(&self, execution: &Claimed, progress: &Progress) -> db::Result<Option<bool>> {
        let until = self.room.site.clock.now() + LEASE;
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        let held = store::hold(&mut tx, execution, until, progress.message()).await?;
        tx.commit().await?;
        self.room.tags.forget(execution.id.as_str());
        Ok(held)
    }

    async fn fetch_and_keep(
        &self,
        address: &Address,
        execution: &Claimed,
        progress: &Arc<Progress>,
    ) -> Result<StoredResult, Trouble> {
        let Some(amc_id) = &execution.amc_id else {
            return Err(Trouble::Call(amazon::Error::from(ErrorKind::Missing { message: None }).into()));
        };
        let call = Fetch {
            grants: self.room.grants.clone(),
            clock: self.room.site.clock.clone(),
            address: address.clone(),
            connection: execution.connection.clone(),
            amc_id: amc_id.clone(),
            progress: Arc::clone(progress),
        };
        let links = call.links().await.map_err(Trouble::Call)?;
        let specs = specs(execution.output_columns.as_ref());
        let most = self.room.site.config.limits.result_bytes;
        let limits = Limits { bytes: most, ..Limits::default() };
        let (store, key) = (&self.room.result_store, Key::from(&execution.id));
        let keep = Box::pin(store.save(&key, &specs, parts(call, links, most), limits));
        keep.await.map_err(Trouble::Keep)
    }

    fn trouble(&self, execution: &Claimed, trouble: &Trouble) -> Change {
        let fails = |what: Problem| {
            let mut change = Change::to(State::Failed, None);
            change.problem = Some(what);
            change
        };
        if execution.attempts >= MOST_TRIES {
            return fails(Problem::new(
                "The result couldn't be fetched for a long time. Fetch it again, or run the query again.",
            ));
        }
        // Failures that may resolve themselves are counted separately: attempts that failed for other reasons say
        // nothing about them.
        let (doubt, most) = doubt(trouble);
        if doubt && execution.lookups >= most {
            return fails(match trouble {
                Trouble::Call(CallError::Amazon(cause))
                    if matches!(cause.kind(), ErrorKind::Unreadable(Unreadable::Shape)) =>
                {
                    problem(ODD_LINKS, cause)
                }
                Trouble::Call(CallError::Amazon(cause)) => {
                    problem(format!("AMC finished the execution but doesn't hand out its result. {cause}"), cause)
                }
                Trouble::Call(error) => Problem::new(error.to_string()),
                Trouble::Keep(error) => Problem::new(error.to_string()),
            });
        }
        let mut change = match trouble {
            Trouble::Call(error) => self.retry(execution, error),
            Trouble::Keep(error) => {
                let mut change = self.retry(execution, &amazon::Error::from(ErrorKind::LinkExpired).into());
                change.waiting_for = Some(format!("{} {RETRYING}", happened(error)));
                if matches!(error, results::Error::Full) {
                    // Disk space may become free at any moment: it is checked often, and costs only one call for
                    // links.
                    change.next = Some(self.after(FULL));
                    change.attempts = execution.attempts;
                    if execution.waiting_for.is_none() {
                        tracing::error!(execution.id = %execution.id, "the disk that keeps results is full");
                    }
                }
                change
            }
        };
        change.lookups += i64::from(doubt);
        change
    }
}

/// What happened to a result, in one sentence without advice: it is downloaded again anyway.
fn happened(error: &results::Error) -> String {
    if let results::Error::Fetch { cause, .. } = error
        && let Some(cause) = cause.downcast_ref::<amazon::Error>()
    {
        return format!("The result download stopped. {}", cause.happened());
    }
    let words = error.to_string();
    let what = words.split_once(". ").map_or(words.trim_end_matches('.'), |(what, _)| what);
    format!("{what}.")
}

/// Whether a failure may be permanent, and how many attempts to make. A finished result may not be available immediately,
/// and a corrupt download may succeed the next time.
fn doubt(trouble: &Trouble) -> (bool, i64) {
    const REFUSALS: i64 = 10;
    const REREADS: i64 = 3;
    match trouble {
        Trouble::Call(CallError::Amazon(error)) => match error.kind() {
            ErrorKind::Unreadable(Unreadable::Shape) => (true, REREADS),
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

/// Downloads results, beside the poller.
#[derive(Debug)]
pub(in crate::executions) struct Fetcher(Poller);

impl Fetcher {
    /// Works on `room`, with leases of `process`.
    pub(in crate::executions) fn new(room: Executions, process: ProcessId) -> Self {
        Self(Poller::new(room, process))
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let ready = self.0.claim(store::READY, AT_ONCE).await?;
        let mut tick = Tick { looked: ready.len(), ..Tick::default() };
        let mut under_way: FuturesUnordered<_> = ready.into_iter().map(|execution| self.one(execution)).collect();
        // A long download must not delay results that become ready meanwhile.
        while !under_way.is_empty() {
            if let Ok(step) = tokio::time::timeout(LOOK, under_way.next()).await {
                count(&mut tick, step.unwrap_or(Step::Nothing));
                continue;
            }
            let free = AT_ONCE - i64::try_from(under_way.len()).unwrap_or(AT_ONCE);
            if free > 0 {
                let ready = self.0.claim(store::READY, free).await?;
                tick.looked += ready.len();
                under_way.extend(ready.into_iter().map(|execution| self.one(execution)));
            }
        }
        tick.next = self.0.next_due(true).await?;
        Ok(tick)
    }

    async fn one(&self, execution: Claimed) -> Step {
        let execution = &execution;
        let step = async {
            let address = self.0.address(&execution.instance).await?;
            match Box::pin(self.0.fetch(&address, execution)).await? {
                Some(change) => self.0.write(execution, change).await,
                None => Ok(Step::Nothing),
            }
        };
        step.await.unwrap_or_else(|error| step_failed(execution, &error))
    }
}

impl Worker for Fetcher {
    fn name(&self) -> &'static str {
        NAME
    }

    fn duty(&self) -> &'static str {
        "Downloads results from AMC and stores them."
    }

    fn period(&self) -> Duration {
        self.0.period()
    }

    fn patience(&self) -> Duration {
        LONGEST_TICK
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

/// The columns declared by AMC.
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

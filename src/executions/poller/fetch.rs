//! Fetching a result: all parts, within the life of their links, kept with their types.

use std::error::Error as StdError;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use serde_json::Value;

use super::{Address, LEASE, Poller, problem};
use crate::amazon::{self, DownloadLinks, ErrorKind, Link};
use crate::connections::CallError;
use crate::db::{self, Scope};
use crate::executions::model::{Execution, Kept, Problem, State};
use crate::executions::results::{self, ColumnSpec, Key, Limits, Part};
use crate::executions::store::{self, Change};

/// The claim of a fetch is renewed this often.
const RENEW: Duration = Duration::from_secs(30);
/// A result that cannot be fetched for so many tries in a row is given up; AMC keeps it, and Run again
/// makes a new one.
const MOST_TRIES: i64 = 200;

/// Why a result is not kept yet, or never.
enum Trouble {
    Call(CallError),
    Keep(results::Error),
}

impl Poller {
    /// Asks for links, fetches all parts, keeps the result.
    pub(super) async fn fetch(&self, address: &Address, execution: &Execution) -> db::Result<Change> {
        let work = self.fetch_and_keep(address, execution);
        let mut work = std::pin::pin!(work);
        let outcome = loop {
            match tokio::time::timeout(RENEW, &mut work).await {
                Ok(outcome) => break outcome,
                Err(_) => self.renew(execution).await?,
            }
        };
        match outcome {
            Ok(kept) => {
                let mut change = Change::to(State::Succeeded, None);
                change.result = Some(kept);
                Ok(change)
            }
            Err(Trouble::Call(CallError::Db(error))) => Err(error),
            Err(trouble) => Ok(self.trouble(execution, &trouble)),
        }
    }

    async fn renew(&self, execution: &Execution) -> db::Result<()> {
        let until = self.room.site.clock.now() + LEASE;
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        store::hold(&mut tx, execution, until).await?;
        tx.commit().await
    }

    async fn fetch_and_keep(&self, address: &Address, execution: &Execution) -> Result<Kept, Trouble> {
        let Some(amc_id) = &execution.amc_id else {
            return Err(Trouble::Call(amazon::Error::from(ErrorKind::Missing { message: None }).into()));
        };
        let client = self.room.grants.client();
        let links = self
            .room
            .grants
            .call(&execution.connection, |token| async move {
                let account = token.caller().of(&address.entity, &address.marketplace);
                client.download_links(account, &address.amc_id, amc_id).await
            })
            .await
            .map_err(Trouble::Call)?;
        let specs = specs(execution.output_columns.as_ref());
        let most = self.room.site.config.limits.result_bytes;
        let limits = Limits { bytes: most, ..Limits::default() };
        let kept = self
            .room
            .shelf
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
            return fails(Problem::new("The result could not be fetched for a long time. Run the query again."));
        }
        match trouble {
            Trouble::Call(error @ CallError::Amazon(cause)) if !may_pass(execution.attempts, cause) => {
                fails(problem(format!("AMC finished the run but does not hand out its result. {error}"), cause))
            }
            Trouble::Call(error) => self.retry(execution, error),
            Trouble::Keep(error) if passes(error, execution.attempts) => {
                let passing = amazon::Error::from(ErrorKind::LinkExpired);
                let mut change = self.retry(execution, &passing.into());
                change.waiting_for = Some(format!("{error} It is tried again by itself."));
                change
            }
            Trouble::Keep(error) => fails(Problem::new(error.to_string())),
        }
    }
}

/// Whether asking for the result again may work. One that was announced may not be ready at once, so a
/// refusal counts only when it lasts.
fn may_pass(attempts: i64, error: &amazon::Error) -> bool {
    const REFUSALS: i64 = 10;
    error.is_transient()
        || match error.kind() {
            ErrorKind::Missing { .. } | ErrorKind::Refused { .. } => attempts < REFUSALS,
            ErrorKind::LinkExpired | ErrorKind::Unauthorized | ErrorKind::ClientRejected => true,
            _ => false,
        }
}

/// Whether keeping the result may work at another try. What was fetched wrongly may be fetched rightly,
/// but not for ever.
fn passes(error: &results::Error, attempts: i64) -> bool {
    const REREADS: i64 = 3;
    match error {
        results::Error::Full | results::Error::Fetch { .. } | results::Error::Store(_) => true,
        results::Error::NotATable { .. } | results::Error::HeadersDiffer { .. } | results::Error::Row { .. } => {
            attempts < REREADS
        }
        _ => false,
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

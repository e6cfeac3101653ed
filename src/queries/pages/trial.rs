//! *Try*: runs the text with the form's values immediately on built-in synthetic data.
//!
//! It uses its own instance of the AMC emulator's engine and data, so that it works with real credentials too and
//! never waits for the emulator's executions. Nothing is sent to AMC and nothing is stored. Memory and time are
//! limited, with one run at a time per person; dropping the request ends it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use super::editing::What;
use super::editor::page;
use super::forms::{run_form, written};
use super::privacy as privacy_page;
use crate::amcsql::catalogue::{Catalogue, ColumnType};
use crate::amcsql::engine::{Engine, Limits, RunError};
use crate::amcsql::semantics::of_columns;
use crate::emulator::world::World;
use crate::ids::{InstanceId, PersonId};
use crate::instances;
use crate::queries::model::{PrivacyMode, QueryInput};
use crate::queries::prepare::{Prepared, prepare_form};
use crate::queries::synthetic::SCALE;
pub(super) use crate::queries::synthetic::{bound, bound_text, run_of};
use crate::web::components::{Errors, brief, count};
use crate::web::routes::Who::{SignedIn, Viewer};
use crate::web::routes::{Routes, get, post};
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// Maximum number of displayed rows.
const ROWS: usize = 100;
/// How long a person waits for other people's runs and their own.
const PATIENCE: Duration = Duration::from_secs(20);
/// What to do about a value that couldn't be computed.
const UNREAD: &str = "A run on your data would stop at such a value too. Leave those rows out with WHERE before this \
                      step, or check the value in a CASE first.";
/// The limits: together 512 MiB, ten seconds each.
const LIMITS: Limits = Limits {
    memory_bytes: 512 << 20,
    disk_bytes: 0,
    parallel_runs: 2,
    threads: 2,
    time: Duration::from_secs(10),
    result_rows: 1_000_000,
};

/// The outcome of *Try*.
#[derive(Debug, Default)]
pub struct Trial {
    pub columns: Vec<TrialColumn>,
    pub rows: Vec<Vec<Option<String>>>,
    /// The number of rows of the whole result.
    pub total: usize,
    /// The number of rows below a privacy threshold.
    pub below: usize,
    took: Duration,
    /// The description of the time window.
    pub window: String,
    /// Whether rows below the threshold are kept with blanked values.
    is_blanked: bool,
    /// Why there are no rows: errors by form field, or for the form as a whole.
    pub problems: Errors,
}

/// A column of the result.
#[derive(Debug)]
pub struct TrialColumn {
    pub name: String,
    pub data_type: String,
    pub is_number: bool,
    /// Whether it is a metric, a count or a measure, shown with thousands separators as in results; not ids and times.
    is_amount: bool,
    /// Its aggregation threshold, as AMC writes it; empty for a column that RecomAMP requested.
    pub threshold: &'static str,
}

impl Trial {
    fn failed(field: &str, sentence: impl Into<String>) -> Self {
        let mut trial = Self::default();
        trial.problems.add(field, sentence);
        trial
    }

    /// The cells of a row for display, with their columns.
    pub fn cells(&self, row: &[Option<String>]) -> Vec<(&TrialColumn, Option<String>)> {
        let shown = |column: &TrialColumn, cell: &Option<String>| match cell {
            Some(number) if column.is_number && number.contains('.') => Some(brief(number)),
            Some(number) if column.is_amount => Some(count(number)),
            cell => cell.clone(),
        };
        self.columns.iter().zip(row).map(|(column, cell)| (column, shown(column, cell))).collect()
    }

    /// The number of rows, for display.
    pub fn rows_text(&self) -> String {
        let rows = crate::web::words::counted(i64::try_from(self.total).unwrap_or(i64::MAX), "row", "rows");
        if self.total > self.rows.len() { format!("{rows}, the first {} shown", self.rows.len()) } else { rows }
    }

    /// The effect of privacy thresholds, for display.
    pub fn privacy_text(&self) -> String {
        let all = self.below + if self.is_blanked { 0 } else { self.total };
        if self.below == 0 {
            return "No rows below a privacy threshold".to_owned();
        }
        let (below, did) = (count(self.below), if self.is_blanked { "blanked and merged" } else { "removed" });
        if self.is_blanked {
            return format!("{below} rows {did} by privacy thresholds");
        }
        let share = (100 * self.below).div_ceil(all.max(1));
        format!("{share}% of rows {did} by privacy thresholds ({below} of {})", count(all))
    }

    /// Whether rows were below a threshold.
    pub(super) fn has_removed(&self) -> bool {
        self.below > 0
    }

    /// Its duration: `0.42s`.
    pub(super) fn took_text(&self) -> String {
        format!("{:.2}s", self.took.as_secs_f64())
    }
}

/// The engine, and the people waiting for it.
#[derive(Default)]
pub struct Trials {
    /// The data of a day, and the engine that reads it.
    engine: Mutex<Option<(NaiveDate, Arc<Engine>)>>,
    running: Mutex<HashSet<PersonId>>,
}

/// One person's turn; released on drop.
pub(super) struct Turn<'a> {
    trials: &'a Trials,
    person: PersonId,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.trials.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.person);
    }
}

impl Trials {
    /// The person's turn; `None` while they have another one.
    pub(super) fn turn(&self, person: &PersonId) -> Option<Turn<'_>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(person.clone()).then(|| Turn { trials: self, person: person.clone() })
    }

    /// The engine with the data of a day; created by the first request.
    pub(super) fn engine(&self, seed: u64, day: NaiveDate) -> std::io::Result<Arc<Engine>> {
        let mut held = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, engine)) = &*held
            && *of == day
        {
            return Ok(Arc::clone(engine));
        }
        let engine = Arc::new(Engine::new(Arc::new(World::new(seed, SCALE, day, None)), LIMITS)?);
        *held = Some((day, Arc::clone(&engine)));
        Ok(engine)
    }

    /// Runs an editor's form, as far as possible.
    pub async fn run(&self, site: &Site, person: &Person, input: &QueryInput, form: &Fields) -> web::Result<Trial> {
        let now = site.clock.now();
        let instance = form.get("instance").parse::<InstanceId>().ok();
        let (catalogue, sandbox) = sources(site, person, instance.as_ref()).await?;
        let form = run_form(form, &input.sql);
        self.run_prepared(site, person, &prepare_form(&input.script(), &form, &catalogue, now, sandbox)).await
    }

    /// Runs a prepared query, as far as possible.
    pub async fn run_prepared(&self, site: &Site, person: &Person, prepared: &Prepared) -> web::Result<Trial> {
        let now = site.clock.now();
        if !prepared.errors.is_empty() {
            return Ok(Trial { problems: prepared.errors.clone(), ..Trial::default() });
        }
        let query = match bound(prepared) {
            Ok(query) => query,
            Err(sentence) => return Ok(Trial::failed("", sentence)),
        };
        let Some(_turn) = self.turn(&person.id) else {
            return Ok(Trial::failed("", "Your last Try is still running. Wait for it to end, then try again."));
        };
        let run = run_of(prepared, now);
        let engine = self.engine(site.config.emulator.seed, now.date_naive()).map_err(anyhow::Error::from)?;
        // OK to use the system clock: the page shows how long the machine worked.
        let began = Instant::now();
        let result = match tokio::time::timeout(PATIENCE, engine.run(&query, &run)).await {
            Ok(Ok(result)) => result,
            Ok(Err(RunError::NoSuchSource(name))) => {
                let why =
                    format!("There is no synthetic data for {name}, so this query can't be tried. Run it instead.");
                return Ok(Trial::failed("", why));
            }
            Ok(Err(error @ RunError::Value(_))) => return Ok(Trial::failed("", format!("{error}. {UNREAD}"))),
            Ok(Err(error)) => return Ok(Trial::failed("", error.to_string())),
            Err(_) => return Ok(Trial::failed("", "Other people are using Try right now. Try again in a moment.")),
        };
        let took = began.elapsed();
        let meanings = of_columns(&prepared.sql_sent);
        let columns = result.columns.iter().enumerate().map(|(at, column)| {
            let output = query.outputs.get(at).map(|output| query.column(output.column));
            let is_number = column.data_type.is_numeric();
            let is_metric = output.is_some_and(|output| output.column_type == ColumnType::Metric);
            let is_measure = meanings.get(&column.name.to_lowercase()).is_some_and(|meaning| meaning.is_amount);
            TrialColumn {
                name: column.name.clone(),
                data_type: column.data_type.to_string(),
                is_number,
                is_amount: is_number && (is_metric || is_measure),
                threshold: output.map_or("", |output| output.threshold.amc()),
            }
        });
        Ok(Trial {
            columns: columns.collect(),
            rows: result.texts(ROWS).map_err(anyhow::Error::from)?,
            total: result.rows(),
            below: result.below,
            took,
            window: prepared.window.describe(),
            is_blanked: prepared.privacy.mode == PrivacyMode::Blank,
            problems: Errors::new(),
        })
    }
}

/// The data sources of the selected instance, and whether it is a sandbox; without one, the documented sources.
pub async fn sources(site: &Site, person: &Person, id: Option<&InstanceId>) -> web::Result<(Arc<Catalogue>, bool)> {
    let Some(id) = id else { return Ok((Arc::clone(Catalogue::standard()), false)) };
    let mut tx = site.db.read(&person.scope()).await?;
    let instance = instances::find(&mut tx, &person.id, id).await?;
    Ok((instances::catalogue(&mut tx, &instance.id).await?, instance.is_sandbox))
}

/// The state of the handlers.
#[derive(Clone)]
pub(super) struct Room {
    pub(super) site: Site,
    pub(super) trials: Arc<Trials>,
}

/// The routes of what runs on synthetic data, with their own engine.
pub(super) fn routes(site: Site, trials: Arc<Trials>) -> Routes {
    Routes::new()
        .route("/queries/try", post(SignedIn, show).about("Try a query on synthetic data"))
        .route("/queries/privacy", post(SignedIn, privacy_page::explain).about("Explain the privacy of a query"))
        .route("/queries/{id}/privacy", get(Viewer, privacy_page::show).about("Explain the privacy of a saved query"))
        .with_state(Room { site, trials })
}

/// The editor as submitted, with the result on synthetic data below it.
async fn show(State(room): State<Room>, person: Person, visit: Visit, fields: Fields) -> web::Result<Response> {
    let (what, written) = (What::sent(&fields), written(&fields));
    let trial = room.trials.run(&room.site, &person, &written, &fields).await?;
    let mut page = page(&room.site, &person, &visit, what, written, &fields, Errors::new()).await?;
    page.tried = Some(trial);
    if !visit.is_part {
        page.landing = "tried";
    }
    Ok(Html(page).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_thousands_separators_and_ids_have_none() {
        let column = |name: &str, is_amount| TrialColumn {
            name: name.to_owned(),
            data_type: "LONG".to_owned(),
            is_number: true,
            is_amount,
            threshold: "",
        };
        let columns = vec![column("campaign_id", false), column("reach", true), column("impressions", true)];
        let trial = Trial { columns, ..Trial::default() };
        let row = [Some("1234567".to_owned()), Some("1234567".to_owned()), None];
        let shown: Vec<Option<String>> = trial.cells(&row).into_iter().map(|(_, cell)| cell).collect();
        assert_eq!(shown, [Some("1234567".to_owned()), Some("1,234,567".to_owned()), None]);
    }
}

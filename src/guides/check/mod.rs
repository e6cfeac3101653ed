//! `recomamp guides check`: all checks of guides and templates, including runs of their queries.
//!
//! Checks that don't need a run are done while files are read ([`super::content`]), so that authors also see them in
//! the browser. Here every query is also run on synthetic data, for one day and one seed, so that a sample means the
//! same everywhere; a lock file remembers which queries passed, so that only changed ones run again.

mod compare;
mod lock;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::content::{self, Collection, Finding, Folders, GuideQuery, Level, Stamps};
use crate::amcsql::engine::{Engine, Limits, ResultSet, RunError};
use crate::emulator::world::World;
use crate::queries;
use lock::Lock;

/// The seed of the synthetic data.
const SEED: u64 = 1;
/// The limits of a run.
const LIMITS: Limits = Limits {
    memory_bytes: 1 << 30,
    disk_bytes: 0,
    parallel_runs: 2,
    threads: 2,
    time: Duration::from_mins(1),
    result_rows: 1_000_000,
};

/// The outcome of a check.
#[derive(Debug, Default)]
pub struct Report {
    /// By file and position.
    pub findings: Vec<Finding>,
    pub guides: usize,
    pub templates: usize,
    pub queries: usize,
    /// The number of queries that were run; the others had passed before.
    pub run: usize,
}

impl Report {
    /// Whether there are no errors.
    pub fn passes(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Error)
    }
}

/// The guides and templates below a folder, or the built-in ones.
fn collection(root: Option<&Path>) -> anyhow::Result<Arc<Collection>> {
    let Some(root) = root else { return Ok(Arc::clone(Collection::built_in())) };
    let stamps = Stamps::of(root).with_context(|| format!("{} can't be read as a folder of guides", root.display()))?;
    let folders: Folders = stamps.folders().map(|name| (name.to_owned(), stamps.read(root, name))).collect();
    let reads = folders.iter().map(|(name, folder)| (name.clone(), Arc::new(content::read_folder(name, folder))));
    Ok(Arc::new(Collection::join(reads)))
}

/// Every query by its name on the command line.
fn named(all: &Collection) -> BTreeMap<String, &GuideQuery> {
    let mut queries = BTreeMap::new();
    for guide in &all.guides {
        let language = &guide.item.language;
        let slug =
            if language.is_empty() { guide.item.slug.clone() } else { format!("{}.{language}", guide.item.slug) };
        queries.extend(guide.item.queries().map(|query| (format!("{slug}/{}", query.id), query)));
    }
    queries.extend(all.templates.iter().map(|it| (format!("library/{}", it.item.slug), it.item.query.as_ref())));
    queries
}

/// Checks the guides below a folder, or the built-in ones. With `again`, queries in the lock file are also run.
pub async fn check(root: Option<&Path>, again: bool) -> anyhow::Result<Report> {
    let all = collection(root)?;
    let queries = named(&all);
    let mut lock = root.filter(|_| !again).map(Lock::read).unwrap_or_default();
    lock.keep(queries.values().map(|query| query.digest.as_str()));
    let mut report = Report {
        findings: all.findings(),
        guides: all.guides.len(),
        templates: all.templates.len(),
        queries: queries.len(),
        run: 0,
    };
    let due: Vec<&GuideQuery> = queries.into_values().filter(|query| !lock.knows(&query.digest)).collect();
    if due.iter().any(|query| query.bound.is_some()) {
        let engine = engine()?;
        for two in due.chunks(LIMITS.parallel_runs) {
            let runs = two.iter().map(|query| findings(&engine, query));
            for (query, found) in two.iter().zip(futures::future::join_all(runs).await) {
                let Some(found) = found else { continue };
                report.run += 1;
                if found.iter().all(|finding| finding.level != Level::Error) {
                    lock.add(&query.digest);
                }
                report.findings.extend(found);
            }
        }
    }
    report.findings.sort();
    if let Some(root) = root {
        lock.write(root);
    }
    Ok(report)
}

/// Runs the query with that name, such as `first-query/reach-by-campaign` or `library/reach-by-day`.
pub async fn run(root: Option<&Path>, name: &str) -> anyhow::Result<ResultSet> {
    let all = collection(root)?;
    let queries = named(&all);
    let Some(query) = queries.get(name) else {
        let known: Vec<&str> = queries.keys().map(String::as_str).collect();
        anyhow::bail!("There is no query called {name}. There are: {}", known.join(", "));
    };
    match result(&engine()?, query).await {
        Some(Ok(result)) => Ok(result),
        Some(Err(error)) => Err(error.into()),
        None => anyhow::bail!("{name} has errors. Run `recomamp guides check` to see them."),
    }
}

fn engine() -> anyhow::Result<Engine> {
    let world = World::new(SEED, queries::SCALE, content::checked_on().date_naive(), None);
    Ok(Engine::new(Arc::new(world), LIMITS)?)
}

/// The result of a query; `None` if it has errors.
async fn result(engine: &Engine, query: &GuideQuery) -> Option<Result<ResultSet, RunError>> {
    let bound = query.bound.as_ref()?;
    let prepared = content::prepared(&query.input(content::checked_on(), true));
    if !prepared.errors.is_empty() {
        return None;
    }
    let run = queries::run_of(&prepared, content::checked_on());
    Some(engine.run(&bound.0, &run).await)
}

async fn findings(engine: &Engine, query: &GuideQuery) -> Option<Vec<Finding>> {
    let place = (query.authored.sql_line, 1);
    match result(engine, query).await? {
        Err(error) => Some(vec![Finding::error(&query.file, place, "run", error.to_string())]),
        Ok(result) if result.rows() == 0 => {
            let why = if result.below > 0 {
                format!("On synthetic data all {} rows miss a privacy threshold.", result.below)
            } else {
                "On synthetic data the query gives no rows.".to_owned()
            };
            let way = "Use a longer window, fewer columns or other sandbox defaults.";
            Some(vec![Finding::error(&query.file, place, "no-rows", format!("{why} {way}"))])
        }
        Ok(result) => Some(compare::sample(query, &result)),
    }
}

#[cfg(test)]
mod tests;

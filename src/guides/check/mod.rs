//! `recomamp guides check`: everything that would be wrong for a reader, with file, line and column.
//!
//! Queries run on the synthetic data of a fixed day, so the result doesn't depend on when the check runs: their samples
//! are compared with it, and the numbers that a guide states about it are computed. A lock file remembers what passed,
//! so that only changes run again.

mod claims;
mod compare;
mod lock;
mod running;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::content::{self, Claim, Collection, Finding, Folders, GuideQuery, Level, Stamps};
use crate::amcsql::engine::ResultSet;
use lock::Lock;
use running::Runner;

/// How many similar names are proposed for one that doesn't exist.
const PROPOSED: usize = 5;

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
    /// The numbers in texts that were computed.
    pub numbers: usize,
}

impl Report {
    /// Whether there are no errors.
    pub fn passes(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Error)
    }
}

/// The guides and templates below a folder, or the built-in ones. A folder that has most of the built-in guides is
/// where they come from; any other is shown in addition to them, and may link to them.
fn collection(root: Option<&Path>) -> anyhow::Result<Arc<Collection>> {
    let Some(root) = root else { return Ok(Arc::clone(Collection::built_in())) };
    let stamps = Stamps::of(root).with_context(|| format!("{} can't be read as a folder of guides", root.display()))?;
    let folders: Folders = stamps.folders().map(|name| (name.to_owned(), stamps.read(root, name))).collect();
    let reads = folders.iter().map(|(name, folder)| (name.clone(), Arc::new(content::read_folder(name, folder))));
    let (known, all) = Collection::built_in_reads()
        .fold((0, 0), |(known, all), (name, _)| (known + usize::from(folders.contains_key(&name)), all + 1));
    let all = if 2 * known > all { Collection::join(reads) } else { Collection::beside_built_in(reads) };
    Ok(Arc::new(all))
}

/// A query, with the claims about its result.
struct Case<'a> {
    query: &'a GuideQuery,
    /// The file of the guide.
    file: String,
    claims: Vec<&'a Claim>,
}

impl Case<'_> {
    /// The digest of everything that decides whether it passes.
    fn digest(&self) -> String {
        if self.claims.is_empty() {
            return self.query.digest.clone();
        }
        content::digest_of(&format!("{} {:?}", self.query.digest, self.claims))
    }

    fn numbers(&self) -> usize {
        self.claims.iter().map(|claim| claim.numbers.len()).sum()
    }
}

/// Every query by its name on the command line.
fn named(all: &Collection) -> BTreeMap<String, Case<'_>> {
    let mut cases = BTreeMap::new();
    for guide in &all.guides {
        let guide = &guide.item;
        let slug =
            if guide.language.is_empty() { guide.slug.clone() } else { format!("{}.{}", guide.slug, guide.language) };
        for query in guide.queries() {
            let claims = guide.claims.iter().filter(|claim| claim.query == query.id).collect();
            cases.insert(format!("{slug}/{}", query.id), Case { query, file: guide.file(), claims });
        }
    }
    for template in &all.templates {
        let query = template.item.query.as_ref();
        let case = Case { query, file: query.file.clone(), claims: Vec::new() };
        cases.insert(format!("library/{}", template.item.slug), case);
    }
    cases
}

/// Checks the guides below a folder, or the built-in ones. With `again`, queries in the lock file are also run.
pub async fn check(root: Option<&Path>, again: bool) -> anyhow::Result<Report> {
    let all = collection(root)?;
    let cases: Vec<(String, Case<'_>)> = named(&all).into_values().map(|case| (case.digest(), case)).collect();
    let mut lock = root.filter(|_| !again).map(Lock::read).unwrap_or_default();
    lock.keep(cases.iter().map(|(digest, _)| digest.as_str()));
    let mut report = Report {
        findings: all.findings(),
        guides: all.guides.len(),
        templates: all.templates.len(),
        queries: cases.len(),
        ..Report::default()
    };
    let is_due = |(digest, case): &&(String, Case<'_>)| !lock.knows(digest) && case.query.is_runnable();
    let due: Vec<&(String, Case<'_>)> = cases.iter().filter(is_due).collect();
    if !due.is_empty() {
        let runner = Runner::new(content::checked_on())?;
        for some in due.chunks(running::PARALLEL) {
            let runs = some.iter().map(|(_, case)| findings(&runner, case));
            for ((digest, case), found) in some.iter().zip(futures::future::join_all(runs).await) {
                let Some(found) = found else { continue };
                report.run += 1;
                report.numbers += case.numbers();
                if found.iter().all(|finding| finding.level != Level::Error) {
                    lock.add(digest);
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

/// Runs the query with that name, such as `first-query/reach-by-campaign` or `library/reach-by-day`, as of a day.
pub async fn run(root: Option<&Path>, name: &str, day: Option<NaiveDate>) -> anyhow::Result<ResultSet> {
    let all = collection(root)?;
    let cases = named(&all);
    let Some(case) = cases.get(name) else { anyhow::bail!(no_such(&all, &cases, name)) };
    let now = day.map_or_else(content::checked_on, noon);
    let result = Runner::new(now)?.query(case.query, &[]).await;
    let result = result.with_context(|| format!("{name} has errors. Run `recomamp guides check` to see them."))?;
    Ok(result?)
}

/// The time of day at which checks run.
fn noon(day: NaiveDate) -> DateTime<Utc> {
    (day.and_time(NaiveTime::MIN) + TimeDelta::hours(12)).and_utc()
}

/// What to tell somebody who names a query that isn't shown.
fn no_such(all: &Collection, cases: &BTreeMap<String, Case<'_>>, name: &str) -> String {
    let file = format!("{}.sql", name.trim_end_matches(".sql"));
    if let Some(finding) = all.loose.iter().find(|finding| finding.file == file) {
        return format!("{file} is there, but no reader sees it. {}", finding.message);
    }
    let (folder, own) = name.split_once('/').unwrap_or(("", name));
    let mut near: Vec<(f64, &str)> = cases
        .keys()
        .map(|known| {
            let (other_folder, other) = known.split_once('/').unwrap_or(("", known));
            let bonus = if folder == other_folder { 0.2 } else { 0.0 };
            (strsim::jaro_winkler(own, other) + bonus, known.as_str())
        })
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    let near: Vec<&str> = near.into_iter().take(PROPOSED).map(|(_, known)| known).collect();
    if near.is_empty() {
        return format!("There is no query called {name}, and no other in this folder.");
    }
    format!("There is no query called {name}. Did you mean one of {}?", near.join(", "))
}

/// Everything that is wrong about a query's result; `None` if it can't be run, which is found without running it.
async fn findings(runner: &Runner, case: &Case<'_>) -> Option<Vec<Finding>> {
    let query = case.query;
    let place = (query.authored.sql_line, 1);
    let result = match runner.query(query, &[]).await? {
        Err(error) => return Some(vec![Finding::error(&query.file, place, "run", error.to_string())]),
        Ok(result) if result.rows() == 0 => {
            let why = if result.below > 0 {
                format!("On synthetic data, all {} rows are below a privacy threshold.", result.below)
            } else {
                "On synthetic data, the query returns no rows.".to_owned()
            };
            let way = "Use a longer window, fewer columns or other demo defaults.";
            return Some(vec![Finding::error(&query.file, place, "no-rows", format!("{why} {way}"))]);
        }
        Ok(result) => result,
    };
    let mut found = compare::sample(query, &result);
    found.extend(claims::check(runner, case, &result).await);
    found.extend(running::audience(runner, query).await);
    Some(found)
}

#[cfg(test)]
mod tests;

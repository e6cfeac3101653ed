//! The tables of readers: favorites, progress, executions of guides' queries, reports.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{ExecutionId, GuideRunId, InstanceId, PersonId, ReportId};

/// How often reading a guide is recorded.
const NOTED_AFTER: TimeDelta = TimeDelta::minutes(10);
/// Maximum number of executions of a guide that are considered.
const MOST_RUNS: i64 = 200;
/// Maximum number of reports per person; the oldest is deleted if there are more.
const MOST_REPORTS: i64 = 500;

/// A person's state for a guide.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    pub(super) slug: String,
    pub(super) is_favourite: bool,
    pub(super) read_at: Option<DateTime<Utc>>,
}

impl FromRow for Reader {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { slug: row.get("slug")?, is_favourite: row.get("starred")?, read_at: row.get("read_at")? })
    }
}

/// All guides that a person read or starred, most recently read first.
pub(super) async fn readers(tx: &mut Tx, person: &PersonId) -> Result<Vec<Reader>> {
    const LIST: &str = "select slug, starred, read_at from guide_readers where person_id = $1 \
        order by read_at desc nulls last, slug";
    sql(LIST).bind(person).cached().all(tx).await
}

/// A person's state for one guide.
pub(super) async fn reader(tx: &mut Tx, person: &PersonId, slug: &str) -> Result<Reader> {
    Ok(readers(tx, person).await?.into_iter().find(|reader| reader.slug == slug).unwrap_or_default())
}

impl Reader {
    /// Whether reading the guide should be recorded now.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.read_at.is_none_or(|at| now - at >= NOTED_AFTER)
    }
}

/// Records that a guide is read.
pub(super) async fn note_read(tx: &mut Tx, person: &PersonId, slug: &str, now: DateTime<Utc>) -> Result<()> {
    const NOTE: &str = "insert into guide_readers (person_id, slug, starred, read_at) values ($1, $2, false, $3) \
        on conflict (person_id, slug) do update set read_at = excluded.read_at";
    sql(NOTE).bind(person).bind(slug).bind(now).execute(tx).await?;
    Ok(())
}

/// Stars or unstars a guide.
pub(super) async fn set_favourite(tx: &mut Tx, person: &PersonId, slug: &str, is_on: bool) -> Result<()> {
    const SET: &str = "insert into guide_readers (person_id, slug, starred) values ($1, $2, $3) \
        on conflict (person_id, slug) do update set starred = excluded.starred";
    sql(SET).bind(person).bind(slug).bind(is_on).execute(tx).await?;
    Ok(())
}

#[derive(Clone)]
struct Done {
    slug: String,
    section: String,
}

impl FromRow for Done {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { slug: row.get("slug")?, section: row.get("section")? })
    }
}

/// The sections that a person marked as done, by guide.
pub(super) async fn progress(tx: &mut Tx, person: &PersonId) -> Result<HashMap<String, Vec<String>>> {
    const LIST: &str = "select slug, section from guide_progress where person_id = $1";
    let mut all: HashMap<String, Vec<String>> = HashMap::new();
    for done in sql(LIST).bind(person).cached().all::<Done>(tx).await? {
        all.entry(done.slug).or_default().push(done.section);
    }
    Ok(all)
}

/// Marks a section as done; without a time, removes the mark.
pub(super) async fn set_done(
    tx: &mut Tx,
    person: &PersonId,
    (slug, section): (&str, &str),
    at: Option<DateTime<Utc>>,
) -> Result<()> {
    const CHECK: &str = "insert into guide_progress (person_id, slug, section, done_at) values ($1, $2, $3, $4) \
        on conflict (person_id, slug, section) do nothing";
    const UNCHECK: &str = "delete from guide_progress where person_id = $1 and slug = $2 and section = $3";
    match at {
        Some(at) => sql(CHECK).bind(person).bind(slug).bind(section).bind(at).execute(tx).await?,
        None => sql(UNCHECK).bind(person).bind(slug).bind(section).execute(tx).await?,
    };
    Ok(())
}

/// An execution of a guide's query.
#[derive(Clone, Debug)]
pub(super) struct GuideRun {
    pub(super) slug: String,
    pub(super) query: String,
    pub(super) instance: InstanceId,
    pub(super) execution: ExecutionId,
}

impl FromRow for GuideRun {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            slug: row.get("slug")?,
            query: row.get("query")?,
            instance: row.get("instance_id")?,
            execution: row.get("execution_id")?,
        })
    }
}

/// A person's executions of a guide, newest first.
pub(super) async fn runs(tx: &mut Tx, person: &PersonId, slug: &str) -> Result<Vec<GuideRun>> {
    const LIST: &str = "select slug, query, instance_id, execution_id from guide_runs where person_id = $1 and slug = $2 \
        order by created_at desc, id desc limit $3";
    sql(LIST).bind(person).bind(slug).bind(MOST_RUNS).all(tx).await
}

/// The instance on which a person last ran a guide's query.
pub(super) async fn last_instance(tx: &mut Tx, person: &PersonId) -> Result<Option<InstanceId>> {
    const LAST: &str = "select slug, query, instance_id, execution_id from guide_runs where person_id = $1 \
        order by created_at desc, id desc limit 1";
    Ok(sql(LAST).bind(person).optional::<GuideRun>(tx).await?.map(|run| run.instance))
}

/// Records an execution.
pub(super) async fn add_run(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &GuideRunId,
    person: &PersonId,
    run: &GuideRun,
) -> Result<()> {
    const ADD: &str = "insert into guide_runs (id, person_id, slug, query, instance_id, execution_id, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    let statement = sql(ADD).bind(id).bind(person).bind(&run.slug).bind(&run.query);
    statement.bind(&run.instance).bind(&run.execution).bind(now).execute(tx).await?;
    Ok(())
}

/// A saved report of a guide.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) id: ReportId,
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) instance_name: String,
    /// HTML from our templates, rendered when the report was saved; empty in lists.
    pub(super) body: String,
    pub(super) created_at: DateTime<Utc>,
}

impl FromRow for Report {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            slug: row.get("slug")?,
            title: row.get("title")?,
            instance_name: row.get("instance_name")?,
            body: row.get("body")?,
            created_at: row.get("created_at")?,
        })
    }
}

/// A person's reports of a guide without their texts, newest first.
pub(super) async fn reports(tx: &mut Tx, person: &PersonId, slug: &str) -> Result<Vec<Report>> {
    const LIST: &str = "select id, slug, title, instance_name, '' as body, created_at from guide_reports \
        where person_id = $1 and slug = $2 order by created_at desc, id desc limit 20";
    sql(LIST).bind(person).bind(slug).cached().all(tx).await
}

/// One of a person's reports.
pub(super) async fn report(tx: &mut Tx, person: &PersonId, id: &ReportId) -> Result<Report> {
    const FIND: &str = "select id, slug, title, instance_name, body, created_at from guide_reports \
        where person_id = $1 and id = $2";
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// Saves a report.
pub(super) async fn add_report(tx: &mut Tx, person: &PersonId, report: &Report) -> Result<()> {
    const ADD: &str = "insert into guide_reports (id, person_id, slug, title, instance_name, body, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    const TRIM: &str = "delete from guide_reports where person_id = $1 and id not in (select id from guide_reports \
        where person_id = $1 order by created_at desc, id desc limit $2)";
    let statement = sql(ADD).bind(&report.id).bind(person).bind(&report.slug).bind(&report.title);
    statement.bind(&report.instance_name).bind(&report.body).bind(report.created_at).execute(tx).await?;
    sql(TRIM).bind(person).bind(MOST_REPORTS).execute(tx).await?;
    Ok(())
}

/// Deletes a report.
pub(super) async fn delete_report(tx: &mut Tx, person: &PersonId, id: &ReportId) -> Result<()> {
    const DELETE: &str = "delete from guide_reports where person_id = $1 and id = $2";
    sql(DELETE).bind(person).bind(id).execute(tx).await?;
    Ok(())
}

/// A report as a public link shows it.
#[derive(Clone, Debug)]
pub struct SharedReport {
    pub title: String,
    pub instance_name: String,
    /// HTML from our templates.
    pub body: String,
    pub created_at: DateTime<Utc>,
}

impl FromRow for SharedReport {
    fn from_row(row: &Row) -> Result<Self> {
        let Report { title, instance_name, body, created_at, .. } = Report::from_row(row)?;
        Ok(Self { title, instance_name, body, created_at })
    }
}

/// The report of a public link, in its scope; `None` if it was deleted.
pub async fn shared_report(tx: &mut Tx, id: &ReportId) -> Result<Option<SharedReport>> {
    const FIND: &str = "select id, slug, title, instance_name, body, created_at from guide_reports where id = $1";
    sql(FIND).bind(id).optional(tx).await
}

/// The title of one of a person's own reports.
pub async fn own_report(tx: &mut Tx, person: &PersonId, id: &ReportId) -> Result<String> {
    Ok(report(tx, person, id).await?.title)
}

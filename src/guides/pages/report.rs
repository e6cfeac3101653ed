//! A saved report of a guide: the text, values and results, which stay unchanged when the guide or the executions
//! change.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};

use super::detail::newest;
use super::query::SampleView;
use super::{Desk, languages, pictures, seen};
use crate::executions::{self, Preview};
use crate::guides::content::{Guide, GuideQuery, Part};
use crate::guides::store::{self, Report};
use crate::ids::{InstanceId, ReportId};
use crate::instances;
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, FileName, Html, Person, Visit};

/// Maximum number of rows per result in a report.
const ROWS: usize = 200;

/// The text of a report.
#[derive(Template)]
#[template(path = "guides/report_body.html")]
struct Body<'a> {
    parts: Vec<BodyPart<'a>>,
}

enum BodyPart<'a> {
    Html(&'a str),
    Query(&'a GuideQuery, Option<SampleView>, Option<Box<Preview>>),
}

#[derive(Template)]
#[template(path = "guides/report.html")]
pub(super) struct ReportPage {
    shell: Shell,
    report: Report,
}

/// The same as a self-contained file.
#[derive(Template)]
#[template(path = "guides/report_file.html")]
struct ReportFile {
    report: Report,
}

/// Saves a report with the person's latest executions of a guide on an instance.
pub(super) async fn keep(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    headers: HeaderMap,
    Path(slug): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let languages = languages(&headers, fields.trimmed("lang"));
    let seen = seen(&*desk.guides.current().await, &person, &slug, &languages)?;
    let instance = fields.trimmed("instance").parse::<InstanceId>().map_err(|_| web::Error::Missing)?;
    let mut tx = desk.site.db.read(&person.scope()).await?;
    let instance = instances::find(&mut tx, &person.id, &instance).await?;
    let mut runs = Vec::new();
    for run in newest(store::runs(&mut tx, &person.id, &slug).await?, &instance) {
        let preview = executions::preview(&desk.executions, &mut tx, &person.id, &run.execution, ROWS).await?;
        runs.extend(preview.map(|preview| (run.query, preview)));
    }
    drop(tx);
    if runs.is_empty() {
        let why = "No query of this guide has been run on this instance yet. Run one, then save the report.";
        return Err(web::Error::Invalid(why.to_owned()));
    }
    let now = desk.site.clock.now();
    let report = Report {
        id: desk.site.random.id(now),
        slug,
        title: seen.guide.title.clone(),
        instance_name: instance.name().to_owned(),
        body: body(&seen.guide, runs)?,
        created_at: now,
    };
    let mut tx = desk.site.db.write(&person.scope()).await?;
    store::add_report(&mut tx, &person.id, &report).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The report was saved. It stays the same when the guide or your data changes.").await;
    Ok(Redirect::to(&format!("/guides/reports/{}", report.id)))
}

fn body(guide: &Guide, mut runs: Vec<(String, Preview)>) -> web::Result<String> {
    let mut take = |id: &str| {
        let at = runs.iter().position(|(query, _)| query == id)?;
        Some(runs.swap_remove(at).1)
    };
    let parts = guide.parts.iter().filter_map(|part| match part {
        Part::Html(html) => Some(BodyPart::Html(html.as_str())),
        Part::Query(query) => {
            let sample = query.authored.sample.as_ref().map(SampleView::new);
            Some(BodyPart::Query(query, sample, take(&query.id).map(Box::new)))
        }
        Part::SectionEnd(_) => None,
    });
    let body = Body { parts: parts.collect() };
    Ok(body.render().map_err(anyhow::Error::from)?)
}

async fn find(desk: &Desk, person: &Person, id: &str) -> web::Result<Report> {
    let id: ReportId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = desk.site.db.read(&person.scope()).await?;
    Ok(store::report(&mut tx, &person.id, &id).await?)
}

pub(super) async fn show(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<ReportPage>> {
    let report = find(&desk, &person, &id).await?;
    Ok(Html(ReportPage { shell: visit.shell(&report.title, Section::Guides).await, report }))
}

/// The text of a report with links that work outside of this program, which is at `base`.
fn with_full_links(body: &str, base: &str) -> String {
    body.replace("href=\"/", &format!("href=\"{}/", base.trim_end_matches('/')))
}

/// A self-contained HTML file, with the pictures of the guide.
pub(super) async fn download(
    State(desk): State<Desk>,
    person: Person,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let mut report = find(&desk, &person, &id).await?;
    let all = desk.guides.current().await;
    let is_seen = seen(&all, &person, &report.slug, &[]).is_ok();
    let picture = |file: &str| all.picture(&report.slug, file).filter(|_| is_seen).cloned();
    let body = pictures::embedded(&report.body, &report.slug, picture);
    report.body = with_full_links(&body, desk.site.config.public_url.as_str());
    let day = report.created_at.format("%Y-%m-%d").to_string();
    let name = FileName::new("report", [report.title.as_str(), &report.instance_name, &day], "html").disposition();
    let text = ReportFile { report }.render().map_err(anyhow::Error::from)?;
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

pub(super) async fn delete(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let report = find(&desk, &person, &id).await?;
    let mut tx = desk.site.db.write(&person.scope()).await?;
    store::delete_report(&mut tx, &person.id, &report.id).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The report was deleted.").await;
    Ok(Redirect::to(&format!("/guides/{}", report.slug)))
}

//! A guide: its text, contents, progress, and queries with their forms.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};

use super::query::{QueryView, instance_choices, lacking};
use super::{Desk, languages, seen};
use crate::db::{self, Tx};
use crate::executions::{self, Preview};
use crate::guides::content::{Finding, Guide, Heading, Part};
use crate::guides::store::{self, GuideRun, Report};
use crate::instances::{self, Instance};
use crate::queries::{self, PRODUCTS, Trial};
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, Html, Person, QueryString, Visit, words};

/// Number of rows shown of the reader's own result.
const ROWS: usize = 10;
/// Languages in their own words, in which their readers look for them; `guide.md` is in English.
const LANGUAGES: [(&str, &str); 16] = [
    ("", "English"),
    ("ar", "العربية"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("hi", "हिन्दी"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("sv", "Svenska"),
    ("tr", "Türkçe"),
    ("zh", "中文"),
];

#[derive(Template)]
#[template(path = "guides/detail.html")]
pub(super) struct DetailPage {
    shell: Shell,
    guide: Arc<Guide>,
    parts: Vec<PartView>,
    contents: Vec<Content>,
    /// The estimated remaining reading time in minutes, for display.
    left: String,
    is_favourite: bool,
    instances: Vec<Choice>,
    /// The selected instance; empty if none is.
    pub(super) instance: String,
    instance_name: String,
    /// The number of queries run on it.
    runs: usize,
    languages: Vec<String>,
    next: Vec<(String, String)>,
    reports: Vec<Report>,
    findings: Vec<Finding>,
    /// The idempotency key for forms that run something.
    once: String,
}

/// A part of the page.
enum PartView {
    Html(usize),
    Query(Box<QueryView>),
    /// The end of a section that can be marked as done: its id, title, and whether it is done.
    SectionEnd(String, String, bool),
}

/// A section in the contents.
struct Content {
    id: String,
    text: String,
    is_done: bool,
}

/// The outcome of an action on a query of the page.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) query: String,
    pub(super) form: Fields,
    pub(super) tried: Option<Trial>,
    pub(super) errors: Errors,
    /// What can't be done because of the errors, in words.
    pub(super) refusal: &'static str,
    pub(super) mistakes: Vec<String>,
}

impl DetailPage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands over references")]
    fn html(&self, at: &usize) -> &str {
        match self.guide.parts.get(*at) {
            Some(Part::Html(html)) => html,
            _ => "",
        }
    }

    #[expect(clippy::unused_self, reason = "the template calls it on the page")]
    fn product(&self, name: &str) -> &'static str {
        PRODUCTS.iter().find(|(known, _)| *known == name).map_or("", |(_, label)| label)
    }

    /// The name of a language; its code if it isn't a common one.
    #[expect(clippy::unused_self, reason = "the template calls it on the page")]
    fn language_name<'a>(&self, code: &'a str) -> &'a str {
        LANGUAGES.iter().find(|(known, _)| *known == code).map_or(code, |(_, label)| label)
    }

    fn queries(&self) -> usize {
        self.guide.queries().count()
    }

    /// Whether something was run on the selected instance, so that a report can be saved.
    fn has_results(&self) -> bool {
        self.runs > 0
    }

    /// Whether an execution is still in progress, so that the page polls.
    #[expect(clippy::unused_self, reason = "the template calls it on the page")]
    fn is_waiting(&self, view: &QueryView) -> bool {
        view.run.as_ref().is_some_and(|run| !run.state.is_final())
    }
}

/// The page's data from the database.
struct Read {
    done: Vec<String>,
    reader: store::Reader,
    instances: Vec<Instance>,
    chosen: Option<Instance>,
    catalogue: Option<Arc<crate::amcsql::catalogue::Catalogue>>,
    runs: Vec<(String, Preview)>,
    reports: Vec<Report>,
}

async fn read(desk: &Desk, tx: &mut Tx, person: &Person, guide: &Guide, sent: &str) -> web::Result<Read> {
    let all = instances::runnable(tx, &person.id).await?;
    let sent = if sent.is_empty() { proposed(tx, person, &all).await? } else { sent.to_owned() };
    let chosen = all.iter().find(|instance| instance.id.as_str() == sent).cloned();
    let (mut catalogue, mut runs) = (None, Vec::new());
    if let Some(instance) = &chosen {
        catalogue = Some(instances::catalogue(tx, &instance.id).await?);
        for run in newest(store::runs(tx, &person.id, &guide.slug).await?, instance) {
            if let Some(preview) = executions::preview(&desk.executions, tx, &person.id, &run.execution, ROWS).await? {
                runs.push((run.query, preview));
            }
        }
    }
    Ok(Read {
        done: store::progress(tx, &person.id).await?.remove(&guide.slug).unwrap_or_default(),
        reader: store::reader(tx, &person.id, &guide.slug).await?,
        instances: all,
        chosen,
        catalogue,
        runs,
        reports: store::reports(tx, &person.id, &guide.slug).await?,
    })
}

/// The suggested instance: the last one where a guide was run, or the only one.
async fn proposed(tx: &mut Tx, person: &Person, all: &[Instance]) -> web::Result<String> {
    if let Some(last) = store::last_instance(tx, &person.id).await?
        && all.iter().any(|instance| instance.id == last)
    {
        return Ok(last.to_string());
    }
    Ok(if let [only] = all { only.id.to_string() } else { String::new() })
}

/// The latest execution of each query on an instance.
pub(super) fn newest(runs: Vec<GuideRun>, instance: &Instance) -> Vec<GuideRun> {
    let mut newest: Vec<GuideRun> = Vec::new();
    for run in runs.into_iter().filter(|run| run.instance == instance.id) {
        if !newest.iter().any(|known| known.query == run.query) {
            newest.push(run);
        }
    }
    newest
}

pub(super) async fn show(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    headers: HeaderMap,
    Path(slug): Path<String>,
    QueryString(fields): QueryString,
) -> web::Result<Html<DetailPage>> {
    let sent = fields.trimmed("instance").to_owned();
    let languages = languages(&headers, fields.trimmed("lang"));
    match page(&desk, &person, &visit, &slug, &languages, &sent, Answer::default()).await {
        Err(web::Error::Missing) => Err(removed(&desk, &person, &slug).await?),
        page => Ok(Html(page?)),
    }
}

/// Why a guide that isn't there can't be shown: somebody who has read it is told that it was there.
async fn removed(desk: &Desk, person: &Person, slug: &str) -> web::Result<web::Error> {
    let mut tx = desk.site.db.read(&person.scope()).await?;
    let reader = store::reader(&mut tx, &person.id, slug).await?;
    if reader.slug.is_empty() {
        return Ok(web::Error::Missing);
    }
    let what = "This guide was removed or renamed since you read it. Look for it among the guides. Your progress and \
                reports are kept, and reappear if the guide returns.";
    Ok(web::Error::Gone(what.to_owned()))
}

async fn note_read(desk: &Desk, person: &Person, slug: &str, now: DateTime<Utc>) -> db::Result<()> {
    let mut tx = desk.site.db.write(&person.scope()).await?;
    store::note_read(&mut tx, &person.id, slug, now).await?;
    tx.commit().await
}

/// The page, with the outcome of an action on one of its queries.
pub(super) async fn page(
    desk: &Desk,
    person: &Person,
    visit: &Visit,
    slug: &str,
    languages: &[String],
    sent: &str,
    answer: Answer,
) -> web::Result<DetailPage> {
    let now = desk.site.clock.now();
    let all = desk.guides.current().await;
    let seen = seen(&all, person, slug, languages)?;
    let guide = seen.guide;
    let mut tx = desk.site.db.read(&person.scope()).await?;
    let read = read(desk, &mut tx, person, &guide, sent).await?;
    drop(tx);
    if read.reader.is_due(now) {
        match note_read(desk, person, slug, now).await {
            // OK because people can still read; the next visit records it.
            Err(db::Error::Unavailable(_)) => {}
            noted => noted?,
        }
    }
    let next = guide.next.iter().filter_map(|slug| {
        let next = all.guide(slug, "")?;
        super::readable(next, person).map(|(guide, _)| (slug.clone(), guide.title.clone()))
    });
    let runs = read.runs.len();
    Ok(DetailPage {
        shell: visit.shell(&guide.title, Section::Guides).await,
        contents: guide.chapters().map(|heading| content(heading, &read.done)).collect(),
        left: left(&guide, &read.done),
        is_favourite: read.reader.is_favourite,
        instances: instance_choices(&read.instances),
        instance: read.chosen.as_ref().map(|it| it.id.to_string()).unwrap_or_default(),
        instance_name: read.chosen.as_ref().map(|it| it.name().to_owned()).unwrap_or_default(),
        runs,
        next: next.collect(),
        languages: seen.languages,
        findings: seen.findings,
        once: desk.site.random.token(),
        reports: read.reports.clone(),
        parts: parts(&guide, read, answer, desk.site.config.is_demo(), now),
        guide,
    })
}

fn content(heading: &Heading, done: &[String]) -> Content {
    Content { id: heading.id.clone(), text: heading.text.clone(), is_done: done.contains(&heading.id) }
}

/// The estimated reading time of the sections that aren't done, from their word count.
fn left(guide: &Guide, done: &[String]) -> String {
    let count = |all: bool| -> usize {
        let open = guide.sections.iter().filter(|section| all || !done.contains(&section.id));
        open.map(crate::guides::SectionText::words).sum()
    };
    let (open, all) = (count(false), count(true).max(1));
    if guide.chapters().count() > 0 && guide.chapters().all(|heading| done.contains(&heading.id)) {
        return "Completed".to_owned();
    }
    let minutes = (guide.minutes as usize * open).div_ceil(all).max(1);
    let minutes = words::counted(i64::try_from(minutes).unwrap_or(1), "minute", "minutes");
    if done.is_empty() { minutes } else { format!("{minutes} left") }
}

fn parts(guide: &Guide, read: Read, mut answer: Answer, is_demo: bool, now: DateTime<Utc>) -> Vec<PartView> {
    let mut runs = read.runs;
    let mut views = Vec::new();
    for (at, part) in guide.parts.iter().enumerate() {
        match part {
            Part::Html(_) => views.push(PartView::Html(at)),
            Part::SectionEnd(id) => {
                let title = guide.headings.iter().find(|heading| heading.id == *id).map(|heading| heading.text.clone());
                views.push(PartView::SectionEnd(id.clone(), title.unwrap_or_default(), read.done.contains(id)));
            }
            Part::Query(query) => {
                let is_answered = answer.query == query.id;
                let form = if is_answered { std::mem::take(&mut answer.form) } else { Fields::default() };
                let mut view = QueryView::new(query, &query.input(now, is_demo), &form, now);
                if is_answered {
                    view.tried = answer.tried.take();
                    view.errors = std::mem::take(&mut answer.errors);
                    view.refusal = answer.refusal;
                    view.mistakes = std::mem::take(&mut answer.mistakes);
                }
                if let Some(catalogue) = &read.catalogue {
                    view.lacking = lacking(query, catalogue);
                }
                if let Some(found) = runs.iter().position(|(id, _)| *id == query.id) {
                    view.run = Some(runs.swap_remove(found).1);
                }
                views.push(PartView::Query(Box::new(view)));
            }
        }
    }
    views
}

/// The time zones suggested in forms.
impl DetailPage {
    #[expect(clippy::unused_self, reason = "a template calls it on its page")]
    fn zones(&self) -> &'static [&'static str] {
        &queries::ZONES
    }
}

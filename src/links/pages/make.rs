//! The links of one execution or report, and creating one.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::Links;
use super::list::Line;
use crate::accounts::audit::{self, Action};
use crate::db::Tx;
use crate::executions;
use crate::guides;
use crate::ids::{ExecutionId, LinkId, ReportId};
use crate::instances;
use crate::links::model::{DAYS, PATH, Thing, end};
use crate::links::store::{self, LinkFilter, NewLink};
use crate::web::components::{Choice, Errors, Pager};
use crate::web::list::ListParams;
use crate::web::shell::Shell;
use crate::web::words::counted;
use crate::web::{self, Fields, Html, Person, Visit, naming};

/// Rows per page.
const SIZE: u64 = 50;
/// Maximum length of a title, in characters.
const TITLE: usize = 200;

#[derive(Template)]
#[template(path = "links/make.html")]
pub(super) struct MakePage {
    shell: Shell,
    lines: Vec<Line>,
    pager: Pager,
    thing: Shared,
    is_on: bool,
    days: Vec<Choice>,
    errors: Errors,
    title: String,
    valid: String,
    allows_csv: bool,
    here: String,
}

/// A link that is shown once.
#[derive(Template)]
#[template(path = "links/link.html")]
struct LinkPage {
    shell: Shell,
    link: String,
    expires_at: DateTime<Utc>,
    back: String,
}

/// What is to be shown, as its owner sees it.
struct Shared {
    thing: Thing,
    title: String,
    is_result: bool,
    /// Why the person can't create links to it; empty if they can.
    refusal: String,
    /// Whether the person manages the instance, and so sees everybody's links.
    manages: bool,
}

/// An execution that the person sees.
async fn execution(tx: &mut Tx, person: &Person, id: &str) -> web::Result<Shared> {
    let id: ExecutionId = id.parse().map_err(|_| web::Error::Missing)?;
    let execution = executions::find(tx, &person.id, &id).await?;
    let instance = instances::find(tx, &person.id, &execution.instance).await?;
    let refusal = instances::refusal(tx, &person.id, &instance, instances::Action::Run).await?;
    let manages = instance.role.allows(instances::Action::Manage) || person.is_administrator;
    let refusal = match refusal {
        Some(why) => why,
        None if execution.state != executions::State::Succeeded => {
            "The execution has no result that a link could show.".to_owned()
        }
        None => String::new(),
    };
    Ok(Shared { title: execution.query_name, thing: Thing::Execution(id), is_result: true, refusal, manages })
}

/// One of the person's reports.
async fn report(tx: &mut Tx, person: &Person, id: &str) -> web::Result<Shared> {
    let id: ReportId = id.parse().map_err(|_| web::Error::Missing)?;
    let title = guides::own_report(tx, &person.id, &id).await?;
    Ok(Shared { title, thing: Thing::Report(id), is_result: false, refusal: String::new(), manages: false })
}

/// The page of a thing's links, with the submitted form if it was invalid.
async fn page(
    room: &Links,
    person: &Person,
    visit: &Visit,
    mut tx: Tx,
    thing: Shared,
    (fields, errors): (&Fields, Errors),
) -> web::Result<MakePage> {
    let now = room.site.clock.now();
    let id = match &thing.thing {
        Thing::Execution(id) => id.to_string(),
        Thing::Report(id) => id.to_string(),
    };
    let filter = LinkFilter {
        author: (!thing.manages).then(|| person.id.clone()),
        thing: Some(id),
        text: String::new(),
        state: "",
        now,
    };
    let here = format!("{}/links", thing.thing.path());
    let wanted = ListParams::read(&here, visit.here.split_once('?').map_or("", |(_, query)| query)).page(SIZE);
    let pager = wanted.pager(store::count(&mut tx, &filter, wanted.most()).await?);
    let found = store::list(&mut tx, &filter, pager.range()).await?;
    drop(tx);
    let title = if fields.has("title") { fields.trimmed("title").to_owned() } else { thing.title.clone() };
    Ok(MakePage {
        shell: visit.shell(format!("Public links to {}", thing.title), thing.thing.section()).await,
        lines: found.into_iter().map(|one| Line::new(one, now)).collect(),
        pager,
        is_on: room.site.config.public_links,
        days: DAYS.map(|days| Choice::new(days.to_string(), counted(days, "day", "days"))).to_vec(),
        errors,
        title,
        valid: if fields.has("valid") { fields.trimmed("valid").to_owned() } else { "7".to_owned() },
        allows_csv: fields.has("csv"),
        here,
        thing,
    })
}

pub(super) async fn of_execution(
    State(room): State<Links>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<MakePage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let thing = execution(&mut tx, &person, &id).await?;
    Ok(Html(page(&room, &person, &visit, tx, thing, (&Fields::default(), Errors::new())).await?))
}

pub(super) async fn of_report(
    State(room): State<Links>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<MakePage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let thing = report(&mut tx, &person, &id).await?;
    Ok(Html(page(&room, &person, &visit, tx, thing, (&Fields::default(), Errors::new())).await?))
}

pub(super) async fn for_execution(
    State(room): State<Links>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let thing = execution(&mut tx, &person, &id).await?;
    make(&room, &person, &visit, tx, thing, &fields).await
}

pub(super) async fn for_report(
    State(room): State<Links>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let thing = report(&mut tx, &person, &id).await?;
    make(&room, &person, &visit, tx, thing, &fields).await
}

async fn make(
    room: &Links,
    person: &Person,
    visit: &Visit,
    mut tx: Tx,
    thing: Shared,
    fields: &Fields,
) -> web::Result<Response> {
    let (site, now) = (&room.site, room.site.clock.now());
    if !thing.refusal.is_empty() {
        return Err(web::Error::Forbidden(thing.refusal));
    }
    if !site.config.public_links {
        let why = "Public links are off in this installation. Ask your RecomAMP administrator to set \
                   RECOMAMP_PUBLIC_LINKS to on.";
        return Err(web::Error::Forbidden(why.to_owned()));
    }
    let mut errors = Errors::new();
    let title = fields.trimmed("title").to_owned();
    if title.is_empty() {
        errors.add("title", "Enter a title, which readers see.");
    } else if let Some(fault) = naming::fault(&title, TITLE) {
        errors.add("title", fault);
    }
    let expires_at = end(now, fields.trimmed("valid"));
    if expires_at.is_none() {
        errors.add("valid", "Choose how long the link is valid.");
    }
    let (Some(expires_at), true) = (expires_at, errors.is_empty()) else {
        drop(tx);
        let tx = site.db.read(&person.scope()).await?;
        return Ok(Html(page(room, person, visit, tx, thing, (fields, errors)).await?).unprocessable());
    };
    let (back, section) = (format!("{}/links", thing.thing.path()), thing.thing.section());
    let allows_csv = thing.is_result && fields.has("csv");
    let (id, token) = (site.random.id::<LinkId>(now), site.random.token());
    let link = NewLink { thing: thing.thing, title, allows_csv, expires_at };
    store::add(&mut tx, now, (&id, &person.id, &token), &link).await?;
    let detail = json!({ "title": link.title, "shows": link.thing.path(), "csv": allows_csv,
        "expires_at": expires_at.to_rfc3339() });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::LinkCreated, id.as_str(), detail).await?;
    tx.commit().await?;
    let path = format!("{PATH}{token}");
    let link = site.config.public_url.join(&path).map_or(path, String::from);
    let shell = visit.shell("Public link", section).await;
    Ok(Html(LinkPage { shell, link, expires_at, back }).into_response())
}

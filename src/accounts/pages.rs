//! Sign-out, and the list of one's own sessions.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tower_sessions::Session;

use super::audit::{self, Action};
use crate::ids::SessionId;
use crate::web::components::Pager;
use crate::web::list::{self, Export, Few, List, ListParams, rfc3339};
use crate::web::routes::Who::{Anyone, Owner, SignedIn};
use crate::web::routes::{Routes, get, post};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Html, Person, Site, Visit, session};

pub(super) fn routes(site: Site) -> Routes {
    Routes::new()
        .route("/sign-out", post(Anyone, sign_out).about("Sign out"))
        .route("/settings/sessions", get(SignedIn, sessions))
        .route("/settings/sessions.csv", get(SignedIn, export))
        .route("/settings/sessions.json", get(SignedIn, export))
        .route("/settings/sessions/end-others", post(SignedIn, end_others).about("Sign all other browsers out"))
        .route("/settings/sessions/{id}/end", post(Owner, end_session).about("Sign another browser out"))
        .with_state(site)
}

/// Ends this session, and makes the browser drop its cached pages.
async fn sign_out(State(site): State<Site>, person: Option<Person>, session: Session) -> web::Result<Response> {
    if let Some(person) = person {
        let mut tx = site.db.write(&person.scope()).await?;
        let subject = person.session.as_ref().map_or("", SessionId::as_str);
        audit::write(&mut tx, &site.random, site.clock.now(), Some(&person.id), Action::SignedOut, subject, json!({}))
            .await?;
        tx.commit().await?;
    }
    session.flush().await.map_err(anyhow::Error::from)?;
    let clear = (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    let mut answer = ([clear], Redirect::to("/sign-in?out=1")).into_response();
    if site.config.public_url.scheme() == "https" {
        answer.headers_mut().append(SET_COOKIE, HeaderValue::from_static(session::SECURE_COOKIE_REMOVED));
    }
    Ok(answer)
}

/// Rows per page.
const SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "accounts/sessions.html")]
struct SessionsPage {
    shell: Shell,
    list: List,
    sessions: Vec<SessionLine>,
    pager: Pager,
    /// Whether other browsers are signed in, too.
    has_others: bool,
    q: String,
}

struct SessionLine {
    id: SessionId,
    browser: String,
    agent: String,
    created_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
    is_this: bool,
}

/// A readable browser name: `Firefox on Windows`. Unknown ones are shown unchanged.
fn browser(agent: &str) -> String {
    // The order matters: most browsers also name those that they imitate.
    const BROWSERS: [(&str, &str); 5] =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let known =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        _ if agent.is_empty() => "Unknown browser".to_owned(),
        _ => agent.to_owned(),
    }
}

/// A person's sessions whose browser name contains a text: they are few, so they are filtered in memory.
async fn found(site: &Site, person: &Person, text: &str) -> web::Result<Vec<SessionLine>> {
    let mut tx = site.db.read(&person.scope()).await?;
    let sessions = session::of_person(&mut tx, &person.id).await?;
    drop(tx);
    let text = text.to_lowercase();
    let lines = sessions.into_iter().map(|line| SessionLine {
        is_this: Some(&line.id) == person.session.as_ref(),
        id: line.id,
        browser: browser(&line.agent),
        agent: line.agent,
        created_at: line.created_at,
        seen_at: line.seen_at,
    });
    Ok(lines.filter(|line| format!("{}\n{}", line.browser, line.agent).to_lowercase().contains(&text)).collect())
}

async fn sessions(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<SessionsPage>> {
    let q = params.text("q");
    let found = found(&site, &person, &q).await?;
    let has_others = found.iter().any(|line| !line.is_this);
    let (pager, sessions) = params.page(SIZE).cut(found);
    let shell = visit.shell("Sessions", Section::None).await;
    Ok(Html(SessionsPage { shell, list: params.list(&[]), sessions, pager, has_others, q }))
}

impl Export for SessionLine {
    const COLUMNS: &'static [&'static str] = &["browser", "agent", "signed_in_at", "last_used_at", "this", "id"];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.browser),
            json!(self.agent),
            rfc3339(self.created_at),
            rfc3339(self.seen_at),
            json!(self.is_this),
            json!(self.id),
        ]
    }
}

/// The export of the filtered sessions.
async fn export(State(site): State<Site>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let q = params.text("q");
    let file = list::export_rows(&params, Few(found(&site, &person, &q).await?)).await?;
    Ok(file.answer(&["sessions"], site.clock.now()))
}

async fn end_session(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let id: SessionId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    session::end_one(&mut tx, &person.id, &id).await?;
    audit::write(&mut tx, &site.random, site.clock.now(), Some(&person.id), Action::SignedOut, id.as_str(), json!({}))
        .await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "That browser is signed out.").await;
    Ok(Redirect::to("/settings/sessions"))
}

/// Ends all sessions of the person but the one of this browser.
async fn end_others(State(site): State<Site>, person: Person, visit: Visit) -> web::Result<Redirect> {
    // OK to be unreachable: a page is opened with a session, never with a token.
    let keep = person.session.as_ref().ok_or(web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    let ended = session::end_others(&mut tx, &person.id, keep).await?;
    if ended > 0 {
        let (now, detail) = (site.clock.now(), json!({ "others": ended }));
        audit::write(&mut tx, &site.random, now, Some(&person.id), Action::SignedOut, "", detail).await?;
    }
    tx.commit().await?;
    let ended = counted(i64::try_from(ended).unwrap_or(i64::MAX), "other browser is", "other browsers are");
    visit.flash(Tone::Success, format!("{ended} signed out. This one stays signed in.")).await;
    Ok(Redirect::to("/settings/sessions"))
}

//! The page of a public link: the result or the report, and no way into the program.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use super::Links;
use crate::db::Scope;
use crate::executions::{self, SharedResult};
use crate::guides::{self, SharedReport};
use crate::ids::ExecutionId;
use crate::links::model::{Link, PATH, Thing};
use crate::links::store;
use crate::web::components::Pager;
use crate::web::list::ListParams;
use crate::web::{self, FileName, Html};

/// Rows per page.
const SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "links/result.html")]
struct ResultPage {
    link: Link,
    result: SharedResult,
    pager: Pager,
    /// The address of the CSV file; empty if it isn't allowed.
    csv: String,
}

#[derive(Template)]
#[template(path = "links/report.html")]
struct ReportPage {
    link: Link,
    report: SharedReport,
    body: String,
}

/// The page when there is nothing to show: `removed_at` if the result was removed because of its age.
#[derive(Template)]
#[template(path = "links/nothing.html")]
struct NothingPage {
    title: String,
    removed_at: Option<DateTime<Utc>>,
}

/// Keeps a page out of search engines, and its address out of the requests to others.
fn private(response: impl IntoResponse) -> Response {
    let robots = (HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive");
    ([robots, (REFERRER_POLICY, "no-referrer")], response).into_response()
}

/// The answer to any link that shows nothing: the same for each reason, so that nothing can be learned by trying.
fn nothing() -> Response {
    let page = NothingPage { title: "This link isn't available".to_owned(), removed_at: None };
    private((StatusCode::NOT_FOUND, Html(page)))
}

/// The open link with this token, after counting the view.
async fn opened(room: &Links, token: &str) -> web::Result<Option<Link>> {
    let (site, now) = (&room.site, room.site.clock.now());
    if !site.config.public_links {
        return Ok(None);
    }
    let mut tx = site.db.read(&Scope::System).await?;
    let link = store::opened(&mut tx, now, token).await?;
    drop(tx);
    if let Some(link) = &link {
        let mut tx = site.db.write(&Scope::System).await?;
        store::viewed(&mut tx, now, &link.id).await?;
        tx.commit().await?;
    }
    Ok(link)
}

pub(super) async fn show(
    State(room): State<Links>,
    Path(token): Path<String>,
    params: ListParams,
) -> web::Result<Response> {
    let Some(link) = opened(&room, &token).await? else { return Ok(nothing()) };
    match link.thing.clone() {
        Some(Thing::Execution(id)) => result(&room, link, &id, (&token, params)).await,
        Some(Thing::Report(id)) => {
            let mut tx = room.site.db.read(&Scope::Link(link.id.clone())).await?;
            let Some(report) = guides::shared_report(&mut tx, &id).await? else { return Ok(nothing()) };
            // Links into the program and pictures are for people who are signed in.
            let body = guides::without_pictures(&report.body).replace("href=\"/", "data-href=\"/");
            Ok(private(Html(ReportPage { link, report, body })))
        }
        None => Ok(nothing()),
    }
}

async fn result(
    room: &Links,
    link: Link,
    id: &ExecutionId,
    (token, mut params): (&str, ListParams),
) -> web::Result<Response> {
    let wanted = params.page(SIZE);
    let mut tx = room.site.db.read(&Scope::Link(link.id.clone())).await?;
    let size = usize::try_from(SIZE).unwrap_or(usize::MAX);
    // The first page says how many rows there are, and so which page is the last.
    let Some(first) = executions::shared_result(&room.executions, &mut tx, id, (0, size)).await? else {
        return Ok(nothing());
    };
    if first.removed_at.is_some() {
        let page = NothingPage { title: link.title, removed_at: first.removed_at };
        return Ok(private((StatusCode::GONE, Html(page))));
    }
    let pager = Pager::new(params.here(), wanted.number(), SIZE, first.total);
    let offset = pager.first_row.saturating_sub(1);
    let result = if offset == 0 {
        Some(first)
    } else {
        executions::shared_result(&room.executions, &mut tx, id, (offset, size)).await?
    };
    let Some(result) = result else { return Ok(nothing()) };
    let csv = if link.allows_csv { format!("{PATH}{token}/result.csv") } else { String::new() };
    Ok(private(Html(ResultPage { link, result, pager, csv })))
}

/// The result as a file, if the link allows it.
pub(super) async fn csv(State(room): State<Links>, Path(token): Path<String>) -> web::Result<Response> {
    let Some(link) = opened(&room, &token).await? else { return Ok(nothing()) };
    let (Some(Thing::Execution(id)), true) = (&link.thing, link.allows_csv) else { return Ok(nothing()) };
    let mut tx = room.site.db.read(&Scope::Link(link.id.clone())).await?;
    let found = executions::shared_result(&room.executions, &mut tx, id, (0, 1)).await?;
    drop(tx);
    match found {
        Some(result) if result.removed_at.is_none() => {}
        Some(result) => {
            let page = NothingPage { title: link.title, removed_at: result.removed_at };
            return Ok(private((StatusCode::GONE, Html(page))));
        }
        None => return Ok(nothing()),
    }
    let file = executions::shared_csv(&room.executions, id).await?;
    let name = FileName::new("result", [link.title.as_str()], "csv").disposition();
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok(private((headers, axum::body::Body::from_stream(file))))
}

/// Nothing here is for search engines.
pub(super) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

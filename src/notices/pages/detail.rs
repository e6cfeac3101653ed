//! A message; opening it marks it as read.

use askama::Template;
use axum::extract::{Path, State};

use crate::db;
use crate::ids::MessageId;
use crate::notices::Notices;
use crate::notices::model::Message;
use crate::notices::store;
use crate::web::shell::{Section, Shell, Unread};
use crate::web::{self, Html, Person, Visit};

#[derive(Template)]
#[template(path = "notices/detail.html")]
pub(super) struct DetailPage {
    shell: Shell,
    message: Message,
    /// The text of the link to its subject.
    way: &'static str,
    /// Addresses of other pages about it, with the texts of their links.
    others: Vec<(String, &'static str)>,
}

fn way(href: &str) -> &'static str {
    if href.starts_with("/schedules/backfills/") {
        return "Open the backfill";
    }
    match href.split('/').nth(1) {
        Some("executions") => "Open the execution",
        Some("schedules") => "Open the schedule",
        Some("deliveries") => "Open the delivery",
        Some("queries") => "Open the query",
        Some("settings") => "Open settings",
        _ => "Open",
    }
}

/// The schedule, the backfill, the query and the execution that it is about, without the page to which it leads.
fn others(message: &Message) -> Vec<(String, &'static str)> {
    let page = |(name, id): &(String, String)| match name.as_str() {
        "execution" => Some(format!("/executions/{id}")),
        "schedule" => Some(format!("/schedules/{id}")),
        "backfill" => Some(format!("/schedules/backfills/{id}")),
        "query" => Some(format!("/queries/{id}")),
        _ => None,
    };
    let pages = message.detail.about.iter().filter_map(page).filter(|path| *path != message.href);
    let named = |path: String| {
        let label = way(&path);
        (path, label)
    };
    pages.map(named).collect()
}

pub(super) async fn show(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<DetailPage>> {
    let id: MessageId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = room.site.db.read(&person.scope()).await?;
    let line = store::find(&mut tx, &person.id, &id).await?;
    drop(tx);
    let read = match mark_read(&room, &person, &id).await {
        // OK because the message can be read anyway; it stays unread until writing is possible again.
        Err(db::Error::Unavailable(_)) => 0,
        read => read?,
    };
    let mut shell = visit.shell(line.message.title.clone(), Section::Notices).await;
    if shell.unread.0 < Unread::MOST {
        shell.unread = Unread(shell.unread.0.saturating_sub(i64::try_from(read).unwrap_or(0)).max(0));
    }
    let message = line.message;
    Ok(Html(DetailPage { shell, way: way(&message.href), others: others(&message), message }))
}

async fn mark_read(room: &Notices, person: &Person, id: &MessageId) -> db::Result<u64> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let read = store::mark_read(&mut tx, room.site.clock.now(), &person.id, id).await?;
    tx.commit().await?;
    Ok(read)
}

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
}

fn way(href: &str) -> &'static str {
    match href.split('/').nth(1) {
        Some("executions") => "Open the execution",
        Some("schedules") => "Open the schedule",
        Some("deliveries") => "Open the delivery",
        Some("settings") => "Open settings",
        _ => "Open",
    }
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
    Ok(Html(DetailPage { shell, way: way(&line.message.href), message: line.message }))
}

async fn mark_read(room: &Notices, person: &Person, id: &MessageId) -> db::Result<u64> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let read = store::mark_read(&mut tx, room.site.clock.now(), &person.id, id).await?;
    tx.commit().await?;
    Ok(read)
}

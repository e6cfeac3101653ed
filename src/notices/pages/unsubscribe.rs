//! Unsubscribing from mail with one click and without a session.

use askama::Template;
use axum::extract::State;

use crate::db::Scope;
use crate::notices::preferences::{MailMode, Preferences};
use crate::notices::{Notices, mail, store};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, Html, QueryString, Visit};

#[derive(Template)]
#[template(path = "notices/unsubscribe.html")]
pub(super) struct Page {
    shell: Shell,
    token: String,
    is_done: bool,
}

fn named(room: &Notices, token: &str) -> web::Result<crate::ids::PersonId> {
    mail::named(&room.site.vault, token).ok_or_else(|| {
        let todo = "This link is incomplete or no longer valid. Sign in, and change it under Notice settings.";
        web::Error::Invalid(todo.to_owned())
    })
}

/// Asks for confirmation, because mail scanners open every link.
pub(super) async fn ask(
    State(room): State<Notices>,
    visit: Visit,
    QueryString(fields): QueryString,
) -> web::Result<Html<Page>> {
    let token = fields.trimmed("token").to_owned();
    named(&room, &token)?;
    Ok(Html(Page { shell: visit.shell("Unsubscribe", Section::None).await, token, is_done: false }))
}

/// Handles the button of that page and one-click requests from mail programs (RFC 8058), whose form has no token.
pub(super) async fn unsubscribe(
    State(room): State<Notices>,
    visit: Visit,
    QueryString(address): QueryString,
    fields: Fields,
) -> web::Result<Html<Page>> {
    let token = if fields.has("token") { fields.trimmed("token") } else { address.trimmed("token") };
    let person = named(&room, token)?;
    let mut tx = room.site.db.write(&Scope::System).await?;
    let was = store::preferences(&mut tx, &person).await?;
    store::set_preferences(&mut tx, &person, &Preferences { mail: MailMode::Off, ..was }).await?;
    tx.commit().await?;
    Ok(Html(Page { shell: visit.shell("Unsubscribe", Section::None).await, token: String::new(), is_done: true }))
}

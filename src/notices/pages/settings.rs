//! A person's preferences for messages and mail.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use crate::notices::Notices;
use crate::notices::preferences::{MailMode, Preferences};
use crate::notices::store;
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit};

#[derive(Template)]
#[template(path = "notices/settings.html")]
pub(super) struct SettingsPage {
    shell: Shell,
    own: Preferences,
    /// The mail address; empty if no mail is sent.
    email: String,
    modes: Vec<Choice>,
    errors: Errors,
}

async fn page(room: &Notices, person: &Person, visit: &Visit, own: Preferences, errors: Errors) -> SettingsPage {
    SettingsPage {
        shell: visit.shell("Notice settings", Section::None).await,
        own,
        email: if room.site.config.mail.is_some() { person.email.clone() } else { String::new() },
        modes: MailMode::choices(),
        errors,
    }
}

pub(super) async fn show(State(room): State<Notices>, person: Person, visit: Visit) -> web::Result<Html<SettingsPage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let own = store::preferences(&mut tx, &person.id).await?;
    drop(tx);
    Ok(Html(page(&room, &person, &visit, own, Errors::new()).await))
}

pub(super) async fn save(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let was = store::preferences(&mut tx, &person.id).await?;
    let has_mail = room.site.config.mail.is_some();
    let (own, errors) = Preferences::read(&fields, &room.outbox.zones, has_mail, &was);
    if !errors.is_empty() {
        drop(tx);
        return Ok(Html(page(&room, &person, &visit, own, errors).await).unprocessable());
    }
    store::set_preferences(&mut tx, &person.id, &own).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "Notice settings were saved.").await;
    Ok(Redirect::to("/settings/notices").into_response())
}

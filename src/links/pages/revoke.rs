//! Revoking a link, after a page that says what happens.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde_json::json;

use super::Links;
use super::list::Line;
use crate::accounts::audit::{self, Action};
use crate::db::{Scope, Tx};
use crate::executions;
use crate::ids::LinkId;
use crate::instances;
use crate::links::model::{Link, Thing};
use crate::links::store;
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, Visit, local_or_home};

#[derive(Template)]
#[template(path = "links/revoke.html")]
pub(super) struct RevokePage {
    shell: Shell,
    line: Line,
    /// The list from which somebody came, and to which they return.
    next: String,
}

/// Whether somebody may revoke a link: its author, a manager of the instance, an administrator.
async fn may_revoke(tx: &mut Tx, person: &Person, link: &Link) -> web::Result<bool> {
    if person.is_administrator || link.person == person.id {
        return Ok(true);
    }
    let Some(Thing::Execution(id)) = &link.thing else { return Ok(false) };
    let execution = executions::find(tx, &person.id, id).await?;
    let instance = instances::find(tx, &person.id, &execution.instance).await?;
    Ok(instance.role.allows(instances::Action::Manage))
}

/// The link of an address, if this person may revoke it.
async fn revocable(tx: &mut Tx, person: &Person, id: &str) -> web::Result<Link> {
    let id: LinkId = id.parse().map_err(|_| web::Error::Missing)?;
    let link = store::find(tx, &id).await?;
    if may_revoke(tx, person, &link).await? { Ok(link) } else { Err(web::Error::Missing) }
}

/// The page that follows.
fn next(fields: &Fields) -> &str {
    if fields.has("next") { local_or_home(fields.get("next")) } else { "/settings/links" }
}

pub(super) async fn ask(
    State(room): State<Links>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(fields): QueryString,
) -> web::Result<Html<RevokePage>> {
    // OK in the system's scope: a manager revokes what others created.
    let mut tx = room.site.db.read(&Scope::System).await?;
    let link = revocable(&mut tx, &person, &id).await?;
    drop(tx);
    Ok(Html(RevokePage {
        shell: visit.shell("Revoke public link", Section::None).await,
        line: Line::new(link, room.site.clock.now()),
        next: next(&fields).to_owned(),
    }))
}

pub(super) async fn revoke(
    State(room): State<Links>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let (site, now) = (&room.site, room.site.clock.now());
    let mut tx = site.db.write(&Scope::System).await?;
    let link = revocable(&mut tx, &person, &id).await?;
    if store::revoke(&mut tx, now, &link.id).await? {
        let (subject, detail) = (link.id.as_str(), json!({ "title": link.title, "views": link.views }));
        audit::write(&mut tx, &site.random, now, Some(&person.id), Action::LinkRevoked, subject, detail).await?;
    }
    tx.commit().await?;
    visit.flash(Tone::Success, "The public link is revoked. It no longer shows anything.").await;
    Ok(Redirect::to(next(&fields)))
}

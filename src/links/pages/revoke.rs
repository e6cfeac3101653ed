//! Revoking a link, after a page that says what happens.

use axum::extract::{Path, State};
use axum::response::Redirect;
use serde_json::json;

use super::Links;
use crate::accounts::audit::{self, Action};
use crate::db::{Scope, Tx};
use crate::executions;
use crate::ids::LinkId;
use crate::instances;
use crate::links::model::{Link, State as LinkState, Thing};
use crate::links::store;
use crate::web::components::count;
use crate::web::shell::{Section, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, RevokePage, Visit, local_or_home};

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

/// The list from which somebody came, and to which they return.
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
    let (state, next) = (link.state(room.site.clock.now()), next(&fields));
    let shell = visit.shell("Revoke public link", Section::None).await;
    let page = RevokePage::new(shell, format!("/settings/links/{}/revoke", link.id), next, "Public links")
        .fact("Title", link.title)
        .fact("State", state.label())
        .fact("Created by", link.author)
        .time("Created", Some(link.created_at))
        .time("Expires", Some(link.expires_at))
        .fact("Views", count(link.views))
        .time("Last viewed", link.viewed_at)
        .then("The link shows nothing from then on: whoever opens it reads that it isn't available.")
        .then("This can't be undone. You can create another link, which has another address.")
        .then("What it shows stays as it is for people with access.")
        .field("next", next);
    Ok(Html(match state {
        LinkState::Open => page,
        LinkState::Expired | LinkState::Revoked => page.nothing("This link no longer shows anything."),
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

//! Revoking an invitation, after a page that says what happens.

use axum::extract::{Path, State};
use axum::response::Redirect;
use serde_json::json;

use super::Inviting;
use super::list::{Line, author};
use crate::accounts::audit::{self, Action};
use crate::accounts::invitations::{self, State as InvitationState};
use crate::db::Scope;
use crate::ids::InvitationId;
use crate::web::shell::{Section, Tone};
use crate::web::{self, Html, Person, RevokePage, Visit};

pub(super) async fn ask(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<RevokePage>> {
    let id: InvitationId = id.parse().map_err(|_| web::Error::Missing)?;
    // OK in the system's scope: only one's own are found, or everybody's by administrators.
    let mut tx = room.site.db.read(&Scope::System).await?;
    let one = invitations::find(&mut tx, &id, author(&person).as_ref()).await?;
    drop(tx);
    let line = Line::new(one, room.site.clock.now());
    let shell = visit.shell("Revoke invitation", Section::None).await;
    let action = format!("/settings/invitations/{id}/revoke");
    let page = RevokePage::new(shell, action, "/settings/invitations", "Invitations")
        .fact("For", line.whom())
        .fact("State", line.state.label())
        .fact("Gives", line.gives())
        .fact("Invited by", line.one.author.as_str())
        .time("Sent", Some(line.one.created_at))
        .time("Expires", Some(line.one.expires_at));
    let page = match (&line.one.guest, line.state) {
        (Some(guest), InvitationState::Claimed) => page.then(format!(
            "{guest} signed in through the link and hasn't accepted it yet. They are signed out, unless the list of \
             allowed addresses lets them in."
        )),
        _ => page.then("The link no longer lets anyone in. Whoever opens it reads that it can't be used."),
    };
    let page = page.then("This can't be undone. You can send another invitation, which has another link.");
    Ok(Html(if line.is_revocable() {
        page
    } else {
        page.nothing("It was accepted or revoked before. Suspend or remove the person under People instead.")
    }))
}

pub(super) async fn revoke(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let (site, now) = (&room.site, room.site.clock.now());
    let id: InvitationId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.write(&Scope::System).await?;
    let was = invitations::find(&mut tx, &id, author(&person).as_ref()).await?;
    if !invitations::revoke(&mut tx, now, &id).await? {
        let why = "It was accepted or revoked before. Suspend or remove the person under People instead.";
        return Err(web::Error::conflict("This invitation can't be revoked", why)
            .with_way("Invitations", "/settings/invitations".to_owned()));
    }
    let detail = json!({ "email": was.email });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::InvitationRevoked, id.as_str(), detail).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The invitation is revoked. Its link no longer works.").await;
    Ok(Redirect::to("/settings/invitations"))
}

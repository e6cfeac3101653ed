//! Disconnecting: shows what depends on a connection, then deletes its tokens.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::accounts::audit::{self, Action};
use crate::connections::{self, ConnectedRegion};
use crate::db::{self, Scope, Tx};
use crate::executions;
use crate::ids::{ConnectionId, PersonId};
use crate::instances::{self, NamedInstance};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Html, Person, Site, Visit};

#[derive(Template)]
#[template(path = "people/disconnect.html")]
pub(super) struct DisconnectPage {
    shell: Shell,
    reach: ConnectedRegion,
    instances: Vec<NamedInstance>,
    unfinished: i64,
    ends_at: DateTime<Utc>,
}

impl DisconnectPage {
    fn reached(&self) -> String {
        counted(i64::try_from(self.instances.len()).unwrap_or(i64::MAX), "instance is", "instances are")
    }

    fn used(&self) -> String {
        counted(self.unfinished, "unfinished execution uses", "unfinished executions use")
    }
}

/// One of a person's own connections that is not disconnected.
async fn own(tx: &mut Tx, person: &Person, id: &str) -> web::Result<ConnectedRegion> {
    let id: ConnectionId = id.parse().map_err(|_| web::Error::Missing)?;
    let own = connections::connected(tx, &person.id).await?;
    own.into_iter().find(|reach| reach.id == id).ok_or(web::Error::Missing)
}

pub(super) async fn page(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<DisconnectPage>> {
    // OK in the system's scope: what other people run through this connection depends on it, too.
    let mut tx = site.db.read(&Scope::System).await?;
    let reach = own(&mut tx, &person, &id).await?;
    let instances = instances::reached_by(&mut tx, &reach.id).await?;
    let unfinished = executions::unfinished_through(&mut tx, &reach.id).await?;
    drop(tx);
    let shell = visit.shell(format!("Disconnect {}", reach.region.label()), Section::None).await;
    Ok(Html(DisconnectPage { shell, instances, unfinished, ends_at: instances::end_of_grace(&site), reach }))
}

pub(super) async fn disconnect(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let mut tx = site.db.write(&Scope::System).await?;
    let reach = own(&mut tx, &person, &id).await?;
    end(&site, &mut tx, &person.id, &reach.id).await?;
    tx.commit().await?;
    let text = format!(
        "{} is disconnected, and its tokens are erased here. You can also withdraw the permission at \
        Amazon, under Login with Amazon in your account.",
        reach.region.label()
    );
    visit.flash(Tone::Success, text).await;
    Ok(Redirect::to("/settings/connections"))
}

/// Deletes a connection's tokens and removes it from all access that used it.
pub(super) async fn end(site: &Site, tx: &mut Tx, by: &PersonId, id: &ConnectionId) -> db::Result<()> {
    let (now, ends_at) = (site.clock.now(), instances::end_of_grace(site));
    if !connections::disconnect(tx, now, id).await? {
        return Ok(());
    }
    instances::forget_survey(tx, id).await?;
    let instances = instances::disconnect(tx, now, id, ends_at).await?;
    let detail = json!({ "instances": instances.len(), "access_ends_at": ends_at.to_rfc3339() });
    audit::write(tx, &site.random, now, Some(by), Action::Disconnected, id.as_str(), detail).await
}

//! A token's page, and revoking it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::own;
use crate::accounts::audit::{self, Action};
use crate::db;
use crate::instances;
use crate::tokens::model::Token;
use crate::tokens::store;
use crate::web::components::State as Color;
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Html, Person, Site, Visit};

#[derive(Template)]
#[template(path = "tokens/detail.html")]
pub(super) struct DetailPage {
    shell: Shell,
    token: Token,
    /// The names of the instances to which it is limited.
    instances: Vec<String>,
    /// Whether the page asks to confirm that it is revoked.
    confirms: bool,
    now: DateTime<Utc>,
}

impl DetailPage {
    fn color(&self) -> Color {
        self.token.color(self.now)
    }

    fn standing(&self) -> &'static str {
        self.token.standing(self.now).label()
    }

    fn can_revoke(&self) -> bool {
        self.token.revoked_at.is_none() && !self.confirms
    }

    /// Whether it asks to confirm.
    fn asks(&self) -> bool {
        self.token.revoked_at.is_none() && self.confirms
    }
}

async fn detail_page(site: &Site, person: &Person, visit: &Visit, id: &str, confirms: bool) -> web::Result<DetailPage> {
    let mut tx = site.db.read(&person.scope()).await?;
    let token = store::find(&mut tx, &person.id, &own(id)?).await?;
    let mut names = Vec::new();
    for id in token.instances.iter().flatten() {
        let instance = db::found(instances::find(&mut tx, &person.id, id).await)?;
        let name = instance.map(|instance| instance.name().to_owned());
        names.push(name.unwrap_or_else(|| "An instance to which you have no access".to_owned()));
    }
    drop(tx);
    let shell = visit.shell(token.name.clone(), Section::None).await;
    Ok(DetailPage { shell, token, instances: names, confirms, now: site.clock.now() })
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<DetailPage>> {
    Ok(Html(detail_page(&site, &person, &visit, &id, false).await?))
}

pub(super) async fn confirm(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<DetailPage>> {
    Ok(Html(detail_page(&site, &person, &visit, &id, true).await?))
}

pub(super) async fn revoke(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let (id, now) = (own(&id)?, site.clock.now());
    let mut tx = site.db.write(&person.scope()).await?;
    let token = store::find(&mut tx, &person.id, &id).await?;
    if store::revoke(&mut tx, now, &person.id, &id).await? {
        let detail = json!({ "name": token.name });
        audit::write(&mut tx, &site.random, now, Some(&person.id), Action::TokenRevoked, id.as_str(), detail).await?;
    }
    tx.commit().await?;
    visit.flash(Tone::Success, format!("The token {} no longer works.", token.name)).await;
    Ok(Redirect::to("/settings/tokens"))
}

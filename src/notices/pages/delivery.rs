//! A delivery with its attempts, and replaying it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;

use super::webhooks::scope;
use crate::ids::DeliveryId;
use crate::notices::store;
use crate::notices::webhooks::{Attempt, Delivery, DeliveryState, Endpoint};
use crate::notices::{COURIER, Notices};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Html, Person, Visit};

#[derive(Template)]
#[template(path = "notices/delivery.html")]
pub(super) struct DeliveryPage {
    shell: Shell,
    endpoint: Endpoint,
    delivery: Delivery,
    body: String,
    attempts: Vec<Attempt>,
}

fn own(id: &str) -> web::Result<DeliveryId> {
    id.parse().map_err(|_| web::Error::Missing)
}

pub(super) async fn show(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<DeliveryPage>> {
    let mut tx = room.site.db.read(&scope(&person)).await?;
    let (delivery, endpoint, body) = store::delivery(&mut tx, &own(&id)?).await?;
    let endpoint = store::endpoint(&mut tx, &person, &endpoint).await?;
    let attempts = store::attempts(&mut tx, &delivery.id).await?;
    drop(tx);
    let pretty = serde_json::from_str::<serde_json::Value>(&body).ok();
    let body = pretty.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or(body);
    let shell = visit.shell(format!("Delivery to {}", endpoint.name), Section::None).await;
    Ok(Html(DeliveryPage { shell, endpoint, delivery, body, attempts }))
}

pub(super) async fn replay(
    State(room): State<Notices>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let (site, now) = (&room.site, room.site.clock.now());
    let mut tx = site.db.write(&scope(&person)).await?;
    let (delivery, endpoint, _) = store::delivery(&mut tx, &own(&id)?).await?;
    let endpoint = store::endpoint(&mut tx, &person, &endpoint).await?;
    if !endpoint.is_active {
        return Err(web::Error::conflict("The webhook is off", "Switch the webhook on, then replay deliveries."));
    }
    let fresh = site.random.id::<DeliveryId>(now);
    if !store::replay(&mut tx, now, &fresh, &delivery.id).await? {
        return Err(web::Error::conflict("Still being sent", "This delivery is still being sent and retried."));
    }
    tx.commit().await?;
    site.wakes.wake(COURIER);
    visit.flash(Tone::Success, "The message is being sent again.").await;
    Ok(Redirect::to(&format!("/settings/webhooks/deliveries/{fresh}")))
}

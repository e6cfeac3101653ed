//! One delivery with its attempts, and trying it again.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde_json::json;

use super::own;
use super::rules::log;
use crate::accounts::audit::Action;
use crate::deliveries::model::{Attempt, Delivery, DeliveryState, size, took};
use crate::deliveries::{DELIVERER, Deliveries, store};
use crate::ids::ResultDeliveryId;
use crate::instances;
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Html, Person, Visit};

#[derive(Template)]
#[template(path = "deliveries/detail.html")]
pub(super) struct DetailPage {
    shell: Shell,
    delivery: Delivery,
    attempts: Vec<Attempt>,
    can_retry: bool,
}

impl DetailPage {
    fn is_moving(&self) -> bool {
        matches!(self.delivery.state, DeliveryState::Waiting | DeliveryState::Sending)
    }

    fn tone(&self) -> Tone {
        if self.delivery.state.can_retry() { Tone::Error } else { Tone::Info }
    }
}

impl Attempt {
    /// What it wrote, or why it failed.
    fn outcome(&self) -> String {
        match (self.rows, self.bytes) {
            (Some(rows), Some(bytes)) => {
                format!("{}, {} to {}", counted(rows, "row", "rows"), size(bytes), self.object)
            }
            _ => self.reason.clone(),
        }
    }

    fn duration(&self) -> String {
        took(self.took_ms)
    }
}

pub(super) async fn show(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<DetailPage>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let delivery = store::delivery(&mut tx, &person.id, &own::<ResultDeliveryId>(&id)?).await?;
    let attempts = store::attempts(&mut tx, &delivery.id).await?;
    let instance = instances::find(&mut tx, &person.id, &delivery.instance).await?;
    drop(tx);
    Ok(Html(DetailPage {
        shell: visit.shell(format!("Delivery to {}", delivery.destination_name), Section::Schedules).await,
        can_retry: delivery.state.can_retry() && instance.role.allows(instances::Action::Run),
        delivery,
        attempts,
    }))
}

pub(super) async fn retry(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let (site, now) = (&room.site, room.site.clock.now());
    let mut tx = site.db.write(&person.scope()).await?;
    let delivery = store::delivery(&mut tx, &person.id, &own::<ResultDeliveryId>(&id)?).await?;
    instances::require(&mut tx, &person.id, &delivery.instance, instances::Action::Run).await?;
    if !store::retry(&mut tx, now, &delivery.id).await? {
        let todo = "This delivery is done, or is being sent right now.";
        return Err(web::Error::conflict("Nothing to retry", todo));
    }
    let detail =
        json!({ "change": "retried", "execution": delivery.execution, "destination": delivery.destination_name });
    log(&room, &mut tx, &person, (Action::ResultDelivered, delivery.id.as_str()), detail).await?;
    tx.commit().await?;
    site.wakes.wake(DELIVERER);
    visit.flash(Tone::Success, "The result is being delivered again.").await;
    Ok(Redirect::to(&format!("/deliveries/{}", delivery.id)))
}

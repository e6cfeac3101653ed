//! Delivering the result of one execution, because a person asks for it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::own;
use super::rules::log;
use crate::accounts::audit::Action;
use crate::db::Tx;
use crate::deliveries::model::{Delivery, Subject};
use crate::deliveries::store::{self, Usable};
use crate::deliveries::target_form::{Destinations, TargetForm, formats, modes, preview};
use crate::deliveries::{DELIVERER, Deliveries, pattern};
use crate::ids::{ExecutionId, InstanceId, ResultDeliveryId};
use crate::instances;
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit};

#[derive(Template)]
#[template(path = "deliveries/deliver.html")]
struct DeliverPage {
    shell: Shell,
    subject: Subject,
    form: TargetForm,
    destinations: Destinations,
    formats: Vec<Choice>,
    modes: Vec<Choice>,
    preview: Vec<String>,
    earlier: Vec<Delivery>,
    errors: Errors,
}

/// An execution whose result this person may deliver.
async fn deliverable(tx: &mut Tx, person: &Person, id: &str) -> web::Result<(Subject, InstanceId)> {
    let (subject, instance) = store::subject(tx, &person.id, &own::<ExecutionId>(id)?).await?;
    instances::require(tx, &person.id, &instance, instances::Action::Run).await?;
    Ok((subject, instance))
}

async fn page(
    tx: &mut Tx,
    person: &Person,
    visit: &Visit,
    (subject, usable): (Subject, &[Usable]),
    (form, errors): (TargetForm, Errors),
) -> web::Result<DeliverPage> {
    let target = form.read(usable).ok().map(|(_, target)| target);
    Ok(DeliverPage {
        shell: visit.shell(format!("Deliver {}", subject.query_name), Section::Executions).await,
        preview: target.map(|target| preview(&target, &subject)).unwrap_or_default(),
        earlier: store::deliveries_of(tx, &person.id, &subject.execution).await?,
        subject,
        form,
        destinations: Destinations::of(usable),
        formats: formats(),
        modes: modes(),
        errors,
    })
}

pub(super) async fn show(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let (subject, _) = deliverable(&mut tx, &person, &id).await?;
    let usable = store::usable(&mut tx, &person.id).await?;
    let form = TargetForm::new(pattern::OF_QUERY, &usable);
    Ok(Html(page(&mut tx, &person, &visit, (subject, &usable), (form, Errors::new())).await?).into_response())
}

pub(super) async fn deliver(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let (site, now) = (&room.site, room.site.clock.now());
    let mut tx = site.db.write(&person.scope()).await?;
    let (subject, instance) = deliverable(&mut tx, &person, &id).await?;
    let usable = store::usable(&mut tx, &person.id).await?;
    let form = TargetForm::of(&fields);
    let mut read = form.read(&usable).map(|(destination, target)| (destination.clone(), target));
    if read.is_ok() && !subject.has_result {
        let mut errors = Errors::new();
        errors.add("", "This execution has no stored result. Run it again, or fetch its result again.");
        read = Err(errors);
    }
    let (destination, target) = match read {
        Ok(read) if fields.get("do") != "preview" => read,
        Ok(_) => {
            let shown = page(&mut tx, &person, &visit, (subject, &usable), (form, Errors::new())).await?;
            return Ok(Html(shown).into_response());
        }
        Err(errors) => {
            let shown = page(&mut tx, &person, &visit, (subject, &usable), (form, errors)).await?;
            return Ok(Html(shown).unprocessable());
        }
    };
    let delivery = site.random.id::<ResultDeliveryId>(now);
    let to = (&destination.id, destination.name.as_str(), &target);
    store::add_manual(&mut tx, now, &delivery, (&subject, &instance), to, (&person.id, person.name.as_str())).await?;
    let detail =
        json!({ "execution": subject.execution, "destination": destination.name, "target": target.describe() });
    log(&room, &mut tx, &person, (Action::ResultDelivered, delivery.as_str()), detail).await?;
    tx.commit().await?;
    site.wakes.wake(DELIVERER);
    visit.flash(Tone::Success, "The result is being delivered.").await;
    Ok(Redirect::to(&format!("/deliveries/{delivery}")).into_response())
}

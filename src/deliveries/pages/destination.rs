//! One destination: its settings, testing, deleting and restoring it.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::destinations::taken;
use super::own;
use crate::accounts::audit::{self, Action};
use crate::db::{Scope, Tx};
use crate::deliveries::destination_form::{DestinationForm, tls_choices};
use crate::deliveries::model::{Destination, DestinationKind, Place, bucket_of, warehouse_of};
use crate::deliveries::seals::secret_place;
use crate::deliveries::send::{NO_FOLDER, excerpt};
use crate::deliveries::store::{self, Use};
use crate::deliveries::{Deliveries, folder};
use crate::ids::DestinationId;
use crate::vault::Secret;
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit};

/// Schedules that are listed with a destination.
const USES: i64 = 200;
/// How long a test may take.
const TEST: Duration = Duration::from_secs(20);

#[derive(Template)]
#[template(path = "deliveries/destination.html")]
pub(super) struct DetailPage {
    shell: Shell,
    destination: Destination,
    form: DestinationForm,
    tls: Vec<Choice>,
    has_folder: bool,
    has_secret: bool,
    uses: Vec<Use>,
    errors: Errors,
}

async fn page(
    room: &Deliveries,
    tx: &mut Tx,
    visit: &Visit,
    (destination, has_secret): (Destination, bool),
    (form, errors): (DestinationForm, Errors),
) -> web::Result<DetailPage> {
    Ok(DetailPage {
        shell: visit.shell(destination.name.clone(), Section::None).await,
        form,
        tls: tls_choices(),
        has_folder: room.site.config.deliveries_dir.is_some(),
        has_secret,
        uses: store::uses(tx, &destination.id, USES).await?,
        destination,
        errors,
    })
}

pub(super) async fn show(
    State(room): State<Deliveries>,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<DetailPage>> {
    let mut tx = room.site.db.read(&Scope::System).await?;
    let destination = store::destination(&mut tx, &own(&id)?).await?;
    let (place, sealed) = store::place(&mut tx, &destination.id).await?;
    let form = DestinationForm::stored(&destination.name, &place);
    let named = (destination, sealed.is_some());
    Ok(Html(page(&room, &mut tx, &visit, named, (form, Errors::new())).await?))
}

async fn log(room: &Deliveries, tx: &mut Tx, person: &Person, id: &DestinationId, detail: Value) -> web::Result<()> {
    let (site, now) = (&room.site, room.site.clock.now());
    audit::write(tx, &site.random, now, Some(&person.id), Action::DestinationChanged, id.as_str(), detail).await?;
    Ok(())
}

fn back(id: &DestinationId) -> Redirect {
    Redirect::to(&format!("/settings/destinations/{id}"))
}

/// A destination, in a transaction to change it in.
async fn to_change(room: &Deliveries, id: &str) -> web::Result<(Tx, Destination)> {
    let mut tx = room.site.db.write(&Scope::System).await?;
    let destination = store::destination(&mut tx, &own(id)?).await?;
    Ok((tx, destination))
}

pub(super) async fn change(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let (mut tx, destination) = to_change(&room, &id).await?;
    let (was, stored) = store::place(&mut tx, &destination.id).await?;
    let form = DestinationForm::of(&fields);
    let mut read = form.read(destination.kind, Some((&was, stored.is_some())));
    if read.is_ok() && store::is_name_taken(&mut tx, &form.name, Some(&destination.id)).await? {
        read = Err(taken());
    }
    let read = match read {
        Ok(read) => read,
        Err(errors) => {
            let named = (destination, stored.is_some());
            return Ok(Html(page(&room, &mut tx, &visit, named, (form, errors)).await?).unprocessable());
        }
    };
    let place = secret_place(&destination.id);
    let fresh = read.secret.as_ref().map(|secret| room.site.vault.seal(secret, &place));
    let sealed = fresh.or_else(|| stored.filter(|_| was.receiver() == read.place.receiver()));
    let (site, now) = (&room.site, room.site.clock.now());
    let named = (&destination.id, read.name.as_str());
    store::change_destination(&mut tx, now, named, (&read.place, sealed.as_deref()), &person.name).await?;
    let detail = json!({ "change": "changed", "name": read.name, "where": read.place.describe() });
    log(&room, &mut tx, &person, &destination.id, detail).await?;
    tx.commit().await?;
    site.wakes.wake(crate::deliveries::DELIVERER);
    visit.flash(Tone::Success, "The destination was saved.").await;
    Ok(back(&destination.id).into_response())
}

#[derive(Template)]
#[template(path = "deliveries/destination_delete.html")]
pub(super) struct DeletePage {
    shell: Shell,
    destination: Destination,
    uses: Vec<Use>,
}

/// Asks before a destination is deleted, and names the schedules that use it.
pub(super) async fn delete_page(
    State(room): State<Deliveries>,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<DeletePage>> {
    let mut tx = room.site.db.read(&Scope::System).await?;
    let destination = store::destination(&mut tx, &own(&id)?).await?;
    let uses = store::uses(&mut tx, &destination.id, USES).await?;
    drop(tx);
    let shell = visit.shell(format!("Delete {}", destination.name), Section::None).await;
    Ok(Html(DeletePage { shell, destination, uses }))
}

pub(super) async fn delete(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    binned(&room, &person, &visit, &id, true).await
}

pub(super) async fn restore(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    binned(&room, &person, &visit, &id, false).await
}

/// Deletes a destination, or restores it.
async fn binned(room: &Deliveries, person: &Person, visit: &Visit, id: &str, deleted: bool) -> web::Result<Redirect> {
    let (mut tx, destination) = to_change(room, id).await?;
    if !deleted && store::is_name_taken(&mut tx, &destination.name, Some(&destination.id)).await? {
        let todo = "Another destination has this name by now. Rename that one first.";
        return Err(web::Error::conflict("The name is taken", todo));
    }
    if !store::bin_destination(&mut tx, room.site.clock.now(), &destination.id, deleted).await? {
        let title = if deleted { "Already deleted" } else { "Not deleted" };
        return Err(web::Error::conflict(title, "Nothing had to be changed."));
    }
    let change = if deleted { "deleted" } else { "restored" };
    let detail = json!({ "change": change, "name": destination.name });
    log(room, &mut tx, person, &destination.id, detail).await?;
    tx.commit().await?;
    let said = if deleted {
        "The destination was deleted. Nothing is delivered there any more; you can restore it here."
    } else {
        "The destination was restored. Deliveries that failed meanwhile can be retried."
    };
    visit.flash(Tone::Success, said).await;
    Ok(back(&destination.id))
}

/// Writes a small file or object and removes it, or connects to the database.
pub(super) async fn test(
    State(room): State<Deliveries>,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let mut tx = room.site.db.read(&Scope::System).await?;
    let destination = store::destination(&mut tx, &own(&id)?).await?;
    let (place, sealed) = store::place(&mut tx, &destination.id).await?;
    drop(tx);
    let secret = match sealed.map(|sealed| room.site.vault.open(&sealed, &secret_place(&destination.id))) {
        Some(Err(_)) => {
            visit.flash(Tone::Error, "The stored secret can't be decrypted with any key. Enter it again.").await;
            return Ok(back(&destination.id));
        }
        opened => opened.and_then(Result::ok),
    };
    let outcome = tokio::time::timeout(TEST, tried(&room, &place, secret)).await;
    let (tone, said) = match outcome {
        Ok(Ok(said)) => (Tone::Success, said),
        Ok(Err(why)) => (Tone::Error, why),
        Err(_) => (Tone::Error, "It didn't respond within 20 seconds.".to_owned()),
    };
    visit.flash(tone, said).await;
    Ok(back(&destination.id))
}

async fn tried(room: &Deliveries, place: &Place, secret: Option<Secret>) -> Result<String, String> {
    match place {
        Place::Folder { path } => {
            let root = room.site.config.deliveries_dir.as_ref().ok_or(NO_FOLDER)?;
            folder::test(root, path).await.map_err(|failure| failure.sentence().to_owned())?;
            Ok("It works: a small file was written and removed.".to_owned())
        }
        Place::Bucket { .. } => {
            let bucket =
                bucket_of(place, secret).ok_or_else(|| "The settings of the bucket can't be used.".to_owned())?;
            bucket.probe().await.map_err(|error| format!("It doesn't work: {}.", excerpt(&error.to_string())))?;
            Ok("It works: a small object was written and removed.".to_owned())
        }
        Place::Postgres { .. } => {
            let (warehouse, schema) =
                warehouse_of(place, secret).ok_or_else(|| "The settings of the database can't be used.".to_owned())?;
            let can_create = warehouse.test(schema).await.map_err(|error| error.to_string())?;
            Ok(if can_create {
                format!("It works: the database answers, and tables can be created in the schema {schema}.")
            } else {
                format!(
                    "The database answers. This user can't create tables in the schema {schema}, so only existing tables \
                     can be written."
                )
            })
        }
    }
}

//! One brand of an instance: its name and items, saved as one form; deleting and restoring it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Room;
use super::brands::NAME_LENGTH;
use crate::accounts::audit::{self, Action};
use crate::db::Tx;
use crate::ids::{BrandId, InstanceId, PersonId};
use crate::instances::access::{Action as Does, require};
use crate::instances::brand_list::{self, Item, ItemKind, MOST};
use crate::instances::model::Instance;
use crate::instances::store::brands::{self as table, Brand};
use crate::web::components::{Errors, count};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit, naming};

#[derive(Template)]
#[template(path = "instances/brand.html")]
struct BrandPage {
    shell: Shell,
    instance: Instance,
    brand: Brand,
    can_change: bool,
    title: String,
    asins: String,
    campaigns: String,
    errors: Errors,
}

fn lines(items: &[Item], kind: ItemKind) -> String {
    items.iter().filter(|item| item.kind == kind).map(Item::line).collect::<Vec<_>>().join("\n")
}

/// The brand in an address.
async fn found(tx: &mut Tx, person: &PersonId, id: &str) -> web::Result<Brand> {
    let id: BrandId = id.parse().map_err(|_| web::Error::Missing)?;
    Ok(table::brand(tx, person, &id).await?)
}

/// The page of a brand.
pub(super) async fn detail(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let brand = found(&mut tx, &person.id, &id).await?;
    let instance = super::store::find(&mut tx, &person.id, &brand.instance).await?;
    let items = table::items(&mut tx, &brand.id).await?;
    drop(tx);
    let page = BrandPage {
        shell: visit.shell(brand.name.clone(), Section::Instances).await,
        can_change: instance.role.allows(Does::Write) && brand.deleted_at.is_none(),
        instance,
        title: brand.name.clone(),
        brand,
        asins: lines(&items, ItemKind::Asin),
        campaigns: lines(&items, ItemKind::Campaign),
        errors: Errors::new(),
    };
    Ok(Html(page).into_response())
}

/// Saves a brand's form: its name and all of its items.
pub(super) async fn save(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let now = room.site.clock.now();
    let mut tx = room.site.db.write(&person.scope()).await?;
    let brand = found(&mut tx, &person.id, &id).await?;
    let instance = require(&mut tx, &person.id, &brand.instance, Does::Write).await?;
    let name = fields.trimmed("name").to_owned();
    let mut errors = Errors::new();
    if name.is_empty() {
        errors.add("name", "Name the brand.");
    } else if let Some(fault) = naming::fault(&name, NAME_LENGTH) {
        errors.add("name", fault);
    } else if table::named(&mut tx, &person.id, &instance.id, &name).await?.is_some_and(|other| other.id != brand.id) {
        errors.add("name", "Another brand of this instance has this name. Choose another one.");
    }
    let mut items = Vec::new();
    for (field, kind) in [("asins", ItemKind::Asin), ("campaigns", ItemKind::Campaign)] {
        let read = brand_list::read_lines(fields.get(field), kind);
        if let Some((line, text, reason)) = read.rejected.first() {
            errors.add(field, format!("Line {line}: {reason} It says: {text}"));
        }
        if read.items.len() > MOST {
            let (number, most) = (count(read.items.len()), count(MOST));
            errors.add(field, format!("These are {number}, and a brand can have at most {most}. Split the list."));
        }
        items.extend(read.items.into_iter().map(|(_, item)| item));
    }
    if !errors.is_empty() {
        drop(tx);
        let page = BrandPage {
            shell: visit.shell(brand.name.clone(), Section::Instances).await,
            can_change: true,
            instance,
            brand,
            title: name,
            asins: fields.get("asins").to_owned(),
            campaigns: fields.get("campaigns").to_owned(),
            errors,
        };
        return Ok(Html(page).unprocessable_by(|page| &page.errors));
    }
    table::replace(&mut tx, now, &brand.id, &name, &items).await?;
    note(&room, &mut tx, &person, &instance.id, json!({ "brand": name, "items": items.len() })).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The brand is saved.").await;
    Ok(Redirect::to(&format!("/brands/{}", brand.id)).into_response())
}

async fn note(room: &Room, tx: &mut Tx, person: &Person, instance: &InstanceId, detail: Value) -> web::Result<()> {
    let (random, now) = (&room.site.random, room.site.clock.now());
    audit::write(tx, random, now, Some(&person.id), Action::BrandsChanged, instance.as_str(), detail).await?;
    Ok(())
}

/// Deletes a brand; the list offers to undo.
pub(super) async fn delete(State(room): State<Room>, person: Person, Path(id): Path<String>) -> web::Result<Redirect> {
    let brand = set_deleted(&room, &person, &id, Some(room.site.clock.now())).await?;
    Ok(Redirect::to(&format!("/instances/{}/brands?deleted={}", brand.instance, brand.id)))
}

/// Restores a deleted brand, unless another has taken its name.
pub(super) async fn restore(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let brand = set_deleted(&room, &person, &id, None).await?;
    visit.flash(Tone::Success, "Restored.").await;
    Ok(Redirect::to(&format!("/brands/{}", brand.id)))
}

async fn set_deleted(room: &Room, person: &Person, id: &str, at: Option<DateTime<Utc>>) -> web::Result<Brand> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let brand = found(&mut tx, &person.id, id).await?;
    let instance = require(&mut tx, &person.id, &brand.instance, Does::Write).await?;
    let other = table::named(&mut tx, &person.id, &instance.id, &brand.name).await?;
    if at.is_none() && other.is_some_and(|other| other.id != brand.id) {
        let why = format!("Another brand is now called {}. Rename that one, then restore this one.", brand.name);
        return Err(web::Error::conflict("This name is taken", why));
    }
    table::set_deleted(&mut tx, &brand.id, at).await?;
    let detail = json!({ "brand": brand.name, "deleted": at.is_some() });
    note(room, &mut tx, person, &instance.id, detail).await?;
    tx.commit().await?;
    Ok(brand)
}

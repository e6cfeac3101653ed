//! Brands of an instance: the list, imports of ASINs and campaigns, export.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Room, own};
use crate::accounts::audit::{self, Action};
use crate::db::{self, Tx};
use crate::ids::{BrandId, InstanceId, PersonId};
use crate::instances::access::{Action as Does, require};
use crate::instances::brand_list::{self, Item, ItemKind, ListRead};
use crate::instances::model::Instance;
use crate::instances::store::brands::{self as table, Brand, Line};
use crate::web::components::{Choice, Errors, Pager, count as count_of};
use crate::web::list::{self, Export, List, ListParams, RowSource};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Html, Person, Upload, Visit, naming};

/// Rows per page.
const SIZE: u64 = 50;
/// Maximum length of a brand's name, in characters.
pub(super) const NAME_LENGTH: usize = 100;
/// Days for which a deleted brand can be restored.
const KEPT_DAYS: i64 = 30;

#[derive(Template)]
#[template(path = "instances/brands.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    instance: Instance,
    brands: Vec<Brand>,
    pager: Pager,
    q: String,
    can_change: bool,
    /// The brand that was just deleted.
    deleted: Option<Brand>,
    errors: Errors,
    /// Why the submitted list couldn't be used.
    title: String,
    text: String,
    kinds: Vec<Choice>,
    kind: String,
    /// The unrecognized lines of the submitted list.
    report: Option<Report>,
}

/// The outcome of an import.
struct Report {
    said: String,
    rejected: Vec<(usize, String, &'static str)>,
    more: usize,
}

async fn page(
    room: &Room,
    person: &Person,
    visit: &Visit,
    id: &InstanceId,
    params: ListParams,
) -> web::Result<ListPage> {
    let mut params = params.without(&["deleted"]);
    let q = params.text("q");
    let wanted = params.page(SIZE);
    let mut tx = room.site.db.read(&person.scope()).await?;
    let instance = super::store::find(&mut tx, &person.id, id).await?;
    let pager = wanted.pager(table::count(&mut tx, &person.id, id, &q, wanted.most()).await?);
    let brands = table::page(&mut tx, &person.id, id, &q, pager.range()).await?;
    let deleted = deleted(&mut tx, &person.id, params.fields().get("deleted")).await?;
    drop(tx);
    Ok(ListPage {
        shell: visit.shell(format!("Brands of {}", instance.name()), Section::Instances).await,
        list: params.list(&[]),
        can_change: instance.role.allows(Does::Write),
        instance,
        brands,
        pager,
        q,
        deleted,
        errors: Errors::new(),
        title: String::new(),
        text: String::new(),
        kinds: kinds(),
        kind: String::new(),
        report: None,
    })
}

fn kinds() -> Vec<Choice> {
    [("", "Detect automatically"), ("asin", "ASINs"), ("campaign", "Campaigns: IDs or names")]
        .map(|(value, label)| Choice::new(value, label))
        .to_vec()
}

async fn deleted(tx: &mut Tx, person: &PersonId, id: &str) -> db::Result<Option<Brand>> {
    let Ok(id) = id.parse::<BrandId>() else { return Ok(None) };
    let brand = db::found(table::brand(tx, person, &id).await)?;
    Ok(brand.filter(|brand| brand.deleted_at.is_some()))
}

/// The brands of an instance, and the form for adding to them.
pub(super) async fn show(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    params: ListParams,
) -> web::Result<Html<ListPage>> {
    Ok(Html(page(&room, &person, &visit, &own(&id)?, params).await?))
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &["brand", "kind", "value", "name"];

    fn cells(&self) -> Vec<Value> {
        let Item { kind, value, label } = &self.item;
        vec![json!(self.brand), json!(kind.name()), json!(value), json!(label)]
    }
}

/// The items of the filtered brands, as a file that can be imported again.
pub(super) async fn export(
    State(room): State<Room>,
    person: Person,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Response> {
    let id = own(&id)?;
    let q = params.text("q");
    let mut tx = room.site.db.read(&person.scope()).await?;
    let instance = super::store::find(&mut tx, &person.id, &id).await?;
    drop(tx);
    let source = RowSource::new(&room.site.db, person.scope(), (person.id, id, q), |tx, (person, id, q), range, _| {
        Box::pin(table::lines(tx, person, id, q, range))
    });
    let file = list::export_rows(&params, source).await?;
    Ok(file.answer(&["brands", instance.name()], room.site.clock.now()))
}

/// Imports a list: recognized items are added to the brands it names, or to the form's brand, which is created if
/// necessary. Unrecognized lines are shown.
pub(super) async fn import(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    upload: Upload,
) -> web::Result<Response> {
    let id = own(&id)?;
    let Upload { fields, files } = upload;
    let (title, text) = (fields.trimmed("name").to_owned(), fields.get("items").to_owned());
    let mut errors = Errors::new();
    let mut whole = text.clone();
    for file in &files {
        match file.text() {
            Ok(text) => whole = text,
            Err(sentence) => errors.add("file", sentence),
        }
    }
    let read = brand_list::read(&whole, ItemKind::parse(fields.get("kind")));
    check(&title, &read, &mut errors);
    let mut tx = room.site.db.write(&person.scope()).await?;
    let instance = require(&mut tx, &person.id, &id, Does::Write).await?;
    let mut report = None;
    let mut saved = None;
    if errors.is_empty() {
        match save(&room, &mut tx, &person, &instance, &title, &read).await? {
            Ok(said) => saved = Some(said),
            Err(full) => errors.add("items", full),
        }
    }
    if let Some(said) = saved {
        tx.commit().await?;
        if read.rejected.is_empty() {
            visit.flash(Tone::Success, said).await;
            return Ok(Redirect::to(&format!("/instances/{id}/brands")).into_response());
        }
        report = Some(Report { said, rejected: read.rejected, more: read.more_rejected });
    } else {
        drop(tx);
        if !read.rejected.is_empty() {
            report = Some(Report { said: String::new(), rejected: read.rejected, more: read.more_rejected });
        }
    }
    let params = ListParams::read(&format!("/instances/{id}/brands"), "");
    let mut page = page(&room, &person, &visit, &id, params).await?;
    page.report = report;
    if errors.is_empty() {
        return Ok(Html(page).into_response());
    }
    (page.errors, page.title, page.text) = (errors, title, text);
    fields.get("kind").clone_into(&mut page.kind);
    Ok(Html(page).unprocessable_by(|page| &page.errors))
}

fn check(title: &str, read: &ListRead, errors: &mut Errors) {
    let is_named = read.items.iter().all(|(brand, _)| !brand.is_empty()) && !read.items.is_empty();
    if title.is_empty() && !is_named {
        errors.add("name", "Name the brand. Only lists with a Brand column can do without.");
    }
    for name in read.items.iter().map(|(brand, _)| brand.as_str()).chain([title]).filter(|name| !name.is_empty()) {
        if let Some(fault) = naming::fault(name, NAME_LENGTH) {
            errors.add("name", fault);
            break;
        }
    }
    if read.items.is_empty() && !read.rejected.is_empty() {
        errors.add("items", "Nothing in this list was understood. See above for each line.");
    }
}

/// Adds a list's items to its brands; returns the message, or which brand would get too many.
async fn save(
    room: &Room,
    tx: &mut Tx,
    person: &Person,
    instance: &Instance,
    title: &str,
    read: &ListRead,
) -> web::Result<Result<String, String>> {
    let now = room.site.clock.now();
    let mut by_brand: BTreeMap<&str, Vec<Item>> = BTreeMap::new();
    if read.items.is_empty() {
        by_brand.insert(title, Vec::new());
    }
    for (brand, item) in &read.items {
        by_brand.entry(if brand.is_empty() { title } else { brand }).or_default().push(item.clone());
    }
    let (mut added, mut there) = (0, 0);
    let names: Vec<&str> = by_brand.keys().copied().collect();
    for (name, items) in &by_brand {
        let brand = if let Some(brand) = table::named(tx, &person.id, &instance.id, name).await? {
            brand.id
        } else {
            let gone = now - TimeDelta::days(KEPT_DAYS);
            table::add(tx, &room.site.random, now, gone, &person.id, (&instance.id, name)).await?
        };
        let new = table::extend(tx, now, &brand, items).await?;
        (added, there) = (added + new, there + items.len() - new);
        let brand = table::brand(tx, &person.id, &brand).await?;
        if let Some(what) = brand_list::excess(brand.asins, brand.campaigns) {
            return Ok(Err(format!("{name} would have {what} Nothing was added. Split the list.")));
        }
    }
    let detail = json!({ "brands": names, "added": added });
    let (random, subject) = (&room.site.random, instance.id.as_str());
    audit::write(tx, random, now, Some(&person.id), Action::BrandsChanged, subject, detail).await?;
    let count = |number: usize, one, more| counted(number as i64, one, more);
    let said = match names.as_slice() {
        [one] => format!("{one}: {} added", count(added, "item", "items")),
        more => format!("{}: {} added", count(more.len(), "brand", "brands"), count(added, "item", "items")),
    };
    Ok(Ok(match there + read.duplicates {
        0 => format!("{said}."),
        there => format!("{said}, {} already there.", count_of(there)),
    }))
}

//! The list of instances, the page of one, and adding one manually.

mod brand;
mod brands;
mod list;
mod paid;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::access::{Action as Does, require};
use super::discovery;
use super::model::Instance;
use super::slots;
use super::store::{self, Pair};
use crate::accounts::audit::{self, Action};
use crate::amazon::{AmcInstanceId, EntityId, ErrorKind, MarketplaceId};
use crate::connections::{self, CallError, Grants};
use crate::db;
use crate::ids::{ConnectionId, InstanceId};
use crate::web::components::{Choice, Errors};
use crate::web::naming;
use crate::web::routes::Who::{Analyst, Manager, SignedIn, Viewer};
use crate::web::routes::{Routes, get, post};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Site, Visit};
use paid::Paid;

/// Maximum length of an instance's name, in characters.
const NAME_LENGTH: usize = 100;

#[derive(Clone, Debug)]
struct Room {
    site: Site,
    grants: Grants,
}

pub(super) fn routes(site: Site, grants: Grants) -> Routes {
    Routes::new()
        .route("/instances", get(SignedIn, list::show))
        .route("/instances.csv", get(SignedIn, list::export))
        .route("/instances.json", get(SignedIn, list::export))
        .route("/instances/refresh", post(SignedIn, refresh).about("Find instances at Amazon again"))
        .route("/instances/new", get(SignedIn, new).post(SignedIn, add).about("Add an instance"))
        .route("/instances/{id}", get(Viewer, detail).about("An instance"))
        .route(
            "/instances/{id}/brands",
            get(Viewer, brands::show)
                .about("Brands of an instance")
                .post(Analyst, brands::import)
                .about("Import brands"),
        )
        .route("/instances/{id}/brands.csv", get(Viewer, brands::export))
        .route("/instances/{id}/brands.json", get(Viewer, brands::export))
        .route(
            "/brands/{id}",
            get(Viewer, brand::detail).about("A brand").post(Analyst, brand::save).about("Change a brand"),
        )
        .route("/brands/{id}/delete", post(Analyst, brand::delete).about("Delete a brand"))
        .route("/brands/{id}/restore", post(Analyst, brand::restore).about("Restore a brand"))
        .route("/instances/{id}/rename", post(Manager, rename).about("Rename an instance"))
        .route("/instances/{id}/labels", post(Manager, label).about("Label an instance"))
        .route("/instances/{id}/star", post(Viewer, star).about("Star an instance"))
        .route("/instances/{id}/remove", post(Viewer, remove).about("Hide an instance"))
        .route("/instances/{id}/restore", post(Viewer, restore).about("Show a hidden instance again"))
        .with_state(Room { site, grants })
}

async fn refresh(State(room): State<Room>, person: Person, visit: Visit) -> web::Result<Redirect> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    store::ask_again(&mut tx, &person.id, room.site.clock.now()).await?;
    tx.commit().await?;
    room.site.wakes.wake("instance-discovery");
    visit.flash(Tone::Info, "Refreshing your instances from Amazon.").await;
    Ok(Redirect::to("/instances"))
}

#[derive(Template)]
#[template(path = "instances/detail.html")]
struct DetailPage {
    shell: Shell,
    instance: Instance,
    can_manage: bool,
    can_run: bool,
    slots: i64,
    account_slots: i64,
    account_in_use: i64,
    waiting: i64,
    adopted: i64,
    /// Why the search for executions started elsewhere failed; empty if it succeeded.
    unsearched: String,
    sources: usize,
    paid: Paid,
    errors: Errors,
    own_name: String,
    own_labels: String,
}

async fn page(
    room: &Room,
    person: &Person,
    visit: &Visit,
    id: &str,
    errors: Errors,
    name: Option<&str>,
) -> web::Result<DetailPage> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let instance = store::find(&mut tx, &person.id, &own(id)?).await?;
    let unsearched = store::search_problem(&mut tx, &instance.id).await?;
    let adopted = store::adopted(&mut tx, &instance.id).await?;
    let account_in_use = slots::slots_in_use(&mut tx, &instance.id).await?.account;
    let waiting = store::waiting(&mut tx, &instance.id).await?;
    let catalogue = store::catalogue(&mut tx, &instance.id).await?;
    let sources = catalogue.sources().iter().filter(|source| !source.is_audience_twin()).count();
    drop(tx);
    let limits = &room.site.config.limits;
    Ok(DetailPage {
        shell: visit.shell(instance.name(), Section::Instances).await,
        can_manage: instance.role.allows(Does::Manage),
        can_run: instance.role.allows(Does::Write) && instance.is_ready(),
        slots: limits.runs_per_instance,
        account_slots: limits.runs_per_account,
        account_in_use,
        waiting,
        adopted,
        unsearched,
        sources,
        paid: Paid::of(&catalogue),
        errors,
        own_labels: instance.labels.join(", "),
        own_name: name.unwrap_or(instance.own_name.as_deref().unwrap_or("")).to_owned(),
        instance,
    })
}

/// The id in an address; an invalid one is not found.
fn own(id: &str) -> web::Result<InstanceId> {
    id.parse().map_err(|_| web::Error::Missing)
}

async fn detail(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<DetailPage>> {
    Ok(Html(page(&room, &person, &visit, &id, Errors::new(), None).await?))
}

async fn rename(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let name = fields.trimmed("name");
    let mut tx = room.site.db.write(&person.scope()).await?;
    let instance = require(&mut tx, &person.id, &own(&id)?, Does::Manage).await?;
    if let Some(fault) = naming::fault(name, NAME_LENGTH) {
        let mut errors = Errors::new();
        errors.add("name", fault);
        drop(tx);
        return Ok(
            Html(page(&room, &person, &visit, &id, errors, Some(name)).await?).unprocessable_by(|page| &page.errors)
        );
    }
    store::rename(&mut tx, &instance.id, name).await?;
    let (now, subject, detail) = (room.site.clock.now(), instance.id.as_str(), json!({ "name": name }));
    audit::write(&mut tx, &room.site.random, now, Some(&person.id), Action::InstanceChanged, subject, detail).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "Display name saved. Amazon's own name is unchanged.").await;
    Ok(Redirect::to(&format!("/instances/{}", instance.id)).into_response())
}

/// Sets an instance's labels from the form.
async fn label(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let instance = require(&mut tx, &person.id, &own(&id)?, Does::Manage).await?;
    match super::labels::read(fields.get("labels")) {
        Ok(labels) => {
            store::set_labels(&mut tx, &instance.id, &labels).await?;
            let (now, subject, detail) = (room.site.clock.now(), instance.id.as_str(), json!({ "labels": labels }));
            audit::write(&mut tx, &room.site.random, now, Some(&person.id), Action::InstanceChanged, subject, detail)
                .await?;
            tx.commit().await?;
            visit.flash(Tone::Success, "The labels are saved.").await;
            Ok(Redirect::to(&format!("/instances/{}", instance.id)).into_response())
        }
        Err(sentence) => {
            drop(tx);
            let mut errors = Errors::new();
            errors.add("labels", sentence);
            let mut page = page(&room, &person, &visit, &id, errors, None).await?;
            fields.get("labels").clone_into(&mut page.own_labels);
            Ok(Html(page).unprocessable_by(|page| &page.errors))
        }
    }
}

/// Sets or removes the person's star (`on=true`), which puts the instance first in their list.
async fn star(
    State(room): State<Room>,
    person: Person,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let id = own(&id)?;
    let at = (fields.get("on") == "true").then(|| room.site.clock.now());
    let mut tx = room.site.db.write(&person.scope()).await?;
    store::star(&mut tx, &person.id, &id, at).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/instances/{id}")))
}

async fn remove(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    set_hidden(&room, &person, &id, true).await?;
    visit.flash(Tone::Success, "Hidden from your list. To see it again, filter the list for hidden instances.").await;
    Ok(Redirect::to("/instances"))
}

async fn restore(
    State(room): State<Room>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    set_hidden(&room, &person, &id, false).await?;
    visit.flash(Tone::Success, "The instance is on your list again.").await;
    Ok(Redirect::to(&format!("/instances/{id}")))
}

async fn set_hidden(room: &Room, person: &Person, id: &str, hidden: bool) -> web::Result<()> {
    let (id, now) = (own(id)?, room.site.clock.now());
    let mut tx = room.site.db.write(&person.scope()).await?;
    store::hide(&mut tx, &person.id, &id, hidden.then_some(now)).await?;
    let detail = json!({ "hidden": hidden });
    audit::write(&mut tx, &room.site.random, now, Some(&person.id), Action::InstanceChanged, id.as_str(), detail)
        .await?;
    tx.commit().await?;
    Ok(())
}

#[derive(Template)]
#[template(path = "instances/new.html")]
struct NewPage {
    shell: Shell,
    errors: Errors,
    connections: Vec<Choice>,
    connection: String,
    instance: String,
    entity: String,
    marketplace: String,
}

async fn new_page(
    room: &Room,
    person: &Person,
    visit: &Visit,
    fields: &Fields,
    errors: Errors,
) -> web::Result<NewPage> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let reaches = connections::working(&mut tx, &person.id).await?;
    drop(tx);
    Ok(NewPage {
        shell: visit.shell("Add an instance", Section::Instances).await,
        errors,
        connections: reaches.iter().map(|reach| Choice::new(reach.id.as_str(), reach.region.label())).collect(),
        connection: fields.get("connection").to_owned(),
        instance: fields.trimmed("instance").to_owned(),
        entity: fields.trimmed("entity").to_owned(),
        marketplace: fields.trimmed("marketplace").to_owned(),
    })
}

async fn new(State(room): State<Room>, person: Person, visit: Visit) -> web::Result<Html<NewPage>> {
    Ok(Html(new_page(&room, &person, &visit, &Fields::default(), Errors::new()).await?))
}

/// Adds an instance that Amazon's lists don't show, if Amazon responds for these ids.
async fn add(State(room): State<Room>, person: Person, visit: Visit, fields: Fields) -> web::Result<Response> {
    let mut errors = Errors::new();
    for (name, what) in [
        ("instance", "the instance ID, such as amcabc123"),
        ("entity", "the entity ID, such as ENTITY123"),
        ("marketplace", "the marketplace ID, such as ATVPDKIKX0DER"),
    ] {
        let value = fields.trimmed(name);
        if value.is_empty() || value.len() > 100 || !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            errors.add(name, format!("Enter {what}: letters and digits only."));
        }
    }
    let connection = connection_of(&room, &person, fields.get("connection")).await?;
    let Some(connection) = connection.filter(|_| errors.is_empty()) else {
        if errors.is_empty() {
            errors.add("connection", "Choose one of your connections.");
        }
        return Ok(Html(new_page(&room, &person, &visit, &fields, errors).await?).unprocessable_by(|page| &page.errors));
    };
    match add_asked(&room, &person, &connection, &fields).await {
        Ok(id) => {
            visit.flash(Tone::Success, "Verified with Amazon. The instance is on your list.").await;
            Ok(Redirect::to(&format!("/instances/{id}")).into_response())
        }
        Err(CallError::Db(error)) => Err(error.into()),
        Err(CallError::Amazon(error))
            if matches!(error.kind(), ErrorKind::Missing { .. } | ErrorKind::Forbidden | ErrorKind::Refused { .. }) =>
        {
            errors.add("instance", "Amazon doesn't show you this instance. Check the three IDs and the region.");
            Ok(Html(new_page(&room, &person, &visit, &fields, errors).await?).unprocessable_by(|page| &page.errors))
        }
        Err(error) => {
            errors.add("", error.to_string());
            Ok(Html(new_page(&room, &person, &visit, &fields, errors).await?).unprocessable_by(|page| &page.errors))
        }
    }
}

async fn connection_of(room: &Room, person: &Person, id: &str) -> web::Result<Option<ConnectionId>> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let own = connections::working(&mut tx, &person.id).await?;
    Ok(own.into_iter().map(|reach| reach.id).find(|own| own.as_str() == id))
}

async fn add_asked(
    room: &Room,
    person: &Person,
    connection: &ConnectionId,
    fields: &Fields,
) -> Result<InstanceId, CallError> {
    let pair = Pair {
        entity: EntityId(fields.trimmed("entity").to_owned()),
        marketplace: MarketplaceId(fields.trimmed("marketplace").to_owned()),
    };
    let account = &store::Account { name: pair.entity.to_string(), pair, position: 0, tries: 0, refused_since: None };
    let asked = &AmcInstanceId(fields.trimmed("instance").to_owned());
    let client = room.grants.client();
    let (region, instance) = room
        .grants
        .call(connection, |token| async move {
            let pair = &account.pair;
            let found = client.instance(token.caller().of(&pair.entity, &pair.marketplace), asked).await?;
            Ok((token.region(), found))
        })
        .await?;
    let found = discovery::found(region, account, instance);
    let site = &room.site;
    // OK in the system's scope: the person has no access to the row until Amazon confirms it.
    let mut tx = site.db.write(&db::Scope::System).await?;
    let id = store::save(&mut tx, &site.random, site.clock.now(), &person.id, connection, &found, "hand").await?;
    tx.commit().await?;
    Ok(id)
}

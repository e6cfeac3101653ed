//! The list of destinations, and adding one.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use crate::accounts::audit::{self, Action};
use crate::db::Scope;
use crate::deliveries::Deliveries;
use crate::deliveries::destination_form::{DestinationForm, tls_choices};
use crate::deliveries::model::{Destination, DestinationKind};
use crate::deliveries::seals::secret_place;
use crate::deliveries::store::{self, DestinationFilter};
use crate::ids::DestinationId;
use crate::web::components::{Choice, Errors, Pager};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Visit};

const SIZE: u64 = 50;
const MOST: u64 = 500;

#[derive(Template)]
#[template(path = "deliveries/destinations.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Destination>,
    pager: Pager,
    kinds: Vec<Choice>,
    kind: &'static str,
    shows: Vec<Choice>,
    shown: &'static str,
    q: String,
}

fn filter(params: &mut ListParams) -> DestinationFilter {
    DestinationFilter {
        text: params.text("q"),
        kind: params.value("kind", "kind", DestinationKind::parse),
        deleted: params.is("show", "deleted"),
    }
}

pub(super) async fn show(
    State(room): State<Deliveries>,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = filter(&mut params);
    let wanted = params.page_of_size(SIZE, MOST);
    let mut tx = room.site.db.read(&Scope::System).await?;
    let pager = wanted.pager(store::count_destinations(&mut tx, &filter, wanted.most()).await?);
    let lines = store::list_destinations(&mut tx, &filter, pager.range()).await?;
    drop(tx);
    let kinds = DestinationKind::ALL.map(|kind| Choice::new(kind.name(), kind.label()));
    Ok(Html(ListPage {
        shell: visit.shell("Destinations", Section::None).await,
        list: params.list(&["size"]),
        lines,
        pager,
        kinds: Choice::optional("All kinds", kinds),
        kind: filter.kind.map_or("", DestinationKind::name),
        shows: vec![Choice::new("", "Active"), Choice::new("deleted", "Deleted")],
        shown: if filter.deleted { "deleted" } else { "" },
        q: filter.text,
    }))
}

impl Export for Destination {
    const COLUMNS: &'static [&'static str] =
        &["destination", "name", "kind", "rules", "created_at", "created_by", "updated_at", "updated_by", "deleted_at"];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.name),
            json!(self.kind.name()),
            json!(self.rules),
            rfc3339(self.created_at),
            json!(self.created_by),
            rfc3339(self.updated_at),
            json!(self.updated_by),
            rfc3339(self.deleted_at),
        ]
    }
}

/// All that the filter leaves, as a file.
pub(super) async fn export(State(room): State<Deliveries>, mut params: ListParams) -> web::Result<Response> {
    let filter = filter(&mut params);
    let rows = RowSource::new(&room.site.db, Scope::System, filter, |tx, filter, range, _| {
        Box::pin(store::list_destinations(tx, filter, range))
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["destinations"], room.site.clock.now()))
}

#[derive(Template)]
#[template(path = "deliveries/destination_new.html")]
struct NewPage {
    shell: Shell,
    kind: Option<DestinationKind>,
    form: DestinationForm,
    tls: Vec<Choice>,
    has_folder: bool,
    errors: Errors,
}

async fn new_page(
    room: &Deliveries,
    visit: &Visit,
    kind: Option<DestinationKind>,
    (form, errors): (DestinationForm, Errors),
) -> NewPage {
    NewPage {
        shell: visit.shell("New destination", Section::None).await,
        kind,
        form,
        tls: tls_choices(),
        has_folder: room.site.config.deliveries_dir.is_some(),
        errors,
    }
}

/// The form for one kind of destination, or the kinds to choose from.
pub(super) async fn new(State(room): State<Deliveries>, visit: Visit, params: ListParams) -> web::Result<Response> {
    let kind = DestinationKind::parse(params.fields().trimmed("kind"));
    Ok(Html(new_page(&room, &visit, kind, (DestinationForm::new(), Errors::new())).await).into_response())
}

pub(super) async fn add(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let (site, now) = (&room.site, room.site.clock.now());
    let form = DestinationForm::of(&fields);
    let Some(kind) = DestinationKind::parse(fields.trimmed("kind")) else {
        let mut errors = Errors::new();
        errors.add("", "Choose what kind of destination it is.");
        return Ok(Html(new_page(&room, &visit, None, (form, errors)).await).unprocessable());
    };
    let mut tx = site.db.write(&Scope::System).await?;
    let mut read = form.read(kind, None);
    if read.is_ok() && store::is_name_taken(&mut tx, &form.name, None).await? {
        read = Err(taken());
    }
    let read = match read {
        Ok(read) => read,
        Err(errors) => {
            drop(tx);
            return Ok(Html(new_page(&room, &visit, Some(kind), (form, errors)).await).unprocessable());
        }
    };
    let id = site.random.id::<DestinationId>(now);
    let sealed = read.secret.as_ref().map(|secret| site.vault.seal(secret, &secret_place(&id)));
    let named = (&id, read.name.as_str(), kind);
    store::add_destination(&mut tx, now, named, (&read.place, sealed.as_deref()), &person.name).await?;
    let detail = json!({ "change": "added", "name": read.name, "where": read.place.describe() });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::DestinationChanged, id.as_str(), detail).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The destination was added. Test it before a schedule uses it.").await;
    Ok(Redirect::to(&format!("/settings/destinations/{id}")).into_response())
}

/// What is said of a name that another destination has.
pub(super) fn taken() -> Errors {
    let mut errors = Errors::new();
    errors.add("name", "Another destination has this name. Choose a different one.");
    errors
}

//! Duplicates a query, with a chosen name, home and default instance.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::{own, placing};
use crate::db::Tx;
use crate::ids::{PersonId, QueryId};
use crate::instances::Instance;
use crate::queries::model::home::Home;
use crate::queries::model::{NAME_LENGTH, Query, QueryInput};
use crate::queries::store::{self, NewQuery};
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// The suffix of a copy's name.
const COPY: &str = " (copy)";

#[derive(Template)]
#[template(path = "queries/duplicate.html")]
struct FormPage {
    shell: Shell,
    query: Query,
    title: String,
    homes: Vec<Choice>,
    home: String,
    instances: Vec<Choice>,
    instance: String,
    errors: Errors,
}

/// The default name of a copy.
fn name(query: &Query) -> String {
    let most = NAME_LENGTH - COPY.chars().count();
    query.name.chars().take(most).collect::<String>() + COPY
}

/// The default home of a copy: that of the query, if the person may write there.
fn home(query: &Query, usable: &[Instance]) -> Home {
    match &query.placement.home {
        Home::Instance(id) if usable.iter().any(|instance| instance.id == *id) => Home::Instance(id.clone()),
        _ => Home::Private,
    }
}

/// The default instance of a copy, likewise.
fn instance(query: &Query, usable: &[Instance]) -> String {
    let default = query.placement.default_instance.as_ref();
    let known = default.filter(|id| usable.iter().any(|instance| instance.id == **id));
    known.map(ToString::to_string).unwrap_or_default()
}

async fn opened(tx: &mut Tx, person: &PersonId, id: &str) -> web::Result<(Query, Vec<Instance>)> {
    Ok((store::find(tx, person, &own(id)?).await?, placing::usable(tx, person).await?))
}

fn page(shell: Shell, query: Query, usable: &[Instance], fields: &Fields, errors: Errors) -> FormPage {
    let sent = |field: &str, otherwise: String| {
        if fields.has(field) { fields.get(field).to_owned() } else { otherwise }
    };
    FormPage {
        shell,
        title: sent("name", name(&query)),
        homes: placing::homes(None, usable),
        home: sent("home", home(&query, usable).value()),
        instances: placing::defaults(None, usable),
        instance: sent("instance", instance(&query, usable)),
        query,
        errors,
    }
}

/// The form for the name, home and default instance of the copy.
pub(super) async fn form(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let mut tx = site.db.read(&person.scope()).await?;
    let (query, usable) = opened(&mut tx, &person.id, &id).await?;
    drop(tx);
    let shell = visit.shell(format!("Duplicate {}", query.name), Section::Queries).await;
    Ok(Html(page(shell, query, &usable, &Fields::default(), Errors::new())).into_response())
}

/// Saves the copy and opens it in the editor. Missing fields are as proposed by [`form`].
pub(super) async fn create(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let mut tx = site.db.write(&person.scope()).await?;
    let (query, usable) = opened(&mut tx, &person.id, &id).await?;
    let proposed =
        [("name", name(&query)), ("home", home(&query, &usable).value()), ("instance", instance(&query, &usable))];
    let missing = proposed.into_iter().filter(|(field, _)| !fields.has(field));
    let fields: Fields = missing
        .map(|(field, value)| (field.to_owned(), value))
        .chain(fields.iter().map(|(field, value)| (field.to_owned(), value.to_owned())))
        .collect();
    let mut written = QueryInput::from(query.clone());
    fields.trimmed("name").clone_into(&mut written.name);
    let mut errors = Errors::new();
    written.check(&mut errors);
    let placement =
        placing::placed(&mut tx, &person.id, placing::PlacementInput::of(&fields), None, &mut errors).await?;
    if !errors.is_empty() {
        drop(tx);
        let shell = visit.shell(format!("Duplicate {}", query.name), Section::Queries).await;
        return Ok(Html(page(shell, query, &usable, &fields, errors)).unprocessable());
    }
    let now = site.clock.now();
    let copy: QueryId = site.random.id(now);
    let new = NewQuery { id: &copy, draft: None, placement: &placement, written: &written };
    store::add(&mut tx, now, &person.id, &new).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "Copied. You're editing the copy.").await;
    Ok(Redirect::to(&format!("/queries/{copy}/edit")).into_response())
}

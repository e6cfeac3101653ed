//! Who has access to an instance, and why.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::form::Form;
use super::{Inviting, Managed, SCOPE, managed};
use crate::accounts;
use crate::db::{self, Tx};
use crate::ids::PersonId;
use crate::instances::{self, Colleague, ColleagueFilter, Role, Source};
use crate::web::components::{Choice, Errors, Pager};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Rows per page.
const SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "people/sharing/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Colleague>,
    pager: Pager,
    roles: Vec<Choice>,
    sources: Vec<Choice>,
    role: &'static str,
    source: &'static str,
    q: String,
    managed: Managed,
    own: PersonId,
    people: Vec<Choice>,
    given_roles: Vec<Choice>,
    form: Form,
    errors: Errors,
}

impl ListPage {
    /// Whether the visitor changes and revokes this row's role here.
    fn may_change(&self, line: &Colleague) -> bool {
        line.person != self.own && line.grant.source == Source::Shared
    }

    /// The day before the end, as a date input shows it.
    fn until(line: &Colleague) -> String {
        let last =
            |end: chrono::DateTime<chrono::Utc>| (end - chrono::TimeDelta::seconds(1)).format("%Y-%m-%d").to_string();
        line.grant.ends_at.map(last).unwrap_or_default()
    }

    fn path(&self) -> String {
        self.managed.path()
    }
}

fn filter(params: &mut ListParams, managed: &Managed) -> ColleagueFilter {
    let known = |name: &str| Source::ALL.into_iter().map(Source::name).find(|known| *known == name);
    ColleagueFilter {
        instance: managed.id.clone(),
        text: params.text("q"),
        role: params.value("has", "role", Role::known).map(Role::name).unwrap_or_default(),
        source: params.value("source", "source", known).unwrap_or_default(),
        person: None,
    }
}

/// The people to choose from: everybody for administrators, and for others those with whom they share an instance.
pub(super) async fn candidates(tx: &mut Tx, person: &Person) -> db::Result<Vec<(PersonId, String)>> {
    if person.is_administrator {
        accounts::successors(tx, &person.id).await
    } else {
        instances::colleagues(tx, &person.id).await
    }
}

/// The page, with the submitted form if it was invalid.
pub(super) async fn page(
    room: &Inviting,
    person: &Person,
    visit: &Visit,
    id: &str,
    mut params: ListParams,
    (form, errors): (Form, Errors),
) -> web::Result<ListPage> {
    let mut tx = room.site.db.read(&SCOPE).await?;
    let managed = managed(&mut tx, person, id).await?;
    let filter = filter(&mut params, &managed);
    let wanted = params.page(SIZE);
    let pager = wanted.pager(instances::count_people_of(&mut tx, &filter, wanted.most()).await?);
    let lines = instances::people_of(&mut tx, &filter, pager.range()).await?;
    let people = candidates(&mut tx, person).await?;
    drop(tx);
    let people = people.into_iter().map(|(id, name)| Choice::new(id.as_str(), name));
    Ok(ListPage {
        shell: visit.shell(format!("People of {}", managed.name), Section::Instances).await,
        list: params.list(&[]),
        lines,
        pager,
        roles: Choice::optional("All roles", Role::ALL.map(|role| Choice::new(role.name(), role.label()))),
        sources: Choice::optional("All sources", Source::ALL.map(|from| Choice::new(from.name(), from.label()))),
        role: filter.role,
        source: filter.source,
        q: filter.text,
        managed,
        own: person.id.clone(),
        people: Choice::optional("Choose a person", people),
        given_roles: Role::ALL
            .map(|role| Choice::new(role.name(), format!("{}: {}", role.label(), role.describe())))
            .into(),
        form,
        errors,
    })
}

pub(super) async fn show(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    params: ListParams,
) -> web::Result<Html<ListPage>> {
    Ok(Html(page(&room, &person, &visit, &id, params, (Form::default(), Errors::new())).await?))
}

impl Export for Colleague {
    const COLUMNS: &'static [&'static str] =
        &["name", "email", "role", "source", "given_by", "lends_connection", "ends_at", "active", "id"];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.name),
            json!(self.email),
            json!(self.grant.role.name()),
            json!(self.grant.source.name()),
            json!(self.grant.given_by),
            json!(self.grant.lends),
            rfc3339(self.grant.ends_at),
            json!(self.is_active),
            json!(self.person),
        ]
    }
}

pub(super) async fn export(
    State(room): State<Inviting>,
    person: Person,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Response> {
    let mut tx = room.site.db.read(&SCOPE).await?;
    let managed = managed(&mut tx, &person, &id).await?;
    drop(tx);
    let filter = filter(&mut params, &managed);
    let rows = RowSource::new(&room.site.db, SCOPE, filter, |tx, filter, range, _| {
        Box::pin(instances::people_of(tx, filter, range))
    });
    let file = list::export_rows(&params, rows).await?;
    Ok(file.answer(&["people", &managed.name], room.site.clock.now()))
}

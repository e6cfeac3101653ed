//! The list of people.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::accounts::{self, Member, MemberFilter, PersonStatus, Role};
use crate::db::Scope;
use crate::web::components::{Choice, Pager, State as Color};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Site, Visit};

/// Rows per page.
const SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "people/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    people: Vec<Member>,
    pager: Pager,
    filter: MemberFilter,
    roles: Vec<Choice>,
    statuses: Vec<Choice>,
}

pub(super) const fn color(status: PersonStatus) -> Color {
    match status {
        PersonStatus::Active => Color::Done,
        PersonStatus::Suspended => Color::Waiting,
        PersonStatus::Removed => Color::Failed,
    }
}

fn filter(params: &mut ListParams) -> MemberFilter {
    let role = params.value("role", "role", Role::parse);
    let known = |name: &str| PersonStatus::ALL.into_iter().find(|status| status.name() == name);
    let status = params.value("state", "state", known);
    MemberFilter {
        text: params.text("q"),
        role: role.map(Role::name).unwrap_or_default().to_owned(),
        status: status.map(PersonStatus::name).unwrap_or_default().to_owned(),
    }
}

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = filter(&mut params);
    let wanted = params.page(SIZE);
    let mut tx = site.db.read(&Scope::System).await?;
    let pager = wanted.pager(accounts::count_members(&mut tx, &filter, wanted.most()).await?);
    let people = accounts::members(&mut tx, &filter, pager.range()).await?;
    drop(tx);
    let roles = [Role::Administrator, Role::Member].map(|role| Choice::new(role.name(), role.label()));
    let statuses = PersonStatus::ALL.map(|status| Choice::new(status.name(), status.label()));
    Ok(Html(ListPage {
        shell: visit.shell("People", Section::None).await,
        list: params.list(&[]),
        people,
        pager,
        filter,
        roles: Choice::optional("All roles", roles),
        statuses: Choice::optional("All states", statuses),
    }))
}

impl Export for Member {
    const COLUMNS: &'static [&'static str] = &[
        "name",
        "email",
        "role",
        "state",
        "state_since",
        "instances",
        "unfinished_executions",
        "first_signed_in_at",
        "last_signed_in_at",
        "id",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.name),
            json!(self.email),
            json!(self.role.name()),
            json!(self.status.name()),
            rfc3339(self.status_since),
            json!(self.instances),
            json!(self.unfinished),
            rfc3339(self.created_at),
            rfc3339(self.signed_in_at),
            json!(self.id),
        ]
    }
}

/// The export: all filtered people.
pub(super) async fn export(State(site): State<Site>, mut params: ListParams) -> web::Result<Response> {
    let filter = filter(&mut params);
    let lines = RowSource::new(&site.db, Scope::System, filter, |tx, filter, range, _| {
        Box::pin(accounts::members(tx, filter, range))
    });
    let file = list::export_rows(&params, lines).await?;
    Ok(file.answer(&["people"], site.clock.now()))
}

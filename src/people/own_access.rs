//! One's own roles on instances, and what each role may do.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::instances::{self, Action, PersonGrant, Role};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, Few, List, ListParams, rfc3339};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Site, Visit};

/// Rows per page.
const SIZE: u64 = 50;

#[derive(Template)]
#[template(path = "people/own_access.html")]
pub(super) struct OwnAccessPage {
    shell: Shell,
    list: List,
    grants: Vec<PersonGrant>,
    pager: Pager,
    roles: Vec<Choice>,
    role: &'static str,
    q: String,
    /// Each action, with the roles and whether they allow it.
    actions: Vec<(&'static str, Vec<(&'static str, bool)>)>,
}

/// What each role may do, from the rule itself.
fn actions() -> Vec<(&'static str, Vec<(&'static str, bool)>)> {
    let allowed = |action: Action| Role::ALL.map(|role| (role.label(), role.allows(action))).to_vec();
    Action::ALL.map(|action| (action.title(), allowed(action))).to_vec()
}

/// A person's grants with this role and these letters in a name.
async fn found(site: &Site, person: &Person, (q, role): (&str, Option<Role>)) -> web::Result<Vec<PersonGrant>> {
    let mut tx = site.db.read(&person.scope()).await?;
    let all = instances::grants_of(&mut tx, &person.id).await?;
    let q = q.to_lowercase();
    let fits = |one: &PersonGrant| {
        let names = format!("{} {}", one.name, one.account).to_lowercase();
        names.contains(&q) && role.is_none_or(|role| role == one.grant.role)
    };
    Ok(all.into_iter().filter(fits).collect())
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<OwnAccessPage>> {
    let (q, role) = (params.text("q"), params.value("role", "role", Role::known));
    let (pager, grants) = params.page(SIZE).cut(found(&site, &person, (&q, role)).await?);
    let roles = Role::ALL.map(|role| Choice::new(role.name(), role.label()));
    Ok(Html(OwnAccessPage {
        shell: visit.shell("Your access", Section::None).await,
        list: params.list(&[]),
        grants,
        pager,
        roles: Choice::optional("All roles", roles),
        role: role.map(Role::name).unwrap_or_default(),
        q,
        actions: actions(),
    }))
}

impl Export for PersonGrant {
    const COLUMNS: &'static [&'static str] =
        &["instance", "account", "source", "given_by", "role", "ends_at", "instance_id"];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.name),
            json!(self.account),
            json!(self.grant.source.name()),
            json!(self.grant.given_by),
            json!(self.grant.role.name()),
            rfc3339(self.grant.ends_at),
            json!(self.instance),
        ]
    }
}

pub(super) async fn export(State(site): State<Site>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let (q, role) = (params.text("q"), params.value("role", "role", Role::known));
    let file = list::export_rows(&params, Few(found(&site, &person, (&q, role)).await?)).await?;
    Ok(file.answer(&["access"], site.clock.now()))
}

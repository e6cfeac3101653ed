//! The page of a person: their role in the installation and on each instance.

use askama::Template;
use axum::extract::{Path, State};

use super::list::color;
use super::whose;
use crate::accounts::{self, Member, PersonStatus, Role as SiteRole};
use crate::db::Scope;
use crate::ids::PersonId;
use crate::instances::{self, PersonGrant, Role, Source};
use crate::web::components::{Choice, Errors, State as Color};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, Html, Person, Site, Visit};

#[derive(Template)]
#[template(path = "people/detail.html")]
pub(super) struct DetailPage {
    shell: Shell,
    member: Member,
    /// Whether the viewer looks at their own page; nobody can change themselves.
    is_oneself: bool,
    grants: Vec<PersonGrant>,
    instances: Vec<Choice>,
    roles: Vec<Choice>,
    site_roles: Vec<Choice>,
    errors: Errors,
    instance: String,
    role: String,
    until: String,
}

impl DetailPage {
    fn color(&self) -> Color {
        color(self.member.status)
    }

    fn may_change(&self) -> bool {
        !self.is_oneself && self.member.status != PersonStatus::Removed
    }
}

/// The page of a person, with the submitted values if a form was invalid.
pub(super) async fn page(
    site: &Site,
    person: &Person,
    visit: &Visit,
    id: &PersonId,
    (fields, errors): (&Fields, Errors),
) -> web::Result<DetailPage> {
    let mut tx = site.db.read(&Scope::System).await?;
    let member = accounts::member(&mut tx, id).await?;
    let grants = instances::grants_of(&mut tx, id).await?;
    let all = instances::named(&mut tx).await?;
    drop(tx);
    let instances = all.into_iter().map(|one| Choice::new(one.id.as_str(), format!("{} · {}", one.name, one.account)));
    Ok(DetailPage {
        shell: visit.shell(member.name.clone(), Section::None).await,
        is_oneself: member.id == person.id,
        member,
        grants,
        instances: Choice::optional("Choose an instance", instances),
        roles: [Role::Viewer, Role::Analyst, Role::Manager]
            .map(|role| Choice::new(role.name(), format!("{}: {}", role.label(), role.describe())))
            .into(),
        site_roles: [SiteRole::Administrator, SiteRole::Member]
            .map(|role| Choice::new(role.name(), role.label()))
            .into(),
        errors,
        instance: fields.get("instance").to_owned(),
        role: if fields.has("role") { fields.get("role").to_owned() } else { Role::Viewer.name().to_owned() },
        until: fields.get("until").to_owned(),
    })
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<DetailPage>> {
    let id = whose(&id)?;
    Ok(Html(page(&site, &person, &visit, &id, (&Fields::default(), Errors::new())).await?))
}

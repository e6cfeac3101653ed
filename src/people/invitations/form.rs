//! Sending an invitation.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Inviting;
use crate::accounts::Role as SiteRole;
use crate::accounts::audit::{self, Action};
use crate::accounts::invitations::{self, DAYS, InvitedAccess, NewInvitation};
use crate::db::Scope;
use crate::ids::InstanceId;
use crate::instances::{self, NamedInstance, Role};
use crate::people::end_of_day;
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell};
use crate::web::words::counted;
use crate::web::{self, Fields, Html, Person, Visit};

/// The maximum length of an address (RFC 5321).
const LONGEST: usize = 254;

#[derive(Template)]
#[template(path = "people/invitations/form.html")]
pub(super) struct FormPage {
    shell: Shell,
    errors: Errors,
    site_roles: Vec<Choice>,
    instances: Vec<Choice>,
    roles: Vec<Choice>,
    days: Vec<Choice>,
    email: String,
    site_role: String,
    instance: String,
    role: String,
    until: String,
    valid: String,
    /// Whether the link is sent by email.
    mails: bool,
}

/// The choices of how long a link is valid.
fn days() -> Vec<Choice> {
    DAYS.map(|days| Choice::new(days.to_string(), counted(days, "day", "days"))).to_vec()
}

async fn page(room: &Inviting, visit: &Visit, named: Vec<NamedInstance>, fields: &Fields, errors: Errors) -> FormPage {
    let or = |name: &str, otherwise: &str| {
        if fields.has(name) { fields.trimmed(name).to_owned() } else { otherwise.to_owned() }
    };
    let named = named.into_iter().map(|one| Choice::new(one.id.as_str(), format!("{} · {}", one.name, one.account)));
    FormPage {
        shell: visit.shell("Invite someone", Section::None).await,
        errors,
        site_roles: [SiteRole::Member, SiteRole::Administrator]
            .map(|role| Choice::new(role.name(), role.label()))
            .into(),
        instances: Choice::optional("No instance", named),
        roles: [Role::Viewer, Role::Analyst, Role::Manager]
            .map(|role| Choice::new(role.name(), format!("{}: {}", role.label(), role.describe())))
            .into(),
        days: days(),
        email: or("email", ""),
        site_role: or("site_role", SiteRole::Member.name()),
        instance: or("instance", ""),
        role: or("role", Role::Viewer.name()),
        until: or("until", ""),
        valid: or("valid", "7"),
        mails: room.mailer.is_some(),
    }
}

pub(super) async fn new(State(room): State<Inviting>, visit: Visit) -> web::Result<Html<FormPage>> {
    let mut tx = room.site.db.read(&Scope::System).await?;
    let named = instances::named(&mut tx).await?;
    drop(tx);
    Ok(Html(page(&room, &visit, named, &Fields::default(), Errors::new()).await))
}

/// An address in a form, in lower case; empty if none was entered. One that no mail can reach is an error.
pub(in crate::people) fn email(fields: &Fields, errors: &mut Errors) -> String {
    let email = fields.trimmed("email").to_lowercase();
    let fits = email.len() <= LONGEST && email.parse::<lettre::Address>().is_ok();
    if !email.is_empty() && !fits {
        errors.add("email", "Enter one address, such as ada@example.com.");
    }
    email
}

/// The access that a form describes, among the instances `named`; errors are for its fields.
fn access(
    fields: &Fields,
    named: &[NamedInstance],
    now: chrono::DateTime<chrono::Utc>,
    errors: &mut Errors,
) -> Vec<InvitedAccess> {
    let ends_at = end_of_day(fields, now, errors);
    if fields.trimmed("instance").is_empty() {
        return Vec::new();
    }
    let instance: Option<InstanceId> = fields.trimmed("instance").parse().ok();
    let instance = instance.filter(|id| named.iter().any(|one| one.id == *id));
    if instance.is_none() {
        errors.add("instance", "Choose an instance from the list.");
    }
    let role = Role::known(fields.trimmed("role"));
    if role.is_none() {
        errors.add("role", "Choose a role.");
    }
    let given = |(instance, role): (InstanceId, Role)| InvitedAccess {
        instance,
        role: role.name().to_owned(),
        is_shared: false,
        lends: false,
        ends_at,
    };
    instance.zip(role).map(given).into_iter().collect()
}

pub(super) async fn add(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let (site, now) = (&room.site, room.site.clock.now());
    let mut errors = Errors::new();
    let email = email(&fields, &mut errors);
    let role = SiteRole::parse(fields.trimmed("site_role"));
    if role.is_none() {
        errors.add("site_role", "Choose administrator or member.");
    }
    if role == Some(SiteRole::Administrator) && email.is_empty() {
        errors.add("email", "Enter the address: a link for anyone can't make somebody an administrator.");
    }
    let expires_at = invitations::end(now, fields.trimmed("valid"));
    if expires_at.is_none() {
        errors.add("valid", "Choose how long the link is valid.");
    }
    let mut tx = site.db.write(&Scope::System).await?;
    let named = instances::named(&mut tx).await?;
    let access = access(&fields, &named, now, &mut errors);
    let (Some(role), Some(expires_at), true) = (role, expires_at, errors.is_empty()) else {
        drop(tx);
        return Ok(Html(page(&room, &visit, named, &fields, errors).await).unprocessable());
    };
    let invitation = NewInvitation { email, role, access, expires_at };
    let (id, token) = room.store(&mut tx, &person.id, &invitation).await?;
    let roles: Vec<_> = invitation.access.iter().map(|one| json!([one.instance, one.role])).collect();
    let detail = json!({ "email": invitation.email, "role": role.name(), "access": roles,
        "expires_at": expires_at.to_rfc3339() });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::Invited, id.as_str(), detail).await?;
    let stored = invitations::find(&mut tx, &id, None).await?;
    tx.commit().await?;
    Ok(room.sent(&visit, &stored, &token).await?.into_response())
}

//! Giving somebody access to an instance: a person here, or an address, which is invited.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::list::{candidates, page};
use super::{Inviting, Managed, SCOPE, managed};
use crate::accounts::audit::{self, Action};
use crate::accounts::invitations::{self, InvitedAccess, NewInvitation};
use crate::accounts::{self, Member, PersonStatus, Role as SiteRole};
use crate::db::Tx;
use crate::ids::PersonId;
use crate::instances::{self, Given, Role};
use crate::people::end_of_day;
use crate::people::invitations::email;
use crate::web::components::{Errors, date};
use crate::web::list::ListParams;
use crate::web::shell::Tone;
use crate::web::{self, Fields, Html, Person, Visit};

/// How many days an invited person has.
const VALID: &str = "7";

/// The form as it was submitted.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) person: String,
    pub(super) email: String,
    pub(super) role: String,
    pub(super) until: String,
    pub(super) lends: bool,
}

impl Default for Form {
    fn default() -> Self {
        let text = String::new;
        Self { person: text(), email: text(), role: Role::Viewer.name().to_owned(), until: text(), lends: false }
    }
}

impl Form {
    fn of(fields: &Fields) -> Self {
        Self {
            person: fields.trimmed("person").to_owned(),
            email: fields.trimmed("email").to_owned(),
            role: fields.trimmed("role").to_owned(),
            until: fields.trimmed("until").to_owned(),
            lends: fields.has("lends"),
        }
    }
}

/// Who gets the role.
enum Recipient {
    /// Somebody here, with their name.
    Person(PersonId, String),
    /// Nobody here has this address.
    Address(String),
}

/// The role of a form, with its end, as far as `managed` allows it.
pub(super) fn given(fields: &Fields, managed: &Managed, now: DateTime<Utc>, errors: &mut Errors) -> Option<Given> {
    let role = Role::known(fields.trimmed("role"));
    if role.is_none() {
        errors.add("role", "Choose viewer, analyst or manager.");
    }
    let role = role.filter(|role| {
        let is_above = managed.role.is_some_and(|own| *role > own);
        if is_above {
            errors.add("role", "You can't give a role above your own.");
        }
        !is_above
    });
    let ends_at = end_of_day(fields, now, errors);
    if let (Some(end), Some(own)) = (ends_at, managed.ends_at)
        && end > own
    {
        errors.add("until", format!("Your own access ends on {}. Choose an earlier day.", date(own.date_naive())));
    }
    let lends = fields.has("lends") && role.is_some_and(|role| role.allows(instances::Action::Run));
    if lends && !managed.has_connection {
        errors.add("lends", "You have no connection of your own that reaches this instance. Clear this option, or connect to Amazon first.");
    }
    // A role that somebody gives doesn't outlive their own.
    role.map(|role| Given { role, ends_at: ends_at.or(managed.ends_at), lends })
}

/// Why somebody isn't an acceptable recipient, beside the field.
type Refused = (&'static str, String);

async fn recipient(
    room: &Inviting,
    tx: &mut Tx,
    person: &Person,
    fields: &Fields,
) -> web::Result<Result<Recipient, Refused>> {
    let no = |field: &'static str, why: &str| Ok(Err((field, why.to_owned())));
    if !fields.trimmed("person").is_empty() {
        let known = candidates(tx, person).await?.into_iter().find(|(id, _)| id.as_str() == fields.trimmed("person"));
        return match known {
            Some((id, name)) => Ok(Ok(Recipient::Person(id, name))),
            None => no("person", "Choose a person from the list. They may have been suspended or removed."),
        };
    }
    let mut errors = Errors::new();
    let email = email(fields, &mut errors);
    if !errors.is_empty() {
        return no("email", "Enter one address, such as ada@example.com.");
    }
    if email.is_empty() {
        return no("person", "Choose a person, or enter an address.");
    }
    let found = accounts::by_email(tx, &email).await?;
    let active: Vec<&Member> = found.iter().filter(|one| one.status == PersonStatus::Active).collect();
    match active[..] {
        [one] if one.id == person.id => no("email", "This is your own address. You have access already."),
        [one] => Ok(Ok(Recipient::Person(one.id.clone(), one.name.clone()))),
        [] if !found.is_empty() => {
            no("email", "This person was suspended or removed. Ask an administrator to let them sign in again.")
        }
        [] if person.is_administrator || accounts::is_listed(&room.site.config, &email) => {
            Ok(Ok(Recipient::Address(email)))
        }
        [] => no(
            "email",
            "Nobody here has this address, and it isn't on the list of people who can sign in. Ask an administrator to \
             invite them.",
        ),
        _ => no("email", "Several people here have this address. Choose the person from the list."),
    }
}

pub(super) async fn add(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let (site, now) = (&room.site, room.site.clock.now());
    let mut tx = site.db.write(&SCOPE).await?;
    let managed = managed(&mut tx, &person, &id).await?;
    let mut errors = Errors::new();
    let given = given(&fields, &managed, now, &mut errors);
    let recipient = match recipient(&room, &mut tx, &person, &fields).await? {
        Ok(recipient) => Some(recipient),
        Err((field, why)) => {
            errors.add(field, why);
            None
        }
    };
    let (Some(given), Some(recipient), true) = (given, recipient, errors.is_empty()) else {
        drop(tx);
        let params = ListParams::read(&managed.path(), "");
        let form = (Form::of(&fields), errors);
        return Ok(Html(page(&room, &person, &visit, &id, params, form).await?).unprocessable());
    };
    match recipient {
        Recipient::Person(to, name) => {
            share(&room, &mut tx, &person, (&managed, &to), given).await?;
            tx.commit().await?;
            let text = format!("{name} is now {} on {}.", given.role.name(), managed.name);
            visit.flash(Tone::Success, text).await;
            Ok(Redirect::to(&managed.path()).into_response())
        }
        Recipient::Address(email) => Ok(invite(&room, tx, (&person, &visit), (&managed, email), given).await?),
    }
}

/// Gives somebody here the role.
async fn share(
    room: &Inviting,
    tx: &mut Tx,
    person: &Person,
    (managed, to): (&Managed, &PersonId),
    given: Given,
) -> web::Result<()> {
    let (site, now) = (&room.site, room.site.clock.now());
    instances::give(tx, now, &person.id, (to, &managed.id), managed.source(), given).await?;
    let detail = detail(managed, given);
    audit::write(tx, &site.random, now, Some(&person.id), Action::AccessGranted, to.as_str(), detail).await?;
    Ok(())
}

/// What the audit log says about a role.
pub(super) fn detail(managed: &Managed, given: Given) -> serde_json::Value {
    json!({ "instance": managed.name, "role": given.role.name(), "source": managed.source().name(),
        "lends_connection": given.lends, "ends_at": given.ends_at.map(|end| end.to_rfc3339()) })
}

/// Invites an address to the instance.
async fn invite(
    room: &Inviting,
    mut tx: Tx,
    (person, visit): (&Person, &Visit),
    (managed, email): (&Managed, String),
    given: Given,
) -> web::Result<Response> {
    let (site, now) = (&room.site, room.site.clock.now());
    let access = InvitedAccess {
        instance: managed.id.clone(),
        role: given.role.name().to_owned(),
        is_shared: managed.role.is_some(),
        lends: given.lends,
        ends_at: given.ends_at,
    };
    let expires_at = invitations::end(now, VALID).unwrap_or(now);
    let invitation = NewInvitation { email, role: SiteRole::Member, access: vec![access], expires_at };
    let (id, token) = room.store(&mut tx, &person.id, &invitation).await?;
    let mut detail = detail(managed, given);
    detail["email"] = json!(invitation.email);
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::Invited, id.as_str(), detail).await?;
    let stored = invitations::find(&mut tx, &id, None).await?;
    tx.commit().await?;
    Ok(room.sent(visit, &stored, &token).await?.into_response())
}

//! The list of invitations: everybody's for administrators, one's own for others; renewing.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Inviting, LinkPage};
use crate::accounts::audit::{self, Action};
use crate::accounts::invitations::{self, Invitation, InvitationFilter, State as InvitationState};
use crate::db::Scope;
use crate::ids::{InvitationId, PersonId};
use crate::web::components::{Choice, Pager, State as Color};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell};
use crate::web::words::counted;
use crate::web::{self, Html, Person, Visit};

/// Rows per page.
const SIZE: u64 = 50;
/// How many days a renewed link is valid.
const RENEWED: &str = "7";

#[derive(Template)]
#[template(path = "people/invitations/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    pager: Pager,
    states: Vec<Choice>,
    state: &'static str,
    q: String,
}

/// An invitation with its state at the time of the request.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) one: Invitation,
    pub(super) state: InvitationState,
}

impl Line {
    pub(super) fn new(one: Invitation, now: DateTime<Utc>) -> Self {
        Self { state: one.state(now), one }
    }

    fn color(&self) -> Color {
        match self.state {
            InvitationState::Open | InvitationState::Claimed => Color::Waiting,
            InvitationState::Accepted => Color::Done,
            InvitationState::Expired => Color::Failed,
            InvitationState::Revoked => Color::Stopped,
        }
    }

    pub(super) fn whom(&self) -> &str {
        if self.one.email.is_empty() { "Anyone with the link" } else { &self.one.email }
    }

    /// Whether the link can be replaced by a new one.
    fn is_renewable(&self) -> bool {
        matches!(self.state, InvitationState::Open | InvitationState::Expired)
    }

    pub(super) fn is_revocable(&self) -> bool {
        !matches!(self.state, InvitationState::Accepted | InvitationState::Revoked)
    }

    /// The roles in words: `Member, analyst of 1 instance`.
    pub(super) fn gives(&self) -> String {
        let in_all = self.one.role.label();
        match self.one.access.as_slice() {
            [] => in_all.to_owned(),
            [one] => format!("{in_all}, {} of 1 instance", one.role),
            several => {
                let number = i64::try_from(several.len()).unwrap_or(i64::MAX);
                format!("{in_all}, {}", counted(number, "instance", "instances"))
            }
        }
    }
}

/// Whose invitations somebody manages; `None` for everybody's.
pub(super) fn author(person: &Person) -> Option<PersonId> {
    (!person.is_administrator).then(|| person.id.clone())
}

fn filter(params: &mut ListParams, person: &Person, now: DateTime<Utc>) -> InvitationFilter {
    let known = |name: &str| InvitationState::ALL.into_iter().map(InvitationState::name).find(|known| *known == name);
    InvitationFilter {
        author: author(person),
        text: params.text("q"),
        state: params.value("state", "state", known).unwrap_or_default(),
        now,
    }
}

pub(super) async fn show(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = filter(&mut params, &person, room.site.clock.now());
    let wanted = params.page(SIZE);
    let mut tx = room.site.db.read(&Scope::System).await?;
    let pager = wanted.pager(invitations::count(&mut tx, &filter, wanted.most()).await?);
    let found = invitations::list(&mut tx, &filter, pager.range()).await?;
    drop(tx);
    let states = InvitationState::ALL.map(|state| Choice::new(state.name(), state.label()));
    Ok(Html(ListPage {
        shell: visit.shell("Invitations", Section::None).await,
        list: params.list(&[]),
        lines: found.into_iter().map(|one| Line::new(one, filter.now)).collect(),
        pager,
        states: Choice::optional("All states", states),
        state: filter.state,
        q: filter.text,
    }))
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &[
        "email",
        "role",
        "instances",
        "state",
        "invited_by",
        "created_at",
        "expires_at",
        "mailed_at",
        "used_by",
        "accepted_at",
        "revoked_at",
        "id",
    ];

    fn cells(&self) -> Vec<Value> {
        let one = &self.one;
        vec![
            json!(one.email),
            json!(one.role.name()),
            json!(one.access.len()),
            json!(self.state.name()),
            json!(one.author),
            rfc3339(one.created_at),
            rfc3339(one.expires_at),
            rfc3339(one.mailed_at),
            json!(one.guest),
            rfc3339(one.accepted_at),
            rfc3339(one.revoked_at),
            json!(one.id),
        ]
    }
}

/// All filtered invitations as a file.
pub(super) async fn export(
    State(room): State<Inviting>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let now = room.site.clock.now();
    let filter = filter(&mut params, &person, now);
    let rows = RowSource::new(&room.site.db, Scope::System, filter, |tx, filter, range, _| {
        Box::pin(async move {
            let found = invitations::list(tx, filter, range).await?;
            Ok(found.into_iter().map(|one| Line::new(one, filter.now)).collect())
        })
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["invitations"], now))
}

/// Replaces the link of an unused invitation, and shows or sends the new one.
pub(super) async fn renew(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<LinkPage>> {
    let (site, now) = (&room.site, room.site.clock.now());
    let id: InvitationId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.write(&Scope::System).await?;
    invitations::find(&mut tx, &id, author(&person).as_ref()).await?;
    let token = site.random.token();
    let end = invitations::end(now, RENEWED).unwrap_or(now);
    if !invitations::renew(&mut tx, (&id, &person.id, &token), end).await? {
        let why = "It was used or revoked. Send a new invitation instead.";
        return Err(web::Error::conflict("This invitation can't be renewed", why)
            .with_way("Invitations", "/settings/invitations".to_owned()));
    }
    let invitation = invitations::find(&mut tx, &id, None).await?;
    let detail = json!({ "email": invitation.email, "renewed": true, "expires_at": end.to_rfc3339() });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::Invited, id.as_str(), detail).await?;
    tx.commit().await?;
    Ok(room.sent(&visit, &invitation, &token).await?)
}

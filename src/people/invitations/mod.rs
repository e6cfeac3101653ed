//! Invitations: the list, sending one, and the page to which its link leads.

mod form;
mod guest;
mod list;
mod revoke;

pub(super) use form::email;

use chrono::{DateTime, Utc};

use crate::accounts::invitations::{self, Invitation, NewInvitation, PATH};
use crate::db::{self, Scope, Tx};
use crate::ids::{InvitationId, PersonId};
use crate::notices::Mailer;
use crate::web::components::date_time;
use crate::web::routes::Who::{Administrator, Link, Owner, SignedIn};
use crate::web::routes::{Routes, get, post};
use crate::web::shell::{Section, Shell};
use crate::web::{Html, Site, Visit};

/// Why others don't send them.
const ONLY: Option<&str> = Some(
    "Only administrators invite people to the installation. To share an instance with somebody, open it and \
     select People.",
);

/// What the pages share.
#[derive(Clone, Debug)]
pub(super) struct Inviting {
    pub(super) site: Site,
    /// `None` without a mail server.
    mailer: Option<Mailer>,
}

pub(super) fn routes(site: Site) -> Routes {
    Routes::new()
        .route(
            "/settings/invitations",
            get(SignedIn, list::show)
                .about("Invitations")
                .post(Administrator(ONLY), form::add)
                .about("Invite somebody"),
        )
        .route("/settings/invitations.csv", get(SignedIn, list::export))
        .route("/settings/invitations.json", get(SignedIn, list::export))
        .route("/settings/invitations/new", get(Administrator(ONLY), form::new).about("Invite somebody"))
        .route("/settings/invitations/{id}/renew", post(Owner, list::renew).about("Renew an invitation"))
        .route(
            "/settings/invitations/{id}/revoke",
            get(Owner, revoke::ask).post(Owner, revoke::revoke).about("Revoke an invitation"),
        )
        .route("/invitations/{token}", get(Link, guest::show).post(Link, guest::accept).about("Accept an invitation"))
        .with_state(Inviting::new(site))
}

/// A link that is shown once.
#[derive(askama::Template)]
#[template(path = "people/invitations/link.html")]
pub(super) struct LinkPage {
    shell: Shell,
    email: String,
    expires_at: DateTime<Utc>,
    link: String,
    /// Whether the link was also sent by email.
    is_mailed: bool,
    /// Why it wasn't, although there is a mail server.
    problem: String,
}

impl Inviting {
    pub(super) fn new(site: Site) -> Self {
        let mailer = site.config.mail.as_ref().and_then(Mailer::new);
        Self { site, mailer }
    }

    /// The public address of a path.
    fn url(&self, path: &str) -> String {
        self.site.config.public_url.join(path).map_or_else(|_| path.to_owned(), String::from)
    }

    /// Stores an invitation; returns its id and the token of its link.
    pub(super) async fn store(
        &self,
        tx: &mut Tx,
        by: &PersonId,
        invitation: &NewInvitation,
    ) -> db::Result<(InvitationId, String)> {
        let (now, token) = (self.site.clock.now(), self.site.random.token());
        let id = self.site.random.id::<InvitationId>(now);
        invitations::add(tx, now, (&id, by, &token), invitation).await?;
        Ok((id, token))
    }

    /// The page that shows the link of a stored invitation, after sending it if there are an address and a mail server.
    pub(super) async fn sent(&self, visit: &Visit, invitation: &Invitation, token: &str) -> db::Result<Html<LinkPage>> {
        let link = self.url(&format!("{PATH}{token}"));
        let mut problem = String::new();
        let mut is_mailed = false;
        if let (Some(mailer), false) = (&self.mailer, invitation.email.is_empty()) {
            let subject = format!("{} invites you to RecomAMP", crate::web::naming::plain(&invitation.author));
            match mailer.send_text(&invitation.email, &subject, self.text(invitation, &link)).await {
                Ok(()) => {
                    is_mailed = true;
                    let mut tx = self.site.db.write(&Scope::System).await?;
                    invitations::mailed(&mut tx, self.site.clock.now(), &invitation.id).await?;
                    tx.commit().await?;
                }
                Err(why) => {
                    tracing::warn!(invitation.id = %invitation.id, "an invitation was not mailed");
                    problem = why;
                }
            }
        }
        let shell = visit.shell("Invitation", Section::None).await;
        let (email, expires_at) = (invitation.email.clone(), invitation.expires_at);
        Ok(Html(LinkPage { shell, email, expires_at, link, is_mailed, problem }))
    }

    fn text(&self, invitation: &Invitation, link: &str) -> String {
        format!(
            "{} invites you to RecomAMP at {}.\n\nTo accept, open this link by {} UTC and sign in with the Amazon \
             account that has the address {}:\n\n{link}\n\nThe link works once. If you didn't expect this mail, ignore \
             it.\n",
            invitation.author,
            self.site.config.public_url,
            date_time(&invitation.expires_at),
            invitation.email,
        )
    }
}

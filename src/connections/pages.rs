//! Sign-in with Amazon.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower_sessions::Session;

use super::grants::{Grants, grant, region};
use super::{health, store};
use crate::accounts::audit::{self, Action};
use crate::accounts::{self, Entry, NewPerson, PersonStatus, invitations};
use crate::amazon::{self, ErrorKind, Handshake, Region};
use crate::config::Config;
use crate::db::Scope;
use crate::ids::PersonId;
use crate::vault::Secret;
use crate::web::components::{Choice, Errors};
use crate::web::routes::Who::{Anyone, Owner, SignedIn};
use crate::web::routes::{Routes, get, post};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, Visit, local_or_home, session};

/// The session key for pending consents.
const PENDING: &str = "consents";
/// How long an answer of Amazon's consent page is accepted.
const CONSENT_LIVES: TimeDelta = TimeDelta::minutes(10);
/// Maximum pending consents in one browser; the oldest is dropped.
const MOST_PENDING: usize = 5;

pub(super) fn routes(grants: Grants) -> Routes {
    Routes::new()
        .route("/sign-in", get(Anyone, sign_in).about("Sign in"))
        .route("/auth/amazon/start", post(Anyone, start).about("Begin to sign in with Amazon, or connect again"))
        .route("/auth/amazon/callback", get(Anyone, callback).about("Return from Amazon after signing in"))
        .route("/settings/connections", get(SignedIn, health::show))
        .route("/settings/connections.csv", get(SignedIn, health::export))
        .route("/settings/connections.json", get(SignedIn, health::export))
        .route("/settings/connections/{id}/test", post(Owner, health::test).about("Test a connection"))
        .with_state(grants)
}

/// The message for a form that was submitted after its session had ended.
const UNSAVED: &str = "What you sent wasn't saved because your session had ended. Sign in and send it again. With \
                       JavaScript, what you typed is filled in again, except passwords and files.";

/// The message for people who sign in while the key file is the wrong one.
const NOT_KEPT: &str = "You're signed in, but your Amazon access couldn't be stored: this installation's key file \
                        doesn't belong to its database. Sign in again once the right key file is back.";

/// A consent that was requested and not answered yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pending {
    state: String,
    verifier: String,
    region: String,
    next: String,
    #[serde(default)]
    asked_at: DateTime<Utc>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    /// The title of errors: also correct for someone who was signed in and wanted to connect a region.
    title: &'static str,
    errors: Errors,
    regions: Vec<Choice>,
    region: String,
    next: String,
}

impl SignInPage {
    async fn new(visit: &Visit, region: Region, next: &str, error: Option<&str>) -> Self {
        let mut errors = Errors::new();
        if let Some(error) = error {
            errors.add("", error);
        }
        Self {
            title: if visit.person.is_some() { "Nothing was connected" } else { "You aren't signed in" },
            shell: visit.shell("Sign in", Section::None).await,
            errors,
            regions: regions(),
            region: region.code().to_owned(),
            next: local_or_home(next).to_owned(),
        }
    }
}

/// The regions to choose from.
pub(super) fn regions() -> Vec<Choice> {
    vec![
        Choice::new("NA", "North America"),
        Choice::new("EU", "Europe, Middle East, India"),
        Choice::new("FE", "Asia-Pacific (FE): Japan, Australia, Singapore"),
    ]
}

async fn sign_in(person: Option<Person>, visit: Visit, QueryString(fields): QueryString) -> Response {
    if person.is_some() && !fields.has("again") {
        return Redirect::to(local_or_home(fields.get("to"))).into_response();
    }
    let unsaved = fields.has("unsaved").then_some(UNSAVED);
    Html(SignInPage::new(&visit, region(fields.get("region")), fields.get("to"), unsaved).await).into_response()
}

/// Redirects the browser to Amazon's consent page, and stores in the session what must come back.
async fn start(State(grants): State<Grants>, session: Session, fields: Fields) -> web::Result<Redirect> {
    let region = region(fields.get("region"));
    let handshake = Handshake::new(&grants.site.random);
    let mut pending = pending(&session).await?;
    pending.push(Pending {
        state: handshake.state.expose().to_owned(),
        verifier: handshake.verifier.expose().to_owned(),
        region: region.code().to_owned(),
        next: local_or_home(fields.get("next")).to_owned(),
        asked_at: grants.site.clock.now(),
    });
    let surplus = pending.len().saturating_sub(MOST_PENDING);
    pending.drain(..surplus);
    session.insert(PENDING, &pending).await.map_err(anyhow::Error::from)?;
    let consent = grants.client.authorization(region, &redirect_address(&grants.site.config)?, &handshake);
    Ok(Redirect::to(consent.as_str()))
}

async fn pending(session: &Session) -> web::Result<Vec<Pending>> {
    Ok(session.get(PENDING).await.map_err(anyhow::Error::from)?.unwrap_or_default())
}

/// The redirect URL for Amazon's consent page.
pub fn redirect_address(config: &Config) -> anyhow::Result<url::Url> {
    Ok(config.public_url.join("auth/amazon/callback")?)
}

/// Handles Amazon's answer: the state must be one that this browser was given, and can be used only once.
async fn callback(
    State(grants): State<Grants>,
    session: Session,
    visit: Visit,
    headers: HeaderMap,
    QueryString(fields): QueryString,
) -> web::Result<Response> {
    let mut waiting = pending(&session).await?;
    let Some(at) = waiting.iter().position(|one| !one.state.is_empty() && one.state == fields.get("state")) else {
        let why = "This sign-in wasn't started in this browser or was already used. Start again.";
        return Ok(refused(&visit, Region::Na, "/", why).await);
    };
    let asked = waiting.remove(at);
    session.insert(PENDING, &waiting).await.map_err(anyhow::Error::from)?;
    let region = region(&asked.region);
    if grants.site.clock.now() >= asked.asked_at + CONSENT_LIVES {
        let why = "This sign-in was started more than ten minutes ago, so it has expired. Start again.";
        return Ok(refused(&visit, region, &asked.next, why).await);
    }
    if fields.has("error") {
        let why = if fields.get("error") == "access_denied" {
            "You declined access on Amazon, so nothing was connected. Sign in again whenever you're ready."
        } else {
            "Amazon didn't complete the sign-in. Start again. If it keeps happening, check the settings of the \
             security profile at Amazon."
        };
        return Ok(refused(&visit, region, &asked.next, why).await);
    }
    let handshake = Handshake { state: Secret::new(asked.state), verifier: Secret::new(asked.verifier) };
    let invitation = invitations::token_in(&asked.next);
    match enter(&grants, region, fields.get("code"), &handshake, invitation).await {
        Ok(person) => {
            admit_session(&session, &person, &headers).await?;
            if grants.site.held.is_some() {
                visit.flash(Tone::Warning, NOT_KEPT).await;
            }
            grants.site.wakes.wake("instance-discovery");
            Ok(Redirect::to(local_or_home(&asked.next)).into_response())
        }
        Err(Refusal::Say(why)) => Ok(refused(&visit, region, &asked.next, &why).await),
        Err(Refusal::Fail(error)) => Err(error),
    }
}

/// A new session id for the signed-in person, so that an id planted before is worthless (session fixation).
async fn admit_session(session: &Session, person: &PersonId, headers: &HeaderMap) -> web::Result<()> {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let agent: String = agent.chars().take(session::AGENT_LENGTH).collect();
    session.cycle_id().await.map_err(anyhow::Error::from)?;
    session.insert(session::PERSON, person).await.map_err(anyhow::Error::from)?;
    session.insert(session::AGENT, agent).await.map_err(anyhow::Error::from)?;
    Ok(())
}

/// Why sign-in failed.
enum Refusal {
    /// With a message for the sign-in page.
    Say(String),
    /// As an error page.
    Fail(web::Error),
}

impl From<crate::db::Error> for Refusal {
    fn from(error: crate::db::Error) -> Self {
        Self::Fail(error.into())
    }
}

impl From<amazon::Error> for Refusal {
    fn from(error: amazon::Error) -> Self {
        Self::Say(match error.kind() {
            ErrorKind::GrantRevoked => {
                "Amazon's answer was already used or has expired after five minutes. Start again.".to_owned()
            }
            ErrorKind::ClientRejected => "Amazon doesn't accept this installation's client ID or secret. Ask your \
                                          RecomAMP administrator to check RECOMAMP_AMAZON_CLIENT_ID and its secret."
                .to_owned(),
            _ => format!("{error} Start again."),
        })
    }
}

/// Exchanges the code, reads the profile, and stores person and grant together.
/// `invitation` is the token of the link that led here.
async fn enter(
    grants: &Grants,
    region: Region,
    code: &str,
    handshake: &Handshake,
    invitation: Option<&str>,
) -> Result<PersonId, Refusal> {
    let site = &grants.site;
    let redirect = redirect_address(&grants.site.config).map_err(|error| Refusal::Fail(error.into()))?;
    let tokens = grants.client.exchange(region, &Secret::new(code), &redirect, handshake).await?;
    let profile = grants.client.profile(region, &tokens.access).await?;
    let now = site.clock.now();
    let email = profile.email.unwrap_or_default();
    let newcomer = NewPerson {
        name: profile.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| email.clone()),
        amazon_user_id: profile.user_id,
        email,
    };
    let mut tx = site.db.write(&Scope::System).await?;
    let entry = accounts::admit(&mut tx, &site.random, &site.config, now, &newcomer, invitation).await?;
    let Entry::In(person) = entry else {
        let (subject, detail) = (newcomer.amazon_user_id.as_str(), json!({ "region": region.code() }));
        audit::write(&mut tx, &site.random, now, None, Action::Refused, subject, detail).await?;
        tx.commit().await?;
        return Err(Refusal::Say(kept_out(&entry).to_owned()));
    };
    // OK to let them in without it: encrypted with the wrong key ring, it could not be decrypted once the right one
    // is back.
    if site.held.is_none() {
        let grant = grant(tokens, now);
        let connection = store::put(&mut tx, &site.vault, &site.random, now, &person, region, &grant).await?;
        let detail = json!({ "region": region.code() });
        audit::write(&mut tx, &site.random, now, Some(&person), Action::Granted, connection.as_str(), detail).await?;
    }
    audit::write(&mut tx, &site.random, now, Some(&person), Action::SignedIn, person.as_str(), json!({})).await?;
    tx.commit().await?;
    Ok(person)
}

/// Why somebody may not sign in, and what they can do.
const fn kept_out(entry: &Entry) -> &'static str {
    match entry {
        Entry::Closed(PersonStatus::Removed) => {
            "An administrator removed you from this installation. Ask an administrator to let you back in."
        }
        Entry::Closed(_) => {
            "An administrator suspended your access to this installation. Ask an administrator to resume it."
        }
        Entry::NotListed | Entry::In(_) => {
            "You aren't on the list of people who can use this installation. Ask your RecomAMP administrator to add \
             your address to RECOMAMP_ALLOWED_EMAILS, or to invite you. An invitation works once, and only for the \
             address that it names."
        }
    }
}

async fn refused(visit: &Visit, region: Region, next: &str, why: &str) -> Response {
    let page = SignInPage::new(visit, region, next, Some(why)).await;
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

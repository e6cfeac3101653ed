//! Error responses: a title, a sentence, a link, a request id.
//!
//! The cause is logged, once, and never shown on the page. Something that a person may not see looks as if it didn't
//! exist: "forbidden" would reveal that it does.

mod ways;

use askama::Template;
use axum::extract::State;
use axum::http::header::{REFERER, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use tower_sessions::{session, session_store};

use super::shell::{Section, Shell};
use crate::db::{self, Db, Trouble};

/// `Retry-After` in seconds for transient errors.
const AGAIN: u64 = 10;

/// The result of a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A conflict with the current state.
#[derive(Clone, Debug)]
pub struct Conflict {
    title: &'static str,
    /// The explanation, with what to do.
    sentence: String,
    /// A link to the solution: its label and address.
    way: Option<(&'static str, String)>,
}

/// Why a request failed.
#[derive(Debug)]
pub enum Error {
    /// Sign-in is required.
    SignIn {
        /// The address to return to.
        back: String,
        /// Whether the request submitted something, which isn't saved.
        was_sent: bool,
    },
    /// Not found, or not visible to this person.
    Missing,
    /// The request is invalid; the text says what to do.
    Invalid(String),
    /// The person may not do this; the text is the reason.
    Forbidden(String),
    /// The request conflicts with the current state: somebody changed it, or it isn't ready.
    Conflict(Conflict),
    /// It no longer exists; the text says what to do.
    Gone(String),
    /// The body exceeds the limit.
    TooLarge,
    /// The request's host isn't that of this installation.
    WrongHost(String),
    /// Too many requests; retry after this many seconds.
    TooMany(u64),
    /// A dependency is unavailable; the text says what to do.
    Unavailable(String),
    /// A bug, or an unexpected failure.
    Internal(anyhow::Error),
}

impl Error {
    /// A conflict with a title, and a sentence that says what to do.
    pub fn conflict(title: &'static str, sentence: impl Into<String>) -> Self {
        Self::Conflict(Conflict { title, sentence: sentence.into(), way: None })
    }

    /// Adds a link to the solution of a conflict: its label and address. Other errors are unchanged.
    #[must_use]
    pub fn with_way(self, label: &'static str, href: String) -> Self {
        match self {
            Self::Conflict(conflict) => Self::Conflict(Conflict { way: Some((label, href)), ..conflict }),
            error => error,
        }
    }

    /// Redirects to the sign-in page, and back to the current address afterwards.
    pub fn sign_in(parts: &Parts) -> Self {
        let local = |uri: &Uri| uri.path_and_query().map(ToString::to_string);
        if parts.method.is_safe() {
            return Self::SignIn { back: local(&parts.uri).unwrap_or_else(|| "/".to_owned()), was_sent: false };
        }
        // The address of a form's action may not be a page: go back to the page with the form.
        let page = parts.headers.get(REFERER).and_then(|page| page.to_str().ok()?.parse::<Uri>().ok());
        Self::SignIn { back: page.as_ref().and_then(local).unwrap_or_else(|| "/".to_owned()), was_sent: true }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignIn { .. } => StatusCode::SEE_OTHER,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Gone(_) => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongHost(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "Sign in first",
            Self::Missing => "Page not found",
            Self::Invalid(_) => "Bad request",
            Self::Forbidden(_) => "Not allowed",
            Self::Conflict(conflict) => conflict.title,
            Self::Gone(_) => "No longer available",
            Self::TooLarge => "Too large",
            Self::WrongHost(_) => "Wrong address",
            Self::TooMany(_) => "Too many requests",
            Self::Unavailable(_) => "Temporarily unavailable",
            Self::Internal(_) => "Something went wrong",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::SignIn { .. } => "This page is for people who are signed in.".to_owned(),
            Self::Missing => {
                "The address may be mistyped, the item may have been deleted, or you don't have access.".to_owned()
            }
            Self::Invalid(what)
            | Self::Forbidden(what)
            | Self::Gone(what)
            | Self::WrongHost(what)
            | Self::Unavailable(what) => what.clone(),
            Self::Conflict(conflict) => conflict.sentence.clone(),
            Self::TooLarge => "The request is larger than this installation accepts. Send less, or ask your \
                               RecomAMP administrator to raise RECOMAMP_MAX_BODY_KIB."
                .to_owned(),
            Self::TooMany(seconds) => format!(
                "Too many requests came from your network address. Wait {seconds}s and try again; nothing was lost."
            ),
            Self::Internal(_) => "This is a defect in RecomAMP, not something you did. Try again. If it persists, \
                                  give the request ID below to your RecomAMP administrator."
                .to_owned(),
        }
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        match (error.trouble(), error) {
            // OK without logging: the database logs it once until it changes.
            (Some(trouble), _) => Self::Unavailable(trouble.sentence().to_owned()),
            (None, db::Error::Missing) => Self::Missing,
            (None, error) => Self::Internal(error.into()),
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<db::Error>().map_err(anyhow::Error::downcast::<session::Error>) {
            Ok(error) => error.into(),
            Err(Ok(error)) => error.into(),
            Err(Err(error)) => Self::Internal(error),
        }
    }
}

impl From<session::Error> for Error {
    fn from(error: session::Error) -> Self {
        match error {
            session::Error::Store(session_store::Error::Backend(cause)) => {
                tracing::debug!(error = cause, "a session could not be read or kept");
                let trouble = Trouble::ALL.into_iter().find(|trouble| trouble.what() == cause);
                Self::Unavailable(trouble.unwrap_or(Trouble::Silent).sentence().to_owned())
            }
            error => Self::Internal(error.into()),
        }
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl IntoResponse for Error {
    /// The bare response. The layer [`framed`] adds the visitor's page frame.
    fn into_response(self) -> Response {
        if let Self::SignIn { back, was_sent } = &self {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("to", back);
            if *was_sent {
                query.append_pair("unsaved", "yes");
            }
            let query = query.finish();
            let mut response = Redirect::to(&format!("/sign-in?{query}")).into_response();
            response.extensions_mut().insert(SignInFirst);
            return response;
        }
        if let Self::Internal(cause) = &self {
            tracing::error!(error = format!("{cause:#}"), "request failed");
        }
        let mut response = self.status().into_response();
        let again = match &self {
            Self::TooMany(seconds) => Some(*seconds),
            Self::Unavailable(_) => Some(AGAIN),
            _ => None,
        };
        if let Some(seconds) = again {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Shown::from(&self));
        response
    }
}

/// The content of both forms of an error.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) title: &'static str,
    pub(super) sentence: String,
    /// A specific link, shown before the general ones.
    way: Option<(&'static str, String)>,
}

impl From<&Error> for Shown {
    fn from(error: &Error) -> Self {
        let way = if let Error::Conflict(conflict) = error { conflict.way.clone() } else { None };
        Self { title: error.title(), sentence: error.sentence(), way }
    }
}

/// Marks the redirect of [`Error::SignIn`]: a client that prefers JSON gets 401 instead.
#[derive(Clone, Copy, Debug)]
struct SignInFirst;

/// A link on an error page.
#[derive(Clone, Debug)]
pub struct WayOut {
    pub href: String,
    pub label: &'static str,
    /// The style of the link: `primary` or empty.
    pub kind: &'static str,
}

#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub shell: Shell,
    pub status: u16,
    /// What happened and what to do.
    pub sentence: String,
    pub ways: Vec<WayOut>,
    /// The id of this request in the logs.
    pub request_id: String,
}

/// Adds the visitor's page frame to an error response; responses without a page (a body over the limit, an unknown
/// method) get one by their status. For a client that prefers JSON the response stays bare, and
/// [`problems`](super::problems) formats it.
pub async fn framed(
    State(db): State<Db>,
    visit: super::Visit,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let wants_json = super::wants_json(&request);
    let request_id = super::security::request_id(request.headers());
    let is_part = visit.is_part;
    let is_typing = request.method() == axum::http::Method::POST;
    let was_opened = request.method() == axum::http::Method::GET;
    let back = ways::back(request.headers(), was_opened.then_some(visit.here.as_str()));
    let mut response = next.run(request).await;
    if is_unkept(&response) {
        let trouble = db.trouble().unwrap_or(Trouble::Silent);
        response = Error::Unavailable(trouble.sentence().to_owned()).into_response();
    }
    if wants_json {
        return for_json(response);
    }
    if is_part && is_typing && is_sign_in(&response) {
        // A redirect must not discard what somebody is typing: the script tells them that they are signed out.
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if is_part && is_sign_in(&response) {
        // A part of a page can't show the sign-in page: the whole page must be redirected.
        return (StatusCode::OK, [("hx-redirect", "/sign-in")]).into_response();
    }
    let shown = response.extensions_mut().remove::<Shown>().or_else(|| bare(&response));
    let Some(shown) = shown else { return response };
    let status = response.status();
    let mut shell = visit.shell(shown.title, Section::None).await;
    // A query may contain an authorization code, or customers' data, and people share error pages: it is dropped.
    shell.here.truncate(shell.here.find('?').unwrap_or(shell.here.len()));
    let own: Vec<_> = shown.way.into_iter().chain(back.map(|page| ("Go back", page))).collect();
    let ways = ways::ways(own, visit.person.is_some(), was_opened && passes(status), shell.rooms.menu());
    let page = ErrorPage { shell, status: status.as_u16(), sentence: shown.sentence, ways, request_id };
    let retry = response.headers().get(RETRY_AFTER).cloned();
    let mut response = match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => (status, format!("{}\n{}", shown.title, page.sentence)).into_response(),
    };
    if let Some(retry) = retry {
        response.headers_mut().insert(RETRY_AFTER, retry);
    }
    response
}

/// For a client that prefers JSON: a 401 instead of a redirect to sign in.
fn for_json(response: Response) -> Response {
    if response.extensions().get::<SignInFirst>().is_none() {
        return response;
    }
    let mut unauthorized = StatusCode::UNAUTHORIZED.into_response();
    let (title, sentence) = ("Sign in first", "This address is for people who are signed in.".to_owned());
    unauthorized.extensions_mut().insert(Shown { title, sentence, way: None });
    unauthorized
}

/// Whether the session layer couldn't store a session: it returns an empty 500, while our own errors have content.
fn is_unkept(response: &Response) -> bool {
    response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && response.extensions().get::<Shown>().is_none()
        && !response.headers().contains_key(axum::http::header::CONTENT_TYPE)
}

fn is_sign_in(response: &Response) -> bool {
    let location = response.headers().get(axum::http::header::LOCATION);
    location.and_then(|location| location.to_str().ok()).is_some_and(|location| location.starts_with("/sign-in"))
}

/// The content for an error response without any.
fn bare(response: &Response) -> Option<Shown> {
    // Errors in plain text, such as the extractors' own, are replaced.
    let is_page = response
        .headers()
        .get(axum::http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind != "text/plain; charset=utf-8");
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    (is_error && !is_page).then(|| by_status(status))
}

/// The content for an error of which only the status is known.
pub(super) fn by_status(status: StatusCode) -> Shown {
    let error = match status {
        StatusCode::NOT_FOUND => Error::Missing,
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        StatusCode::METHOD_NOT_ALLOWED => Error::Invalid(
            "This address doesn't accept that kind of request. Go back and use the buttons on the page.".to_owned(),
        ),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Error::Invalid("The request doesn't fit this address. Go back and use the form on the page.".to_owned())
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => {
            Error::Unavailable("This took too long. Try again; nothing was lost.".to_owned())
        }
        StatusCode::SERVICE_UNAVAILABLE => Error::Unavailable(Trouble::Silent.sentence().to_owned()),
        status if status.is_server_error() => Error::Internal(anyhow::anyhow!("an answer {status} without a page")),
        _ => Error::Invalid("The request doesn't fit this address. Check it and send it again.".to_owned()),
    };
    Shown::from(&error)
}

/// The content for an error of the API of which only the status is known.
pub(super) fn for_program(status: StatusCode) -> Shown {
    let mut shown = by_status(status);
    let sentence = match status {
        StatusCode::METHOD_NOT_ALLOWED => "This address doesn't have this method. The Allow header names those it has.",
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            "The request or one of its headers doesn't fit this address. Check it against the API's page."
        }
        // OK to speak of assistants alone: the API's own answers with these say what they miss.
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "The body isn't the JSON that this address takes. Send one object, with Content-Type: application/json."
        }
        StatusCode::NOT_ACCEPTABLE => "Send the header Accept: application/json, text/event-stream.",
        StatusCode::FORBIDDEN => {
            "This request came from another site, so nothing was done. Send it without an Origin header."
        }
        _ => return shown,
    };
    sentence.clone_into(&mut shown.sentence);
    shown
}

/// Whether a retry may succeed.
fn passes(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

#[cfg(test)]
mod tests;

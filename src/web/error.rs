//! What a visitor sees when something does not work: a title, a sentence, a way out, a request id.
//!
//! The cause goes to the log, once, and never to the page. What a person has no right to is shown as
//! missing: a page that says "forbidden" would say that the thing exists.

use askama::Template;
use axum::extract::State;
use axum::http::header::{REFERER, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use tower_sessions::{session, session_store};

use super::shell::{Section, Shell};
use crate::db::{self, Db, Trouble};

/// What is out of reach for a moment is worth another try after so many seconds.
const AGAIN: u64 = 10;

/// The result of a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What stands in the way of a request.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// What is true, in a few words.
    title: &'static str,
    /// The same as a sentence, with what to do.
    sentence: String,
    /// Where to do it: the words of the link and its address.
    way: Option<(&'static str, String)>,
}

/// Why a request ends without its page.
#[derive(Debug)]
pub enum Error {
    /// Somebody has to sign in first.
    SignIn {
        /// Where they come back to.
        back: String,
        /// Whether the request carried something, which is not kept.
        was_sent: bool,
    },
    /// Nothing is here, or nothing that this person may see.
    Missing,
    /// The request itself is wrong, with what to do about it.
    Invalid(String),
    /// It may not be done, with the reason.
    Forbidden(String),
    /// What is asked for does not go with how things stand: somebody changed them, or they are not ready.
    Conflict(Conflict),
    /// It was here and is no more, with what to do.
    Gone(String),
    /// The body is larger than the limit.
    TooLarge,
    /// The request names a host that is not this installation's.
    WrongHost(String),
    /// Too many requests; try again after so many seconds.
    TooMany(u64),
    /// Something that this depends on does not answer; with what to do.
    Unavailable(String),
    /// A defect, or something that nobody foresaw.
    Internal(anyhow::Error),
}

impl Error {
    /// What is asked for does not go with how things stand: what is true in a few words, and as a sentence with what
    /// to do.
    pub fn conflict(title: &'static str, sentence: impl Into<String>) -> Self {
        Self::Conflict(Conflict { title, sentence: sentence.into(), way: None })
    }

    /// Where a conflict is resolved: the words of a link and its address. Other errors stay as they are.
    #[must_use]
    pub fn with_way(self, label: &'static str, href: String) -> Self {
        match self {
            Self::Conflict(conflict) => Self::Conflict(Conflict { way: Some((label, href)), ..conflict }),
            error => error,
        }
    }

    /// Sends to the sign-in page, and back to where the request came from afterwards.
    pub fn sign_in(parts: &Parts) -> Self {
        let local = |uri: &Uri| uri.path_and_query().map(ToString::to_string);
        if parts.method.is_safe() {
            return Self::SignIn { back: local(&parts.uri).unwrap_or_else(|| "/".to_owned()), was_sent: false };
        }
        // An address that takes a form may show nothing: back to the page that the form was on.
        let page = parts.headers.get(REFERER).and_then(|page| page.to_str().ok()?.parse::<Uri>().ok());
        Self::SignIn { back: page.as_ref().and_then(local).unwrap_or_else(|| "/".to_owned()), was_sent: true }
    }

    /// The HTTP status of the answer.
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
            // OK without a line in the log: the database logs it once until it changes.
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
    /// The bare answer. The layer [`framed`] puts the visitor's own frame around it.
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

/// What both forms show of an error.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) title: &'static str,
    pub(super) sentence: String,
    /// A way out of its own, before those of every error.
    way: Option<(&'static str, String)>,
}

impl From<&Error> for Shown {
    fn from(error: &Error) -> Self {
        let way = if let Error::Conflict(conflict) = error { conflict.way.clone() } else { None };
        Self { title: error.title(), sentence: error.sentence(), way }
    }
}

/// Marks the redirect of [`Error::SignIn`]: a client that asks for JSON gets 401 in its place.
#[derive(Clone, Copy, Debug)]
struct SignInFirst;

/// A way out of an error page.
#[derive(Clone, Debug)]
pub struct WayOut {
    pub href: String,
    /// The words of the link.
    pub label: &'static str,
    /// How the link looks: `primary` or nothing.
    pub kind: &'static str,
}

/// The page around an error.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub shell: Shell,
    /// The HTTP status.
    pub status: u16,
    /// What happened and what to do.
    pub sentence: String,
    /// Where to go from here.
    pub ways: Vec<WayOut>,
    /// Names this request in the logs.
    pub request_id: String,
}

/// Puts the visitor's own frame around an error answer; answers without one (a body over the limit, an
/// unknown method) get one by their status. For a client that asks for JSON the answer stays bare, and
/// [`problems`](super::problems) gives it its form.
pub async fn framed(
    State(db): State<Db>,
    visit: super::Visit,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let wants_json = super::prefers_json(request.headers());
    let request_id = super::security::request_id(request.headers());
    let is_part = visit.is_part;
    let is_typing = request.method() == axum::http::Method::POST;
    let was_opened = request.method() == axum::http::Method::GET;
    let mut response = next.run(request).await;
    if is_unkept(&response) {
        let trouble = db.trouble().unwrap_or(Trouble::Silent);
        response = Error::Unavailable(trouble.sentence().to_owned()).into_response();
    }
    if wants_json {
        return for_json(response);
    }
    if is_part && is_typing && is_sign_in(&response) {
        // What somebody types must not be taken away by another page: the script says that they are signed out.
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if is_part && is_sign_in(&response) {
        // A part of a page cannot show the sign-in page: the whole page has to go there.
        return (StatusCode::OK, [("hx-redirect", "/sign-in")]).into_response();
    }
    let shown = response.extensions_mut().remove::<Shown>().or_else(|| bare(&response));
    let Some(shown) = shown else { return response };
    let status = response.status();
    let mut shell = visit.shell(shown.title, Section::None).await;
    // A query may hold a code of Amazon's, or words of a customer's: a page about an error is passed on.
    shell.here.truncate(shell.here.find('?').unwrap_or(shell.here.len()));
    let ways = ways(shown.way, visit.person.is_some(), was_opened && passes(status), shell.rooms.menu());
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

/// An answer to a client that asks for JSON: it is told to sign in, not sent to a page.
fn for_json(response: Response) -> Response {
    if response.extensions().get::<SignInFirst>().is_none() {
        return response;
    }
    let mut unauthorized = StatusCode::UNAUTHORIZED.into_response();
    let (title, sentence) = ("Sign in first", "This address is for people who are signed in.".to_owned());
    unauthorized.extensions_mut().insert(Shown { title, sentence, way: None });
    unauthorized
}

/// Whether the layer of sessions could not keep one: it answers 500 with nothing else, where errors of our own
/// carry their words.
fn is_unkept(response: &Response) -> bool {
    response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && response.extensions().get::<Shown>().is_none()
        && !response.headers().contains_key(axum::http::header::CONTENT_TYPE)
}

fn is_sign_in(response: &Response) -> bool {
    let location = response.headers().get(axum::http::header::LOCATION);
    location.and_then(|location| location.to_str().ok()).is_some_and(|location| location.starts_with("/sign-in"))
}

/// The words for an answer that no handler made.
fn bare(response: &Response) -> Option<Shown> {
    // A refusal in the words of what refused it, such as the extractors' own, is plain text.
    let is_page = response
        .headers()
        .get(axum::http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind != "text/plain; charset=utf-8");
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    (is_error && !is_page).then(|| by_status(status))
}

/// The words for an error of which only the status is known.
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

/// Whether the same may go well in a moment.
fn passes(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn ways(own: Option<(&'static str, String)>, signed_in: bool, again: bool, menu: &[Section]) -> Vec<WayOut> {
    let way = |href: &str, label| WayOut { href: href.to_owned(), label, kind: "" };
    // OK to name no address: an empty one is the page itself, with a query that this page must not repeat.
    let mut ways: Vec<WayOut> = again.then(|| way("", "Try again")).into_iter().collect();
    ways.extend(own.map(|(label, href)| way(&href, label)));
    match (signed_in, again) {
        (true, _) => ways.extend(menu.iter().map(|section| way(section.href, section.label))),
        (false, false) => ways.push(way("/sign-in", "Sign in")),
        // OK because they may be signed in: who they are was not looked at, or could not be.
        (false, true) => {}
    }
    if let Some(first) = ways.first_mut() {
        first.kind = "primary";
    }
    ways
}

#[cfg(test)]
mod tests;

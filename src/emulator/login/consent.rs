//! The consent page: which sample user signs in, and whether they agree.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use url::Url;

use crate::emulator::Emulator;
use crate::emulator::errors::{Answer, Refusal};
use crate::emulator::json::read_body;
use crate::emulator::origin::is_foreign;
use crate::emulator::pages;
use crate::emulator::people::{PEOPLE, Person};
use crate::emulator::query::Query;
use crate::emulator::state::{Challenge, Change, Code};

use super::client;

/// How long a code is valid.
const CODE_LIFE: TimeDelta = TimeDelta::minutes(5);

/// The maximum length of a client id.
const CLIENT_ID_LIMIT: usize = 100;

/// The maximum length of the redirect URL and the list of scopes, in bytes.
const LONGEST_TEXT: usize = 2000;

/// The maximum length of a code challenge (RFC 7636).
const LONGEST_CHALLENGE: usize = 128;

/// The maximum number of pending codes; the oldest are dropped.
const MOST_CODES: usize = 1000;

const SCOPES: [&str; 7] = [
    "advertising::campaign_management",
    "advertising::audiences",
    "cpc_advertising:campaign_management",
    "advertising::test:create_account",
    "profile",
    "profile:user_id",
    "postal_code",
];

/// A client's consent request.
struct Wish {
    client_id: String,
    scope: String,
    redirect: Url,
    /// The redirect URL exactly as sent: the exchange has to repeat it.
    redirect_uri: String,
    state: Option<String>,
    challenge: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "emulator/consent.html")]
struct ConsentPage<'a> {
    client_id: &'a str,
    scopes: Vec<&'a str>,
    redirect_host: &'a str,
    /// The request, to be submitted again with the answer.
    fields: Vec<(&'a str, &'a str)>,
    people: &'static [Person],
}

#[derive(Template)]
#[template(path = "emulator/refused.html")]
struct RefusedPage {
    reason: String,
}

/// `GET /ap/oa`.
pub(super) async fn ask(State(emulator): State<Emulator>, query: Query) -> Answer {
    match Wish::read(&emulator, &query) {
        Ok(wish) if emulator.options().auto_consent => Ok(allow(&emulator, &wish, &PEOPLE[0])),
        Ok(wish) => pages::page(&wish.page()),
        Err(no) => no.answer(),
    }
}

/// `POST /ap/oa`: the page's form.
pub(super) async fn answer(State(emulator): State<Emulator>, request: Request) -> Answer {
    // OK only as part of a program: for the stand-alone emulator, tests of other clients may send the form from
    // anywhere.
    if emulator.options().returns_to.is_some() && is_foreign(&emulator, request.headers()) {
        return No::Shown("The form came from another site, so nothing was allowed.".to_owned()).answer();
    }
    let form = Query::parse(&read_body(request).await?);
    let wish = match Wish::read(&emulator, &form) {
        Ok(wish) => wish,
        Err(no) => return no.answer(),
    };
    if form.get("decision") != Some("allow") {
        return Ok(wish.back(&[("error", "access_denied"), ("error_description", "Access not permitted.")]));
    }
    match form.get("person").and_then(Person::by_key) {
        Some(person) => Ok(allow(&emulator, &wish, person)),
        None => No::Shown("Nobody was chosen: go back and choose a person.".to_owned()).answer(),
    }
}

/// Creates a code for `person` and redirects the browser with it.
fn allow(emulator: &Emulator, wish: &Wish, person: &Person) -> Response {
    let now = emulator.now();
    let code = Code {
        text: format!("AN{}", emulator.random().token()),
        client_id: wish.client_id.clone(),
        person: person.key.to_owned(),
        scope: wish.scope.clone(),
        redirect_uri: wish.redirect_uri.clone(),
        challenge: wish.challenge.as_ref().map(|(challenge, method)| match method.as_str() {
            "S256" => Challenge::S256(challenge.clone()),
            _ => Challenge::Plain(challenge.clone()),
        }),
        expires: now + CODE_LIFE,
    };
    let text = code.text.clone();
    emulator.store().write(|edit| {
        let over = edit.state().codes.values().filter(|code| code.expires <= now).map(|code| code.text.clone());
        let over: Vec<_> = over.collect();
        let full = edit.state().codes.len() - over.len() >= MOST_CODES;
        let oldest = edit.state().codes.values().min_by_key(|code| code.expires).filter(|_| full);
        let oldest = oldest.map(|code| code.text.clone());
        over.into_iter().chain(oldest).for_each(|code| edit.put(Change::CodeGone(code)));
        edit.put(Change::Code(code));
    });
    wish.back(&[("code", &text), ("scope", &wish.scope)])
}

/// An invalid consent request.
enum No {
    /// Shown to the person: the client's redirect URL can't be trusted.
    Shown(String),
    /// Reported to the client.
    Back(Box<Wish>, &'static str, &'static str),
}

impl No {
    fn answer(self) -> Answer {
        match self {
            Self::Shown(reason) => {
                let mut response = pages::page(&RefusedPage { reason })?;
                *response.status_mut() = StatusCode::BAD_REQUEST;
                Ok(response)
            }
            Self::Back(wish, error, text) => Ok(wish.back(&[("error", error), ("error_description", text)])),
        }
    }
}

impl Wish {
    /// Parses a request; unknown parameters are ignored.
    fn read(emulator: &Emulator, query: &Query) -> Result<Self, No> {
        let client_id = query.get("client_id").unwrap_or_default();
        if client_id.is_empty() || client_id.len() > CLIENT_ID_LIMIT || !client::may_ask(emulator, client_id) {
            return Err(No::Shown("The client_id is missing or not known.".to_owned()));
        }
        let redirect_uri = query.get("redirect_uri").unwrap_or_default();
        let redirect = Url::parse(redirect_uri).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let redirect = redirect.filter(|_| redirect_uri.len() <= LONGEST_TEXT);
        if emulator.options().returns_to.as_ref().is_some_and(|own| own.as_str() != redirect_uri) {
            return Err(No::Shown("The redirect_uri is not one that this client has registered.".to_owned()));
        }
        let Some(redirect) = redirect else {
            return Err(No::Shown("The redirect_uri must be a whole address with http or https.".to_owned()));
        };
        let method = query.get("code_challenge_method").unwrap_or("plain").to_owned();
        let wish = Self {
            client_id: client_id.to_owned(),
            scope: query.get("scope").unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "),
            redirect,
            redirect_uri: redirect_uri.to_owned(),
            state: query.get("state").map(str::to_owned),
            challenge: query.get("code_challenge").map(|challenge| (challenge.to_owned(), method)),
        };
        wish.checked(query.get("response_type"))
    }

    fn checked(self, response_type: Option<&str>) -> Result<Self, No> {
        let known = !self.scope.is_empty() && self.scope.split(' ').all(|scope| SCOPES.contains(&scope));
        let known = known && self.scope.len() <= LONGEST_TEXT;
        let method = self.challenge.as_ref().is_none_or(|(challenge, method)| {
            matches!(method.as_str(), "S256" | "plain") && challenge.len() <= LONGEST_CHALLENGE
        });
        if response_type != Some("code") {
            let text = "The response_type must be code.";
            return Err(No::Back(Box::new(self), "unsupported_response_type", text));
        }
        if !known {
            return Err(No::Back(Box::new(self), "invalid_scope", "An unknown scope was requested."));
        }
        if !method {
            return Err(No::Back(Box::new(self), "invalid_request", "The code_challenge cannot be used."));
        }
        Ok(self)
    }

    fn page(&self) -> ConsentPage<'_> {
        let mut fields = vec![
            ("client_id", self.client_id.as_str()),
            ("scope", self.scope.as_str()),
            ("response_type", "code"),
            ("redirect_uri", self.redirect_uri.as_str()),
        ];
        fields.extend(self.state.as_deref().map(|state| ("state", state)));
        if let Some((challenge, method)) = &self.challenge {
            fields.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", method.as_str())]);
        }
        ConsentPage {
            client_id: &self.client_id,
            scopes: self.scope.split(' ').collect(),
            redirect_host: self.redirect.host_str().unwrap_or_default(),
            fields,
            people: &PEOPLE,
        }
    }

    /// Redirects the browser to the client with `pairs` and the state.
    fn back(&self, pairs: &[(&str, &str)]) -> Response {
        let mut to = self.redirect.clone();
        {
            let mut query = to.query_pairs_mut();
            query.extend_pairs(pairs);
            query.extend_pairs(self.state.iter().map(|state| ("state", state)));
        }
        match HeaderValue::from_str(to.as_str()) {
            Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
            Err(_) => Refusal::bad("The redirect_uri cannot be used.").into_response(),
        }
    }
}

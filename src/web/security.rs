//! Layers for every request: request id, headers, same origin.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use tower_http::request_id::{MakeRequestId, RequestId};
use url::Url;

use super::{Error, Person, rate_limits};
use crate::config::Config;
use crate::ids::Random;

/// The header with the request id, in requests and responses.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of this request, as returned in the response.
pub fn request_id(headers: &HeaderMap) -> String {
    headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or("unknown").to_owned()
}

/// Where the next part of the path is the token of a link, which isn't logged.
const TOKENS: [&str; 2] = ["/invitations/", "/shared/"];

/// A path as it may be logged: without the tokens of links.
pub fn logged_path(path: &str) -> &str {
    TOKENS.into_iter().find(|start| path.starts_with(start)).unwrap_or(path)
}

/// Removes a request id sent by the client, which would otherwise appear in the log as ours.
pub fn unnamed<B>(mut request: axum::http::Request<B>) -> axum::http::Request<B> {
    request.headers_mut().remove(REQUEST_ID);
    request
}

/// Creates request ids.
#[derive(Clone, Debug)]
pub struct Names(pub Random);

impl MakeRequestId for Names {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        let name = format!("req_{:016x}", u64::from_le_bytes(self.0.bytes()));
        HeaderValue::from_str(&name).ok().map(RequestId::new)
    }
}

/// The headers of every response, built once.
#[derive(Clone, Debug)]
pub struct Headers(Arc<Vec<(HeaderName, HeaderValue)>>);

impl Headers {
    /// As strict as the pages allow. Forms may lead to Amazon's consent pages, nowhere else outside.
    pub fn new(config: &Config, consent_origins: &[String]) -> Self {
        let policy = format!(
            "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types default; form-action 'self' {}",
            consent_origins.join(" ")
        );
        let mut headers = vec![
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
            (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
            (
                HeaderName::from_static("permissions-policy"),
                HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ),
        ];
        headers.extend(HeaderValue::from_str(&policy).ok().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
        if config.public_url.scheme() == "https" {
            // OK without `includeSubDomains`: other hosts below this one are somebody else's to decide about.
            let year = HeaderValue::from_static("max-age=31536000");
            headers.push((header::STRICT_TRANSPORT_SECURITY, year));
        }
        Self(Arc::new(headers))
    }
}

/// Adds the [`Headers`]. Pages contain customers' data, so by default nothing is cached, not even by the browser.
/// Pages on which somebody types a query are an exception: *Back* must restore what was typed.
pub async fn headers(State(headers): State<Headers>, request: Request, next: Next) -> Response {
    let keeps_typing = ["/new", "/edit"].iter().any(|end| request.uri().path().ends_with(end));
    let mut response = next.run(request).await;
    let answer = response.headers_mut();
    for (name, value) in headers.0.iter() {
        answer.entry(name).or_insert_with(|| value.clone());
    }
    answer.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(if keeps_typing {
        "private, no-cache"
    } else {
        "no-store"
    }));
    response
}

/// Disables content type sniffing for every response.
pub async fn unsniffed(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(nosniff);
    response
}

/// Admits administrators, and direct calls from this machine: for the emulator's control page, which changes the
/// clock and revokes grants for everybody.
pub async fn for_administrators(request: Request, next: Next) -> Response {
    let person = request.extensions().get::<Person>();
    if rate_limits::is_local(&request) || person.is_some_and(|person| person.is_administrator) {
        return next.run(request).await;
    }
    if person.is_some() {
        return Error::Forbidden(
            "The control page is for administrators. Ask one of them to change the emulator's clock, speed or faults."
                .to_owned(),
        )
        .into_response();
    }
    let (parts, _) = request.into_parts();
    Error::sign_in(&parts).into_response()
}

/// Refuses requests for another host than the public one with 421: a foreign name that resolves to this server may be
/// another site's, whose pages could read the responses. This machine's own names are allowed if the public URL is
/// one of them, and to local callers; token-protected metrics are served under any name. Two names are refused with 400.
pub async fn own_host(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    if request.headers().get_all(header::HOST).iter().nth(1).is_some() {
        // A proxy in front may go by another one of them (RFC 9112, 3.2).
        let sentence = "The request has more than one Host header. Send it with one.";
        return in_text(Error::Invalid(sentence.to_owned()), sentence);
    }
    let named = request.uri().host().or_else(|| {
        let host = request.headers().get(header::HOST)?.to_str().ok()?;
        Some(without_port(host))
    });
    let host = named.unwrap_or_default().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let public = config.public_url.host_str().unwrap_or_default();
    let public = public.trim_start_matches('[').trim_end_matches(']');
    let is_token_figures = config.metrics_token.is_some() && request.uri().path() == "/metrics";
    let is_public = host.eq_ignore_ascii_case(public);
    let is_local = names_this_machine(host) && (config.is_public_loopback() || rate_limits::comes_from_here(&request));
    if is_token_figures || is_public || is_local {
        let elsewhere = if is_public { None } else { public_page(&request, &config) };
        return match elsewhere {
            Some(address) => Redirect::temporary(address.as_str()).into_response(),
            None => next.run(request).await,
        };
    }
    let sentence = format!("RecomAMP is not at this address. Open {} instead.", config.public_url);
    in_text(Error::WrongHost(sentence.clone()), &sentence)
}

/// An error as plain text, for what no layer makes a page of.
fn in_text(error: Error, sentence: &str) -> Response {
    let (parts, _) = error.into_response().into_parts();
    Response::from_parts(parts, format!("{sentence}\n").into())
}

/// The public address of a page that a browser opens by another name of this machine, such as `localhost` instead of
/// `127.0.0.1`: Amazon's consent page leads back to the public one, to which the browser doesn't send the cookie of
/// another name. `None` if another port is forwarded to this one: the public one may then not be reachable.
fn public_page(request: &Request, config: &Config) -> Option<Url> {
    let public = &config.public_url;
    let is_page = request.method() == Method::GET
        && request.headers().get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    if !is_page || !config.is_public_loopback() {
        return None;
    }
    let named = request.headers().get(header::HOST)?.to_str().ok()?;
    let port = named.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(80);
    let mut address = public.clone();
    address.set_path(request.uri().path());
    address.set_query(request.uri().query());
    (public.port_or_known_default() == Some(port)).then_some(address)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // A bare IPv6 address has more than one colon.
        Some((name, _)) if !name.contains(':') || name.ends_with(']') => name,
        _ => host,
    }
}

fn names_this_machine(host: &str) -> bool {
    let is_name = host.eq_ignore_ascii_case("localhost");
    is_name || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Refuses requests that another site's page makes a browser send. Browsers say where a request comes from
/// (`Sec-Fetch-Site`, older ones `Origin`); a client that sends neither isn't a browser and doesn't send cookies
/// unintentionally.
pub async fn same_origin(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // OK for a token: no other site's page can make a browser send that header, and the API then ignores cookies.
    let has_token = super::is_api(request.uri().path()) && request.headers().contains_key(header::AUTHORIZATION);
    if changes && !has_token && comes_from_elsewhere(request.headers(), &config) {
        return Error::Forbidden(
            "This request came from another site, so nothing was done. Open RecomAMP and use its buttons.".to_owned(),
        )
        .into_response();
    }
    next.run(request).await
}

/// Whether the headers prove that a page of this installation sent the request.
pub fn is_from_own_page(headers: &HeaderMap, config: &Config) -> bool {
    let is_told = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    let is_typed = headers.get("sec-fetch-site").is_some_and(|site| site == "none");
    is_told && !is_typed && !comes_from_elsewhere(headers, config)
}

fn comes_from_elsewhere(headers: &HeaderMap, config: &Config) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else { return false };
    let own = config.public_url.origin().ascii_serialization();
    let host = text(header::HOST).unwrap_or_default();
    let origin_host = origin.split_once("://").map(|(_, host)| host);
    origin != own && origin_host != Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elsewhere(headers: &[(&'static str, &'static str)]) -> bool {
        let config = Config::read(&std::collections::BTreeMap::new()).unwrap();
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        comes_from_elsewhere(&headers, &config)
    }

    #[test]
    fn another_sites_posts_are_recognized() {
        assert!(elsewhere(&[("sec-fetch-site", "cross-site")]));
        assert!(elsewhere(&[("sec-fetch-site", "same-site")]));
        assert!(elsewhere(&[("origin", "https://evil.example"), ("host", "127.0.0.1:8080")]));
        assert!(elsewhere(&[("origin", "null"), ("host", "127.0.0.1:8080")]));
    }

    #[test]
    fn tokens_of_links_are_not_logged() {
        assert_eq!(logged_path("/invitations/abc"), "/invitations/");
        assert_eq!(logged_path("/shared/abc/rows.csv"), "/shared/");
        assert_eq!(logged_path("/queries/qry_1"), "/queries/qry_1");
    }

    #[test]
    fn only_own_pages_prove_that_they_are() {
        let config = Config::read(&std::collections::BTreeMap::new()).unwrap();
        let own = |name: &'static str, value: &'static str| {
            is_from_own_page(&HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())]), &config)
        };
        assert!(own("sec-fetch-site", "same-origin") && own("origin", "http://127.0.0.1:8080"));
        assert!(!own("sec-fetch-site", "none") && !own("sec-fetch-site", "cross-site"));
        assert!(!own("origin", "https://evil.example") && !is_from_own_page(&HeaderMap::new(), &config));
    }

    #[test]
    fn own_pages_and_plain_clients_pass() {
        assert!(!elsewhere(&[("sec-fetch-site", "same-origin")]));
        assert!(!elsewhere(&[("origin", "http://127.0.0.1:8080")]));
        assert!(!elsewhere(&[("origin", "http://localhost:8080"), ("host", "localhost:8080")]));
        assert!(!elsewhere(&[]));
    }
}

//! Where an error page leads.

use axum::http::header::{HOST, REFERER};
use axum::http::{HeaderMap, Uri};

use super::WayOut;
use crate::web::local_or_home;
use crate::web::shell::Section;

/// The page of this site from which a request was sent, without its query, which error pages must not repeat. `None` if
/// it is the page that was opened itself (`opened`), or if the browser doesn't say it.
pub(super) fn back(headers: &HeaderMap, opened: Option<&str>) -> Option<String> {
    let from: Uri = headers.get(REFERER)?.to_str().ok()?.parse().ok()?;
    let host = headers.get(HOST)?.to_str().ok()?;
    let is_here = from.authority().is_some_and(|authority| authority.as_str().eq_ignore_ascii_case(host));
    let page = local_or_home(from.path());
    let is_same = opened.is_some_and(|here| here.split('?').next() == Some(page));
    (is_here && !is_same).then(|| page.to_owned())
}

/// The links of an error page; the first is the main one. `own` are those of this error, each a label with its address.
pub(super) fn ways(own: Vec<(&'static str, String)>, signed_in: bool, again: bool, menu: &[Section]) -> Vec<WayOut> {
    let way = |href: &str, label| WayOut { href: href.to_owned(), label, kind: "" };
    // OK to use an empty address: it means the page itself, without its query, which this page must not repeat.
    let mut ways: Vec<WayOut> = again.then(|| way("", "Try again")).into_iter().collect();
    ways.extend(own.into_iter().map(|(label, href)| way(&href, label)));
    match (signed_in, again) {
        (true, _) => ways.extend(menu.iter().map(|section| way(section.href, section.label))),
        (false, false) => ways.push(way("/sign-in", "Sign in")),
        // OK because they may be signed in: this was not or could not be checked.
        (false, true) => {}
    }
    if let Some(first) = ways.first_mut() {
        first.kind = "primary";
    }
    ways
}

//! Where an error page leads.

use super::WayOut;
use crate::web::shell::Section;

/// The links of an error page; the first is the main one.
pub(super) fn ways(own: Option<(&'static str, String)>, signed_in: bool, again: bool, menu: &[Section]) -> Vec<WayOut> {
    let way = |href: &str, label| WayOut { href: href.to_owned(), label, kind: "" };
    // OK to use an empty address: it means the page itself, without its query, which this page must not repeat.
    let mut ways: Vec<WayOut> = again.then(|| way("", "Try again")).into_iter().collect();
    ways.extend(own.map(|(label, href)| way(&href, label)));
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

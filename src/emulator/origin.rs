//! Detects forms sent by another site's page.

use axum::http::{HeaderMap, header};

use super::Emulator;

/// Whether another site's page made a browser send this. Browsers say where a request comes from (`Sec-Fetch-Site`,
/// older ones and those without TLS `Origin`); a client that sends neither isn't a browser.
pub(crate) fn is_foreign(emulator: &Emulator, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().unwrap_or_default();
    // OK to trust the host: another site's page can't choose it, and a proxy may have changed it.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_host = origin.split_once("://").is_some_and(|(_, own)| Some(own) == host);
    let options = emulator.options();
    let own = [Some(&options.base), options.returns_to.as_ref()];
    !is_host && !own.into_iter().flatten().any(|url| url.origin().ascii_serialization() == origin)
}

//! Live parts of pages: polls that cost almost nothing while nothing has changed.
//!
//! A part that is polled every few seconds sends the tag of what it shows (`HX-PTag`). The tag last sent to each
//! reader is kept here in memory, and dropped when the thing changes: an unchanged poll gets a 304 without reading
//! the thing. A process that doesn't know a tag (it has just started, or another process made the change) sends a
//! full response. Tags are kept per reader, so one reader's tag is useless to others.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// The header with the tag, in requests and responses (htmx 4, `hx-ptag`).
pub const PTAG: HeaderName = HeaderName::from_static("hx-ptag");
/// How long a tag is used without checking for a change. Another process may have changed the thing; its change is
/// shown after this time at the latest.
const BELIEVED: Duration = Duration::from_secs(3);
/// Maximum number of things with tags; beyond it, all are dropped, and the next polls get full responses.
const MOST: usize = 50_000;

/// The tag sent to each reader of one thing.
type Readers = HashMap<String, (String, Instant)>;

/// The tags of live things; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tags(Arc<Mutex<HashMap<String, Readers>>>);

impl Tags {
    /// Stores the tag of what a reader is shown now.
    pub fn note(&self, thing: &str, reader: &str, tag: &str) {
        let mut tags = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tags.len() >= MOST {
            tags.clear();
        }
        tags.entry(thing.to_owned()).or_default().insert(reader.to_owned(), (tag.to_owned(), Instant::now()));
    }

    /// Drops the tags of a thing that has changed.
    pub fn forget(&self, thing: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(thing);
    }

    /// Whether the reader's browser shows the current state.
    pub fn is_current(&self, thing: &str, reader: &str, tag: &str) -> bool {
        let tags = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = tags.get(thing).and_then(|shown| shown.get(reader));
        shown.is_some_and(|(known, noted)| known == tag && noted.elapsed() < BELIEVED)
    }
}

/// The tag of what the browser shows of the requested part; `None` for a full page.
#[derive(Clone, Debug)]
pub struct Shown(Option<HeaderValue>);

impl Shown {
    pub fn tag(&self) -> &str {
        self.0.as_ref().and_then(|tag| tag.to_str().ok()).unwrap_or_default()
    }

    /// The 304 response if the browser already shows what has this tag.
    pub fn unchanged(&self, tag: &str) -> Option<Response> {
        (self.0.as_ref()? == tag).then(|| StatusCode::NOT_MODIFIED.into_response())
    }
}

impl<S: Sync> FromRequestParts<S> for Shown {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(PTAG).cloned()))
    }
}

/// A page whose live part has this tag. The part also contains it as `hx-ptag`.
pub fn tagged(tag: &str, page: impl IntoResponse) -> Response {
    let mut response = page.into_response();
    // OK to leave out: without it the next poll gets a full response.
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(PTAG, tag);
    }
    response
}

/// A tag computed from a part's content: equal for equal content, in this build of the program. Exclude what changes
/// continuously, such as the current time.
pub fn tag(of: &impl Debug) -> String {
    let mut hasher = DefaultHasher::new();
    format!("{of:?}").hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_current_for_its_reader_until_it_changes() {
        let tags = Tags::default();
        assert!(!tags.is_current("exe_1", "per_1", "1"));
        tags.note("exe_1", "per_1", "1");
        assert!(tags.is_current("exe_1", "per_1", "1"));
        assert!(!tags.is_current("exe_1", "per_1", "2"));
        assert!(!tags.is_current("exe_1", "per_2", "1"));
        tags.forget("exe_1");
        assert!(!tags.is_current("exe_1", "per_1", "1"));
    }
}

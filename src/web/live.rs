//! Live parts of pages: answers that cost almost nothing while nothing changed.
//!
//! A part that is asked for every few seconds carries a tag of what it showed (`HX-PTag`). The tag of
//! what each reader was shown is kept here, in memory, and forgotten by whoever changes the thing: an
//! unchanged poll is answered 304 without reading the thing. A process that does not know a tag (it
//! has just started, or another process made the change) answers in full. Tags are kept for each
//! reader, so that a tag is worth nothing to anybody else.

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

/// The header by which a browser says what it shows and hears what it is shown (htmx 4, `hx-ptag`).
pub const PTAG: HeaderName = HeaderName::from_static("hx-ptag");
/// How long a tag is believed without having been told of a change. Another process may have changed
/// the thing; its change is shown at the latest after this.
const BELIEVED: Duration = Duration::from_secs(3);
/// When tags of more things than this are kept, all are forgotten at once; the polls that follow are
/// answered in full.
const MOST: usize = 50_000;

/// What was shown to each reader of one thing.
type Readers = HashMap<String, (String, Instant)>;

/// The tags of live things; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tags(Arc<Mutex<HashMap<String, Readers>>>);

impl Tags {
    /// Notes what a reader is shown of a thing now.
    pub fn note(&self, thing: &str, reader: &str, tag: &str) {
        let mut tags = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tags.len() >= MOST {
            tags.clear();
        }
        tags.entry(thing.to_owned()).or_default().insert(reader.to_owned(), (tag.to_owned(), Instant::now()));
    }

    /// Forgets a thing, because it changed.
    pub fn forget(&self, thing: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(thing);
    }

    /// Whether what the reader's browser shows is what there is.
    pub fn is_current(&self, thing: &str, reader: &str, tag: &str) -> bool {
        let tags = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = tags.get(thing).and_then(|shown| shown.get(reader));
        shown.is_some_and(|(known, noted)| known == tag && noted.elapsed() < BELIEVED)
    }
}

/// The tag of what the browser shows of a part that it asks after; none in a request for a page to open.
#[derive(Clone, Debug)]
pub struct Shown(Option<HeaderValue>);

impl Shown {
    /// The tag, as it came.
    pub fn tag(&self) -> &str {
        self.0.as_ref().and_then(|tag| tag.to_str().ok()).unwrap_or_default()
    }

    /// What to answer to a browser that already shows what has this tag: nothing new.
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

/// A page whose live part shows what has this tag. The part names it too, as `hx-ptag`.
pub fn tagged(tag: &str, page: impl IntoResponse) -> Response {
    let mut response = page.into_response();
    // OK to leave out: without it the next poll is answered in full.
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(PTAG, tag);
    }
    response
}

/// A tag of what a part is made of: the same for the same, in this build of the program. What goes on by itself,
/// such as the time now, is not to be in it.
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

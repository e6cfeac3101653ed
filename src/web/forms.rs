//! Submitted form fields.
//!
//! An invalid form is shown again as it was typed, with all errors at once ([`Errors`](super::components::Errors));
//! no input is lost.

use std::convert::Infallible;
use std::fmt::Display;
use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::Error;
use crate::ids::{self, Id, PersonId, Random};

/// The fields of a submitted form, in the order in which they were sent; a name may occur more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Parses `application/x-www-form-urlencoded`, from a body or a query string.
    pub fn parse(encoded: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// Parses a query string. NUL characters, which no text has and PostgreSQL rejects, are dropped, because nothing
    /// that is searched can contain one. In a form to be stored they are reported as an error instead.
    pub fn of_address(query: &str) -> Self {
        let mut fields = Self::parse(query.as_bytes());
        for (name, value) in &mut fields.0 {
            name.retain(|letter| letter != '\0');
            value.retain(|letter| letter != '\0');
        }
        fields
    }

    /// The first value of this name; empty if it wasn't sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The first value of this name without surrounding whitespace.
    pub fn trimmed(&self, name: &str) -> &str {
        self.get(name).trim()
    }

    /// All values of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether this name was sent.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The idempotency key of a form: the random key from its page, `once`, combined with all input and `about`.
    /// `None` if the form has no key, for example when a program sends it.
    pub fn once(&self, about: &str) -> Option<String> {
        let word = Some(self.trimmed("once")).filter(|word| !word.is_empty())?;
        let mut hash = Sha256::new_with_prefix(about.as_bytes());
        for text in std::iter::once(word).chain(self.iter().flat_map(|(name, value)| [name, value])) {
            hash.update(text.len().to_le_bytes());
            hash.update(text.as_bytes());
        }
        Some(URL_SAFE_NO_PAD.encode(hash.finalize()))
    }

    /// The id of what the form adds: the same each time that this person sends this form, so that it is added once. The
    /// form's key, `once`, is an id of the same kind; without one, the id is new.
    pub fn new_id<I: Id + Display + FromStr>(&self, person: &PersonId, random: &Random, now: DateTime<Utc>) -> I {
        let begun = self.trimmed("once").parse::<I>().ok();
        let key = self.once(person.as_str());
        begun.zip(key).map_or_else(|| random.id(now), |(begun, key)| ids::repeated(&begun, &key))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Whether a body has to be decompressed before it can be read. Such bodies are refused: what they grow to is unknown.
pub fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

impl FromIterator<(String, String)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        if !kind.is_empty() && !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Error::Invalid("This address accepts plain forms only.".to_owned()));
        }
        if is_compressed(request.headers()) {
            return Err(Error::Invalid(
                "Compressed forms aren't accepted. Send it without Content-Encoding.".to_owned(),
            ));
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            axum::http::StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
            _ => Error::Invalid("The form didn't arrive completely. Send it again.".to_owned()),
        })?;
        Ok(Self::parse(&body))
    }
}

/// The parameters of the query string. As an extractor it never fails: a page reports invalid ones.
#[derive(Clone, Debug)]
pub struct QueryString(pub Fields);

impl<S: Sync> FromRequestParts<S> for QueryString {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Fields::of_address(parts.uri.query().unwrap_or_default())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_order_repeats_and_odd_characters() {
        let fields = Fields::parse("a=1&b=%C3%BC+x&a=2&c".as_bytes());
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.get("b"), "ü x");
        assert!(fields.has("c"));
        assert_eq!(fields.get("nothing"), "");
    }

    #[test]
    fn the_same_form_sent_twice_is_the_same_and_any_other_is_not() {
        let once = |text: &str, about| Fields::parse(text.as_bytes()).once(about);
        assert_eq!(once("once=a&x=1", "run"), once("once=a&x=1", "run"));
        let different = [
            once("once=a&x=1", "run"),
            once("once=b&x=1", "run"),
            once("once=a&x=2", "run"),
            once("once=a&x=1", "rerun"),
        ];
        assert_eq!(different.iter().flatten().collect::<std::collections::BTreeSet<_>>().len(), 4);
        assert_eq!(once("x=1&once=+", "run"), None);
    }

    #[test]
    fn a_form_sent_twice_adds_one_thing_and_a_changed_one_another() {
        let (random, now) = (Random::seeded(1), DateTime::UNIX_EPOCH);
        let (ada, chie) = (random.id::<PersonId>(now), random.id::<PersonId>(now));
        let begun = random.id::<ids::ScheduleId>(now);
        let id = |text: &str, person| {
            Fields::parse(format!("once={text}").as_bytes()).new_id::<ids::ScheduleId>(person, &random, now)
        };
        assert_eq!(id(&format!("{begun}&name=a"), &ada), id(&format!("{begun}&name=a"), &ada));
        assert_ne!(id(&format!("{begun}&name=a"), &ada), id(&format!("{begun}&name=b"), &ada));
        assert_ne!(id(begun.as_str(), &ada), id(begun.as_str(), &chie));
        assert_ne!(id("x", &ada), id("x", &ada));
    }

    #[test]
    fn bytes_that_are_no_text_do_not_break_a_form() {
        assert!(Fields::parse(b"a=%FF%00&%zz").has("a"));
        assert_eq!(Fields::of_address("a%00=x%00y").get("a"), "xy");
    }
}

//! Forms as people fill them in: the plain fields that a browser sends.
//!
//! A form that does not fit comes back as it was typed, with every message at once
//! ([`Errors`](super::components::Errors)); nothing is lost.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;

use super::Error;

/// The fields of a posted form, in the order in which they were sent; a name may come more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`, from a body or a query string. A character of zero, which no
    /// text has and PostgreSQL refuses, is left out.
    pub fn parse(encoded: &[u8]) -> Self {
        let text = |text: std::borrow::Cow<'_, str>| {
            if text.contains('\0') { text.replace('\0', "") } else { text.into_owned() }
        };
        Self(url::form_urlencoded::parse(encoded).map(|(name, value)| (text(name), text(value))).collect())
    }

    /// The first value of this name; an empty text when it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The first value of this name without the blanks around it.
    pub fn trimmed(&self, name: &str) -> &str {
        self.get(name).trim()
    }

    /// All values of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether this name was sent at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
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
            return Err(Error::Invalid("This address takes plain forms only.".to_owned()));
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            axum::http::StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
            _ => Error::Invalid("The form did not arrive whole. Send it again.".to_owned()),
        })?;
        Ok(Self::parse(&body))
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
    fn bytes_that_are_no_text_do_not_break_a_form() {
        assert!(Fields::parse(b"a=%FF%00&%zz").has("a"));
        assert_eq!(Fields::parse(b"a%00=x%00y").get("a"), "xy");
    }
}

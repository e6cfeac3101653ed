//! Lenient parsing of query strings, and paging for all lists.
//!
//! An empty value counts as absent (`minCreationTime=`), booleans are case-insensitive, unknown names are ignored.
//! `nextToken` is opaque to callers; here it contains the key of the last returned item, so that a page starts at the
//! right place even if items were added or removed in between. The literal texts `None` and `null` mean no token:
//! published clients send them.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::errors::Refusal;
use super::json::{Fields, flag_from};

/// The maximum and default page size; larger ones are refused.
const PAGE_LIMIT: usize = 100;

/// The query string of a request.
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

impl Query {
    /// Parses a query string or form body.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// Parses a form body, or the names in `fields` from a JSON object: clients send either.
    pub(crate) fn parse_any(body: &[u8], fields: &[&str]) -> Result<Self, Refusal> {
        if !body.trim_ascii_start().starts_with(b"{") {
            return Ok(Self::parse(body));
        }
        let sent = Fields::parse(body)?;
        let mut pairs = Vec::new();
        for name in fields {
            pairs.extend(sent.text(name)?.map(|text| ((*name).to_owned(), text)));
        }
        Ok(Self(pairs))
    }

    /// The first nonempty value of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.trim().is_empty()).map(|(_, value)| value.as_str())
    }

    /// A boolean, `false` if absent.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        let Some(text) = self.get(name) else { return Ok(false) };
        flag_from(text).ok_or_else(|| Refusal::bad(format!("{name} must be true or false.")))
    }

    /// The page requested by `limit` and `nextToken`.
    pub(crate) fn page(&self) -> Result<Page, Refusal> {
        Page::read("limit", self.get("limit"), self.get("nextToken"))
    }
}

/// The requested part of a list.
pub(crate) struct Page {
    after: Option<String>,
    limit: usize,
}

/// The order of a list by key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Ascending,
    Descending,
}

impl Page {
    /// Parses a page request; the limit's parameter is called `name`.
    pub(crate) fn read(name: &str, limit: Option<&str>, token: Option<&str>) -> Result<Self, Refusal> {
        let limit = match limit.map(|text| text.trim().parse()) {
            None => PAGE_LIMIT,
            Some(Ok(limit)) if (1..=PAGE_LIMIT).contains(&limit) => limit,
            Some(_) => return Err(Refusal::bad(format!("{name} must be a number from 1 to {PAGE_LIMIT}."))),
        };
        let token = token.filter(|token| !matches!(*token, "" | "None" | "null"));
        Ok(Self { after: token.map(read_token).transpose()?, limit })
    }

    /// Whether it is a whole list of so many items.
    pub(crate) const fn is_all(&self, items: usize) -> bool {
        self.after.is_none() && self.limit >= items
    }

    /// The page's items from a list sorted by unique keys in `order`, and the token of the next page.
    pub(crate) fn cut<T>(&self, items: impl Iterator<Item = (String, T)>, order: Order) -> (Vec<T>, Option<String>) {
        let mut rest = items.skip_while(|(key, _)| match (&self.after, order) {
            (None, _) => false,
            (Some(after), Order::Ascending) => key <= after,
            (Some(after), Order::Descending) => key >= after,
        });
        let mut last = None;
        let mut page = Vec::new();
        for (key, item) in rest.by_ref().take(self.limit) {
            last = Some(key);
            page.push(item);
        }
        let more = rest.next().is_some();
        (page, last.filter(|_| more).map(|key| write_token(&key)))
    }
}

fn write_token(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("after {key}"))
}

fn read_token(token: &str) -> Result<String, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let key = text.as_deref().and_then(|text| text.strip_prefix("after ")).map(str::to_owned);
    key.ok_or_else(|| Refusal::bad("nextToken is not valid."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(query: &str, order: Order) -> (Vec<u32>, Option<String>) {
        let mut numbers: Vec<u32> = (1..=5).collect();
        if order == Order::Descending {
            numbers.reverse();
        }
        let items = numbers.into_iter().map(|number| (number.to_string(), number));
        Query::parse(query.as_bytes()).page().unwrap().cut(items, order)
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        for (order, expected) in [(Order::Ascending, [1, 2, 3, 4, 5]), (Order::Descending, [5, 4, 3, 2, 1])] {
            let (mut seen, mut token) = cut("limit=2", order);
            while let Some(next) = token {
                let (page, following) = cut(&format!("limit=2&nextToken={next}"), order);
                seen.extend(page);
                token = following;
            }
            assert_eq!(seen, expected);
        }
    }

    #[test]
    fn an_exact_last_page_has_no_token() {
        assert_eq!(cut("limit=5", Order::Ascending).1, None);
    }

    #[test]
    fn the_literal_none_is_no_token() {
        assert_eq!(cut("nextToken=None&limit=", Order::Ascending).0.len(), 5);
        assert_eq!(cut("nextToken=", Order::Ascending).0.len(), 5);
    }

    #[test]
    fn odd_limits_and_tokens_are_refused() {
        for odd in ["limit=0", "limit=101", "limit=x", "nextToken=!!", "nextToken=abc"] {
            assert!(Query::parse(odd.as_bytes()).page().is_err(), "{odd}");
        }
    }
}

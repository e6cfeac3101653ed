//! Parses Amazon's JSON without trusting its structure: wrappers, pages, and objects field by field.
//!
//! Fields are read one by one instead of by derived deserialization, because one field of an undocumented type must
//! not make the whole response fail: such a field is kept with the unknown ones.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Map, Value};

use super::error::{Error, ErrorKind, Unreadable};

/// The maximum number of pages of a list; with 100 entries each, far above Amazon's own limits (4,000 instances per
/// account). A longer list is an error, never truncated.
pub const MAX_PAGES: usize = 200;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The number of entries without the documented structure, such as one without an id. The other entries are still
    /// returned.
    pub skipped: usize,
    /// The token of the next page; `None` on the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Reads the list `name` and the token of the next page: null, absent and empty all mean the end.
    pub(super) fn read(
        answer: Value,
        name: &str,
        mut item: impl FnMut(Fields) -> Result<T, Unreadable>,
    ) -> Result<Self, Unreadable> {
        let mut fields = Fields::of(answer)?;
        let next = fields.text("nextToken").filter(|token| !token.is_empty());
        // OK because a null list is an empty one, while a response without it is an error.
        let items = match fields.rest.remove(name).ok_or(Unreadable::Shape)? {
            Value::Null => Vec::new(),
            Value::Array(items) => items,
            _ => return Err(Unreadable::Shape),
        };
        let listed = items.len();
        let items: Vec<T> = items.into_iter().filter_map(|entry| item(Fields::of(entry).ok()?).ok()).collect();
        Ok(Self { skipped: listed - items.len(), items, next })
    }
}

/// A whole list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    pub items: Vec<T>,
    /// The number of entries without the documented structure.
    pub skipped: usize,
}

/// Reads the pages of a list to its end, and detects loops.
#[derive(Debug)]
struct Walk<T> {
    items: Vec<T>,
    skipped: usize,
    seen: HashSet<String>,
}

/// All items of a list, where `page` requests the page for a token, at most [`MAX_PAGES`] pages.
pub(super) async fn all_pages<T, F: Future<Output = Result<Page<T>, Error>>>(
    mut page: impl FnMut(Option<String>) -> F,
) -> Result<Listing<T>, Error> {
    let mut walk = Walk::new();
    let mut next = None;
    loop {
        next = walk.take(page(next).await?)?;
        if next.is_none() {
            return Ok(Listing { items: walk.items, skipped: walk.skipped });
        }
    }
}

impl<T> Walk<T> {
    fn new() -> Self {
        Self { items: Vec::new(), skipped: 0, seen: HashSet::new() }
    }

    /// Adds a page, and returns the token of the next one.
    fn take(&mut self, page: Page<T>) -> Result<Option<String>, Error> {
        self.items.extend(page.items);
        self.skipped += page.skipped;
        let Some(next) = page.next else { return Ok(None) };
        if !self.seen.insert(next.clone()) {
            return Err(Unreadable::EndlessPages.into());
        }
        if self.seen.len() >= MAX_PAGES {
            return Err(Unreadable::TooLarge.into());
        }
        Ok(Some(next))
    }
}

/// Parses JSON regardless of the declared content type.
pub(super) fn json(body: &[u8]) -> Result<Value, Unreadable> {
    serde_json::from_slice(body).map_err(|error| {
        let begins_like_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
        if error.is_eof() && begins_like_json { Unreadable::HalfABody } else { Unreadable::NotJson }
    })
}

/// A JSON object whose fields are taken one by one; the rest remains.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    rest: Map<String, Value>,
}

impl Fields {
    /// The object, or an error when it is none.
    pub(super) fn of(value: Value) -> Result<Self, Unreadable> {
        match value {
            Value::Object(rest) => Ok(Self { rest }),
            _ => Err(Unreadable::Shape),
        }
    }

    /// The object, or the one inside it under `wrapper` or under its only name: the schema wraps single objects, the
    /// service doesn't always.
    pub(super) fn unwrapped(value: Value, wrapper: &str) -> Result<Self, Unreadable> {
        let mut outer = Self::of(value)?;
        let only = outer.rest.keys().next().filter(|_| outer.rest.len() == 1).cloned();
        for name in [Some(wrapper.to_owned()), only].into_iter().flatten() {
            if outer.rest.get(&name).is_some_and(Value::is_object) {
                return Self::of(outer.rest.remove(&name).unwrap_or_default());
            }
        }
        Ok(outer)
    }

    /// A required, nonempty text.
    pub(super) fn required(&mut self, name: &str) -> Result<String, Unreadable> {
        self.text(name).filter(|text| !text.is_empty()).ok_or(Unreadable::Shape)
    }

    /// A text; a number counts as its digits.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, |value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }

    /// A whole number, also when written as a text.
    pub(super) fn number(&mut self, name: &str) -> Option<i64> {
        self.take(name, |value| value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()))
    }

    /// A boolean, also when written as a text in any case.
    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        self.take(name, |value| value.as_bool().or_else(|| value.as_str()?.trim().to_ascii_lowercase().parse().ok()))
    }

    /// An instant; without an offset it is in UTC, as AMC means it.
    pub(super) fn instant(&mut self, name: &str) -> Option<DateTime<Utc>> {
        self.take(name, |value| {
            let text = value.as_str()?;
            let exact = DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc());
            exact.ok().or_else(|| text.parse::<NaiveDateTime>().ok().map(|local| local.and_utc()))
        })
    }

    pub(super) fn object(&mut self, name: &str) -> Option<Fields> {
        let rest = self.take(name, |value| value.as_object().cloned())?;
        Some(Self { rest })
    }

    /// A list of objects; if `item` fails for an entry, the whole list stays among the unknown fields.
    pub(super) fn list<T>(&mut self, name: &str, item: impl Fn(Fields) -> Result<T, Unreadable>) -> Vec<T> {
        let read =
            |value: &Value| value.as_array()?.iter().map(|entry| item(Fields::of(entry.clone()).ok()?).ok()).collect();
        self.take(name, read).unwrap_or_default()
    }

    /// The remaining fields.
    pub(super) fn rest(self) -> Map<String, Value> {
        self.rest
    }

    fn take<T>(&mut self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let taken = read(self.rest.get(name)?)?;
        // OK because removal that keeps the order is linear in a handful of fields.
        self.rest.shift_remove(name);
        Some(taken)
    }
}

impl From<Unreadable> for ErrorKind {
    fn from(what: Unreadable) -> Self {
        Self::Unreadable(what)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(answer: Value) -> Result<Page<String>, Unreadable> {
        Page::read(answer, "things", |mut thing| thing.required("id"))
    }

    #[test]
    fn a_list_ends_at_a_token_that_is_null_absent_or_empty() {
        for end in
            [json!({"things": []}), json!({"things": null, "nextToken": null}), json!({"things": [], "nextToken": ""})]
        {
            assert_eq!(page(end.clone()).unwrap(), Page { items: vec![], skipped: 0, next: None }, "{end}");
        }
        let more = page(json!({"things": [{"id": "a"}], "nextToken": "t"})).unwrap();
        assert_eq!(more, Page { items: vec!["a".to_owned()], skipped: 0, next: Some("t".to_owned()) });
    }

    #[test]
    fn an_answer_without_the_list_is_not_an_empty_list() {
        for other in [json!({"message": "no"}), json!([]), json!("x"), json!(null), json!({"things": {}})] {
            assert_eq!(page(other.clone()).unwrap_err(), Unreadable::Shape, "{other}");
        }
    }

    #[test]
    fn an_odd_entry_is_skipped_and_counted() {
        let read = page(json!({"things": [{}, {"id": "a"}, null, "x", {"id": ""}, {"id": "b"}]})).unwrap();
        assert_eq!((read.items.join(" "), read.skipped), ("a b".to_owned(), 4));
    }

    #[test]
    fn walking_stops_at_a_repeated_token_and_at_the_limit() {
        let to = |next: &str| Page { items: vec![1], skipped: 0, next: Some(next.to_owned()) };
        let mut walk = Walk::new();
        assert_eq!(walk.take(to("a")).unwrap().as_deref(), Some("a"));
        assert_eq!(walk.take(to("b")).unwrap().as_deref(), Some("b"));
        assert_eq!(walk.take(to("a")).unwrap_err().kind(), &ErrorKind::Unreadable(Unreadable::EndlessPages));

        let mut walk = Walk::new();
        let stopped = (0..).find_map(|page| walk.take(to(&page.to_string())).err().map(|error| (page, error)));
        let (page, error) = stopped.unwrap();
        assert_eq!((page, error.kind()), (MAX_PAGES - 1, &ErrorKind::Unreadable(Unreadable::TooLarge)));
    }

    #[test]
    fn a_wrapper_is_taken_off_when_there_is_one() {
        let id = |value| Fields::unwrapped(value, "thing").unwrap().required("id").unwrap();
        assert_eq!(id(json!({"id": "flat", "more": {}})), "flat");
        assert_eq!(id(json!({"thing": {"id": "named"}, "requestId": "r"})), "named");
        assert_eq!(id(json!({"other": {"id": "only"}})), "only");
        assert_eq!(Fields::unwrapped(json!([]), "thing").unwrap_err(), Unreadable::Shape);
    }

    #[test]
    fn a_field_is_read_leniently_or_left_where_it_is() {
        let mut fields = Fields::of(json!({
            "digits": 12, "number": "34", "boolean": "True", "zoned": "2024-01-20T05:00:00.123456789Z",
            "bare": "2024-01-20T05:00:00", "odd": ["?"], "unknown": {"kept": true},
        }))
        .unwrap();
        assert_eq!(fields.text("digits").unwrap(), "12");
        assert_eq!(fields.number("number"), Some(34));
        assert_eq!(fields.boolean("boolean"), Some(true));
        assert_eq!(fields.instant("zoned").unwrap().timestamp(), 1_705_726_800);
        assert_eq!(fields.instant("bare").unwrap().timestamp(), 1_705_726_800);
        assert_eq!(fields.boolean("odd"), None);
        assert_eq!(fields.text("odd"), None);
        assert_eq!(Value::Object(fields.rest()), json!({"odd": ["?"], "unknown": {"kept": true}}));
    }

    #[test]
    fn half_an_object_is_distinguished_from_a_page_of_html() {
        assert_eq!(json(br#"{"things": [{"id""#).unwrap_err(), Unreadable::HalfABody);
        assert_eq!(json(b"<html></html>").unwrap_err(), Unreadable::NotJson);
        assert_eq!(json(b"").unwrap_err(), Unreadable::NotJson);
        let deep = "[".repeat(100_000);
        assert_eq!(json(deep.as_bytes()).unwrap_err(), Unreadable::NotJson);
    }
}

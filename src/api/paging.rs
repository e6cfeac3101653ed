//! Pages of lists, and opaque cursors.
//!
//! A cursor is sealed with the key ring and bound to the person, the list and its filters: one that was changed, or
//! that belongs elsewhere, can't be opened.

use std::str::FromStr;

use axum::http::StatusCode;
use axum::http::header::LINK;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reply::{Conditions, Failure, Result, tagged};
use super::schema::{Components, Described, object};
use crate::db::PageRange;
use crate::ids::PersonId;
use crate::vault::{Secret, Vault};
use crate::web::list::ListParams;
use crate::web::{Error, Problem};

/// Items of a page without `limit`, and the most that `limit` may be.
const USUAL: i64 = 50;
pub(super) const MOST: i64 = 500;
/// A longer text isn't a cursor.
const LONGEST: usize = 2_000;

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Start {
    /// After so many items.
    Skip(i64),
    /// After the item with this time, in microseconds, and this id.
    After(i64, String),
}

impl Start {
    /// After the item with this time and this ID.
    pub(super) fn after(at: DateTime<Utc>, id: &impl ToString) -> Self {
        Self::After(at.timestamp_micros(), id.to_string())
    }
}

/// A page of a list, as JSON.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl<T: Described> Described for Page<T> {
    fn schema(components: &mut Components) -> Value {
        let items = json!({ "type": "array", "items": T::schema(components) });
        let about = "Cursor of the next page; null on the last one. Also in the Link header.";
        let cursor = json!({ "type": ["string", "null"] });
        object("A page of a list.", vec![("items", "", true, items), ("next_cursor", about, true, cursor)])
    }
}

/// The requested page.
#[derive(Clone, Debug)]
pub(super) struct Paging {
    limit: i64,
    start: Option<Start>,
    /// The address without `cursor`.
    address: String,
    place: String,
}

impl Paging {
    /// Reads `limit` and `cursor`. Call it after the filters were read: an invalid parameter is an error.
    pub(super) fn read(vault: &Vault, person: &PersonId, params: &ListParams) -> Result<Self> {
        params.strict()?;
        let fields = params.fields();
        let limit = match fields.trimmed("limit") {
            "" => USUAL,
            text => text
                .parse()
                .ok()
                .filter(|limit| (1..=MOST).contains(limit))
                .ok_or_else(|| Error::Invalid(format!("limit must be a number from 1 to {MOST}.")))?,
        };
        let mut filters: Vec<(&str, &str)> =
            fields.iter().filter(|(name, _)| !matches!(*name, "cursor" | "limit")).collect();
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&filters);
        if fields.has("limit") {
            query.append_pair("limit", &limit.to_string());
        }
        let address = format!("{}?{}", params.here().path(), query.finish());
        filters.sort_unstable();
        let place = format!("{} {filters:?} {person}", params.here().path());
        let start = match fields.get("cursor") {
            "" => None,
            text => Some(opened(vault, text, &place).ok_or_else(invalid)?),
        };
        Ok(Self { limit, start, address, place })
    }

    /// The rows to read: one more than the page has, which tells whether there is another page.
    pub(super) fn range(&self) -> PageRange {
        let skip = if let Some(Start::Skip(skip)) = self.start { skip } else { 0 };
        PageRange { skip, most: self.limit + 1 }
    }

    /// The time and the ID after which it begins, for a list in their order.
    pub(super) fn after<T: FromStr>(&self) -> Option<(DateTime<Utc>, T)> {
        let Some(Start::After(micros, id)) = &self.start else { return None };
        DateTime::from_timestamp_micros(*micros).zip(id.parse().ok())
    }

    /// The page of rows in memory.
    pub(super) fn cut<T>(&self, rows: impl Iterator<Item = T>) -> Vec<T> {
        let PageRange { skip, most } = self.range();
        let size = |number: i64| usize::try_from(number).unwrap_or(0);
        rows.skip(size(skip)).take(size(most)).collect()
    }

    /// The answer with the rows of [`Paging::range`].
    pub(super) fn answer<T: Serialize>(self, vault: &Vault, conditions: &Conditions, rows: Vec<T>) -> Result<Response> {
        let skip = self.range().skip;
        let limit = self.limit;
        self.answer_from(vault, conditions, rows, |_| Start::Skip(skip + limit))
    }

    /// The same for a list that continues after its last row.
    pub(super) fn answer_from<T: Serialize>(
        self,
        vault: &Vault,
        conditions: &Conditions,
        mut rows: Vec<T>,
        after: impl FnOnce(&T) -> Start,
    ) -> Result<Response> {
        let size = usize::try_from(self.limit).unwrap_or(0);
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| has_more).map(after);
        let next_cursor = next.map(|start| {
            // OK because these values can be JSON.
            let text = serde_json::to_string(&start).unwrap_or_default();
            vault.seal(&Secret::new(text), &self.place)
        });
        let link = next_cursor.as_ref().map(|cursor| {
            let separator = if self.address.ends_with('?') { "" } else { "&" };
            format!("<{}{separator}cursor={cursor}>; rel=\"next\"", self.address)
        });
        // The cursor has another text each time, so it isn't part of the tag.
        let tag = json!({ "items": rows, "more": has_more });
        let mut response = tagged(conditions, StatusCode::OK, &tag, &Page { items: rows, next_cursor })?;
        if let Some(link) = link.and_then(|link| link.parse().ok()) {
            response.headers_mut().insert(LINK, link);
        }
        Ok(response)
    }
}

fn opened(vault: &Vault, text: &str, place: &str) -> Option<Start> {
    let open = Some(text).filter(|text| text.len() <= LONGEST).and_then(|text| vault.open(text, place).ok())?;
    serde_json::from_str(open.expose()).ok()
}

fn invalid() -> Failure {
    let detail = "This cursor isn't valid: it was changed, or belongs to another list or to other filters. Use \
                  next_cursor of the page before with the same filters, or leave cursor out to start again.";
    Problem::new(StatusCode::BAD_REQUEST, "invalid-cursor", detail).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Random;

    #[test]
    fn a_cursor_opens_only_where_it_was_given_and_as_it_was() {
        let random = Random::system();
        let key = "A".repeat(43);
        let vault = Vault::from_text(&key, &random).unwrap();
        let ada: PersonId = random.id(chrono::DateTime::UNIX_EPOCH);
        let ben: PersonId = random.id(chrono::DateTime::UNIX_EPOCH);
        let read = |person: &PersonId, query: &str| {
            Paging::read(&vault, person, &ListParams::read("/api/executions", query)).ok()
        };
        let first = read(&ada, "state=failed&limit=2").unwrap();
        assert_eq!(first.range(), PageRange { skip: 0, most: 3 });
        let cursor = vault.seal(&Secret::new("{\"Skip\":2}"), &first.place);
        let next = read(&ada, &format!("cursor={cursor}&state=failed")).unwrap();
        assert_eq!(next.range().skip, 2);
        let slip = cursor.replace(cursor.chars().last().unwrap(), "_");
        for query in
            [format!("cursor={cursor}&state=active"), format!("state=failed&cursor={slip}"), "cursor=x".to_owned()]
        {
            assert!(read(&ada, &query).is_none(), "{query}");
        }
        assert!(read(&ben, &format!("cursor={cursor}&state=failed")).is_none());
        assert!(
            read(&ada, "limit=0").is_none() && read(&ada, "limit=501").is_none() && read(&ada, "limit=x").is_none()
        );
    }
}

//! List parameters from an address.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;

use super::days::{self, Days};
use crate::db::PageRange;
use crate::web::components::{Address, Pager, SortLink};
use crate::web::{Error, Fields, Result};

/// Maximum length of a search text, in characters; the rest is ignored, and the page says so.
const LONGEST: usize = 200;
/// Rows are counted at least this far beyond the page; further ones are shown as "more than".
const COUNTED: u64 = 10_000;
/// How many characters of an invalid value are shown.
const EXCERPT: usize = 40;

/// The list parameters of a request. As an extractor it never fails.
///
/// Values are read one by one, each once; invalid ones are recorded as faults and ignored.
#[derive(Clone, Debug)]
pub struct ListParams {
    here: Address,
    fields: Fields,
    faults: Vec<String>,
    narrows: bool,
}

/// What the macros of `templates/lists.html` render around the rows of a list.
#[derive(Clone, Debug)]
pub struct List {
    /// The list's address without parameters.
    pub path: String,
    /// Why parts of the address were ignored, in sentences.
    pub faults: Vec<String>,
    /// Whether any filter is active.
    pub is_filtered: bool,
    /// Parameters without an input in the toolbar, which it keeps.
    pub kept: Vec<(String, String)>,
    /// The address of the filtered rows as CSV.
    pub csv: String,
    /// The same as JSON.
    pub json: String,
}

/// A requested page of a list, before the number of rows is known.
#[derive(Clone, Debug)]
pub struct PageRequest {
    here: Address,
    page: u64,
    size: u64,
}

impl ListParams {
    /// Parses an address: its path and its raw query string.
    pub fn read(path: &str, query: &str) -> Self {
        Self { here: Address::new(path, query), fields: Fields::of_address(query), faults: Vec::new(), narrows: false }
    }

    /// The same without one-time parameters, such as a message.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.here = names.iter().fold(self.here, |here, name| here.with(name, ""));
        self
    }

    pub const fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The current address, for deriving others.
    pub const fn here(&self) -> &Address {
        &self.here
    }

    /// A search text; empty for none.
    pub fn text(&mut self, name: &str) -> String {
        // OK to drop NUL: nothing that is stored contains one, and PostgreSQL doesn't accept it.
        let whole = self.fields.trimmed(name).replace('\0', "");
        let text: String = whole.chars().take(LONGEST).collect();
        if text.len() < whole.len() {
            self.faults.push(format!("Only the first {LONGEST} characters were searched for."));
        }
        self.narrows |= !text.is_empty();
        text
    }

    /// A value parsed by `read`; `what` is its label (“day”, “state”).
    pub fn value<T>(&mut self, name: &str, what: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.fields.trimmed(name);
        if text.is_empty() {
            return None;
        }
        let value = read(text);
        match value {
            Some(_) => self.narrows = true,
            None => self.faults.push(format!("“{}” isn't a valid {what}, so this filter was ignored.", excerpt(text))),
        }
        value
    }

    /// An id; `what` is the kind of thing (“instance”).
    pub fn id<T: FromStr>(&mut self, name: &str, what: &str) -> Option<T> {
        self.value(name, &format!("{what} ID"), |text| text.parse().ok())
    }

    /// Whether a flag has its only possible value.
    pub fn is(&mut self, name: &str, value: &str) -> bool {
        self.value(name, &format!("value of `{name}`"), |text| (text == value).then_some(())).is_some()
    }

    /// Which view of the list the address requests: one of `known`, or the default.
    pub fn view<'a>(&mut self, name: &str, known: &[&'a str]) -> Option<&'a str> {
        let text = self.fields.trimmed(name);
        let view = known.iter().find(|view| **view == text).copied();
        if view.is_none() && !text.is_empty() {
            self.faults.push(format!("“{}” isn't a valid value of `{name}`, so it was ignored.", excerpt(text)));
        }
        view
    }

    /// The range from `from` to `until`.
    pub fn days(&mut self) -> Days {
        let what = "date, such as 2026-03-18";
        let days = Days { from: self.value("from", what, days::read), until: self.value("until", what, days::read) };
        if days.from.zip(days.until).is_some_and(|(from, until)| from > until) {
            self.faults.push("The first day is after the last day, so nothing matches.".to_owned());
        }
        days
    }

    /// The sort column, with a leading `-` for descending order; `otherwise` unless the address names one of
    /// `columns`.
    pub fn sort(&mut self, columns: &[&str], otherwise: &str) -> String {
        let text = self.fields.trimmed("sort");
        if columns.contains(&text.strip_prefix('-').unwrap_or(text)) {
            return text.to_owned();
        }
        if !text.is_empty() {
            self.faults.push(format!(
                "“{}” isn't a column that this list can be sorted by, so the usual order is shown.",
                excerpt(text)
            ));
        }
        otherwise.to_owned()
    }

    /// The header of a column in a list that is sorted by `sort`.
    pub fn head(&self, column: &str, sort: &str) -> SortLink {
        SortLink::new(&self.here, column, sort)
    }

    /// The requested page, with `size` rows per page.
    pub fn page(&mut self, size: u64) -> PageRequest {
        PageRequest { here: self.here.clone(), page: self.number("page").unwrap_or(1), size }
    }

    /// The same, if the address may request another page size, up to `most`.
    pub fn page_of_size(&mut self, size: u64, most: u64) -> PageRequest {
        let size = self.number("size").unwrap_or(size).min(most);
        self.page(size)
    }

    fn number(&mut self, name: &str) -> Option<u64> {
        let text = self.fields.trimmed(name);
        if text.is_empty() {
            return None;
        }
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        // OK because any page beyond the last one becomes the last one.
        let number = is_number.then(|| text.parse().unwrap_or(u64::MAX)).filter(|number| *number >= 1);
        if number.is_none() {
            self.faults.push(format!("“{}” isn't a valid number for `{name}`, so it was ignored.", excerpt(text)));
        }
        number
    }

    /// Whether any filter was read.
    pub const fn narrows(&self) -> bool {
        self.narrows
    }

    /// What the page shows around the rows. `kept` names the parameters without an input in the toolbar.
    pub fn list(&self, kept: &[&str]) -> List {
        let file = |ending: &str| {
            let path = format!("{}.{ending}", self.here.path());
            self.here.at(path).with("page", "").with("size", "").to_string()
        };
        let is_kept = |(name, _): &&(String, String)| kept.contains(&name.as_str());
        List {
            path: self.here.path().to_owned(),
            faults: self.faults.clone(),
            is_filtered: self.narrows,
            kept: self.here.fields().iter().filter(is_kept).cloned().collect(),
            csv: file("csv"),
            json: file("json"),
        }
    }

    /// Fails on invalid parameters, which a page would report and ignore: for exports, which must contain exactly
    /// what was requested.
    pub fn strict(&self) -> Result<()> {
        if self.faults.is_empty() {
            return Ok(());
        }
        // The consequence for a page, after the last comma, isn't that for a file.
        let cause = |fault: &String| match fault.rsplit_once(", so ") {
            Some((cause, _)) => format!("{cause}. "),
            None => format!("{fault} "),
        };
        let causes: String = self.faults.iter().map(cause).collect();
        Err(Error::Invalid(format!("{causes}Correct the address and try again.")))
    }
}

impl<S: Sync> FromRequestParts<S> for ListParams {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        Ok(Self::read(uri.path(), uri.query().unwrap_or_default()))
    }
}

impl PageRequest {
    /// How far rows have to be counted: long lists aren't counted completely.
    pub fn most(&self) -> i64 {
        let most = self.page.saturating_mul(self.size).saturating_add(COUNTED);
        i64::try_from(most).unwrap_or(i64::MAX)
    }

    /// The number of the page, from 1; there may be fewer pages.
    pub const fn number(&self) -> u64 {
        self.page
    }

    /// The pagination for rows that were counted up to [`PageRequest::most`].
    pub fn pager(&self, counted: i64) -> Pager {
        let counted = u64::try_from(counted).unwrap_or(0);
        Pager::counted_to(self.most().unsigned_abs(), &self.here, self.page, self.size, counted)
    }

    /// The pagination and the page's rows, if all rows are in memory.
    pub fn cut<L>(&self, lines: Vec<L>) -> (Pager, Vec<L>) {
        let pager = Pager::new(&self.here, self.page, self.size, lines.len() as u64);
        let PageRange { skip, most } = pager.range();
        let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        let lines = lines.into_iter().skip(size(skip)).take(size(most)).collect();
        (pager, lines)
    }
}

/// The beginning of an input.
fn excerpt(text: &str) -> String {
    let mut excerpt: String = text.chars().filter(|letter| !letter.is_control()).take(EXCERPT).collect();
    excerpt.push_str(if text.chars().nth(EXCERPT).is_some() { "…" } else { "" });
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> ListParams {
        ListParams::read("/things", query)
    }

    #[test]
    fn what_is_asked_for_is_used_and_kept_in_every_link() {
        let mut params = params("q=+a%26b+&from=2026-03-01&kind=x&sort=-name&page=2&size=7&done=1").without(&["done"]);
        assert_eq!(params.text("q"), "a&b");
        assert!(params.days().from.is_some() && params.is("kind", "x"));
        let sort = params.sort(&["name"], "");
        assert_eq!(params.head("name", &sort).href, "/things?q=+a%26b+&from=2026-03-01&kind=x&size=7&sort=name");
        let (pager, lines) = params.page_of_size(50, 100).cut((0..20).collect());
        assert_eq!((pager.page, lines), (2, (7..14).collect()));
        let list = params.list(&["sort", "kind"]);
        assert!(list.is_filtered && list.faults.is_empty());
        assert_eq!(list.csv, "/things.csv?q=+a%26b+&from=2026-03-01&kind=x&sort=-name");
        assert_eq!(list.kept, [("kind", "x"), ("sort", "-name")].map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert!(params.strict().is_ok());
    }

    #[test]
    fn what_cannot_be_used_is_reported_and_refuses_a_file() {
        let mut params = params("from=never&until=2026-13-01&kind=z&sort=size&page=0&size=-1");
        assert_eq!(
            (params.days(), params.is("kind", "x"), params.sort(&["name"], "name")),
            (Days::default(), false, "name".to_owned())
        );
        let (pager, _) = params.page_of_size(50, 100).cut(vec![1]);
        assert_eq!((pager.page, pager.pages), (1, 1));
        assert_eq!(params.list(&[]).faults.len(), 6, "{:?}", params.faults);
        let refusal = format!("{:?}", params.strict().unwrap_err());
        assert!(
            !params.narrows()
                && refusal.contains("“z” isn't a valid value of `kind`. ")
                && !refusal.contains("ignored")
        );
    }

    #[test]
    fn a_reversed_span_a_long_text_and_a_page_beyond_the_last_are_reported_or_repaired() {
        let mut reversed = params("from=2026-03-02&until=2026-03-01");
        reversed.days();
        assert_eq!(reversed.faults.len(), 1);
        let mut long = params(&format!("q={}", "ü".repeat(201)));
        assert_eq!((long.text("q").chars().count(), long.faults.len()), (200, 1));
        let far = params("page=99999999999999999999").page(10).pager(25);
        assert_eq!((far.page, far.range()), (3, PageRange { skip: 20, most: 10 }));
        assert_eq!(excerpt(&"x".repeat(90)).chars().count(), EXCERPT + 1);
    }
}

//! Pages of lists: page number and size from the address, and the addresses around them.

use super::forms::Fields;

/// Rows of a page unless the address asks for another number.
pub const SIZE: i64 = 50;
/// Most rows of a page; an address that asks for more gets this many.
pub const MOST: i64 = 500;

/// Which rows of a list are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub number: i64,
    /// Rows a page.
    pub size: i64,
}

impl Page {
    /// Reads `page` and `size`; what is not a sensible number counts as not given.
    pub fn from_fields(fields: &Fields) -> Self {
        let number = |name: &str, default: i64| fields.trimmed(name).parse().ok().filter(|n| *n >= 1).unwrap_or(default);
        Self { number: number("page", 1).min(10_000_000), size: number("size", SIZE).min(MOST) }
    }

    /// Rows before this page.
    pub fn offset(self) -> i64 {
        (self.number - 1) * self.size
    }
}

/// The way to the other pages of a list of known length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    /// The page that is shown, from 1.
    pub number: i64,
    /// How many pages there are, at least 1.
    pub pages: i64,
    /// How many rows there are on all pages.
    pub total: i64,
    /// The first shown row, from 1; 0 when there is none.
    pub first: i64,
    /// The last shown row.
    pub last: i64,
    /// The address of the page before.
    pub previous: Option<String>,
    /// The address of the page after.
    pub next: Option<String>,
}

impl Pager {
    /// Around `page` of `total` rows; the addresses keep all other fields of the query string.
    pub fn new(page: Page, total: i64, path: &str, fields: &Fields) -> Self {
        let pages = (total + page.size - 1).div_euclid(page.size).max(1);
        let number = page.number.min(pages);
        let first = if total == 0 { 0 } else { (number - 1) * page.size + 1 };
        let to = |number: i64| with(path, fields, &[("page", &number.to_string())]);
        Self {
            number,
            pages,
            total,
            first,
            last: (number * page.size).min(total),
            previous: (number > 1).then(|| to(number - 1)),
            next: (number < pages).then(|| to(number + 1)),
        }
    }
}

/// `path` with the fields, of which the given ones are replaced; an empty value leaves its field out.
pub fn with(path: &str, fields: &Fields, changes: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let kept = fields.iter().filter(|(name, value)| !value.is_empty() && !changes.iter().any(|(key, _)| key == name));
    for (name, value) in kept.chain(changes.iter().copied().filter(|(_, value)| !value.is_empty())) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pager_keeps_filters_and_stays_inside_the_list() {
        let fields = Fields::parse(b"state=failed&page=9&size=10");
        let pager = Pager::new(Page::from_fields(&fields), 25, "/executions", &fields);
        assert_eq!((pager.number, pager.pages, pager.first, pager.last), (3, 3, 21, 25));
        assert_eq!(pager.previous.as_deref(), Some("/executions?state=failed&size=10&page=2"));
        assert_eq!(pager.next, None);
    }

    #[test]
    fn nonsense_in_the_address_is_the_first_page() {
        for query in ["page=0", "page=-3", "page=x&size=", "size=0"] {
            assert_eq!(Page::from_fields(&Fields::parse(query.as_bytes())), Page { number: 1, size: SIZE }, "{query}");
        }
        assert_eq!(Page::from_fields(&Fields::parse(b"size=100000")).size, MOST);
    }

    #[test]
    fn an_empty_list_has_one_page() {
        let pager = Pager::new(Page { number: 1, size: 10 }, 0, "/queries", &Fields::default());
        assert_eq!((pager.pages, pager.first, pager.last), (1, 0, 0));
    }
}

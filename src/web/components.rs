//! The values that the macros of `templates/components.html` take: states, form errors, addresses
//! that keep the query string, pages of a list, sorted columns, numbers and times in words.
//!
//! Pages compute these, templates only lay them out: a template never joins a query string or
//! counts pages.

use std::fmt::{self, Write as _};

use chrono::TimeDelta;
use url::form_urlencoded;

/// The four states that have a colour, and two without: over on purpose, and not reached yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not started: queued, pending, scheduled.
    Waiting,
    /// Something happens now.
    Running,
    /// Ended well.
    Done,
    /// Ended badly.
    Failed,
    /// Ended on purpose: cancelled, skipped, off.
    Stopped,
    /// Not reached yet, as a later step on a timeline.
    Later,
}

impl State {
    /// The icon that carries the state for those who do not see its colour.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Waiting => "hourglass",
            Self::Running => "loader",
            Self::Done => "circle-check",
            Self::Failed => "circle-x",
            Self::Stopped => "ban",
            Self::Later => "circle-dashed",
        }
    }
}

/// The word used in `data-state`.
impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Later => "later",
        })
    }
}

/// What is wrong with a form, by field name, in the order of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(Vec<(String, String)>);

impl Errors {
    /// No errors.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sentence about the field named `field`; an empty name means the form as a whole.
    pub fn add(&mut self, field: impl Into<String>, sentence: impl Into<String>) {
        self.0.push((field.into(), sentence.into()));
    }

    /// The first sentence about `field`, or the empty text.
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| name == field).map_or("", |(_, sentence)| sentence)
    }

    /// All (field, sentence) pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, sentence)| (field.as_str(), sentence.as_str()))
    }

    /// Whether the form may be used.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many sentences there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// A choice in a select or a group of radio buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the reader sees.
    pub label: String,
}

impl Choice {
    /// A choice that sends `value` and reads `label`.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }

    /// Whether this is the choice whose value is `chosen`.
    pub fn is(&self, chosen: impl AsRef<str>) -> bool {
        self.value == chosen.as_ref()
    }
}

/// A path with its query, from which neighbouring addresses are made.
///
/// ```text
/// Address::new("/executions", "state=failed&page=3").with("page", "4") == "/executions?state=failed&page=4"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Address {
    /// Reads the raw query of a request; what does not decode is replaced, never refused.
    pub fn new(path: impl Into<String>, raw_query: &str) -> Self {
        let pairs = form_urlencoded::parse(raw_query.as_bytes()).into_owned().collect();
        Self { path: path.into(), pairs }
    }

    /// The same address with `name` set to `value`, or without it when `value` is empty.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: Vec<_> = self.pairs.iter().filter(|(known, _)| known != name).cloned().collect();
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self { path: self.path.clone(), pairs }
    }

    /// The same address with one more `name`, beside those that it has.
    #[must_use]
    pub fn and(&self, name: &str, value: &str) -> Self {
        let mut more = self.clone();
        more.pairs.push((name.to_owned(), value.to_owned()));
        more
    }

    /// Its path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its fields, for a form that keeps them: a form that is sent by `GET` replaces the whole query.
    pub fn fields(&self) -> &[(String, String)] {
        &self.pairs
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path)?;
        if self.pairs.is_empty() {
            return Ok(());
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).finish();
        write!(formatter, "?{query}")
    }
}

/// One page of a longer list, with the ways to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager {
    /// This page, from 1.
    pub page: u64,
    /// How many pages there are; at least 1.
    pub pages: u64,
    /// How many rows there are in all, or at least.
    pub total: u64,
    /// Whether there are more rows than `total`, which were not counted.
    pub has_more: bool,
    /// The first row on this page, from 1; 0 when there is none.
    pub first_row: u64,
    /// The last row on this page; 0 when there is none.
    pub last_row: u64,
    /// Addresses of the first, previous, next and last page where they differ from this one.
    pub first: Option<String>,
    /// See [`Pager::first`].
    pub previous: Option<String>,
    /// See [`Pager::first`].
    pub next: Option<String>,
    /// See [`Pager::first`].
    pub last: Option<String>,
}

impl Pager {
    /// The page `asked` of `total` rows, `size` to a page. Out of range becomes the nearest page,
    /// since rows may have gone while someone read. The address keeps its other parameters.
    pub fn new(here: &Address, asked: u64, size: u64, total: u64) -> Self {
        let size = size.max(1);
        let pages = total.div_ceil(size).max(1);
        let page = asked.clamp(1, pages);
        let skipped = (page - 1) * size;
        // OK because the first page has the address without a number: one address per thing.
        let at = |number: u64| {
            let number = if number == 1 { String::new() } else { number.to_string() };
            here.with("page", &number).to_string()
        };
        Self {
            page,
            pages,
            total,
            has_more: false,
            first_row: if total == 0 { 0 } else { skipped + 1 },
            last_row: skipped.saturating_add(size).min(total),
            first: (page > 1).then(|| at(1)),
            previous: (page > 1).then(|| at(page - 1)),
            next: (page < pages).then(|| at(page + 1)),
            last: (page < pages).then(|| at(pages)),
        }
    }

    /// The page `asked` of rows that were counted up to `most`, which has to be more than come before the end
    /// of that page.
    pub fn counted_to(most: u64, here: &Address, asked: u64, size: u64, counted: u64) -> Self {
        let mut pager = Self::new(here, asked, size, counted);
        pager.has_more = counted >= most;
        if pager.has_more {
            pager.last = None;
        }
        pager
    }

    /// How many rows come before this page.
    pub fn offset(&self) -> u64 {
        self.first_row.saturating_sub(1)
    }
}

/// The order in which a column is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A column head that sorts by link: `?sort=name` ascending, `?sort=-name` descending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortLink {
    /// Where a click leads: this column ascending or, when it already is, descending.
    pub href: String,
    /// How the list is sorted by this column now, if it is.
    pub direction: Option<Direction>,
}

impl SortLink {
    /// The head of `column` while the list is sorted by `current` (as in `?sort=`). A click starts
    /// again at the first page.
    pub fn new(here: &Address, column: &str, current: &str) -> Self {
        let descending = current.strip_prefix('-');
        let direction = match descending {
            Some(name) if name == column => Some(Direction::Descending),
            None if current == column => Some(Direction::Ascending),
            _ => None,
        };
        let next = match direction {
            Some(Direction::Ascending) => format!("-{column}"),
            _ => column.to_owned(),
        };
        Self { href: here.with("page", "").with("sort", &next).to_string(), direction }
    }

    /// The value of `aria-sort`.
    pub fn aria(&self) -> &'static str {
        match self.direction {
            Some(Direction::Ascending) => "ascending",
            Some(Direction::Descending) => "descending",
            None => "none",
        }
    }

    /// The icon in the head.
    pub fn icon(&self) -> &'static str {
        match self.direction {
            Some(Direction::Ascending) => "arrow-up",
            Some(Direction::Descending) => "arrow-down",
            None => "chevrons-up-down",
        }
    }
}

/// A step on a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What this step is called.
    pub label: String,
    /// Where it stands.
    pub state: State,
    /// When it was reached, if it was.
    pub at: Option<chrono::DateTime<chrono::Utc>>,
    /// A short remark ("2 min 10 s in the queue"); may be empty.
    pub note: String,
}

/// A number with its thousands apart: `1,234,567`, `-1,234.5`. Takes whatever is written as digits,
/// by value or reference; other text comes back as it is.
pub fn count(number: impl fmt::Display) -> String {
    let plain = number.to_string();
    let start = plain.len() - plain.trim_start_matches('-').len();
    let digits = plain[start..].bytes().take_while(u8::is_ascii_digit).count();
    let mut text = String::with_capacity(plain.len() * 4 / 3 + 1);
    for (index, character) in plain.char_indices() {
        let left = (start + digits).saturating_sub(index);
        if index > start && left > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(character);
    }
    text
}

/// A length of time in the two largest units that say enough: `41 s`, `4 min 12 s`, `2 h 5 min`,
/// `3 d 4 h`. Less than nothing is nothing.
pub fn duration(length: TimeDelta) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let seconds = length.num_seconds().max(0);
    let Some(at) = UNITS.iter().position(|(size, _)| seconds >= *size) else {
        return "0 s".to_owned();
    };
    let (size, unit) = UNITS[at];
    let mut text = format!("{} {unit}", seconds / size);
    if let Some((smaller, unit)) = UNITS.get(at + 1) {
        let rest = seconds % size / smaller;
        if rest > 0 {
            // OK because writing to a String cannot fail.
            let _ = write!(text, " {rest} {unit}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_is_not_changed() {
        let here = Address::new("/executions", "state=failed&page=3&q=a%26b");
        assert_eq!(here.with("page", "4").to_string(), "/executions?state=failed&q=a%26b&page=4");
        assert_eq!(here.with("page", "").to_string(), "/executions?state=failed&q=a%26b");
        assert_eq!(Address::new("/q", "").to_string(), "/q");
    }

    #[test]
    fn a_hostile_query_stays_a_value() {
        let here = Address::new("/q", "q=%22%3E%3Cscript%3E&%ff=%00");
        let text = here.with("page", "2").to_string();
        assert!(!text.contains(['"', '<', '>', '\0']), "{text}");
    }

    #[test]
    fn a_page_out_of_range_becomes_the_nearest() {
        let here = Address::new("/q", "page=99");
        let pager = Pager::new(&here, 99, 25, 51);
        assert_eq!((pager.page, pager.pages), (3, 3));
        assert_eq!((pager.first_row, pager.last_row, pager.offset()), (51, 51, 50));
        assert_eq!(pager.next, None);
        assert_eq!(pager.previous.as_deref(), Some("/q?page=2"));
        assert_eq!(pager.first.as_deref(), Some("/q"));
    }

    #[test]
    fn an_empty_list_is_one_page_without_rows() {
        let pager = Pager::new(&Address::new("/q", ""), 0, 0, 0);
        assert_eq!((pager.page, pager.pages, pager.first_row, pager.last_row), (1, 1, 0, 0));
        assert_eq!((pager.previous, pager.next), (None, None));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let pager = Pager::new(&Address::new("/q", ""), u64::MAX, 7, u64::MAX);
        assert_eq!(pager.last_row, u64::MAX);
    }

    #[test]
    fn a_second_click_on_a_head_turns_the_order_round() {
        let here = Address::new("/q", "page=2&state=done");
        let fresh = SortLink::new(&here, "name", "-started");
        assert_eq!((fresh.href.as_str(), fresh.aria()), ("/q?state=done&sort=name", "none"));
        let sorted = SortLink::new(&here, "name", "name");
        assert_eq!((sorted.href.as_str(), sorted.aria()), ("/q?state=done&sort=-name", "ascending"));
        let turned = SortLink::new(&here, "name", "-name");
        assert_eq!((turned.href.as_str(), turned.aria()), ("/q?state=done&sort=name", "descending"));
    }

    #[test]
    fn errors_are_found_by_field() {
        let mut errors = Errors::new();
        errors.add("name", "Give the query a name.");
        errors.add("name", "Second.");
        assert_eq!(errors.of("name"), "Give the query a name.");
        assert_eq!(errors.of("sql"), "");
        assert_eq!(errors.len(), 2);
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(count(-123), "-123");
        assert_eq!(count(12345.25), "12,345.25");
        assert_eq!(count("é1234"), "é1234");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn durations_say_the_two_largest_units() {
        for (seconds, text) in [
            (-5, "0 s"),
            (0, "0 s"),
            (41, "41 s"),
            (60, "1 min"),
            (252, "4 min 12 s"),
            (7_500, "2 h 5 min"),
            (273_600, "3 d 4 h"),
            (86_401, "1 d"),
        ] {
            assert_eq!(duration(TimeDelta::seconds(seconds)), text);
        }
    }
}

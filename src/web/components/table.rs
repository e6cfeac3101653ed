//! Pagination and sortable column headers.

use super::Address;
use crate::db::PageRange;

/// One page of a list, with links to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager {
    /// This page, from 1.
    pub page: u64,
    /// The number of pages, at least 1.
    pub pages: u64,
    /// The page size.
    pub size: u64,
    /// The total number of rows, or a lower limit.
    pub total: u64,
    /// Whether there are more rows than `total`, which weren't counted.
    pub has_more: bool,
    /// The first row on this page, from 1; 0 if there is none.
    pub first_row: u64,
    /// The last row on this page; 0 if there is none.
    pub last_row: u64,
    /// Addresses of the first, previous, next and last page if they differ from this one.
    pub first: Option<String>,
    /// See [`Pager::first`].
    pub previous: Option<String>,
    /// See [`Pager::first`].
    pub next: Option<String>,
    /// See [`Pager::first`].
    pub last: Option<String>,
}

impl Pager {
    /// The page `asked` of `total` rows with `size` rows per page. A page out of range becomes the nearest one, since
    /// rows may have been deleted meanwhile. The address keeps its other parameters.
    pub fn new(here: &Address, asked: u64, size: u64, total: u64) -> Self {
        let size = size.max(1);
        let pages = total.div_ceil(size).max(1);
        let page = asked.clamp(1, pages);
        let skipped = (page - 1) * size;
        // OK because the first page has the address without a number: one address per page.
        let at = |number: u64| {
            let number = if number == 1 { String::new() } else { number.to_string() };
            here.with("page", &number).to_string()
        };
        Self {
            page,
            pages,
            size,
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

    /// The page `asked` of rows that were counted up to `most`, which must be beyond the end of that page.
    pub fn counted_to(most: u64, here: &Address, asked: u64, size: u64, counted: u64) -> Self {
        let mut pager = Self::new(here, asked, size, counted);
        pager.has_more = counted >= most;
        if pager.has_more {
            pager.last = None;
        }
        pager
    }

    /// The rows of this page.
    pub fn range(&self) -> PageRange {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        PageRange { skip: number(self.offset()), most: number(self.size) }
    }

    /// The number of rows before this page.
    pub fn offset(&self) -> u64 {
        self.first_row.saturating_sub(1)
    }
}

/// The sort direction of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// A column header with a sort link: `?sort=name` ascending, `?sort=-name` descending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortLink {
    /// The target of the link: this column ascending or, if it already is, descending.
    pub href: String,
    /// The current direction if the list is sorted by this column.
    pub direction: Option<Direction>,
}

impl SortLink {
    /// The header of `column` in a list sorted by `current` (as in `?sort=`). The link leads to the first page.
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

    /// The icon in the header.
    pub fn icon(&self) -> &'static str {
        match self.direction {
            Some(Direction::Ascending) => "arrow-up",
            Some(Direction::Descending) => "arrow-down",
            None => "chevrons-up-down",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}

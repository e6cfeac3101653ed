//! The displayed rows as clipboard text for spreadsheets.

use std::fmt::Write as _;

use crate::results::error::Error;
use crate::results::filter::Filter;
use crate::results::order::Sort;
use crate::results::page::{MOST_ROWS, PageRequest};
use crate::results::result_store::{Key, ResultStore};
use crate::web::csv;

impl ResultStore {
    /// The first `most` rows that match all filters, sorted, with these columns: tab-separated, with a header, texts
    /// guarded as for spreadsheets, numbers exact. Texts are truncated as on pages.
    pub async fn copied(
        &self,
        key: &Key,
        filters: &[Filter],
        sort: Option<Sort>,
        columns: &[usize],
        most: u64,
    ) -> Result<String, Error> {
        let mut out = String::new();
        let mut offset = 0;
        loop {
            let limit = usize::try_from(most.saturating_sub(offset)).unwrap_or(MOST_ROWS).min(MOST_ROWS);
            let request = PageRequest { offset, limit, sort, filters: filters.to_owned() };
            let page = self.page(key, request).await?;
            let line = |out: &mut String, fields: &mut dyn Iterator<Item = (bool, &str)>| {
                for (place, (is_text, field)) in fields.enumerate() {
                    out.push_str(if place > 0 { "\t" } else { "" });
                    if is_text && !field.is_empty() { csv::write(out, field) } else { out.push_str(field) }
                }
                // OK because writing to a String cannot fail.
                let _ = writeln!(out);
            };
            if offset == 0 {
                let names = columns.iter().filter_map(|place| page.columns.get(*place));
                line(&mut out, &mut names.map(|column| (true, column.name.as_str())));
            }
            for row in &page.rows {
                let cells = columns.iter().filter_map(|place| row.get(*place));
                line(&mut out, &mut cells.map(|cell| (!cell.kind.is_number(), cell.exact.as_str())));
            }
            offset += page.rows.len() as u64;
            if page.rows.is_empty() || offset >= page.total.min(most) {
                return Ok(out);
            }
        }
    }
}

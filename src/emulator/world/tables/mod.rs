//! The catalog's sources as views of the synthetic data: their rows and columns.

mod campaign;
mod conversion;
mod cost;
mod delivery;
mod feed;
mod paid;
mod row;
mod store;
mod time;
mod video;

pub(super) use feed::{Feed, Window, bought_privately};
pub(super) use row::{Row, Scene};

use super::cells::Value;

/// Computes a column's value from a row.
pub(super) type Cell = Box<dyn for<'r, 'w> Fn(&'r Row<'w>) -> Value<'r> + Send + Sync>;

#[expect(clippy::unnecessary_wraps, reason = "every column answers with an option, as most names are another module's")]
fn cell<F>(make: F) -> Option<Cell>
where
    F: for<'r, 'w> Fn(&'r Row<'w>) -> Value<'r> + Send + Sync + 'static,
{
    Some(Box::new(make))
}

/// The column with that name in tables of a feed; `None` if the data has no values for it, which become NULL.
pub(super) fn column(feed: Feed, name: &str) -> Option<Cell> {
    let own = match feed {
        Feed::StorePages { .. } | Feed::StoreEvents { .. } => store::store(name),
        Feed::Retail => store::retail(name),
        Feed::Segments { .. } | Feed::Snapshots { .. } | Feed::SegmentList => paid::segments(name),
        Feed::Live => paid::live(name),
        Feed::Enrollments | Feed::Streams => paid::channel(name),
        Feed::Garage | Feed::VehicleSales => paid::vehicles(name),
        Feed::Groceries => paid::groceries(name),
        Feed::Views if name == "event_type" => view_kind(),
        Feed::Traffic if name == "matched_behavior_segment_ids" => cell(|_| Value::Null),
        Feed::Conversions { unexposed: true, .. } if name == "event_category" => conversion::category_of_all(),
        Feed::Attributed { .. } | Feed::Conversions { .. } | Feed::Relevance => conversion::column(name),
        _ => None,
    };
    own.or_else(|| time::event(name))
        .or_else(|| time::flight(name))
        .or_else(|| campaign::column(name))
        .or_else(|| delivery::column(name))
        .or_else(|| cost::column(name))
        .or_else(|| video::column(name))
}

/// The kind of a row in the views table, from its pick.
fn view_kind() -> Option<Cell> {
    cell(|row| ["MEASURABLE_IMP", "VIEW", "UNMEASURABLE_IMP", "SYNTHETIC_VIEW"][row.pick % 4].into())
}

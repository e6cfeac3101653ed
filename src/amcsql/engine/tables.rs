//! The engine's interface to the data: a table for each data source.

use std::sync::Arc;

use datafusion::catalog::TableProvider;

/// The hidden last column of every table whose rows belong to people.
///
/// `UInt32`, nullable: a dense number for the row's `user_id`, the same number for the same id in every table, and
/// NULL if `user_id` is NULL. Sources without `user_id` don't have this column. [`u32::MAX`] isn't a valid number.
pub const USER_COLUMN: &str = "__user";

/// The tables of one instance.
///
/// A table has the columns of its data source, in the catalog's order and with the catalog's types, followed by
/// [`USER_COLUMN`]. Tables must support projections, so that a query only pays for the columns it reads.
pub trait Tables: Send + Sync {
    /// The table of a data source: its name in lower case, without a schema prefix, including `…_for_audiences`
    /// twins. `None` if the instance doesn't have it.
    fn table(&self, source: &str) -> Option<Arc<dyn TableProvider>>;
}

//! What the engine needs to know of the data: a table for each data source.

use std::sync::Arc;

use datafusion::catalog::TableProvider;

/// The hidden last column of every table whose rows belong to people.
///
/// `UInt32`, nullable: a dense number for the row's `user_id`, the same number for the same id in every table, and
/// NULL where `user_id` is NULL. Sources without `user_id` have no such column. [`u32::MAX`] is not a valid number.
pub const USER_COLUMN: &str = "__user";

/// The tables of one instance.
///
/// A table has the columns of its data source, in the catalogue's order and with the catalogue's types, and then
/// [`USER_COLUMN`]. Tables must honour projections, so that a query pays only for the columns it reads.
pub trait Tables: Send + Sync {
    /// The table behind a data source: the name in lower case, without a schema prefix, `…_for_audiences` twins
    /// included. `None` means that the instance has no such source.
    fn table(&self, source: &str) -> Option<Arc<dyn TableProvider>>;
}

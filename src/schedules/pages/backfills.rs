//! The pages of backfills: the list, a backfill with the calendar of its windows, the form, and actions.

pub(super) mod detail;
pub(super) mod form;
pub(super) mod list;

use crate::ids::BackfillId;
use crate::web;

/// The id in an address; an invalid one is not found.
fn own(id: &str) -> web::Result<BackfillId> {
    id.parse().map_err(|_| web::Error::Missing)
}

//! Back-fills: the list, one with the calendar of its windows, the form, and what people do with one.

pub(super) mod detail;
pub(super) mod form;
pub(super) mod list;

use crate::ids::BackfillId;
use crate::web;

/// The id in an address; one that is none names nothing.
fn own(id: &str) -> web::Result<BackfillId> {
    id.parse().map_err(|_| web::Error::Missing)
}

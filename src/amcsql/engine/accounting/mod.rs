//! The hidden columns that track the users behind a row, and who contributed to its metrics.
//!
//! Below the first grouping a row has one number per source that it comes from (a *tag*, `UInt64`): cheap to project,
//! filter and join. A grouping unites tags into a *ledger* (`Binary`), and for each metric in the result, into its
//! *shares*. What the result doesn't need isn't tracked.

mod aggregates;
mod ledger;
mod shares;
mod single;

pub(super) use aggregates::{contribute, unite};
pub(super) use ledger::{ENOUGH, Ledger};
pub(super) use shares::Shares;
pub(super) use single::{as_ledger, tag};

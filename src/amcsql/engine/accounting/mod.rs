//! The hidden columns that say which users stand behind a row, and who contributed to its metrics.
//!
//! Below the first grouping a row carries one number per source that it was made of (a *tag*, `UInt64`): cheap to
//! project, filter and join. A grouping unites tags into a *ledger* (`Binary`), and for each metric that the result
//! shows, into its *shares*. What the result does not need is not carried.

mod aggregates;
mod ledger;
mod shares;
mod single;

pub(super) use aggregates::{contribute, unite};
pub(super) use ledger::{ENOUGH, Ledger};
pub(super) use shares::Shares;
pub(super) use single::{as_ledger, tag};

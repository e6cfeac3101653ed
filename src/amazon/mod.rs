//! The client for Login with Amazon, the Ads API and AMC.
//!
//! Everything that differs between Amazon and a test server is in [`Settings`]: URLs, the application's id and
//! secret, time limits. The client knows no rooms and no database. It stores no tokens either: callers pass a
//! [`Caller`].
//!
//! Invariants:
//!
//! * **One call, one request.** Nothing is retried here, because AMC has no idempotency token for executions.
//!   [`Error::may_have_been_accepted`] says when a repeat could run a query twice, [`Error::is_transient`] when a
//!   later retry makes sense, [`backoff`] how long to wait.
//! * **The status code decides.** AMC declares some JSON as `application/octet-stream`, so the content type is
//!   ignored. Unknown fields and unknown enum values are kept, not refused.
//! * **No redirects, no unlimited reads.** Redirects are errors; bodies, pages and waits are limited.
//! * **Secrets aren't printed.** `Display` contains no tokens, pre-signed links or messages from Amazon; see
//!   [`Error::amazons_words`] for the message that a person may see beside their own query.

mod accounts;
mod advertisers;
mod answer;
pub mod backoff;
mod breaker;
mod client;
mod data_sources;
mod download;
mod error;
mod executions;
mod instances;
mod login;
mod names;
mod new_execution;
mod probe;
mod refusal;
mod region;
mod settings;
#[cfg(test)]
mod test_server;
mod text_enum;
mod workflows;
#[cfg(test)]
mod tests;

pub use accounts::AmcAccount;
pub use advertisers::AdvertiserAccount;
pub use answer::{Listing, MAX_PAGES, Page};
pub use breaker::{Place, Traffic};
pub use client::{AccountCaller, Caller, Client, NotBuilt};
pub use data_sources::{DataSource, DataSourceColumn};
pub use download::{Download, DownloadLinks, Link};
pub use error::{Error, ErrorKind, Network, Unreadable};
pub use executions::{Execution, ExecutionFilter, OutputChannel, OutputColumn, Status};
pub use instances::{CreationStatus, Instance, InstanceType};
pub use login::{Handshake, Profile, SCOPES, Tokens};
pub use names::{AmcExecutionId, AmcInstanceId, EntityId, MarketplaceId};
pub use new_execution::{NewExecution, TimeWindow, Workflow};
pub use probe::Probe;
pub use region::{Hosts, Region, RegionHosts, UnknownRegion};
pub use settings::{Settings, Timeouts};
pub use workflows::{InputParameter, SavedSchedule, SavedWorkflow};

pub use crate::vault::Secret;

//! What an instance is, and what its people may do with it.

use chrono::{DateTime, Utc};

use crate::amazon::{AmcInstanceId, EntityId, MarketplaceId, Region};
use crate::ids::{ConnectionId, InstanceId};

/// What a person may do with an instance; each may do what the one before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look at queries and results.
    Viewer,
    /// Write and run queries.
    Analyst,
    /// Rename it, share it.
    Manager,
}

impl Role {
    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Manager => "manager",
        }
    }

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Analyst => "Analyst",
            Self::Manager => "Manager",
        }
    }

    /// Reads what is stored; anything unknown may least.
    pub fn parse(text: &str) -> Self {
        match text {
            "manager" => Self::Manager,
            "analyst" => Self::Analyst,
            _ => Self::Viewer,
        }
    }
}

/// An AMC instance as one person sees it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// RecomAMP's own id.
    pub id: InstanceId,
    /// AMC's id.
    pub amc_id: AmcInstanceId,
    /// Where it is.
    pub region: Region,
    /// The account of its calls.
    pub entity: EntityId,
    /// The marketplace of that account.
    pub marketplace: MarketplaceId,
    /// The name that people here gave it, if any.
    pub own_name: Option<String>,
    /// The name that it has at Amazon.
    pub amc_name: String,
    /// The name of its account.
    pub account_name: String,
    /// The advertiser's name, if Amazon has one.
    pub customer_name: Option<String>,
    /// Whether its data is synthetic.
    pub is_sandbox: bool,
    /// `COMPLETED` once it can be used.
    pub creation_status: String,
    /// When Amazon last listed it.
    pub seen_at: DateTime<Utc>,
    /// By which connection this person reaches it.
    pub connection: ConnectionId,
    /// What this person may do with it.
    pub role: Role,
    /// Whether this person took it off their list.
    pub is_hidden: bool,
    /// Runs that use a slot now.
    pub slots_in_use: i64,
}

impl Instance {
    /// The name by which people here know it.
    pub fn name(&self) -> &str {
        self.own_name.as_deref().unwrap_or(&self.amc_name)
    }

    /// Whether it can run queries.
    pub fn is_ready(&self) -> bool {
        matches!(self.creation_status.as_str(), "COMPLETED" | "SUCCEEDED" | "")
    }
}

/// An instance that Amazon listed, with the account under which it did.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) amc_id: AmcInstanceId,
    pub(super) region: Region,
    pub(super) entity: EntityId,
    pub(super) marketplace: MarketplaceId,
    pub(super) amc_name: String,
    pub(super) account_name: String,
    pub(super) customer_name: Option<String>,
    pub(super) is_sandbox: bool,
    pub(super) creation_status: String,
}

//! Instances and people's roles on them.

use chrono::{DateTime, Utc};

use crate::amazon::{AmcInstanceId, EntityId, MarketplaceId, Region};
use crate::ids::{ConnectionId, InstanceId, PersonId};
use crate::web::components::Choice;

/// A person's role on an instance; each role includes the previous ones.
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
    /// All roles, from the weakest.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Analyst, Self::Manager];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Manager => "manager",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Analyst => "Analyst",
            Self::Manager => "Manager",
        }
    }

    /// Parses a role in a form.
    pub fn known(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Parses a stored role; anything unknown is the weakest role.
    pub fn parse(text: &str) -> Self {
        match text {
            "manager" => Self::Manager,
            "analyst" => Self::Analyst,
            _ => Self::Viewer,
        }
    }
}

/// The source of access to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Amazon lists the instance for the person.
    Amazon,
    /// A manager of the instance shares it.
    Shared,
    /// An administrator granted it.
    Administrator,
}

impl Source {
    pub const ALL: [Self; 3] = [Self::Amazon, Self::Shared, Self::Administrator];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amazon => "amazon",
            Self::Shared => "shared",
            Self::Administrator => "administrator",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Amazon => "Amazon",
            Self::Shared => "Shared by a manager",
            Self::Administrator => "Given by an administrator",
        }
    }

    /// Parses the stored name.
    pub fn parse(text: &str) -> Self {
        match text {
            "shared" => Self::Shared,
            "administrator" => Self::Administrator,
            _ => Self::Amazon,
        }
    }
}

/// The access that one source grants a person on an instance.
#[derive(Clone, Debug)]
pub struct Grant {
    pub source: Source,
    pub role: Role,
    /// The person's own connection through which Amazon lists the instance.
    pub connection: Option<ConnectionId>,
    /// The name of who granted it; `None` for Amazon.
    pub given_by: Option<String>,
    /// Their id.
    pub giver: Option<PersonId>,
    /// Whether queries may run with the connection of whoever granted it.
    pub lends: bool,
    /// When Amazon last listed the instance for this person.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Since when Amazon no longer lists it.
    pub missing_since: Option<DateTime<Utc>>,
    /// When it expires.
    pub ends_at: Option<DateTime<Utc>>,
}

/// The grant that counts: the strongest; among equal ones, the one that expires last or never.
pub(super) fn strongest(grants: &[Grant]) -> Option<&Grant> {
    grants.iter().max_by_key(|grant| (grant.role, grant.ends_at.is_none(), grant.ends_at))
}

/// An AMC instance as one person sees it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// RecomAMP's own id.
    pub id: InstanceId,
    /// AMC's id.
    pub amc_id: AmcInstanceId,
    pub region: Region,
    /// The account used for its calls.
    pub entity: EntityId,
    /// The marketplace of that account.
    pub marketplace: MarketplaceId,
    /// The name that people here gave it, if any.
    pub own_name: Option<String>,
    /// Its name at Amazon.
    pub amc_name: String,
    pub account_name: String,
    /// The advertiser's name, if Amazon has one.
    pub customer_name: Option<String>,
    /// Whether its data is synthetic.
    pub is_sandbox: bool,
    /// `COMPLETED` once it is ready.
    pub creation_status: String,
    /// When Amazon last listed it.
    pub seen_at: DateTime<Utc>,
    /// The connection through which this person reaches it; `None` without an active one.
    pub connection: Option<ConnectionId>,
    /// This person's role.
    pub role: Role,
    /// The source of the role.
    pub source: Source,
    /// When this person's access expires, if it does.
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether Amazon no longer lists it for this person.
    pub is_unlisted: bool,
    /// Whether this person hid it.
    pub is_hidden: bool,
    /// Whether this person starred it.
    pub is_starred: bool,
    /// The labels that people here gave it.
    pub labels: Vec<String>,
    /// Executions that use a slot now.
    pub slots_in_use: i64,
}

impl Instance {
    /// The display name.
    pub fn name(&self) -> &str {
        self.own_name.as_deref().unwrap_or(&self.amc_name)
    }

    /// An option of a form or a filter: name and account, since names repeat.
    pub fn choice(&self) -> Choice {
        Choice::new(self.id.as_str(), format!("{} · {}", self.name(), self.account_name))
    }

    /// Why and when this person's access ends, before the time itself.
    pub fn end_text(&self) -> &'static str {
        if self.is_unlisted && self.source == Source::Amazon {
            "Amazon no longer lists this instance; access ends on"
        } else {
            "Your access ends on"
        }
    }

    /// Whether it can run queries.
    pub fn is_ready(&self) -> bool {
        matches!(self.creation_status.as_str(), "COMPLETED" | "SUCCEEDED" | "")
    }
}

/// An instance listed by Amazon, with the account that listed it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) amc_id: AmcInstanceId,
    pub(super) region: Region,
    pub(super) entity: EntityId,
    pub(super) marketplace: MarketplaceId,
    pub(super) amc_name: String,
    /// The account's position among those that the connection asks.
    pub(super) position: i64,
    pub(super) account_name: String,
    pub(super) customer_name: Option<String>,
    pub(super) is_sandbox: bool,
    pub(super) creation_status: String,
    /// Labels of its paid data sets, separated by commas; `None` if Amazon didn't say.
    pub(super) datasets: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_role_counts_and_of_equal_ones_the_one_that_lasts() {
        let grant = |source, role, ends_at: Option<i64>| Grant {
            source,
            role,
            connection: None,
            given_by: None,
            giver: None,
            lends: false,
            confirmed_at: None,
            missing_since: None,
            ends_at: ends_at.and_then(|at| DateTime::from_timestamp(at, 0)),
        };
        let best = |grants: &[Grant]| strongest(grants).map(|grant| grant.source);
        assert_eq!(best(&[]), None);
        let amazon = grant(Source::Amazon, Role::Manager, Some(10));
        let viewer = grant(Source::Administrator, Role::Viewer, None);
        assert_eq!(best(&[amazon.clone(), viewer]), Some(Source::Amazon));
        let lasting = grant(Source::Administrator, Role::Manager, None);
        assert_eq!(best(&[lasting, amazon.clone()]), Some(Source::Administrator));
        assert_eq!(best(&[amazon, grant(Source::Shared, Role::Manager, Some(20))]), Some(Source::Shared));
    }
}

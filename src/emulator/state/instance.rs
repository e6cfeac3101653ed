//! Rows of AMC administration: instances, their advertisers, updates of these.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An AMC instance.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: InstanceKind,
    /// The entity id of its account.
    pub(crate) account: String,
    pub(crate) advertiser_name: Option<String>,
    /// Empty if there is none.
    pub(crate) bucket: String,
    pub(crate) aws_account: String,
    pub(crate) upload_account: String,
    /// The name of its AWS Clean Rooms collaboration, if any.
    pub(crate) collaboration: Option<String>,
    pub(crate) requested: DateTime<Utc>,
    /// When creation is complete; the status follows from the clock.
    pub(crate) completes: DateTime<Utc>,
    pub(crate) idempotency_token: Option<String>,
    pub(crate) advertisers: Vec<Advertiser>,
    pub(crate) updates: Vec<AdvertiserUpdate>,
}

/// The kind of data in an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum InstanceKind {
    Standard,
    /// Only synthetic data; every execution has to request it.
    Sandbox,
}

/// The status of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CreationStatus {
    Requested,
    InProgress,
    Completed,
}

/// An advertiser whose data an instance holds.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Advertiser {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `DISPLAY`, `SAS` or `SPONSORED_ADS`.
    pub(crate) kind: String,
    pub(crate) marketplace: Option<String>,
}

/// A reference to an advertiser in a request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AdvertiserRef {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) marketplace: Option<String>,
}

/// A change of an instance's advertisers, which takes some time.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AdvertiserUpdate {
    /// Counts up from 0 in each instance.
    pub(crate) number: u64,
    pub(crate) add: Vec<AdvertiserRef>,
    pub(crate) remove: Vec<AdvertiserRef>,
    pub(crate) requested: DateTime<Utc>,
    pub(crate) completes: DateTime<Utc>,
    /// Whether the instance's advertisers are already changed.
    pub(crate) applied: bool,
}

impl Instance {
    /// The status of creation at `now`.
    pub(crate) fn creation(&self, now: DateTime<Utc>) -> CreationStatus {
        if now >= self.completes {
            CreationStatus::Completed
        } else if now >= self.requested + (self.completes - self.requested) / 3 {
            CreationStatus::InProgress
        } else {
            CreationStatus::Requested
        }
    }
}

impl CreationStatus {
    /// The API's name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
        }
    }
}

impl InstanceKind {
    /// The API's name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Sandbox => "SANDBOX",
        }
    }
}

impl Advertiser {
    /// What the advertiser is configured for, by its type.
    pub(crate) fn configured(&self) -> &'static [&'static str] {
        match self.kind.as_str() {
            "DISPLAY" => &["DISPLAY"],
            "SAS" => &["SAS"],
            _ => &["SPONSORED_BRANDS", "SPONSORED_PRODUCTS"],
        }
    }

    /// Whether `reference` refers to this advertiser.
    pub(crate) fn is(&self, reference: &AdvertiserRef) -> bool {
        self.id == reference.id && self.kind == reference.kind
    }
}

impl AdvertiserRef {
    /// The JSON in requests and responses.
    pub(crate) fn json(&self) -> Value {
        let mut value = json!({ "id": self.id, "type": self.kind });
        if let (Some(fields), Some(marketplace)) = (value.as_object_mut(), &self.marketplace) {
            fields.insert("marketplaceId".to_owned(), Value::from(marketplace.as_str()));
        }
        value
    }
}

impl AdvertiserUpdate {
    /// The API's name for the update's status at `now`.
    pub(crate) fn status(&self, now: DateTime<Utc>) -> &'static str {
        if self.applied || now >= self.completes {
            "COMPLETED"
        } else if now >= self.requested + (self.completes - self.requested) / 3 {
            "UPDATING"
        } else {
            "PENDING"
        }
    }
}

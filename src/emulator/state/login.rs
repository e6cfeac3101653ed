//! Rows of Login with Amazon: keys, consent codes, grants.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Keys and credentials that one emulator keeps for its life.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// Signs access tokens and download links.
    pub(crate) key: String,
    /// The client that works when no other is given.
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// A consent that has not been exchanged yet.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) text: String,
    pub(crate) client_id: String,
    pub(crate) person: String,
    pub(crate) scope: String,
    pub(crate) redirect_uri: String,
    /// What the verifier has to match, if the client uses PKCE.
    pub(crate) challenge: Option<Challenge>,
    pub(crate) expires: DateTime<Utc>,
}

/// A PKCE challenge (RFC 7636).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// The verifier's SHA-256 in base64 for addresses.
    S256(String),
}

/// What a person allowed a client to do, for as long as it is not revoked.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) refresh_token: String,
    /// The id that access tokens carry.
    pub(crate) id: String,
    /// The only client that may use it; `None` lets any.
    pub(crate) client_id: Option<String>,
    pub(crate) person: String,
    pub(crate) scope: String,
    pub(crate) granted: DateTime<Utc>,
}

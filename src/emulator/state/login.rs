//! Rows of Login with Amazon: keys, consent codes, grants.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Permanent keys and credentials of one emulator.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// Signs access tokens and download links.
    pub(crate) key: String,
    /// The client that works if no other is configured.
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
    /// What the verifier must match, if the client uses PKCE.
    pub(crate) challenge: Option<Challenge>,
    pub(crate) expires: DateTime<Utc>,
}

/// A PKCE challenge (RFC 7636).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// The verifier's SHA-256 in URL-safe base64.
    S256(String),
}

/// What a person permitted a client to do, until revoked.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) refresh_token: String,
    /// The id in access tokens.
    pub(crate) id: String,
    /// The only client that may use it; `None` for any.
    pub(crate) client_id: Option<String>,
    pub(crate) person: String,
    pub(crate) scope: String,
    pub(crate) granted: DateTime<Utc>,
}

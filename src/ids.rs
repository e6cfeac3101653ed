//! Row ids: prefixed, sortable by creation time, with one type per kind.
//!
//! `exe_01jz…` says what it refers to wherever it appears (an address, a log line, a support email), and an
//! [`ExecutionId`] can't be passed where a [`QueryId`] is expected. Amazon's own identifiers are other types (see
//! `crate::amazon`): mixing RecomAMP's id of an instance with AMC's doesn't compile. Randomness is a parameter, like
//! time: see [`Random`].

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

/// A source of randomness for ids, secrets and jitter; cheap to clone.
#[derive(Clone)]
pub struct Random(Arc<Mutex<StdRng>>);

impl Random {
    /// Seeded by the operating system: for production.
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(rand::make_rng())))
    }

    /// The same sequence for the same seed: for tests. Never use it for real secrets.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// 256 random bits as 43 URL-safe characters.
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// A number in `[0, 1)`.
    pub fn fraction(&self) -> f64 {
        (u64::from_le_bytes(self.bytes()) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A new id of type `I`, which sorts by `now`.
    pub fn id<I: Id>(&self, now: DateTime<Utc>) -> I {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        let ulid = Ulid::from_parts(millis, u128::from_le_bytes(self.bytes()));
        I::from_ulid(ulid)
    }
}

/// An id with the time of another one that otherwise depends only on `key`: the same for the same key.
pub fn repeated<I: Id + fmt::Display>(begun: &I, key: &str) -> I {
    let text = begun.to_string();
    // OK to be 0 in theory: each id was made from a ULID.
    let millis = Ulid::from_string(text.rsplit('_').next().unwrap_or_default()).map_or(0, |ulid| ulid.timestamp_ms());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(key.as_bytes())[..16]);
    I::from_ulid(Ulid::from_parts(millis, u128::from_le_bytes(bytes)))
}

/// The SHA-256 of a random token as URL-safe Base64: what is stored of the token of a link.
pub fn token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

impl fmt::Debug for Random {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Random")
    }
}

/// What all id types share.
pub trait Id: Sized {
    /// The part before the underscore.
    const PREFIX: &'static str;
    fn from_ulid(ulid: Ulid) -> Self;
}

/// A text that isn't an id of the expected kind.
#[derive(Debug, thiserror::Error)]
#[error("not an identifier that starts with `{prefix}_`")]
pub struct NotAnId {
    prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The whole id, prefix included.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Id for $name {
            const PREFIX: &'static str = $prefix;

            fn from_ulid(ulid: Ulid) -> Self {
                Self(format!("{}_{}", $prefix, ulid.to_string().to_lowercase()))
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let error = NotAnId { prefix: $prefix };
                let body = text.strip_prefix(concat!($prefix, "_")).ok_or(NotAnId { prefix: $prefix })?;
                let canonical = body.len() == 26 && body.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
                if canonical && Ulid::from_string(body).is_ok() { Ok(Self(text.to_owned())) } else { Err(error) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl crate::db::Column for &$name {
            const KIND: crate::db::Kind = crate::db::Kind::Text;
        }

        impl From<&$name> for crate::db::Value {
            fn from(id: &$name) -> Self {
                Self::Text(id.0.clone())
            }
        }

        impl crate::db::Column for $name {
            const KIND: crate::db::Kind = crate::db::Kind::Text;
        }

        impl crate::db::FromValue for $name {
            fn from_value(value: crate::db::Value) -> Result<Self, crate::db::WrongValue> {
                String::from_value(value)?.parse().map_err(|_| crate::db::WrongValue::new(stringify!($name)))
            }
        }
    )+};
}

ids! {
    /// A person who has signed in.
    PersonId = "per";
    /// One browser's signed-in session, as its owner sees it in the list (not the cookie).
    SessionId = "ses";
    /// A grant to call Amazon on a person's behalf.
    ConnectionId = "con";
    /// RecomAMP's own id of an AMC instance; AMC's is [`crate::amazon::AmcInstanceId`].
    InstanceId = "ins";
    /// A brand of an instance.
    BrandId = "brd";
    /// A saved query.
    QueryId = "qry";
    /// A draft of a query.
    DraftId = "drf";
    /// A saved filter of data sources.
    FilterId = "flt";
    /// A change of the data sources that an instance lists.
    ChangeId = "chg";
    /// RecomAMP's own id of an execution; AMC's is [`crate::amazon::AmcExecutionId`].
    ExecutionId = "exe";
    /// A schedule.
    ScheduleId = "sch";
    /// A backfill of past windows.
    BackfillId = "bkf";
    /// A place to which results are delivered.
    DestinationId = "dst";
    /// A rule that delivers the results of a schedule.
    DeliveryRuleId = "rul";
    /// A delivery of one result.
    ResultDeliveryId = "dlv";
    /// A message to people.
    MessageId = "msg";
    MailId = "mai";
    /// A webhook endpoint.
    EndpointId = "whe";
    /// A secret that signs webhook requests.
    WebhookSecretId = "whs";
    /// A delivery of a message to an endpoint.
    DeliveryId = "whd";
    /// An execution of a guide's query.
    GuideRunId = "grn";
    /// A saved report of a guide.
    ReportId = "rep";
    /// A personal API token.
    TokenId = "tok";
    /// A user's template.
    TemplateId = "tpl";
    /// A query created from a template.
    TemplateUseId = "use";
    /// An invitation to this installation.
    InvitationId = "inv";
    /// A public link to a result or a report.
    LinkId = "lnk";
    /// A nightly backup.
    BackupId = "bkp";
    /// An entry of the audit log.
    AuditId = "aud";
    /// A process that holds leases.
    ProcessId = "prc";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_instant_they_were_made_at() {
        let random = Random::seeded(1);
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let early: QueryId = random.id(at(1_000));
        let late: QueryId = random.id(at(2_000));
        assert!(early < late);
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id: QueryId = Random::seeded(1).id(DateTime::UNIX_EPOCH);
        assert_eq!(id.as_str().parse::<QueryId>().unwrap(), id);
        assert!(id.as_str().parse::<ExecutionId>().is_err());
        for odd in ["", "qry_", "qry_1", "qry_01J00000000000000000000000", "qry_../../etc/passwd"] {
            assert!(odd.parse::<QueryId>().is_err(), "{odd}");
        }
    }

    #[test]
    fn tokens_do_not_repeat() {
        let random = Random::seeded(7);
        assert_ne!(random.token(), random.token());
        assert!((0.0..1.0).contains(&random.fraction()));
    }
}

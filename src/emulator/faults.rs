//! Fault injection: a table of faults, and the layer that applies those of the HTTP level.
//!
//! Clients must be tested against a failing service, and the real one doesn't fail on request. A fault applies to
//! calls whose path contains its text, a number of times or until it is removed. Most apply before a handler is
//! called; those of an execution ([`FaultKind::Split`], [`FaultKind::HeaderOnly`], [`FaultKind::Overlap`]) apply when
//! it is created, and [`FaultKind::ExpiredLink`] when a result is downloaded.

mod odd;

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Emulator;
use super::errors::{Refusal, content_type};

/// The maximum number of faults; more are refused.
const MOST_FAULTS: usize = 100;

/// The maximum delay of [`FaultKind::Slow`].
const LONGEST_DELAY: Duration = Duration::from_mins(2);

/// An injected fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// The text that a call's path must contain; empty for all calls. Text after a `#` must be in the account that
    /// the call names (`/amc/instances#ENTITY1`).
    pub path: String,
    /// How many times it applies; `None` until it is removed.
    pub times: Option<u32>,
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 429 with a wait of this many seconds.
    TooManyRequests(u64),
    /// 401, as if the access token had expired.
    Expired,
    /// The token endpoint returns `invalid_grant`, as if consent had been revoked.
    RevokedGrant,
    /// A 5xx with this status.
    ServerError(u16),
    /// The response is delayed by this many milliseconds.
    Slow(u64),
    /// The connection ends in the middle of the response.
    Cut,
    /// A page of HTML instead of JSON, with status 200.
    Html,
    /// The result is split into this many files (2 to 5).
    Split(usize),
    /// The result has only its header.
    HeaderOnly,
    /// The download link has expired.
    ExpiredLink,
    /// The execution is rejected because it overlaps with others.
    Overlap,
    /// An error with this 4xx status.
    Refused(u16),
    /// Throttling as a 400 with `ThrottlingException` and without `Retry-After`.
    Throttling,
    /// An empty body with status 200.
    Empty,
    /// `null`.
    Null,
    /// `{}`.
    EmptyObject,
    /// The first entry of a list instead of the list.
    OneObject,
    /// The first entry of a list has no id.
    NoId,
    /// An execution is reported as `TIMED_OUT`, with a reason.
    TimedOut,
    /// A cancellation is accepted but ignored.
    IgnoredCancel,
    /// A cancellation is refused.
    RefusedCancel,
    /// Download links as objects with a `url`.
    LinkObjects,
    /// Download links in an unknown format.
    OddLinks,
    /// A column of the data sources is renamed, another one deprecated.
    Drift,
}

/// All kinds with a default value, in display order.
pub(crate) const KINDS: [(&str, FaultKind); 24] = [
    ("429", FaultKind::TooManyRequests(2)),
    ("401", FaultKind::Expired),
    ("revoked", FaultKind::RevokedGrant),
    ("5xx", FaultKind::ServerError(503)),
    ("slow", FaultKind::Slow(3000)),
    ("cut", FaultKind::Cut),
    ("html", FaultKind::Html),
    ("split", FaultKind::Split(3)),
    ("header-only", FaultKind::HeaderOnly),
    ("expired-link", FaultKind::ExpiredLink),
    ("overlap", FaultKind::Overlap),
    ("refused", FaultKind::Refused(403)),
    ("throttling", FaultKind::Throttling),
    ("empty", FaultKind::Empty),
    ("null", FaultKind::Null),
    ("empty-object", FaultKind::EmptyObject),
    ("one-object", FaultKind::OneObject),
    ("no-id", FaultKind::NoId),
    ("timed-out", FaultKind::TimedOut),
    ("ignored-cancel", FaultKind::IgnoredCancel),
    ("refused-cancel", FaultKind::RefusedCancel),
    ("link-objects", FaultKind::LinkObjects),
    ("odd-links", FaultKind::OddLinks),
    ("drift", FaultKind::Drift),
];

impl FaultKind {
    /// The kind with that name and `measure` instead of the default value (seconds, status, milliseconds or files);
    /// `None` for an unknown name or a value out of range.
    pub fn named(name: &str, measure: Option<u64>) -> Option<Self> {
        let (_, usual) = KINDS.iter().find(|(known, _)| *known == name)?;
        let Some(measure) = measure else { return Some(*usual) };
        Some(match usual {
            Self::TooManyRequests(_) => Self::TooManyRequests(measure),
            Self::ServerError(_) => {
                Self::ServerError(u16::try_from(measure).ok().filter(|status| (500..600).contains(status))?)
            }
            Self::Refused(_) => {
                Self::Refused(u16::try_from(measure).ok().filter(|status| (400..500).contains(status))?)
            }
            Self::Slow(_) => Self::Slow(measure),
            Self::Split(_) => Self::Split(usize::try_from(measure).ok().filter(|parts| (2..=5).contains(parts))?),
            plain => *plain,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        let same = |other: &FaultKind| std::mem::discriminant(other) == std::mem::discriminant(&self);
        KINDS.iter().find(|(_, kind)| same(kind)).map_or("", |(name, _)| name)
    }

    /// Its value, if it has one.
    pub(crate) fn measure(self) -> Option<u64> {
        match self {
            Self::TooManyRequests(measure) | Self::Slow(measure) => Some(measure),
            Self::ServerError(status) | Self::Refused(status) => Some(status.into()),
            Self::Split(parts) => Some(parts as u64),
            _ => None,
        }
    }

    fn strikes_the_wire(self, method: &Method, path: &str) -> bool {
        match self {
            _ if !self.can_strike(method, path) => false,
            Self::Split(_) | Self::HeaderOnly | Self::Overlap | Self::ExpiredLink => false,
            Self::RevokedGrant => path == "/auth/o2/token",
            Self::Expired => path.starts_with("/amc/") || path.starts_with("/v2/") || path == "/user/profile",
            _ => true,
        }
    }
}

impl fmt::Display for Fault {
    /// Formats what [`Fault::from_str`] parses.
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(self.kind.name())?;
        if let Some(measure) = self.kind.measure() {
            write!(text, "={measure}")?;
        }
        if !self.path.is_empty() {
            write!(text, "@{}", self.path)?;
        }
        self.times.map_or(Ok(()), |times| write!(text, "*{times}"))
    }
}

impl FromStr for Fault {
    type Err = String;

    /// Parses `kind[=value][@path][*times]`, such as `429=5@/workflowExecutions*3`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, times) = match text.rsplit_once('*') {
            Some((rest, times)) => (rest, Some(times.parse().map_err(|_| format!("{times} isn't a number of times"))?)),
            None => (text, None),
        };
        let (rest, path) = rest.split_once('@').unwrap_or((rest, ""));
        let (name, measure) = match rest.split_once('=') {
            Some((name, measure)) => (name, Some(measure.parse().map_err(|_| format!("{measure} isn't a number"))?)),
            None => (rest, None),
        };
        let kind = FaultKind::named(name, measure).ok_or_else(|| {
            let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
            format!("{rest} isn't a fault; choose one of {}", names.join(", "))
        })?;
        Ok(Self { kind, path: path.to_owned(), times })
    }
}

/// The table of active faults, each with a number.
pub(crate) struct Faults(Mutex<Table>);

struct Table {
    next: u64,
    rows: Vec<(u64, Fault)>,
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        let rows: Vec<_> = (1..).zip(faults).collect();
        Self(Mutex::new(Table { next: rows.len() as u64 + 1, rows }))
    }

    /// Adds a fault; `false` if there are too many.
    pub(crate) fn add(&self, fault: Fault) -> bool {
        let mut table = self.table();
        let room = table.rows.len() < MOST_FAULTS;
        if room {
            let number = table.next;
            table.next += 1;
            table.rows.push((number, fault));
        }
        room
    }

    /// Removes the fault with that number; all if `None`.
    pub(crate) fn remove(&self, number: Option<u64>) {
        self.table().rows.retain(|(row, _)| number.is_some_and(|number| number != *row));
    }

    /// The active faults with their numbers.
    pub(crate) fn all(&self) -> Vec<(u64, Fault)> {
        self.table().rows.clone()
    }

    /// The first fault that `wanted` accepts and that applies to `path`; uses it up once.
    pub(crate) fn take(&self, path: &str, wanted: impl Fn(FaultKind) -> bool) -> Option<FaultKind> {
        self.take_in(path, "", wanted)
    }

    /// The same, for a call with an account.
    fn take_in(&self, path: &str, account: &str, wanted: impl Fn(FaultKind) -> bool) -> Option<FaultKind> {
        let mut table = self.table();
        let fits = |(_, fault): &(u64, Fault)| {
            let (in_path, in_account) = fault.path.split_once('#').unwrap_or((&fault.path, ""));
            wanted(fault.kind) && path.contains(in_path) && account.contains(in_account)
        };
        let at = table.rows.iter().position(fits)?;
        let fault = &mut table.rows[at].1;
        let kind = fault.kind;
        if let Some(times) = &mut fault.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                table.rows.remove(at);
            }
        }
        Some(kind)
    }

    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Marks a response changed by a fault, for the request log.
#[derive(Clone, Copy)]
pub(crate) struct Struck(pub(crate) FaultKind);

/// The layer that applies HTTP-level faults.
pub(crate) async fn strike(State(emulator): State<Emulator>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/control") {
        return next.run(request).await;
    }
    let account = request.headers().get("amazon-advertising-api-advertiserid").and_then(|name| name.to_str().ok());
    let wanted = |kind: FaultKind| kind.strikes_the_wire(request.method(), path);
    let Some(kind) = emulator.faults().take_in(path, account.unwrap_or_default(), wanted) else {
        return next.run(request).await;
    };
    let mut response = match kind {
        FaultKind::Slow(millis) => {
            tokio::time::sleep(Duration::from_millis(millis).min(LONGEST_DELAY)).await;
            next.run(request).await
        }
        FaultKind::Cut => cut_off(next.run(request).await),
        kind if kind.alters() => kind.altered(next.run(request).await).await,
        kind => kind.odd_answer().unwrap_or_else(|| instead_of_an_answer(kind)),
    };
    response.extensions_mut().insert(Struck(kind));
    response
}

fn instead_of_an_answer(kind: FaultKind) -> Response {
    match kind {
        FaultKind::TooManyRequests(seconds) => Refusal::too_many(seconds).into_response(),
        FaultKind::Expired => Refusal::unauthorized().into_response(),
        FaultKind::RevokedGrant => super::login::revoked("refresh_token").into_response(),
        FaultKind::ServerError(status) => {
            Refusal::server(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)).into_response()
        }
        _ => {
            let page = "<!DOCTYPE html><html><head><title>Sorry</title></head><body>Something is wrong.</body></html>";
            (content_type("text/html; charset=utf-8"), page).into_response()
        }
    }
}

/// The response with a truncated body.
fn cut_off(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    // OK to drop the refusal's content: its body is truncated like any other.
    parts.extensions.remove::<Refusal>();
    let start = Ok(Bytes::from_static(b"{\""));
    let end = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    Response::from_parts(parts, Body::from_stream(futures::stream::iter([start, end])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_as_often_as_it_says_and_only_its_path() {
        let faults = Faults::new(vec!["429=5@/workflowExecutions*2".parse().unwrap()]);
        let any = |_| true;
        assert_eq!(faults.take("/amc/accounts", any), None);
        assert_eq!(faults.take("/x/workflowExecutions/1", any), Some(FaultKind::TooManyRequests(5)));
        assert_eq!(faults.take("/x/workflowExecutions/1", any), Some(FaultKind::TooManyRequests(5)));
        assert_eq!(faults.take("/x/workflowExecutions/1", any), None);
    }

    #[test]
    fn every_kind_is_known_by_its_name() {
        for (name, kind) in KINDS {
            assert_eq!(kind.name(), name);
            assert_eq!(FaultKind::named(name, kind.measure()), Some(kind));
        }
    }

    #[test]
    fn a_fault_is_written_as_it_is_read() {
        for text in ["429=5@/workflowExecutions*2", "cut", "split=4*1", "401@/amc/"] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn odd_faults_are_refused_with_a_word() {
        for odd in ["", "nonsense", "5xx=200", "split=9", "429=x", "cut*often"] {
            assert!(odd.parse::<Fault>().is_err(), "{odd}");
        }
    }
}

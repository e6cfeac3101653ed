//! Circuit breakers: after several consecutive failures, calls pause for a while.
//!
//! There is a breaker for each host, and one for each instance on it, since one instance may fail while its region
//! works. After the pause, an open breaker lets one call through: if that succeeds the breaker closes, if it fails
//! the pause doubles. Throttling doesn't open a breaker, because Amazon then says how long to wait; all calls of the
//! account wait that long. A paused call was never sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::error::{Error, ErrorKind};

/// Consecutive failures that open the breaker of an instance.
const INSTANCE: u32 = 5;
/// Consecutive failures that open the breaker of a host.
const HOST: u32 = 10;
/// The first pause; it doubles each time, up to [`LONGEST`].
const FIRST: TimeDelta = TimeDelta::seconds(15);
/// How long a throttled account waits if Amazon doesn't say how long.
const PAUSE: TimeDelta = TimeDelta::seconds(2);
/// The longest pause.
const LONGEST: TimeDelta = TimeDelta::minutes(5);
/// How long other calls stay paused while one call is tried: longer than a call takes.
const TRIAL: TimeDelta = TimeDelta::seconds(45);
/// Path segments that are followed by an instance's id.
const BEFORE_INSTANCE: [&str; 3] = ["reporting", "instances", "audiences"];

/// What a breaker covers: a host, or one instance on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The host's origin, such as `https://advertising-api.amazon.com`.
    pub host: String,
    /// AMC's id of the instance; `None` for the host as a whole.
    pub instance: Option<String>,
}

/// Statistics of calls, and whether they are paused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Calls that succeeded or were refused permanently.
    pub answered: u64,
    /// Calls that failed transiently.
    pub failed: u64,
    /// Until when calls are paused.
    pub rests_until: Option<DateTime<Utc>>,
    in_a_row: u32,
    rests: u32,
}

/// What Amazon counts requests for: an account, or no account, on one host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Account {
    host: String,
    entity: Option<String>,
}

impl Account {
    /// The account of a call to `url`.
    pub(super) fn of(url: &Url, entity: Option<String>) -> Self {
        Self { host: url.origin().ascii_serialization(), entity }
    }
}

/// The breakers of one client, and throttled accounts; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Breakers(Arc<Mutex<BTreeMap<Place, Traffic>>>, Arc<Mutex<BTreeMap<Account, DateTime<Utc>>>>);

impl Breakers {
    /// Whether an account must wait because Amazon throttled one of its calls: other calls would get the same answer
    /// and keep the account above its limit.
    pub(super) fn wait(&self, account: &Account, now: DateTime<Utc>) -> Result<(), Error> {
        let mut waits = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = waits.get(account).copied() else { return Ok(()) };
        if until <= now {
            waits.remove(account);
            return Ok(());
        }
        Err(ErrorKind::Throttled { retry_after: (until - now).to_std().ok() }.into())
    }

    /// Records that Amazon throttled an account.
    pub(super) fn throttled(&self, account: Account, error: &Error, now: DateTime<Utc>) {
        let ErrorKind::Throttled { retry_after } = error.kind() else { return };
        let wait = retry_after.and_then(|wait| TimeDelta::from_std(wait).ok()).unwrap_or(PAUSE);
        let mut waits = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let until = waits.entry(account).or_insert(now + wait);
        *until = (*until).max(now + wait);
    }

    /// Lets a call to `url` through, or returns that it is paused.
    pub(super) fn enter(&self, url: &Url, now: DateTime<Utc>) -> Result<Vec<Place>, Error> {
        let places = places(url);
        let mut traffic = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let resting = places.iter().filter_map(|place| traffic.get(place)?.rests_until).filter(|until| *until > now);
        if let Some(until) = resting.max() {
            let retry_after = (until - now).to_std().ok();
            return Err(ErrorKind::Resting { retry_after }.into());
        }
        for place in &places {
            let known = traffic.entry(place.clone()).or_default();
            // OK because after the pause only this call is let through: it is the trial.
            known.rests_until = known.rests_until.map(|_| now + TRIAL);
        }
        Ok(places)
    }

    /// Records the outcome of a call.
    pub(super) fn leave(&self, places: &[Place], error: Option<&Error>, now: DateTime<Utc>) {
        let failed = error.is_some_and(|error| counts(error.kind()));
        let mut traffic = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for place in places {
            let known = traffic.entry(place.clone()).or_default();
            if failed {
                known.fail(if place.instance.is_some() { INSTANCE } else { HOST }, now);
            } else {
                *known = Traffic { answered: known.answered + 1, failed: known.failed, ..Traffic::default() };
            }
        }
    }

    /// All places that were called since the start.
    pub(super) fn all(&self) -> Vec<(Place, Traffic)> {
        let traffic = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        traffic.iter().map(|(place, known)| (place.clone(), known.clone())).collect()
    }
}

impl Traffic {
    /// Whether calls are paused now.
    pub fn rests(&self, now: DateTime<Utc>) -> bool {
        self.rests_until.is_some_and(|until| until > now)
    }

    fn fail(&mut self, most: u32, now: DateTime<Utc>) {
        self.failed += 1;
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row >= most {
            let rest = FIRST * i32::try_from(1_u32 << self.rests.min(5)).unwrap_or(1);
            self.rests_until = Some(now + rest.min(LONGEST));
            self.rests = self.rests.saturating_add(1);
        }
    }
}

/// Whether a failure counts for the breaker.
fn counts(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Server { .. } | ErrorKind::Network(_) | ErrorKind::Unreadable(_))
}

/// The host of a URL, and the instance in its path.
fn places(url: &Url) -> Vec<Place> {
    let host = url.origin().ascii_serialization();
    let mut places = vec![Place { host: host.clone(), instance: None }];
    let mut segments = url.path_segments().into_iter().flatten();
    if segments.any(|segment| BEFORE_INSTANCE.contains(&segment))
        && let Some(instance) = segments.next().filter(|segment| !segment.is_empty())
    {
        places.push(Place { host, instance: Some(instance.to_owned()) });
    }
    places
}

#[cfg(test)]
mod tests {
    use super::super::error::Network;
    use super::*;

    fn url(instance: &str) -> Url {
        Url::parse(&format!("https://amazon.example/amc/reporting/{instance}/workflowExecutions")).unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn call(breakers: &Breakers, instance: &str, now: i64, error: Option<ErrorKind>) -> bool {
        let Ok(places) = breakers.enter(&url(instance), at(now)) else { return false };
        breakers.leave(&places, error.map(Error::from).as_ref(), at(now));
        true
    }

    fn trouble() -> ErrorKind {
        ErrorKind::Server { status: 503, retry_after: None }
    }

    #[test]
    fn an_instance_in_trouble_rests_and_others_continue() {
        let breakers = Breakers::default();
        for _ in 0..5 {
            assert!(call(&breakers, "amc1", 0, Some(trouble())));
        }
        assert!(!call(&breakers, "amc1", 14, None));
        assert!(call(&breakers, "amc2", 14, None));
        let error = breakers.enter(&url("amc1"), at(5)).unwrap_err();
        assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(10)));
        assert!(error.is_transient() && !error.may_have_been_accepted(), "it was never sent");
    }

    #[test]
    fn one_call_tries_after_the_rest_and_its_success_ends_it() {
        let breakers = Breakers::default();
        for _ in 0..5 {
            call(&breakers, "amc1", 0, Some(trouble()));
        }
        let trial = breakers.enter(&url("amc1"), at(15)).unwrap();
        assert!(breakers.enter(&url("amc1"), at(16)).is_err(), "the others wait for the one that tries");
        breakers.leave(&trial, None, at(17));
        assert!(call(&breakers, "amc1", 17, Some(trouble())));
        assert!(call(&breakers, "amc1", 17, None), "one failure after a success opens nothing");
    }

    #[test]
    fn a_trial_that_fails_doubles_the_rest_up_to_five_minutes() {
        let breakers = Breakers::default();
        for _ in 0..5 {
            call(&breakers, "amc1", 0, Some(trouble()));
        }
        let mut now = 15;
        for rest in [30, 60, 120, 240, 300, 300] {
            assert!(call(&breakers, "amc1", now, Some(trouble())), "{now}");
            assert!(!call(&breakers, "amc1", now + rest - 1, None), "{rest}");
            now += rest;
        }
    }

    #[test]
    fn a_region_in_trouble_rests_as_a_whole() {
        let breakers = Breakers::default();
        for instance in 0..10 {
            let network = Some(ErrorKind::Network(Network::Connect));
            assert!(call(&breakers, &format!("amc{instance}"), 0, network));
        }
        assert!(!call(&breakers, "amc99", 1, None));
        let resting: Vec<_> = breakers.all().into_iter().filter(|(_, traffic)| traffic.rests(at(1))).collect();
        assert_eq!(resting.len(), 1);
        assert_eq!(resting[0].0.instance, None);
    }

    #[test]
    fn all_calls_of_an_account_wait_and_others_continue() {
        let breakers = Breakers::default();
        let account = |entity: &str| Account::of(&url("amc1"), Some(entity.to_owned()));
        let retry_after = Some(std::time::Duration::from_secs(30));
        breakers.throttled(account("A"), &ErrorKind::Throttled { retry_after }.into(), at(0));
        let error = breakers.wait(&account("A"), at(10)).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Throttled { retry_after: Some(std::time::Duration::from_secs(20)) });
        assert!(breakers.wait(&account("B"), at(10)).is_ok());
        assert!(breakers.wait(&account("A"), at(30)).is_ok());
    }

    #[test]
    fn refusals_and_throttling_open_nothing() {
        let breakers = Breakers::default();
        for _ in 0..50 {
            assert!(call(&breakers, "amc1", 0, Some(ErrorKind::Throttled { retry_after: None })));
            assert!(call(&breakers, "amc1", 0, Some(ErrorKind::Refused { status: 400, message: None })));
        }
    }

    #[test]
    fn other_addresses_have_their_host_only() {
        let url = Url::parse("https://api.amazon.example/auth/o2/token").unwrap();
        assert_eq!(places(&url), [Place { host: "https://api.amazon.example".to_owned(), instance: None }]);
    }
}

//! Counts of requests for each route, for the usage page: how many, how slow, how many failed. No people, no addresses.
//!
//! Counts since the start of the process, and those that the usage worker hasn't stored yet. A route is the pattern of a
//! route with its method, so their number is limited.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The upper limits of the response time histogram, in milliseconds; longer times are counted after the last.
const BOUNDS: [u64; 9] = [2, 5, 10, 25, 100, 250, 1_000, 5_000, 30_000];
/// A response that takes longer is slow, in milliseconds.
const SLOW: u64 = 1_000;

/// The counts of one route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteUsage {
    pub requests: u64,
    /// Responses with a status from 400 to 499.
    pub refused: u64,
    /// Responses with a status from 500.
    pub failed: u64,
    /// Responses that took longer than [`SLOW`].
    pub slow: u64,
    pub total_millis: u64,
    pub longest_millis: u64,
    times: [u64; BOUNDS.len() + 1],
}

impl RouteUsage {
    fn note(&mut self, status: u16, millis: u64) {
        self.requests += 1;
        self.refused += u64::from((400..500).contains(&status));
        self.failed += u64::from(status >= 500);
        self.slow += u64::from(millis > SLOW);
        self.total_millis += millis;
        self.longest_millis = self.longest_millis.max(millis);
        let place = BOUNDS.iter().position(|bound| millis <= *bound).unwrap_or(BOUNDS.len());
        self.times[place] += 1;
    }

    /// The limit in milliseconds below which this share of the responses stayed; `None` without requests, or if it is
    /// beyond the last limit.
    pub fn within(&self, share: f64) -> Option<u64> {
        let wanted = (self.requests as f64 * share).ceil() as u64;
        let mut counted = 0;
        let reached = self.times.iter().position(|count| {
            counted += count;
            counted >= wanted && counted > 0
        });
        BOUNDS.get(reached?).copied()
    }
}

#[derive(Debug, Default)]
struct Counts {
    routes: BTreeMap<String, RouteUsage>,
    /// What isn't stored yet.
    pending: BTreeMap<String, RouteUsage>,
    /// Error responses by status.
    errors: BTreeMap<u16, u64>,
}

/// The counts of this process; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Usage(Arc<Mutex<Counts>>);

impl Usage {
    /// Records a response of `route`, a pattern with its method.
    pub(super) fn note(&self, route: &str, status: u16, took: Duration) {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { routes, pending, errors } = &mut *counts;
        for map in [routes, pending] {
            match map.get_mut(route) {
                Some(usage) => usage.note(status, millis),
                None => map.entry(route.to_owned()).or_default().note(status, millis),
            }
        }
        if status >= 400 {
            *errors.entry(status).or_default() += 1;
        }
    }

    /// All routes since the start of the process.
    pub fn since_start(&self) -> Vec<(String, RouteUsage)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.routes.iter().map(|(route, usage)| (route.clone(), usage.clone())).collect()
    }

    /// Error responses since the start, by status.
    pub fn errors(&self) -> Vec<(u16, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.errors.iter().map(|(status, count)| (*status, *count)).collect()
    }

    /// Takes what isn't stored yet.
    pub fn take(&self) -> Vec<(String, RouteUsage)> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut counts.pending).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_outcome_and_time() {
        let usage = Usage::default();
        for (status, millis) in [(200, 1), (200, 3), (404, 20), (500, 1_500)] {
            usage.note("GET /queries", status, Duration::from_millis(millis));
        }
        let (route, counts) = usage.since_start().remove(0);
        assert_eq!(
            (route.as_str(), counts.requests, counts.refused, counts.failed, counts.slow),
            ("GET /queries", 4, 1, 1, 1)
        );
        assert_eq!((counts.total_millis, counts.longest_millis), (1_524, 1_500));
        assert_eq!((counts.within(0.5), counts.within(0.75), counts.within(0.95)), (Some(5), Some(25), Some(5_000)));
        assert_eq!(usage.errors(), [(404, 1), (500, 1)]);
        assert_eq!(RouteUsage::default().within(0.95), None);
    }

    #[test]
    fn what_was_taken_is_not_taken_again() {
        let usage = Usage::default();
        usage.note("GET /", 200, Duration::ZERO);
        assert_eq!(usage.take().len(), 1);
        assert_eq!((usage.take().len(), usage.since_start().len()), (0, 1));
    }
}

//! Checks whether a host responds, and its clock.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::header::DATE;
use url::Url;

use super::client::Client;
use super::error::Error;

/// The time limit for a host.
const PATIENCE: Duration = Duration::from_secs(5);

/// The outcome of a probe.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// The time in the response's `Date` header, to the second, if there was one.
    pub date: Option<DateTime<Utc>>,
    pub took: Duration,
}

impl Client {
    /// Sends a HEAD request to `url` without any credentials. Any status means that the host responds.
    pub async fn probe(&self, url: &Url) -> Result<Probe, Error> {
        let began = Instant::now();
        let answer = self.head(url.clone()).timeout(PATIENCE).send().await.map_err(Error::from_reqwest)?;
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()).map(|date| date.to_utc());
        Ok(Probe { date, took: began.elapsed() })
    }
}

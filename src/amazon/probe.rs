//! Whether a host answers at all, and what time it thinks it is.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::header::DATE;
use url::Url;

use super::client::Client;
use super::error::Error;

/// How long a host may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came back.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// The time in the answer's head, to the second, if there was one.
    pub date: Option<DateTime<Utc>>,
    /// How long the answer took.
    pub took: Duration,
}

impl Client {
    /// Asks `url` for its headers only, without any credentials. Whatever the status is, the host answers.
    pub async fn probe(&self, url: &Url) -> Result<Probe, Error> {
        let began = Instant::now();
        let answer = self.head(url.clone()).timeout(PATIENCE).send().await.map_err(Error::from_reqwest)?;
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()).map(|date| date.to_utc());
        Ok(Probe { date, took: began.elapsed() })
    }
}

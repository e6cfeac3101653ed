//! The emulator's options.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use url::Url;

use super::faults::Fault;

#[derive(Clone, Debug)]
pub struct Options {
    /// The base URL for callers, such as `http://127.0.0.1:8099/` or `https://recomamp.example.com/emulator/`;
    /// download links start with it.
    pub base: Url,
    /// The folder for state and results; created if missing.
    pub folder: PathBuf,
    /// The seed of the synthetic data.
    pub seed: u64,
    /// The amount of synthetic data; 1 is the default.
    pub scale: f64,
    /// Divides the emulator's own waits (validation, run times, creation of instances); 1 is AMC's pace, 0 means no
    /// waits beyond the real work.
    pub speed: f64,
    /// Whether the consent page automatically agrees for the first person.
    pub auto_consent: bool,
    /// The only accepted client id and secret; `None` accepts any.
    pub client: Option<(String, String)>,
    /// The only redirect URL for consent, if the emulator is part of a program: then only
    /// [`Emulator::client`](super::Emulator::client) is accepted, and forms from other sites are refused. Without it
    /// any client with any URL is accepted.
    pub returns_to: Option<Url>,
    /// How many queries really run concurrently; more wait as `RUNNING`.
    pub parallel_work: usize,
    /// The time limit of a query in real seconds; then it ends as `FAILED`.
    pub longest_work_seconds: u64,
    /// The time at which its clock starts; `None` for where it stopped, or initially the system time.
    pub time: Option<DateTime<Utc>>,
    /// The last day of the synthetic data; `None` for the clock's day, for which the data is generated again each day.
    pub data_until: Option<NaiveDate>,
    /// Whether the clock is paused at startup; otherwise it keeps its last state.
    pub paused: bool,
    /// Faults that are active from startup.
    pub faults: Vec<Fault>,
}

impl Default for Options {
    /// Local, with state in `./emulator`, twenty times as fast as AMC.
    fn default() -> Self {
        Self {
            base: local(),
            folder: PathBuf::from("emulator"),
            seed: 1,
            scale: 1.0,
            speed: 20.0,
            auto_consent: false,
            client: None,
            returns_to: None,
            parallel_work: 2,
            longest_work_seconds: 15 * 60,
            time: None,
            data_until: None,
            paused: false,
            faults: Vec::new(),
        }
    }
}

#[expect(clippy::expect_used, reason = "a constant that a test reads; `Url` has no constant form")]
fn local() -> Url {
    Url::parse("http://127.0.0.1/").expect("the constant is an address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_address_is_one() {
        assert_eq!(Options::default().base.as_str(), "http://127.0.0.1/");
    }
}

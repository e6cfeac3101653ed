//! What an emulator is opened with.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use url::Url;

use super::faults::Fault;

/// The settings of one emulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address under which callers reach it, such as `http://127.0.0.1:8099/` or
    /// `https://recomamp.example.com/emulator/`; download links start with it.
    pub base: Url,
    /// Where state and results are kept; created when missing.
    pub folder: PathBuf,
    /// Which synthetic world; the same for the same seed.
    pub seed: u64,
    /// Its size; 1 is the usual one.
    pub scale: f64,
    /// By what the emulator's own waits (validation, run times, creation of instances) are divided;
    /// 1 is AMC's pace, 0 means no waits beyond the real work.
    pub speed: f64,
    /// Whether the consent page answers at once for the first person.
    pub auto_consent: bool,
    /// The only client id and secret that are accepted; any are when this is `None`.
    pub client: Option<(String, String)>,
    /// The only address to which consent sends browsers back, where the emulator is part of a program: then only
    /// [`Emulator::client`](super::Emulator::client) is accepted, and forms from other sites are refused. Without it
    /// any client may come, with any address.
    pub returns_to: Option<Url>,
    /// How many queries really run at the same time; more wait their turn as `RUNNING`.
    pub parallel_work: usize,
    /// The longest real time that one query may take, in seconds, before it ends as `FAILED`.
    pub longest_work_seconds: u64,
    /// The time at which its clock starts; where it was left, at first the machine's, when `None`.
    pub time: Option<DateTime<Utc>>,
    /// Whether the clock stands from the start; otherwise it goes, or stands if it was left standing.
    pub paused: bool,
    /// Faults that are switched on from the start.
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

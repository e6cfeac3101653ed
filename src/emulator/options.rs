//! What an emulator is opened with.

use std::path::PathBuf;

use super::clock::Pace;
use super::faults::Fault;

/// The settings of one emulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address under which callers reach it, without a final slash, such as
    /// `http://127.0.0.1:8099` or `https://recomamp.example.com/emulator`; download links start with it.
    pub base: String,
    /// Where state and results are kept; created when missing.
    pub folder: PathBuf,
    /// Which synthetic world; the same for the same seed.
    pub seed: u64,
    /// Its size; 1 is the usual one.
    pub scale: f64,
    /// How fast the emulator's own waits pass.
    pub pace: Pace,
    /// Whether the consent page answers at once for the first person.
    pub auto_consent: bool,
    /// The only client id and secret that are accepted; any are when this is `None`.
    pub client: Option<(String, String)>,
    /// How many queries really run at the same time; more wait their turn as `RUNNING`.
    pub parallel_work: usize,
    /// The longest real time that one query may take, in seconds, before it ends as `FAILED`.
    pub longest_work_seconds: u64,
    /// Faults that are switched on from the start.
    pub faults: Vec<Fault>,
}

impl Options {
    /// The usual settings, with state in `folder`.
    pub fn new(base: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        let base: String = base.into();
        Self {
            base: base.trim_end_matches('/').to_owned(),
            folder: folder.into(),
            seed: 1,
            scale: 1.0,
            pace: Pace::times(20.0),
            auto_consent: false,
            client: None,
            parallel_work: 2,
            longest_work_seconds: 15 * 60,
            faults: Vec::new(),
        }
    }
}

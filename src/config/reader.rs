//! Reads single settings and collects the errors.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::ops::RangeInclusive;
use std::str::FromStr;

use url::Url;

const PREFIX: &str = "RECOMAMP_";
/// Variables of programs that call the API, by the documents; they may be set on the same machine.
const OF_CLIENTS: [&str; 2] = ["RECOMAMP_TOKEN", "RECOMAMP_URL"];
/// The maximum size of a file named by a setting, in bytes; a larger one is an error.
const LARGEST_FILE: u64 = 64 << 10;

/// Where settings come from: the process environment, or a map in tests.
pub trait Environment {
    /// The value of this variable, if set; it may not be valid text.
    fn get(&self, name: &str) -> Option<OsString>;
    fn names(&self) -> Vec<String>;
}

impl Environment for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<OsString> {
        BTreeMap::get(self, name).map(OsString::from)
    }

    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

/// One error in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The variable's full name.
    pub name: String,
    /// What is wrong, as the end of a sentence that begins with the name.
    pub what: String,
    /// A valid example.
    pub example: String,
}

/// All errors in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "The settings are not right:")?;
        for fault in &self.0 {
            writeln!(formatter, "  {} {}; for example: {}", fault.name, fault.what, fault.example)?;
        }
        write!(formatter, "Nothing was started. Change these and start again.")
    }
}

impl std::error::Error for Faults {}

pub(super) struct Reader<'a> {
    environment: &'a dyn Environment,
    faults: Vec<Fault>,
    known: RefCell<BTreeSet<String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(environment: &'a dyn Environment) -> Self {
        Self { environment, faults: Vec::new(), known: RefCell::default() }
    }

    pub(super) fn fault(&mut self, name: &str, what: &str, example: &str) {
        self.faults.push(Fault { name: format!("{PREFIX}{name}"), what: what.to_owned(), example: example.to_owned() });
    }

    /// The setting, or the content of its file. A blank setting counts as not set; a blank file is an error, since
    /// a person who sets one expects it to be used.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let by_file = format!("{name}_FILE");
        self.known.borrow_mut().extend([format!("{PREFIX}{name}"), format!("{PREFIX}{by_file}")]);
        match (self.variable(name), self.variable(&by_file)) {
            (Some(_), Some(_)) => {
                self.fault(&by_file, &format!("is set although {PREFIX}{name} is set too"), "one of the two");
                None
            }
            (Some(value), None) => Some(value),
            (None, Some(path)) => match held_by(&path) {
                Ok(text) => Some(text),
                Err(what) => {
                    self.fault(&by_file, &format!("names a file {what}"), "/run/secrets/value");
                    None
                }
            },
            (None, None) => None,
        }
    }

    /// The value of this variable, if it isn't blank.
    fn variable(&mut self, name: &str) -> Option<String> {
        let text = self.environment.get(&format!("{PREFIX}{name}"))?.into_string();
        let Ok(text) = text else {
            self.fault(name, "is not text in UTF-8", "a value in ASCII");
            return None;
        };
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Whether it is set, directly or by file, even if it couldn't be read.
    pub(super) fn is_given(&self, name: &str) -> bool {
        let given =
            |name: String| self.environment.get(&name).is_some_and(|text| !text.to_string_lossy().trim().is_empty());
        given(format!("{PREFIX}{name}")) || given(format!("{PREFIX}{name}_FILE"))
    }

    /// The parsed setting, or `default`.
    pub(super) fn value<T: FromStr + Fallback>(&mut self, name: &str, default: &str, example: &str, what: &str) -> T {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        text.parse().unwrap_or_else(|_| {
            self.fault(name, &format!("has to be {what}, not `{text}`"), example);
            T::fallback()
        })
    }

    pub(super) fn number<T>(&mut self, name: &str, default: T, range: RangeInclusive<T>, example: &str) -> T
    where
        T: FromStr + PartialOrd + fmt::Display + Copy,
    {
        let Some(text) = self.text(name) else { return default };
        match text.parse::<T>() {
            Ok(value) if range.contains(&value) => value,
            _ => {
                let what = format!("has to be a number from {} to {}, not `{text}`", range.start(), range.end());
                self.fault(name, &what, example);
                default
            }
        }
    }

    /// `on` or `off`.
    pub(super) fn switch(&mut self, name: &str, default: bool) -> bool {
        match self.text(name).as_deref() {
            None => default,
            Some("on") => true,
            Some("off") => false,
            Some(other) => {
                self.fault(name, &format!("has to be `on` or `off`, not `{other}`"), "off");
                default
            }
        }
    }

    pub(super) fn url(&mut self, name: &str, example: &str) -> Option<Url> {
        let text = self.text(name)?;
        match text.parse::<Url>() {
            Ok(url) if names_somebody(&url) => {
                self.fault(name, "must not have a user or a password in it", example);
                None
            }
            Ok(url) if matches!(url.scheme(), "http" | "https") => Some(url),
            _ => {
                self.fault(name, "has to be an http or https address", example);
                None
            }
        }
    }

    /// Returns the settings if there were no errors; an unknown name with the right prefix is an error too, since it
    /// is nearly always a typo.
    pub(super) fn finish<T>(mut self, config: T) -> Result<T, Faults> {
        let known = self.known.take();
        for name in self.environment.names() {
            if name.starts_with(PREFIX) && !known.contains(&name) && !OF_CLIENTS.contains(&name.as_str()) {
                let example = nearest(&name, &known);
                self.faults.push(Fault { name, what: "is not a setting of RecomAMP".to_owned(), example });
            }
        }
        if self.faults.is_empty() { Ok(config) } else { Err(Faults(self.faults)) }
    }
}

/// The text of a file, or the error as the end of a sentence about the file.
fn held_by(path: &str) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("that cannot be read ({error})");
    let mut bytes = Vec::new();
    // OK to stop one byte after the limit: a longer file is refused, and a device never ends.
    File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(format!("of more than {} KiB", LARGEST_FILE >> 10));
    }
    let text = String::from_utf8(bytes).map_err(|_| "that is not text in UTF-8".to_owned())?;
    let text = text.trim();
    if text.is_empty() { Err("that is empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// Whether a URL contains a user or a password, which would be shown wherever the URL is.
pub(super) fn names_somebody(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The known name with the longest common prefix.
fn nearest(name: &str, known: &BTreeSet<String>) -> String {
    let shared = |other: &&String| name.bytes().zip(other.bytes()).take_while(|(left, right)| left == right).count();
    // Among equal prefixes, the shortest: `_FILE` is a form of a setting, not another one.
    known.iter().max_by_key(|other| (shared(other), std::cmp::Reverse(other.len()))).cloned().unwrap_or_default()
}

#[cfg(test)]
#[test]
fn a_misspelled_setting_suggests_the_right_one() {
    let known = ["RECOMAMP_DATABASE_URL", "RECOMAMP_DATA_DIR", "RECOMAMP_DATA_DIR_FILE"].map(str::to_owned);
    assert_eq!(nearest("RECOMAMP_DATA", &known.into()), "RECOMAMP_DATA_DIR");
}

/// Placeholder for an invalid value until the errors are reported.
pub(super) trait Fallback {
    fn fallback() -> Self;
}

impl Fallback for std::net::SocketAddr {
    fn fallback() -> Self {
        ([127, 0, 0, 1], 8080).into()
    }
}

impl Fallback for Url {
    fn fallback() -> Self {
        #[expect(clippy::expect_used, reason = "a constant that parses")]
        Url::parse("http://127.0.0.1:8080").expect("a constant address")
    }
}

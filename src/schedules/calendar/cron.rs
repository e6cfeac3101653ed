//! Cron expressions as in cron(5): five fields, minute first.
//!
//! The crate `cron` is used as a calendar without zones. It has another syntax (seconds first, Sunday as 1, both day
//! fields required), so expressions are parsed here and passed to it as lists of numbers; if both day fields are set,
//! as two expressions, either of which matches. Its own iteration over zones isn't used: see the parent module.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::str::FromStr;

use chrono::{NaiveDateTime, TimeDelta};

/// Maximum length of an expression, in bytes.
const LONGEST: usize = 400;

/// A cron expression.
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    /// One matcher, or two, either of which counts.
    matchers: Vec<cron::Schedule>,
    has_wildcard: bool,
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Why a text isn't a valid cron expression: sentences for its author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error("A cron expression has five fields: minute, hour, day of month, month, day of week. This one has {0}.{hint}", hint = seconds_hint(*.0))]
    FieldCount(usize),
    #[error("“{0}” is not a known abbreviation. Use @hourly, @daily, @weekly, @monthly or @yearly.")]
    Abbreviation(String),
    #[error("“{part}” isn't a valid {field}. {allowed}")]
    Part { part: String, field: &'static str, allowed: &'static str },
    #[error("The range “{part}” in {field} runs backward. Write it from low to high.")]
    Backward { part: String, field: &'static str },
    #[error("The step in “{part}” must be a number of at least 1.")]
    Step { part: String },
    #[error("“{0}” needs a range before its step, such as {start}-{end}/{step} or */{step}.", start = .1, end = .2, step = .3)]
    StepWithoutRange(String, u32, u32, u32),
    #[error("“{part}” is not part of cron(5). {instead}")]
    Foreign { part: String, instead: &'static str },
    #[error("This never happens: no year has such a day.")]
    Never,
    #[error("The expression is longer than 400 characters.")]
    TooLong,
}

const fn seconds_hint(count: usize) -> &'static str {
    if count == 6 || count == 7 { " Leave out seconds and years." } else { "" }
}

/// One field of an expression.
struct Field {
    name: &'static str,
    first: u32,
    last: u32,
    /// Names of the numbers from `first_named` on.
    names: &'static [&'static str],
    allowed: &'static str,
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", first: 0, last: 59, names: &[], allowed: "Minutes are 0 to 59." },
    Field { name: "hour", first: 0, last: 23, names: &[], allowed: "Hours are 0 to 23." },
    Field { name: "day of month", first: 1, last: 31, names: &[], allowed: "Days of the month are 1 to 31." },
    Field {
        name: "month",
        first: 1,
        last: 12,
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
        allowed: "Months are 1 to 12 or JAN to DEC.",
    },
    Field {
        name: "day of week",
        first: 0,
        last: 7,
        names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
        allowed: "Days of the week are 0 to 7 (0 and 7 are Sunday) or SUN to SAT.",
    },
];

/// A parsed field.
struct Read {
    numbers: BTreeSet<u32>,
    /// Whether it begins with `*`, by which cron(5) decides whether a day field counts as set.
    is_open: bool,
}

impl Field {
    fn read(&self, text: &str) -> Result<Read, CronError> {
        let mut numbers = BTreeSet::new();
        for part in text.split(',') {
            numbers.extend(self.part(part)?);
        }
        if self.last == 7 && numbers.remove(&7) {
            numbers.insert(0);
        }
        Ok(Read { numbers, is_open: text.starts_with('*') })
    }

    fn part(&self, part: &str) -> Result<impl Iterator<Item = u32> + use<>, CronError> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        let step = match step {
            None => 1,
            Some(text) => {
                let number = text.parse::<u32>().ok().filter(|&step| (1..=self.last.max(1)).contains(&step));
                number.ok_or_else(|| CronError::Step { part: part.to_owned() })?
            }
        };
        let (low, high) = if range == "*" {
            (self.first, if self.last == 7 { 6 } else { self.last })
        } else if let Some((low, high)) = range.split_once('-') {
            (self.number(low, part)?, self.high(self.number(high, part)?))
        } else {
            let number = self.number(range, part)?;
            if part.contains('/') {
                return Err(CronError::StepWithoutRange(part.to_owned(), number, self.last, step));
            }
            (number, number)
        };
        if low > high {
            return Err(CronError::Backward { part: part.to_owned(), field: self.name });
        }
        let step = usize::try_from(step).unwrap_or(1);
        Ok((low..=high).step_by(step))
    }

    /// The end of a range: `FRI-SUN` ends with Sunday as 7.
    const fn high(&self, number: u32) -> u32 {
        if self.last == 7 && number == 0 { 7 } else { number }
    }

    fn number(&self, text: &str, part: &str) -> Result<u32, CronError> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let number = match named {
            Some(place) => u32::try_from(place).ok().map(|place| place + self.first),
            None if text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            None => None,
        };
        number.filter(|number| (self.first..=self.last).contains(number)).ok_or_else(|| self.refuse(part))
    }

    fn refuse(&self, part: &str) -> CronError {
        let instead = match part {
            _ if part.contains('?') => "Write * for any day.",
            _ if part.contains(['L', 'l']) && self.names.is_empty() && self.last == 31 => {
                "For the last day of a month choose “Monthly” and “Last day”."
            }
            _ if part.contains('#') => "For the n-th weekday of a month choose “Monthly”.",
            _ if part.contains(['W', 'w']) && self.last == 31 => "For business days choose “Monthly”.",
            _ => return CronError::Part { part: part.to_owned(), field: self.name, allowed: self.allowed },
        };
        CronError::Foreign { part: part.to_owned(), instead }
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        if text.len() > LONGEST {
            return Err(CronError::TooLong);
        }
        let plain = abbreviated(text.trim())?;
        let fields: Vec<&str> = plain.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(CronError::FieldCount(fields.len()));
        };
        let [minutes, hours, days, months, weekdays] = &FIELDS;
        let read =
            [minutes.read(minute)?, hours.read(hour)?, days.read(day)?, months.read(month)?, weekdays.read(weekday)?];
        let has_wildcard = read[0].is_open || read[1].is_open;
        let matchers = matchers(&read)?;
        let cron = Self { text: fields.join(" "), matchers, has_wildcard };
        let Some(start) = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0)) else {
            return Err(CronError::Never);
        };
        if cron.from(start).next().is_none() { Err(CronError::Never) } else { Ok(cron) }
    }
}

fn abbreviated(text: &str) -> Result<&str, CronError> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        other if other.starts_with('@') => return Err(CronError::Abbreviation(text.to_owned())),
        _ => text,
    })
}

fn matchers(read: &[Read; 5]) -> Result<Vec<cron::Schedule>, CronError> {
    let [minutes, hours, days, months, weekdays] = read;
    let any = |field: &Field| field.read("*");
    let make = |days: &Read, weekdays: &Read| {
        let mut text = String::from("0");
        for (read, plus) in [(minutes, 0), (hours, 0), (days, 0), (months, 0), (weekdays, 1)] {
            let numbers = read.numbers.iter().map(|number| (number + plus).to_string()).collect::<Vec<_>>().join(",");
            // OK because writing to a string cannot fail.
            let _ = write!(text, " {numbers}");
        }
        text.parse::<cron::Schedule>().map_err(|_| CronError::Never)
    };
    // As in cron(5): with both day fields set, either counts; one that begins with * isn't set, and both must match.
    if days.is_open || weekdays.is_open {
        return Ok(vec![make(days, weekdays)?]);
    }
    Ok(vec![make(days, &any(&FIELDS[4])?)?, make(&any(&FIELDS[2])?, weekdays)?])
}

impl Cron {
    /// The expression, normalized to single spaces and without abbreviations.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a minute or hour is a wildcard, so that the schedule follows real time when the clocks change.
    pub const fn has_wildcard(&self) -> bool {
        self.has_wildcard
    }

    /// Whether day of month and day of week are both set, either of which counts.
    pub const fn has_both_days(&self) -> bool {
        self.matchers.len() == 2
    }

    /// The matching local times from `start` on, in order.
    pub fn from(&self, start: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
        let before = (start - TimeDelta::seconds(1)).and_utc();
        let mut times: Vec<_> = self.matchers.iter().map(|matcher| matcher.after(&before).peekable()).collect();
        std::iter::from_fn(move || {
            let next = times.iter_mut().filter_map(|times| times.peek().copied()).min()?;
            for times in &mut times {
                times.next_if_eq(&next);
            }
            Some(next.naive_utc())
        })
    }
}

//! A window as it is asked for and as it is kept with an execution: typed, without a form.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use super::{Window, WindowForm, WindowKind, instant, shown};
use crate::web::components::{self, Errors};

/// A window: how it is meant and, where that is known, from when to when.
///
/// In a request only an explicit window has its two times; the others are worked out when the execution is
/// started. What is kept with an execution has them, unless AMC decides. Times are what the wall clock of the
/// zone shows, as AMC takes them: a time that the clock shows twice, or never, stays what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowChoice {
    /// How it is meant.
    pub kind: WindowKind,
    pub start: Option<NaiveDateTime>,
    /// The moment after the last.
    pub end: Option<NaiveDateTime>,
    /// The zone of both.
    pub zone: Tz,
}

impl Default for WindowChoice {
    fn default() -> Self {
        Self { kind: WindowKind::default(), start: None, end: None, zone: Tz::UTC }
    }
}

impl WindowChoice {
    /// How a time is stored: it sorts as text.
    const FORM: &'static str = "%Y-%m-%dT%H:%M:%S";

    /// What it means at `now`. What is wrong goes to `errors`, under the names of the form's fields, unless
    /// something is said of that field already; the answer is then the default's.
    pub fn resolve(&self, now: DateTime<Utc>, errors: &mut Errors) -> Window {
        if self.kind != WindowKind::Explicit {
            return Window::preset(self.kind, self.zone, now);
        }
        self.explicit(now, errors).unwrap_or_else(|| Window::preset(WindowKind::Settled, self.zone, now))
    }

    fn explicit(&self, now: DateTime<Utc>, errors: &mut Errors) -> Option<Window> {
        for (field, time) in [("start", self.start), ("end", self.end)] {
            if time.is_none() && errors.of(field).is_empty() {
                errors.add(field, format!("Enter the {field} date, or choose another time window."));
            }
        }
        let (start, end) = (self.start?, self.end?);
        if start >= end {
            errors.add("end", "The end must be after the start.");
            return None;
        }
        if instant(self.zone, end) > now {
            let now = shown(now, self.zone);
            errors.add("end", format!("The window ends in the future. In {} it is now {now}.", self.zone));
            return None;
        }
        Some(Window::between(WindowKind::Explicit, self.zone, start, end, now))
    }

    /// In words: `31 Oct – 6 Nov 2026 (Europe/Berlin)` for whole days, `8 Nov 2026, 06:00 to 9 Nov 2026, 18:00 (UTC)`
    /// for others.
    pub fn words(&self) -> String {
        match self.days() {
            Some(days) => format!("{days} ({})", self.zone),
            None => self.exact(),
        }
    }

    /// The same to the minute: `31 Oct 2026, 00:00 to 7 Nov 2026, 00:00 (Europe/Berlin)`. The end is not part of it.
    pub fn exact(&self) -> String {
        match (self.start, self.end) {
            (Some(start), Some(end)) => {
                let form = "%-d %b %Y, %H:%M";
                format!("{} to {} ({})", start.format(form), end.format(form), self.zone)
            }
            _ => format!("{}. AMC sets the days when the query runs", self.kind.label()),
        }
    }

    /// Its days, the last one included: `31 Oct – 6 Nov 2026`. `None` where it does not begin and end at midnight, or
    /// AMC decides.
    pub fn days(&self) -> Option<String> {
        self.whole_days().map(|(first, last)| components::days(first, last))
    }

    /// Its first and last day, both included, where it begins and ends at midnight.
    fn whole_days(&self) -> Option<(NaiveDate, NaiveDate)> {
        let midnight = |time: NaiveDateTime| (time.time() == NaiveTime::MIN).then(|| time.date());
        let (first, last) = (midnight(self.start?)?, midnight(self.end?)?.pred_opt()?);
        (first <= last).then_some((first, last))
    }

    /// The same window on another day: an explicit one keeps its times.
    #[must_use]
    pub fn as_meant(self) -> Self {
        if self.kind == WindowKind::Explicit { self } else { Self { start: None, end: None, ..self } }
    }

    /// As a form shows it.
    pub fn form(&self) -> WindowForm {
        let own = self.as_meant();
        let time = |time: Option<NaiveDateTime>| time.map(Self::stored).unwrap_or_default();
        let (start, end) = match own.whole_days() {
            Some((first, last)) => (first.to_string(), last.to_string()),
            None => (time(own.start), time(own.end)),
        };
        WindowForm { kind: own.kind.name().to_owned(), start, end, zone: own.zone.name().to_owned() }
    }

    /// A time as it is stored: `2026-10-31T00:00:00`.
    pub fn stored(time: NaiveDateTime) -> String {
        time.format(Self::FORM).to_string()
    }

    /// Reads what [`WindowChoice::stored`] wrote.
    pub fn read(text: &str) -> Option<NaiveDateTime> {
        NaiveDateTime::parse_from_str(text, Self::FORM).ok()
    }

    /// As JSON, always the same for the same window.
    pub fn json(&self) -> Json {
        let time = |time: Option<NaiveDateTime>| time.map(Self::stored);
        json!({ "kind": self.kind.name(), "start": time(self.start), "end": time(self.end), "zone": self.zone.name() })
    }
}

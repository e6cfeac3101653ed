//! A window as requested and as stored with an execution.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use super::{ATTRIBUTION_DAYS, FRESH_AFTER, Window, WindowForm, WindowKind, shown};
use crate::clock::zones::{instant, local};
use crate::web::components::{self, Errors};

/// A window: its kind and, if known, its start and end.
///
/// In a request only an explicit window has these times; the others are resolved when the execution starts. A stored
/// one has them, unless AMC determines them. Times are local times in the zone, as AMC takes them: a time that occurs
/// twice, or never, is kept as requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowChoice {
    pub kind: WindowKind,
    pub start: Option<NaiveDateTime>,
    /// The exclusive end.
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
    /// The stored format of a time: it sorts as text.
    const FORM: &'static str = "%Y-%m-%dT%H:%M:%S";

    /// Resolves it at `now`. Errors are added to `errors` by form field, unless a field already has one; the default
    /// is then returned.
    pub fn resolve(&self, now: DateTime<Utc>, errors: &mut Errors) -> Window {
        if self.kind != WindowKind::Explicit {
            let window = Window::preset(self.kind, self.zone, now);
            if window.start.is_some() && window.start == window.end {
                let today = components::date(local(self.zone, now).date());
                errors.add(
                    "window",
                    format!(
                        "On {today} this time window is empty: the month has no whole day yet. Choose another one."
                    ),
                );
            }
            return window;
        }
        self.explicit(now, errors).unwrap_or_else(|| Window::preset(WindowKind::Settled, self.zone, now))
    }

    /// Resolves it at a time, or returns the error: it is empty, or ends in the future.
    pub fn at(&self, moment: DateTime<Utc>) -> Result<Window, String> {
        let mut errors = Errors::new();
        let window = self.resolve(moment, &mut errors);
        errors.iter().next().map_or(Ok(window), |(_, sentence)| Err(sentence.to_owned()))
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

    /// A description: `31 Oct – 6 Nov 2026 (Europe/Berlin)` for whole days, otherwise `8 Nov 2026, 06:00 to 9 Nov
    /// 2026, 18:00 (UTC)`.
    pub fn describe(&self) -> String {
        match self.days() {
            Some(days) => format!("{days} ({})", self.zone),
            None => self.exact(),
        }
    }

    /// The same with times: `31 Oct 2026, 00:00 to 7 Nov 2026, 00:00 (Europe/Berlin)`. The end is exclusive.
    pub fn exact(&self) -> String {
        match (self.start, self.end) {
            (Some(start), Some(end)) => {
                let form = "%-d %b %Y, %H:%M";
                format!("{} to {} ({})", start.format(form), end.format(form), self.zone)
            }
            _ => format!("{}. AMC sets the days when the query runs", self.kind.label()),
        }
    }

    /// Its inclusive days: `31 Oct – 6 Nov 2026`. `None` if it doesn't begin and end at midnight, or AMC determines
    /// it.
    pub fn days(&self) -> Option<String> {
        self.whole_days().map(|(first, last)| components::days(first, last))
    }

    /// A kind of the same length that moves with the day, for a schedule: it ends as long before the day as these dates
    /// now do, but only when its data is complete, and not longer after it than conversions are attributed. `None` if
    /// these aren't whole days, or too many.
    pub fn moving(&self, now: DateTime<Utc>) -> Option<WindowKind> {
        let (first, last) = self.whole_days()?;
        let today = local(self.zone, now).date();
        let before = ((today - last).num_days() - 1).clamp(FRESH_AFTER.num_days(), ATTRIBUTION_DAYS as i64);
        WindowKind::parse(&format!("days-{}-{before}", (last - first).num_days() + 1))
    }

    /// Its inclusive first and last day, if it begins and ends at midnight.
    fn whole_days(&self) -> Option<(NaiveDate, NaiveDate)> {
        let midnight = |time: NaiveDateTime| (time.time() == NaiveTime::MIN).then(|| time.date());
        let (first, last) = (midnight(self.start?)?, midnight(self.end?)?.pred_opt()?);
        (first <= last).then_some((first, last))
    }

    /// The instants of its start and its exclusive end; `None` if AMC determines them.
    pub fn instants(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        Some((instant(self.zone, self.start?), instant(self.zone, self.end?)))
    }

    /// The same kind of window at another time: an explicit one keeps its start and end.
    #[must_use]
    pub fn as_meant(self) -> Self {
        if self.kind == WindowKind::Explicit { self } else { Self { start: None, end: None, ..self } }
    }

    /// The window as form fields.
    pub fn form(&self) -> WindowForm {
        let own = self.as_meant();
        let time = |time: Option<NaiveDateTime>| time.map(Self::stored).unwrap_or_default();
        let (start, end) = match own.whole_days() {
            Some((first, last)) => (first.to_string(), last.to_string()),
            None => (time(own.start), time(own.end)),
        };
        WindowForm { kind: own.kind.name().into_owned(), start, end, zone: own.zone.name().to_owned() }
    }

    /// The stored form of a time: `2026-10-31T00:00:00`.
    pub fn stored(time: NaiveDateTime) -> String {
        time.format(Self::FORM).to_string()
    }

    /// Parses [`WindowChoice::stored`].
    pub fn read(text: &str) -> Option<NaiveDateTime> {
        NaiveDateTime::parse_from_str(text, Self::FORM).ok()
    }

    /// The window as canonical JSON.
    pub fn json(&self) -> Json {
        let time = |time: Option<NaiveDateTime>| time.map(Self::stored);
        json!({ "kind": self.kind.name(), "start": time(self.start), "end": time(self.end), "zone": self.zone.name() })
    }
}

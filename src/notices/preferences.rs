//! Which messages a person wants, and when they are mailed.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::schedules::Zones;
use crate::web::Fields;
use crate::web::components::{Choice, Errors};

/// When mail is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MailMode {
    /// Immediately, except during quiet hours.
    Now,
    /// Once a day, if there are messages.
    Digest,
    Off,
}

impl MailMode {
    const ALL: [Self; 3] = [Self::Now, Self::Digest, Self::Off];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Digest => "digest",
            Self::Off => "off",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == text)
    }

    pub(super) fn choices() -> Vec<Choice> {
        let label = |mode| match mode {
            Self::Now => "Immediately",
            Self::Digest => "Daily digest",
            Self::Off => "Off",
        };
        Self::ALL.into_iter().map(|mode| Choice::new(mode.name(), label(mode))).collect()
    }
}

/// Which messages a person wants, and when they are mailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Preferences {
    pub mail: MailMode,
    /// Local times in the zone, `08:00`; quiet hours may be empty.
    pub digest_at: String,
    pub quiet_from: String,
    pub quiet_until: String,
    pub zone: String,
    /// Results of their schedules.
    pub results: bool,
    /// Failures of their executions and schedules.
    pub failures: bool,
    /// Results of executions they started manually.
    pub manual: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            mail: MailMode::Digest,
            digest_at: "08:00".to_owned(),
            quiet_from: String::new(),
            quiet_until: String::new(),
            zone: "UTC".to_owned(),
            results: true,
            failures: true,
            manual: false,
        }
    }
}

fn time(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S")).ok()
}

impl Preferences {
    /// Parses a form; returns the preferences and the errors.
    pub(super) fn read(fields: &Fields, zones: &Zones, has_mail: bool, was: &Self) -> (Self, Errors) {
        let mut errors = Errors::new();
        let is = |name: &str| fields.get(name) == "true";
        let mut read = Self { results: is("results"), failures: is("failures"), manual: is("manual"), ..was.clone() };
        if !has_mail {
            return (read, errors);
        }
        match MailMode::parse(fields.trimmed("mail")) {
            Some(mail) => read.mail = mail,
            None => errors.add("mail", "Choose when email is sent."),
        }
        let mut clock = |name: &str, is_required: bool| {
            let text = fields.trimmed(name);
            match time(text) {
                Some(time) => time.format("%H:%M").to_string(),
                None if text.is_empty() && !is_required => String::new(),
                None => {
                    errors.add(name, "Enter a time such as 08:00.");
                    text.chars().take(20).collect()
                }
            }
        };
        read.digest_at = clock("digest_at", true);
        read.quiet_from = clock("quiet_from", false);
        read.quiet_until = clock("quiet_until", false);
        if read.quiet_from.is_empty() != read.quiet_until.is_empty() {
            let missing = if read.quiet_from.is_empty() { "quiet_from" } else { "quiet_until" };
            errors.add(missing, "Quiet hours need a start and an end.");
        } else if !read.quiet_from.is_empty() && read.quiet_from == read.quiet_until {
            errors.add("quiet_until", "Quiet hours end at another time than they start. To get no email, choose Off.");
        }
        let zone = fields.trimmed("zone");
        if let Some(known) = zones.find(zone) {
            known.name().clone_into(&mut read.zone);
        } else {
            read.zone = zone.chars().take(60).collect();
            errors.add("zone", "Enter a time zone such as Europe/Berlin or America/New_York.");
        }
        (read, errors)
    }

    /// When a message written at `now` is mailed; `None` if it isn't.
    pub(super) fn due(&self, now: DateTime<Utc>, zones: &Zones) -> Option<DateTime<Utc>> {
        match self.mail {
            MailMode::Off => None,
            MailMode::Digest => Some(self.next(&self.digest_at, now, zones)),
            MailMode::Now if self.is_quiet(now, zones) => Some(self.next(&self.quiet_until, now, zones)),
            MailMode::Now => Some(now),
        }
    }

    fn is_quiet(&self, now: DateTime<Utc>, zones: &Zones) -> bool {
        let (Some(from), Some(until)) = (time(&self.quiet_from), time(&self.quiet_until)) else { return false };
        let clock = zones.find(&self.zone).map_or(now.naive_utc(), |zone| zone.civil(now)).time();
        if from <= until { from <= clock && clock < until } else { clock >= from || clock < until }
    }

    /// The next time after `now` at which the clock in the zone shows `at`.
    fn next(&self, at: &str, now: DateTime<Utc>, zones: &Zones) -> DateTime<Utc> {
        let at = time(at).unwrap_or(NaiveTime::MIN);
        let zone = zones.find(&self.zone);
        let today = zone.as_ref().map_or(now.naive_utc(), |zone| zone.civil(now)).date();
        // OK because the clock shows every time within two days.
        let days = (0..3).filter_map(|days| today.checked_add_signed(TimeDelta::days(days)));
        let instants = days.map(|day| {
            let civil = day.and_time(at);
            zone.as_ref().map_or(civil.and_utc(), |zone| zone.first(civil))
        });
        instants.into_iter().find(|instant| *instant > now).unwrap_or(now + TimeDelta::days(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn mail_is_due_after_quiet_hours_or_with_the_digest() {
        let zones = Zones::bundled();
        let own = Preferences {
            mail: MailMode::Now,
            quiet_from: "22:00".to_owned(),
            quiet_until: "07:00".to_owned(),
            zone: "Europe/Berlin".to_owned(),
            ..Preferences::default()
        };
        let due = |own: &Preferences, now: &str| own.due(at(now), &zones).map(|due| due.to_rfc3339());
        // On 29 March 2026, Berlin switches to daylight saving time.
        assert_eq!(due(&own, "2026-03-28T22:30:00Z").as_deref(), Some("2026-03-29T05:00:00+00:00"));
        assert_eq!(due(&own, "2026-03-28T12:30:00Z").as_deref(), Some("2026-03-28T12:30:00+00:00"));
        let digest = Preferences { mail: MailMode::Digest, ..own.clone() };
        assert_eq!(due(&digest, "2026-03-28T07:00:00Z").as_deref(), Some("2026-03-29T06:00:00+00:00"));
        assert_eq!(due(&Preferences { mail: MailMode::Off, ..own }, "2026-03-28T07:00:00Z"), None);
    }

    #[test]
    fn errors_are_reported_by_field() {
        let zones = Zones::bundled();
        let fields = Fields::parse(b"mail=sometimes&digest_at=25:00&quiet_from=22:00&zone=Mars/Base&results=true");
        let (read, errors) = Preferences::read(&fields, &zones, true, &Preferences::default());
        for field in ["mail", "digest_at", "quiet_until", "zone"] {
            assert!(!errors.of(field).is_empty(), "{field}");
        }
        assert!(read.results && !read.failures);
        let same = Fields::parse(b"mail=now&digest_at=08:00&quiet_from=22:00&quiet_until=22:00&zone=UTC");
        let (_, errors) = Preferences::read(&same, &zones, true, &Preferences::default());
        assert!(errors.of("quiet_until").contains("another time"));
        let (_, errors) = Preferences::read(&fields, &zones, false, &Preferences::default());
        assert!(errors.is_empty(), "without mail its fields are not read");
    }
}

//! When a schedule runs, as in its form: every part is the typed text.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveTime, Weekday};
use serde::{Deserialize, Serialize};

use super::calendar::{Cron, MonthDay, Plan, Rule, Zones};
use crate::web::Fields;
use crate::web::components::{Choice, Errors, date, read_date, read_date_time};

/// Maximum length of a field, in characters; the list of excluded days may be longer.
const LONGEST: usize = 400;
/// Maximum number of excluded days.
const MOST_EXCLUDED: usize = 400;
const WEEKDAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "Monday", Weekday::Mon),
    ("tue", "Tuesday", Weekday::Tue),
    ("wed", "Wednesday", Weekday::Wed),
    ("thu", "Thursday", Weekday::Thu),
    ("fri", "Friday", Weekday::Fri),
    ("sat", "Saturday", Weekday::Sat),
    ("sun", "Sunday", Weekday::Sun),
];
const ORDINALS: [(&str, &str); 5] =
    [("1", "First"), ("2", "Second"), ("3", "Third"), ("4", "Fourth"), ("last", "Last")];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Timing {
    /// `daily`, `weekly`, `monthly`, `days`, `once` or `cron`.
    pub repeat: String,
    /// The time of day, `09:00`; not for `once` and `cron`.
    pub at: String,
    /// For `weekly`: `mon` to `sun`.
    pub weekdays: Vec<String>,
    /// For `monthly`: `1` to `31`, `last`, `first-business`, `last-business`, or `2-tue` and `last-fri`.
    pub month_day: String,
    /// For `days`: how many.
    pub every: String,
    /// For `days`: the day from which they are counted.
    pub from: String,
    /// For `once`: `2026-12-01T09:00`.
    pub moment: String,
    /// For `cron`.
    pub cron: String,
    /// A zone of the IANA database.
    pub zone: String,
    /// The first day; empty means now.
    pub starts: String,
    /// The last day, inclusive; empty for none.
    pub ends: String,
    /// Days without runs, one per line.
    pub excluded: String,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            repeat: "weekly".to_owned(),
            at: "09:00".to_owned(),
            weekdays: vec!["mon".to_owned()],
            month_day: "1".to_owned(),
            every: String::new(),
            from: String::new(),
            moment: String::new(),
            cron: String::new(),
            zone: "UTC".to_owned(),
            starts: String::new(),
            ends: String::new(),
            excluded: String::new(),
        }
    }
}

impl Timing {
    /// The kinds of rules in the form.
    pub(super) fn repeats() -> Vec<Choice> {
        [
            ("daily", "Every day"),
            ("weekly", "Every week"),
            ("monthly", "Every month"),
            ("days", "Every few days"),
            ("once", "Once"),
            ("cron", "Cron expression"),
        ]
        .map(|(value, label)| Choice::new(value, label))
        .into()
    }

    pub(super) fn week() -> Vec<Choice> {
        WEEKDAYS.map(|(value, label, _)| Choice::new(value, label)).into()
    }

    pub(super) fn month_days() -> Vec<Choice> {
        let mut choices: Vec<Choice> = (1..=31).map(|day| Choice::new(day.to_string(), format!("Day {day}"))).collect();
        choices.push(Choice::new("last", "Last day"));
        choices.push(Choice::new("first-business", "First business day"));
        choices.push(Choice::new("last-business", "Last business day"));
        for (ordinal, name) in ORDINALS {
            for (value, label, _) in WEEKDAYS {
                choices.push(Choice::new(format!("{ordinal}-{value}"), format!("{name} {label}")));
            }
        }
        choices
    }

    /// The timing in a form; missing fields are taken from `self`.
    #[must_use]
    pub(super) fn with(&self, fields: &Fields) -> Self {
        // OK to truncate: no valid value is longer.
        // Fields pasted from a crontab are separated by tabs.
        let spaced = |letter: char| if letter.is_control() { ' ' } else { letter };
        let plain = |text: &str| text.chars().map(spaced).take(LONGEST).collect::<String>();
        let own = |name: &str, mine: &str| if fields.has(name) { plain(fields.trimmed(name)) } else { mine.to_owned() };
        let excluded = fields.get("excluded").chars().filter(|c| *c != '\0').take(MOST_EXCLUDED * 12);
        Self {
            repeat: own("repeat", &self.repeat),
            at: own("at", &self.at),
            weekdays: if fields.has("repeat") {
                fields.all("weekday").map(plain).take(WEEKDAYS.len()).collect()
            } else {
                self.weekdays.clone()
            },
            month_day: own("month_day", &self.month_day),
            every: own("every", &self.every),
            from: own("from_day", &self.from),
            moment: own("moment", &self.moment),
            cron: own("cron", &self.cron),
            zone: own("timing_zone", &self.zone),
            starts: own("starts", &self.starts),
            ends: own("ends", &self.ends),
            excluded: if fields.has("excluded") { excluded.collect() } else { self.excluded.clone() },
        }
    }

    /// As the fields of a form; empty ones are left out.
    pub(super) fn form(&self) -> Vec<(&'static str, String)> {
        let parts = [
            ("repeat", &self.repeat),
            ("at", &self.at),
            ("month_day", &self.month_day),
            ("every", &self.every),
            ("from_day", &self.from),
            ("moment", &self.moment),
            ("cron", &self.cron),
            ("timing_zone", &self.zone),
            ("starts", &self.starts),
            ("ends", &self.ends),
            ("excluded", &self.excluded),
        ];
        let mut form: Vec<(&str, String)> = parts.into_iter().map(|(name, value)| (name, value.clone())).collect();
        form.extend(self.weekdays.iter().map(|day| ("weekday", day.clone())));
        form.retain(|(_, value)| !value.is_empty());
        form
    }

    /// The plan, or its errors by field.
    pub(super) fn plan(&self, zones: &Zones, errors: &mut Errors) -> Option<Plan> {
        let before = errors.len();
        let zone = zones.find(&self.zone);
        if zone.is_none() {
            errors.add(
                "timing_zone",
                format!(
                    "Unknown time zone “{}”. Use a name such as UTC, Europe/Berlin or America/New_York.",
                    self.zone
                ),
            );
        }
        let rule = self.rule(errors);
        let starts = optional_day("starts", "first", &self.starts, errors);
        let ends = optional_day("ends", "last", &self.ends, errors);
        if starts.zip(ends).is_some_and(|(starts, ends)| ends < starts) {
            errors.add("ends", "The last day is before the first day, so nothing would ever run.");
        }
        let excluded = self.excluded_days(errors);
        if errors.len() > before {
            return None;
        }
        Some(Plan { rule: rule?, zone: zone?, starts, ends, excluded })
    }

    fn rule(&self, errors: &mut Errors) -> Option<Rule> {
        match self.repeat.as_str() {
            "daily" => {
                let first = NaiveDate::from_ymd_opt(2000, 1, 1)?;
                self.time(errors).map(|at| Rule::Days { every: 1, first, at })
            }
            "weekly" => self.weekly(errors),
            "monthly" => {
                let (at, on) = (self.time(errors), month_day(&self.month_day));
                if on.is_none() {
                    errors.add("month_day", "Choose a day of the month.");
                }
                Some(Rule::Monthly { on: on?, at: at? })
            }
            "days" => self.days(errors),
            "once" => {
                let moment = read_date_time(&self.moment);
                if moment.is_none() {
                    errors.add("moment", "Enter a date and time such as 2026-12-01T09:00.");
                }
                moment.map(Rule::Once)
            }
            "cron" => match self.cron.parse::<Cron>() {
                Ok(cron) => Some(Rule::Cron(cron)),
                Err(error) => {
                    errors.add("cron", error.to_string());
                    None
                }
            },
            _ => {
                errors.add("repeat", "Choose how often it runs.");
                None
            }
        }
    }

    fn weekly(&self, errors: &mut Errors) -> Option<Rule> {
        let at = self.time(errors);
        let is_chosen = |value: &&str| self.weekdays.iter().any(|chosen| chosen == value);
        let days: Vec<Weekday> =
            WEEKDAYS.iter().filter(|(value, _, _)| is_chosen(value)).map(|(_, _, day)| *day).collect();
        if days.is_empty() {
            errors.add("weekday", "Choose at least one day of the week.");
            return None;
        }
        Some(Rule::Weekly { days, at: at? })
    }

    fn days(&self, errors: &mut Errors) -> Option<Rule> {
        let at = self.time(errors);
        let every = self.every.parse::<u32>().ok().filter(|every| (1..=366).contains(every));
        if every.is_none() {
            errors.add("every", "Enter a number of days from 1 to 366.");
        }
        let first = read_date(&self.from);
        if first.is_none() {
            errors.add("from_day", "Enter the day from which to count.");
        }
        Some(Rule::Days { every: every?, first: first?, at: at? })
    }

    fn time(&self, errors: &mut Errors) -> Option<NaiveTime> {
        let time =
            NaiveTime::parse_from_str(&self.at, "%H:%M").or_else(|_| NaiveTime::parse_from_str(&self.at, "%H:%M:%S"));
        if time.is_err() {
            errors.add("at", "Enter a time of day such as 09:00.");
        }
        time.ok()
    }

    fn excluded_days(&self, errors: &mut Errors) -> BTreeSet<NaiveDate> {
        let texts = self.excluded.split([',', ';', ' ', '\n', '\r', '\t']).filter(|text| !text.is_empty());
        let mut days = BTreeSet::new();
        for text in texts {
            let Some(day) = read_date(text) else {
                errors.add("excluded", format!("“{text}” isn't a date. Enter one date per line, such as 2026-12-25."));
                break;
            };
            days.insert(day);
        }
        if days.len() > MOST_EXCLUDED {
            errors.add("excluded", "At most 400 days can be excluded.");
        }
        days
    }

    /// A description: `Every Monday at 09:00 (Europe/Berlin)`.
    pub(super) fn describe(&self) -> String {
        let at = &self.at;
        let rule = match self.repeat.as_str() {
            "daily" => format!("Every day at {at}"),
            "weekly" => {
                let names: Vec<&str> = WEEKDAYS
                    .iter()
                    .filter(|(value, _, _)| self.weekdays.iter().any(|chosen| chosen == value))
                    .map(|(_, label, _)| *label)
                    .collect();
                format!("Every {} at {at}", listed(&names))
            }
            "monthly" => format!("{} of each month at {at}", month_day_text(&self.month_day)),
            "days" => format!("Every {} days at {at}", self.every),
            "once" => match read_date_time(&self.moment) {
                Some(moment) => format!("Once, on {} at {}", date(moment.date()), moment.format("%H:%M")),
                None => "Once".to_owned(),
            },
            _ => format!("Cron {}", self.cron),
        };
        format!("{rule} ({})", self.zone)
    }
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn optional_day(field: &str, which: &str, text: &str, errors: &mut Errors) -> Option<NaiveDate> {
    if text.is_empty() {
        return None;
    }
    let day = read_date(text);
    if day.is_none() {
        errors.add(field, format!("The {which} day isn't a date. Enter a date such as 2026-12-31."));
    }
    day
}

fn month_day(text: &str) -> Option<MonthDay> {
    let weekday = |name: &str| WEEKDAYS.iter().find(|(value, _, _)| *value == name).map(|(_, _, day)| *day);
    match text {
        "last" => Some(MonthDay::Last),
        "first-business" => Some(MonthDay::FirstBusinessDay),
        "last-business" => Some(MonthDay::LastBusinessDay),
        _ => match text.split_once('-') {
            Some(("last", day)) => weekday(day).map(MonthDay::LastWeekday),
            Some((ordinal, day)) => {
                let ordinal = ordinal.parse().ok().filter(|n| (1..=4).contains(n))?;
                weekday(day).map(|day| MonthDay::Nth(ordinal, day))
            }
            None => text.parse().ok().filter(|day| (1..=31).contains(day)).map(MonthDay::Day),
        },
    }
}

fn month_day_text(text: &str) -> String {
    let choice = Timing::month_days().into_iter().find(|choice| choice.is(text));
    choice.map(|choice| choice.label).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(form: &str) -> Result<Plan, Vec<String>> {
        let mut errors = Errors::new();
        let timing = Timing::default().with(&Fields::parse(form.as_bytes()));
        let plan = timing.plan(&Zones::bundled(), &mut errors);
        plan.ok_or_else(|| errors.iter().map(|(field, _)| field.to_owned()).collect())
    }

    #[test]
    fn every_kind_of_rule_is_described() {
        for (form, words) in [
            ("repeat=daily&at=08:30", "Every day at 08:30 (UTC)"),
            (
                "repeat=weekly&weekday=mon&weekday=thu&at=09:00&timing_zone=Europe/Berlin",
                "Every Monday and Thursday at 09:00 (Europe/Berlin)",
            ),
            ("repeat=monthly&month_day=last-fri&at=09:00", "Last Friday of each month at 09:00 (UTC)"),
            ("repeat=monthly&month_day=15&at=09:00", "Day 15 of each month at 09:00 (UTC)"),
            ("repeat=days&every=3&from_day=2026-01-01&at=09:00", "Every 3 days at 09:00 (UTC)"),
            ("repeat=once&moment=2026-12-01T09:00", "Once, on 1 Dec 2026 at 09:00 (UTC)"),
            ("repeat=cron&cron=0+9+*+*+1", "Cron 0 9 * * 1 (UTC)"),
            ("repeat=cron&cron=0%099%09*+*%091", "Cron 0 9 * * 1 (UTC)"),
        ] {
            assert!(plan(form).is_ok(), "{form}");
            assert_eq!(Timing::default().with(&Fields::parse(form.as_bytes())).describe(), words);
        }
    }

    #[test]
    fn errors_are_reported_by_field() {
        for (form, fields) in [
            ("repeat=often", &["repeat"][..]),
            ("repeat=weekly&at=9", &["at", "weekday"]),
            ("repeat=monthly&month_day=32&at=09:00", &["month_day"]),
            ("repeat=monthly&month_day=5-mon&at=09:00", &["month_day"]),
            ("repeat=days&every=0&from_day=x&at=09:00", &["every", "from_day"]),
            ("repeat=once&moment=tomorrow", &["moment"]),
            ("repeat=cron&cron=0+9+31+2+*", &["cron"]),
            ("repeat=daily&at=09:00&timing_zone=Mars/Base", &["timing_zone"]),
            ("repeat=daily&at=09:00&starts=2026-02-01&ends=2026-01-01", &["ends"]),
            ("repeat=daily&at=09:00&starts=soon&excluded=2026-12-25+never", &["starts", "excluded"]),
        ] {
            assert_eq!(plan(form).unwrap_err(), fields, "{form}");
        }
    }

    #[test]
    fn all_choices_of_the_form_can_be_read() {
        assert!(Timing::month_days().iter().all(|choice| month_day(&choice.value).is_some()));
    }
}

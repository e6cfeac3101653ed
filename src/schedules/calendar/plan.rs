//! A rule with its zone and its range of dates.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::{Rule, Slots, Zone};

/// When a schedule runs.
#[derive(Clone, Debug)]
pub struct Plan {
    pub rule: Rule,
    pub zone: Zone,
    /// The first day; `None` for the current day.
    pub starts: Option<NaiveDate>,
    /// The last day, inclusive; `None` for no end.
    pub ends: Option<NaiveDate>,
    /// Days without runs. Their slots are still listed, so that the ledger can explain why nothing ran.
    pub excluded: BTreeSet<NaiveDate>,
}

impl Plan {
    /// The slots after `after`, in order.
    pub fn after(&self, after: DateTime<Utc>) -> Slots<'_> {
        let begin = Slots::begin(&self.zone, after);
        let begin = self.starts.map_or(begin, |day| begin.max(midnight(day)));
        let ends = self.ends;
        let times =
            self.rule.from(begin, &self.excluded).take_while(move |time| ends.is_none_or(|end| time.date() <= end));
        Slots::new(&self.zone, after, self.rule.has_wildcard(), Box::new(times))
    }

    /// Whether the rule is a cron expression with both day fields, either of which counts.
    pub const fn has_both_days(&self) -> bool {
        matches!(&self.rule, Rule::Cron(cron) if cron.has_both_days())
    }

    /// Whether the day of this local time is excluded.
    pub fn excludes(&self, civil: NaiveDateTime) -> bool {
        self.excluded.contains(&civil.date())
    }
}

fn midnight(day: NaiveDate) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN)
}

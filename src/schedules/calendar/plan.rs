//! A rule, where and how long it holds.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::{Rule, Slots, Zone};

/// When a schedule runs.
#[derive(Clone, Debug)]
pub struct Plan {
    pub rule: Rule,
    pub zone: Zone,
    /// The first day; none from now on.
    pub starts: Option<NaiveDate>,
    /// The last day, which counts; none for ever.
    pub ends: Option<NaiveDate>,
    /// Days without runs. Their slots are listed all the same, so that the ledger can say why nothing ran.
    pub excluded: BTreeSet<NaiveDate>,
}

impl Plan {
    /// The slots later than `after`, in order.
    pub fn after(&self, after: DateTime<Utc>) -> Slots<'_> {
        let begin = Slots::begin(&self.zone, after);
        let begin = self.starts.map_or(begin, |day| begin.max(midnight(day)));
        let ends = self.ends;
        let times =
            self.rule.from(begin, &self.excluded).take_while(move |time| ends.is_none_or(|end| time.date() <= end));
        Slots::new(&self.zone, after, self.rule.has_wildcard(), Box::new(times))
    }

    /// Whether the rule is a cron expression with both kinds of days, of which either counts.
    pub const fn has_both_days(&self) -> bool {
        matches!(&self.rule, Rule::Cron(cron) if cron.has_both_days())
    }

    /// Whether nothing runs on the day of this civil time.
    pub fn excludes(&self, civil: NaiveDateTime) -> bool {
        self.excluded.contains(&civil.date())
    }
}

fn midnight(day: NaiveDate) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN)
}

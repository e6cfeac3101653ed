//! Columns about time: event times in many formats, and the dates of campaigns and lines.

use super::super::calendar::{DAY, DayNumber, Moment, date, millis};
use super::super::cells::Value;
use super::super::plan::Line;
use super::{Cell, Row, cell};
use chrono::Datelike;

type Clock = for<'r, 'w> fn(&'r Row<'w>) -> Option<Moment>;

/// Column prefixes and the moments they refer to.
const CLOCKS: [(&str, Clock); 7] = [
    ("traffic_event_", |row| row.traffic_at()),
    ("conversion_event_", |row| row.conversion.map(|conversion| conversion.at)),
    ("pv_playback_", |row| Some(row.at)),
    ("impression_", |row| row.contact.map(|contact| contact.at)),
    ("click_", |row| if row.click { row.traffic_at() } else { None }),
    ("purchase_", |row| Some(row.at)),
    ("event_", |row| Some(row.at)),
];

/// The format of a moment.
#[derive(Clone, Copy)]
enum Part {
    Instant,
    Day,
    Hour,
    HourStart,
    Month,
}

/// An event time column, by name.
pub(super) fn event(name: &str) -> Option<Cell> {
    let (clock, rest) = CLOCKS.iter().find_map(|(prefix, clock)| Some((*clock, name.strip_prefix(prefix)?)))?;
    let (part, utc) = match rest.strip_suffix("_utc") {
        Some(part) => (part, true),
        None => (rest, false),
    };
    let part = match part {
        "dt" | "date" => Part::Instant,
        "day" => Part::Day,
        "hour" => Part::Hour,
        "dt_hour" => Part::HourStart,
        "month" => Part::Month,
        _ => return None,
    };
    cell(move |row| {
        let Some(at) = clock(row) else { return Value::Null };
        let Value::Time(millis) = row.time(at, utc) else { return Value::Null };
        match part {
            Part::Instant => Value::Time(millis),
            Part::HourStart => Value::Time(millis - millis.rem_euclid(3_600_000)),
            Part::Hour => Value::Whole(millis.rem_euclid(86_400_000) / 3_600_000),
            Part::Day => calendar_day(millis, |date| date.day()),
            Part::Month => calendar_day(millis, |date| date.month()),
        }
    })
}

fn calendar_day(millis: i64, part: fn(chrono::NaiveDate) -> u32) -> Value<'static> {
    let zero = self::millis(0);
    let day = (millis - zero).div_euclid(86_400_000);
    Value::Whole(i64::from(part(date(day.max(0) as DayNumber))))
}

/// A start or end column of a campaign, flight, line item or ad group, by name.
pub(super) fn flight(name: &str) -> Option<Cell> {
    let (rest, utc) = match name.strip_suffix("_utc") {
        Some(rest) => (rest, true),
        None => (name, false),
    };
    let rest = rest.strip_suffix("_date").or_else(|| rest.strip_suffix("_dt"))?;
    let (of, start) = match rest.strip_suffix("_start") {
        Some(of) => (of, true),
        None => (rest.strip_suffix("_end")?, false),
    };
    let of_line = matches!(of, "line_item" | "ad_group");
    if !of_line && !matches!(of, "campaign" | "campaign_flight") {
        return None;
    }
    cell(move |row| {
        let Some(campaign) = row.campaign() else { return Value::Null };
        let line: Option<&Line> = row.line().filter(|_| of_line && row.is_dsp());
        let day = match (start, line) {
            (true, line) => Some(line.map_or(campaign.start, |line| line.start)),
            (false, Some(line)) => Some(line.end),
            (false, None) => campaign.end,
        };
        let Some(day) = day else { return Value::Null };
        let second = if start { 0 } else { DAY - 1 };
        if utc { row.time(row.plan().zone.utc(day, second), true) } else { Value::Time(millis(day * DAY + second)) }
    })
}

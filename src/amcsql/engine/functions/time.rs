//! Date and time functions. Everything is in UTC; there is no session time zone.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Int64Array, TimestampMillisecondArray};
use arrow::datatypes::{DataType, TimeUnit as Unit};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone as _, Timelike};
use chrono_tz::Tz;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::ScalarUDF;

use super::native::safe_cast;
use super::text::{functions, gives_long};
use super::{Args, Native};
use crate::amcsql::functions::TimeUnit;

functions! {
    /// `SECONDS_BETWEEN(a, b)`: b minus a.
    SECONDS_BETWEEN = "amc_seconds_between", gives_long, seconds_between;
    /// `CONVERT_TIME_ZONE_FROM_UTC(t, zone)`.
    CONVERT_TIME_ZONE = "amc_convert_time_zone_from_utc",
        |types| Ok(types.first().cloned().unwrap_or(DataType::Null)), convert_time_zone;
    /// `EPOCH_TO_UTC_TIMESTAMP(x)`.
    EPOCH = "amc_epoch_to_utc_timestamp", gives_timestamp, |args| {
        Ok(Arc::new(args.long(0)?.iter().map(|it| Some(from_epoch(it?))).collect::<TimestampMillisecondArray>()))
    };
}

/// Larger epochs are milliseconds: as seconds they would be after the year 5000.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

#[expect(clippy::unnecessary_wraps, reason = "one shape for all functions, and some can fail")]
fn gives_timestamp(_: &[DataType]) -> Result<DataType> {
    Ok(DataType::Timestamp(Unit::Millisecond, None))
}

fn from_epoch(number: i64) -> i64 {
    if number.abs() >= MILLISECONDS_FROM { number } else { number * 1000 }
}

macro_rules! units {
    ($($unit:ident: $extract:literal, $trunc:literal;)+) => {
        /// `EXTRACT(unit FROM t)`.
        pub(in super::super) fn extract(unit: TimeUnit) -> Arc<ScalarUDF> {
            match unit {
                $(TimeUnit::$unit => Native::udf($extract, gives_long, |args| parts(args, TimeUnit::$unit)),)+
            }
        }

        /// `DATE_TRUNC('unit', t)`.
        pub(in super::super) fn truncate(unit: TimeUnit) -> Arc<ScalarUDF> {
            match unit {
                $(TimeUnit::$unit => Native::udf($trunc, gives_timestamp, |args| starts(args, TimeUnit::$unit)),)+
            }
        }
    };
}

units! {
    Second: "amc_second", "amc_trunc_second";
    Minute: "amc_minute", "amc_trunc_minute";
    Hour: "amc_hour", "amc_trunc_hour";
    Day: "amc_day", "amc_trunc_day";
    DayOfWeek: "amc_day_of_week", "amc_trunc_day_of_week";
    Week: "amc_week", "amc_trunc_week";
    Month: "amc_month", "amc_trunc_month";
    Quarter: "amc_quarter", "amc_trunc_quarter";
    Year: "amc_year", "amc_trunc_year";
}

fn moment(millis: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_millis(millis).map(|time| time.naive_utc())
}

fn parts(args: &Args<'_>, unit: TimeUnit) -> Result<ArrayRef> {
    let times = args.timestamp(0)?;
    Ok(Arc::new(times.iter().map(|millis| Some(part(moment(millis?)?, unit))).collect::<Int64Array>()))
}

fn part(time: NaiveDateTime, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => i64::from(time.second()),
        TimeUnit::Minute => i64::from(time.minute()),
        TimeUnit::Hour => i64::from(time.hour()),
        TimeUnit::Day => i64::from(time.day()),
        TimeUnit::DayOfWeek => i64::from(time.weekday().number_from_sunday()),
        TimeUnit::Week => i64::from(time.iso_week().week()),
        TimeUnit::Month => i64::from(time.month()),
        TimeUnit::Quarter => i64::from(time.month0() / 3 + 1),
        TimeUnit::Year => i64::from(time.year()),
    }
}

fn starts(args: &Args<'_>, unit: TimeUnit) -> Result<ArrayRef> {
    let times = args.timestamp(0)?;
    let result = times.iter().map(|millis| start(millis?, unit));
    Ok(Arc::new(result.collect::<TimestampMillisecondArray>()))
}

fn start(millis: i64, unit: TimeUnit) -> Option<i64> {
    let floored = |by: i64| Some(millis.div_euclid(by) * by);
    let day = |date: NaiveDate| Some(date.and_time(NaiveTime::MIN).and_utc().timestamp_millis());
    let date = || moment(millis).map(|time| time.date());
    match unit {
        TimeUnit::Second => floored(1_000),
        TimeUnit::Minute => floored(60_000),
        TimeUnit::Hour => floored(3_600_000),
        TimeUnit::Day | TimeUnit::DayOfWeek => floored(86_400_000),
        TimeUnit::Week => {
            let date = date()?;
            day(date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday())))?)
        }
        TimeUnit::Month => day(date()?.with_day(1)?),
        TimeUnit::Quarter => {
            let date = date()?;
            day(NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1)?)
        }
        TimeUnit::Year => day(NaiveDate::from_ymd_opt(date()?.year(), 1, 1)?),
    }
}

fn seconds_between(args: &Args<'_>) -> Result<ArrayRef> {
    let (from, to) = (args.timestamp(0)?, args.timestamp(1)?);
    let result = from.iter().zip(to.iter()).map(|(from, to)| Some((to? - from?) / 1000));
    Ok(Arc::new(result.collect::<Int64Array>()))
}

/// A date is converted as its midnight, and the result is a date.
fn convert_time_zone(args: &Args<'_>) -> Result<ArrayRef> {
    let (times, zones) = (args.timestamp(0)?, args.text(1)?);
    let mut known: Option<(String, Tz)> = None;
    let result = times.iter().zip(zones.iter()).map(|(millis, zone)| {
        let (Some(millis), Some(name)) = (millis, zone) else { return Ok(None) };
        let zone = match &known {
            Some((same, zone)) if same == name => *zone,
            _ => {
                let zone: Tz =
                    name.parse().map_err(|_| exec_datafusion_err!("'{name}' is not the name of a time zone"))?;
                known = Some((name.to_owned(), zone));
                zone
            }
        };
        Ok(moment(millis).map(|time| {
            let offset = zone.offset_from_utc_datetime(&time).fix().local_minus_utc();
            millis + i64::from(offset) * 1000
        }))
    });
    let converted: ArrayRef = Arc::new(result.collect::<Result<TimestampMillisecondArray>>()?);
    safe_cast(&converted, args.returns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> i64 {
        text.parse::<NaiveDateTime>().unwrap().and_utc().timestamp_millis()
    }

    #[test]
    fn units_begin_where_the_calendar_says() {
        let time = millis("2024-05-15T13:14:15.678");
        let begins = |unit| start(time, unit).unwrap();
        assert_eq!(begins(TimeUnit::Week), millis("2024-05-13T00:00:00"));
        assert_eq!(begins(TimeUnit::Quarter), millis("2024-04-01T00:00:00"));
        assert_eq!(begins(TimeUnit::Hour), millis("2024-05-15T13:00:00"));
        assert_eq!(begins(TimeUnit::Year), millis("2024-01-01T00:00:00"));
        assert_eq!(start(-1, TimeUnit::Day), Some(-86_400_000));
    }

    #[test]
    fn sunday_is_the_first_day_of_the_week() {
        let day = |text| part(moment(millis(text)).unwrap(), TimeUnit::DayOfWeek);
        assert_eq!((day("2024-05-12T00:00:00"), day("2024-05-18T00:00:00")), (1, 7));
    }

    #[test]
    fn epochs_are_distinguished_by_their_size() {
        assert_eq!(from_epoch(1_666_735_860), 1_666_735_860_000);
        assert_eq!(from_epoch(1_666_735_860_000), 1_666_735_860_000);
    }
}

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};
use proptest::prelude::*;

use super::cron::CronError;
use super::{Cron, MonthDay, Note, Plan, Rule, Slot, Zones};

fn utc(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc()
}

fn plan(rule: Rule, zone: &str) -> Plan {
    let zone = Zones::bundled().find(zone).unwrap();
    Plan { rule, zone, starts: None, ends: None, excluded: BTreeSet::new() }
}

fn cron(text: &str, zone: &str) -> Plan {
    plan(Rule::Cron(text.parse().unwrap()), zone)
}

fn at(slots: impl Iterator<Item = Slot>) -> Vec<String> {
    slots.map(|slot| slot.at.format("%Y-%m-%d %H:%M").to_string()).collect()
}

/// The first slots from `from` on, inclusive.
fn first(plan: &Plan, from: &str, count: usize) -> Vec<String> {
    at(plan.after(utc(from) - TimeDelta::seconds(1)).take(count))
}

#[test]
fn five_fields_mean_what_cron_5_says() {
    for (text, from, expected) in [
        ("0 9 * * 0", "2026-01-01 00:00", &["2026-01-04 09:00"][..]),
        ("0 9 * * 7", "2026-01-01 00:00", &["2026-01-04 09:00"]),
        ("0 9 * * SUN", "2026-01-01 00:00", &["2026-01-04 09:00"]),
        ("0 9 * * 1-5", "2026-01-01 00:00", &["2026-01-01 09:00", "2026-01-02 09:00", "2026-01-05 09:00"]),
        ("0 9 * * MON", "2026-01-01 00:00", &["2026-01-05 09:00"]),
        (
            "0 9 * * fri-sun",
            "2026-01-01 00:00",
            &["2026-01-02 09:00", "2026-01-03 09:00", "2026-01-04 09:00", "2026-01-09 09:00"],
        ),
        (
            "0 9 * * 5-7",
            "2026-01-01 00:00",
            &["2026-01-02 09:00", "2026-01-03 09:00", "2026-01-04 09:00", "2026-01-09 09:00"],
        ),
        ("@weekly", "2026-01-01 00:00", &["2026-01-04 00:00"]),
        ("@daily", "2026-01-01 00:00", &["2026-01-01 00:00", "2026-01-02 00:00"]),
        ("30 0 1 * 1", "2026-01-01 00:00", &["2026-01-01 00:30", "2026-01-05 00:30", "2026-01-12 00:30"]),
        ("0 9 */10 * 4", "2026-01-01 00:00", &["2026-01-01 09:00", "2026-05-21 09:00"]),
        ("0 9 31 * *", "2026-02-01 00:00", &["2026-03-31 09:00", "2026-05-31 09:00"]),
        ("0 9 29 2 *", "2026-01-01 00:00", &["2028-02-29 09:00"]),
        ("0 9 29 2 *", "2096-03-01 00:00", &[]),
        ("5-20/5 9,18 1 jan-mar *", "2026-01-01 18:15", &["2026-01-01 18:15", "2026-01-01 18:20", "2026-02-01 09:05"]),
    ] {
        let found = first(&cron(text, "UTC"), from, expected.len().max(1));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn fixed_times_run_once_and_wildcards_follow_real_time_at_clock_changes() {
    for (text, zone, from, expected) in [
        ("30 2 * * *", "America/New_York", "2027-03-14 05:00", &["2027-03-14 07:00", "2027-03-15 06:30"][..]),
        ("30 1 * * *", "America/New_York", "2027-11-07 04:00", &["2027-11-07 05:30", "2027-11-08 06:30"]),
        (
            "*/30 * * * *",
            "America/New_York",
            "2027-11-07 04:59",
            &["2027-11-07 05:00", "2027-11-07 05:30", "2027-11-07 06:00", "2027-11-07 06:30", "2027-11-07 07:00"],
        ),
        (
            "*/30 * * * *",
            "America/New_York",
            "2027-03-14 06:30",
            &["2027-03-14 06:30", "2027-03-14 07:00", "2027-03-14 07:30"],
        ),
        ("30 2 * * *", "Europe/Berlin", "2027-03-27 23:00", &["2027-03-28 01:00"]),
        ("30 2 * * *", "Europe/Berlin", "2027-10-30 22:00", &["2027-10-31 00:30", "2027-11-01 01:30"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2027-10-02 13:30", &["2027-10-02 15:30"]),
        ("0 0 * * *", "Africa/Cairo", "2027-04-29 10:00", &["2027-04-29 22:00"]),
        ("0 0 * * *", "America/Santiago", "2027-09-04 16:00", &["2027-09-05 04:00"]),
    ] {
        assert_eq!(first(&cron(text, zone), from, expected.len()), expected, "{text} {zone}");
    }
}

#[test]
fn a_slot_has_a_note_about_clock_changes() {
    let notes = |text: &str, zone: &str, from: &str, count: usize| {
        let plan = cron(text, zone);
        plan.after(utc(from)).take(count).map(|slot| (slot.name.to_string(), slot.note)).collect::<Vec<_>>()
    };
    let berlin = "Europe/Berlin";
    assert_eq!(
        notes("30 2 * * *", berlin, "2027-03-27 12:00", 1),
        [("2027-03-28T02:30".to_owned(), Some(Note::Skipped))]
    );
    assert_eq!(
        notes("30 2 * * *", berlin, "2027-10-30 12:00", 1),
        [("2027-10-31T02:30".to_owned(), Some(Note::FirstOfTwo))]
    );
    assert_eq!(
        notes("30 * * * *", berlin, "2027-10-31 00:00", 3),
        [
            ("2027-10-31T02:30".to_owned(), Some(Note::Repeated)),
            ("2027-10-31T02:30#2".to_owned(), Some(Note::Second)),
            ("2027-10-31T03:30".to_owned(), None),
        ]
    );
    assert_eq!(
        notes("0 2,3 * * *", berlin, "2027-03-27 12:00", 3),
        [
            ("2027-03-28T02:00".to_owned(), Some(Note::Skipped)),
            ("2027-03-28T03:00".to_owned(), Some(Note::SameInstant)),
            ("2027-03-29T02:00".to_owned(), None),
        ]
    );
}

#[test]
fn errors_in_expressions_are_reported_with_place_and_fix() {
    for (text, message) in [
        ("0 9 31 2 *", "never"),
        ("0 9 30 2 *", "never"),
        ("0 0 9 * * *", "Leave out seconds"),
        ("0 9 * *", "This one has 4"),
        ("", "This one has 0"),
        ("60 9 * * *", "Minutes are 0 to 59"),
        ("0 24 * * *", "Hours are 0 to 23"),
        ("0 9 0 * *", "Days of the month are 1 to 31"),
        ("0 9 * 13 *", "Months are 1 to 12"),
        ("0 9 * * 8", "0 and 7 are Sunday"),
        ("0 9 * * MO", "SUN to SAT"),
        ("0 9 L * *", "Last day"),
        ("0 9 15W * *", "business days"),
        ("0 9 * * 1#2", "n-th weekday"),
        ("0 9 ? * 1", "Write *"),
        ("0 9 20-10 * *", "from low to high"),
        ("*/0 9 * * *", "at least 1"),
        ("5/15 9 * * *", "5-59/15"),
        ("1,,2 9 * * *", "isn't a valid"),
        ("+5 9 * * *", "isn't a valid"),
        ("@fortnightly", "@weekly"),
    ] {
        let error = text.parse::<Cron>().unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
    }
    assert_eq!("1 ".repeat(300).parse::<Cron>().unwrap_err(), CronError::TooLong);
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn nine() -> NaiveTime {
    NaiveTime::from_hms_opt(9, 0, 0).unwrap()
}

#[test]
fn forms_offer_rules_that_cron_lacks() {
    let monthly = |on| Rule::Monthly { on, at: nine() };
    for (rule, expected) in [
        (Rule::Days { every: 3, first: day("2026-01-02"), at: nine() }, ["2026-01-02", "2026-01-05", "2026-01-08"]),
        (Rule::Days { every: 14, first: day("2025-12-29"), at: nine() }, ["2026-01-12", "2026-01-26", "2026-02-09"]),
        (
            Rule::Weekly { days: vec![Weekday::Mon, Weekday::Thu], at: nine() },
            ["2026-01-01", "2026-01-05", "2026-01-08"],
        ),
        (monthly(MonthDay::Day(31)), ["2026-01-31", "2026-03-31", "2026-05-31"]),
        (monthly(MonthDay::Last), ["2026-01-31", "2026-02-28", "2026-03-31"]),
        (monthly(MonthDay::FirstBusinessDay), ["2026-01-02", "2026-02-02", "2026-03-02"]),
        (monthly(MonthDay::LastBusinessDay), ["2026-01-30", "2026-02-27", "2026-03-31"]),
        (monthly(MonthDay::Nth(2, Weekday::Tue)), ["2026-01-13", "2026-02-10", "2026-03-10"]),
        (monthly(MonthDay::LastWeekday(Weekday::Fri)), ["2026-01-30", "2026-02-27", "2026-03-27"]),
    ] {
        let mut plan = plan(rule, "UTC");
        plan.excluded.insert(day("2026-01-01"));
        let found: Vec<_> =
            plan.after(utc("2025-12-31 23:59")).take(3).map(|slot| slot.at.date_naive().to_string()).collect();
        assert_eq!(found, expected, "{:?}", plan.rule);
    }
}

#[test]
fn a_plan_has_a_range_and_keeps_excluded_days_for_the_ledger() {
    let mut plan = plan(Rule::Days { every: 1, first: day("2026-01-01"), at: nine() }, "Europe/Berlin");
    plan.starts = Some(day("2026-02-03"));
    plan.ends = Some(day("2026-02-05"));
    plan.excluded.insert(day("2026-02-04"));
    let slots: Vec<_> = plan.after(utc("2026-01-01 00:00")).collect();
    let shown: Vec<_> = slots.iter().map(|slot| (slot.name.to_string(), plan.excludes(slot.name.civil))).collect();
    let expected = [("2026-02-03T09:00", false), ("2026-02-04T09:00", true), ("2026-02-05T09:00", false)];
    assert_eq!(shown, expected.map(|(name, excluded)| (name.to_owned(), excluded)));
    assert_eq!(at(plan.after(slots[1].at)), ["2026-02-05 08:00"], "what is due now is over");
}

#[test]
fn a_rule_for_one_time_has_one_slot() {
    let moment = day("2026-03-29").and_hms_opt(2, 30, 0).unwrap();
    let plan = plan(Rule::Once(moment), "Europe/Berlin");
    assert_eq!(first(&plan, "2026-01-01 00:00", 5), ["2026-03-29 01:00"]);
    assert!(first(&plan, "2026-03-29 01:01", 5).is_empty());
}

/// Zones with changes of an hour, of half an hour, at midnight, and without changes.
const ZONES: [&str; 7] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Kolkata",
];

fn expression() -> impl Strategy<Value = String> {
    let minute = prop_oneof!["[0-5]?[0-9]", Just("*/15".to_owned()), Just("0,30".to_owned()), Just("*".to_owned())];
    let hour = prop_oneof!["1?[0-9]", "2[0-3]", Just("*".to_owned()), Just("*/2".to_owned()), Just("1-3".to_owned())];
    let day = prop_oneof![3 => Just("*".to_owned()), 1 => "[1-9]", 1 => "1[0-9]|2[0-8]"];
    let month = prop_oneof![3 => Just("*".to_owned()), 1 => "[1-9]|1[0-2]"];
    let weekday = prop_oneof![3 => Just("*".to_owned()), 1 => "[0-7]", 1 => Just("1-5".to_owned())];
    (minute, hour, day, month, weekday).prop_map(|(a, b, c, d, e)| format!("{a} {b} {c} {d} {e}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn slots_come_in_order_and_each_is_found_from_anywhere_before_it(
        text in expression(), zone in 0..ZONES.len(), hours in 0..24 * 366 * 3_i64,
    ) {
        let plan = cron(&text, ZONES[zone]);
        let from = utc("2026-01-01 00:00") + TimeDelta::hours(hours);
        let slots: Vec<_> = plan.after(from).take(40).collect();
        prop_assert!(slots.is_sorted_by(|a, b| a.at <= b.at && a.name != b.name));
        // Starting after any slot, the next one is the same: the ledger can be continued from any of its rows.
        for pair in slots.windows(2).filter(|pair| pair[0].at < pair[1].at) {
            let next = plan.after(pair[0].at).next().unwrap();
            prop_assert_eq!((next.name, next.at), (pair[1].name, pair[1].at));
        }
    }

    #[test]
    fn a_second_implementation_agrees_where_no_clock_changes(text in expression(), hours in 0..24 * 366_i64) {
        let parser = croner::parser::CronParser::builder().seconds(croner::parser::Seconds::Disallowed).build();
        let from = utc("2026-01-01 00:00") + TimeDelta::hours(hours);
        let theirs: Vec<_> = parser.parse(&text).unwrap().iter_after(from).take(20).map(|at: DateTime<Utc>| at).collect();
        let ours: Vec<_> = cron(&text, "UTC").after(from).take(20).map(|slot| slot.at).collect();
        prop_assert_eq!(ours, theirs);
    }
}

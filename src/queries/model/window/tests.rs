use chrono_tz::{America, Europe, Pacific};

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn local(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn preset(kind: WindowKind, zone: Tz, now: &str) -> (String, String) {
    let window = Window::preset(kind, zone, at(now));
    (window.start.unwrap().to_string(), window.end.unwrap().to_string())
}

fn explicit(start: &str, end: &str, zone: &str, now: &str) -> Result<Window, Errors> {
    let form = WindowForm { kind: "explicit".into(), start: start.into(), end: end.into(), zone: zone.into() };
    let mut errors = Errors::new();
    let window = form.resolve(at(now), &mut errors);
    if errors.is_empty() { Ok(window) } else { Err(errors) }
}

fn dates(from: &str, to: &str) -> (String, String) {
    (format!("{from} 00:00:00"), format!("{to} 00:00:00"))
}

#[test]
fn the_default_is_the_seven_days_that_ended_fourteen_days_ago() {
    let window = WindowForm::default().resolve(at("2026-11-21T10:00:00Z"), &mut Errors::new());
    assert_eq!(window.start, Some(local("2026-10-31T00:00:00")));
    assert_eq!(window.end, Some(local("2026-11-07T00:00:00")));
    assert_eq!(window.notes, Vec::<String>::new());
    let sent = serde_json::to_value(&window.sent).unwrap();
    assert_eq!(sent["timeWindowStart"], "2026-10-31T00:00:00");
    assert_eq!(sent["timeWindowType"], "EXPLICIT");
}

#[test]
fn days_are_in_the_zones_local_time() {
    let now = "2026-11-21T06:00:00Z";
    assert_eq!(preset(WindowKind::Settled, Tz::UTC, now), dates("2026-10-31", "2026-11-07"));
    assert_eq!(preset(WindowKind::Settled, America::Los_Angeles, now), dates("2026-10-30", "2026-11-06"));
    assert_eq!(
        preset(WindowKind::Settled, Pacific::Auckland, "2026-11-20T12:00:00Z"),
        dates("2026-10-31", "2026-11-07")
    );
}

#[test]
fn clock_changes_do_not_shorten_days_or_make_them_unsettled() {
    // Clocks in New York go back on 1 November 2026 and forward on 8 March 2026.
    for now in ["2026-11-08T05:30:00Z", "2026-11-14T06:00:00Z", "2026-03-15T04:30:00Z", "2026-03-22T05:00:00Z"] {
        let window = Window::preset(WindowKind::Settled, America::New_York, at(now));
        assert_eq!(window.end.unwrap() - window.start.unwrap(), TimeDelta::days(7), "{now}");
        assert_eq!(window.notes, Vec::<String>::new(), "{now}");
    }
}

#[test]
fn complete_days_weeks_and_months_ended_two_days_ago_or_earlier() {
    assert_eq!(preset(WindowKind::LastDay, Tz::UTC, "2026-11-21T00:00:00Z"), dates("2026-11-18", "2026-11-19"));
    assert_eq!(preset(WindowKind::LastDay, Tz::UTC, "2026-11-20T23:59:59Z"), dates("2026-11-17", "2026-11-18"));
    // Sunday the 22nd ended two days before Wednesday the 25th began.
    assert_eq!(preset(WindowKind::LastWeek, Tz::UTC, "2026-11-25T00:00:00Z"), dates("2026-11-16", "2026-11-23"));
    assert_eq!(preset(WindowKind::LastWeek, Tz::UTC, "2026-11-24T23:59:59Z"), dates("2026-11-09", "2026-11-16"));
    assert_eq!(preset(WindowKind::LastMonth, Tz::UTC, "2026-03-03T00:00:00Z"), dates("2026-02-01", "2026-03-01"));
    assert_eq!(preset(WindowKind::LastMonth, Tz::UTC, "2026-03-02T23:00:00Z"), dates("2026-01-01", "2026-02-01"));
    assert_eq!(preset(WindowKind::LastMonth, Tz::UTC, "2026-01-01T12:00:00Z"), dates("2025-11-01", "2025-12-01"));
}

#[test]
fn calendar_windows_ignore_whether_data_is_complete() {
    let days = WindowKind::Days { count: 7, before: 14 };
    assert_eq!(preset(days, Europe::Berlin, "2027-03-15T08:00:00Z"), dates("2027-02-22", "2027-03-01"));
    // The first, a middle and the last day of a month have the same previous month.
    for now in ["2027-03-01T00:00:00Z", "2027-03-02T09:00:00Z", "2027-03-31T09:00:00Z"] {
        assert_eq!(preset(WindowKind::CalendarMonth, Tz::UTC, now), dates("2027-02-01", "2027-03-01"), "{now}");
    }
    // In Berlin it is already March.
    let midnight = "2027-02-28T23:30:00Z";
    assert_eq!(preset(WindowKind::CalendarMonth, Europe::Berlin, midnight), dates("2027-02-01", "2027-03-01"));
    assert_eq!(preset(WindowKind::CalendarMonth, Tz::UTC, midnight), dates("2027-01-01", "2027-02-01"));
    assert_eq!(preset(WindowKind::CalendarWeek, Tz::UTC, "2026-11-23T00:00:00Z"), dates("2026-11-16", "2026-11-23"));
    assert_eq!(preset(WindowKind::CalendarWeek, Tz::UTC, "2026-11-22T23:59:00Z"), dates("2026-11-09", "2026-11-16"));
    assert_eq!(preset(WindowKind::MonthToDate, Tz::UTC, "2026-11-21T10:00:00Z"), dates("2026-11-01", "2026-11-21"));
}

#[test]
fn an_empty_window_is_refused_with_the_date() {
    let window = WindowChoice { kind: WindowKind::MonthToDate, ..WindowChoice::default() };
    let why = window.at(at("2026-12-01T09:00:00Z")).unwrap_err();
    assert!(why.contains("1 Dec 2026") && why.contains("empty"), "{why}");
    assert_eq!(window.at(at("2026-12-02T00:00:00Z")).unwrap().days(), "1 Dec 2026");
}

#[test]
fn a_number_of_days_is_parsed_from_two_fields() {
    let form = |sent: &str| WindowForm::default().with(&Fields::parse(sent.as_bytes()));
    let days = form("window=days&window_days=30&window_before=2");
    assert_eq!((days.kind.as_str(), days.chosen(), days.counted()), ("days-30-2", "days", ("30", "2")));
    let choice = days.choice(&mut Errors::new());
    assert_eq!(choice.kind, WindowKind::Days { count: 30, before: 2 });
    assert_eq!((choice.form(), &*choice.kind.label()), (days, "30 days that end 2 days before"));
    for (sent, wrong) in [
        ("0&window_before=1", "window_days"),
        ("7&window_before=-1", "window_before"),
        ("&window_before=9999", "window_days"),
    ] {
        let mut errors = Errors::new();
        form(&format!("window=days&window_days={sent}")).choice(&mut errors);
        assert!(!errors.of(wrong).is_empty(), "{sent}: {errors:?}");
    }
}

#[test]
fn an_explicit_window_is_sent_as_typed_without_an_offset() {
    let window = explicit("2026-07-01T00:00", "2026-07-08 06:30:15", "Europe/Berlin", "2026-11-21T00:00:00Z").unwrap();
    let sent = serde_json::to_value(&window.sent).unwrap();
    assert_eq!(sent["timeWindowStart"], "2026-07-01T00:00:00");
    assert_eq!(sent["timeWindowEnd"], "2026-07-08T06:30:15");
    assert_eq!(sent["timeWindowTimeZone"], "Europe/Berlin");
    assert_eq!(window.describe(), "1 Jul 2026, 00:00 to 8 Jul 2026, 06:30 (Europe/Berlin)");
}

#[test]
fn both_dates_are_part_of_the_window() {
    let window = explicit("2026-11-08", "2026-11-14", "Europe/Berlin", "2026-11-21T00:00:00Z").unwrap();
    let sent = serde_json::to_value(&window.sent).unwrap();
    assert_eq!(sent["timeWindowStart"], "2026-11-08T00:00:00");
    assert_eq!(sent["timeWindowEnd"], "2026-11-15T00:00:00");
    assert_eq!(window.describe(), "8–14 Nov 2026 (Europe/Berlin)");
    let form = window.choice().form();
    assert_eq!((form.start.as_str(), form.end.as_str()), ("2026-11-08", "2026-11-14"), "the form shows the same dates");
    let day = explicit("2026-11-08", "2026-11-08", "UTC", "2026-11-21T00:00:00Z").unwrap();
    assert_eq!((day.describe().as_str(), day.days().as_str()), ("8 Nov 2026 (UTC)", "8 Nov 2026"));
    let moments = explicit("2026-11-08T06:00", "2026-11-09", "UTC", "2026-11-21T00:00:00Z").unwrap();
    assert_eq!(moments.choice().form().end, "2026-11-10T00:00:00", "a moment is not part of the window");
    assert!(explicit("9999-01-01", "9999-12-31", "UTC", "2026-11-21T00:00:00Z").is_err());
}

#[test]
fn a_reversed_or_empty_window_is_refused() {
    for end in ["2026-07-01T00:00", "2026-06-30", "2026-06-29"] {
        let errors = explicit("2026-07-01", end, "UTC", "2026-11-21T00:00:00Z").unwrap_err();
        assert!(errors.of("end").contains("after the start"), "{errors:?}");
    }
}

#[test]
fn the_future_depends_on_the_zone() {
    let now = "2026-11-21T00:30:00Z";
    assert!(explicit("2026-11-20", "2026-11-21T01:30", "Europe/Berlin", now).is_ok());
    let errors = explicit("2026-11-20", "2026-11-21T01:31", "Europe/Berlin", now).unwrap_err();
    assert!(errors.of("end").contains("now 21 Nov 2026, 01:30"), "{errors:?}");
    assert!(explicit("2026-11-20", "2026-11-21T00:31", "UTC", now).is_err());
}

#[test]
fn skipped_and_repeated_times_are_resolved() {
    // On 29 March 2026, 02:30 doesn't exist in Berlin; on 25 October it occurs twice.
    assert_eq!(instant(Europe::Berlin, local("2026-03-29T02:30:00")), at("2026-03-29T01:30:00Z"));
    assert_eq!(instant(Europe::Berlin, local("2026-10-25T02:30:00")), at("2026-10-25T01:30:00Z"));
    assert!(explicit("2026-03-29T02:30", "2026-03-29T03:30", "Europe/Berlin", "2026-11-21T00:00:00Z").is_ok());
}

#[test]
fn all_errors_are_reported_by_field() {
    let errors = explicit("yesterday", "", "Mars/Olympus", "2026-11-21T00:00:00Z").unwrap_err();
    let named: Vec<&str> = errors.iter().map(|(field, _)| field).collect();
    assert_eq!(named, ["zone", "start", "end"]);
    for odd in ["2026-07-01T00:00Z", "2026-07-01T00:00+02:00", "0001-01-01", "+262142-12-31", "2026-02-30", "\0", "９"]
    {
        let errors = explicit(odd, "2026-07-08", "UTC", "2026-11-21T00:00:00Z").unwrap_err();
        assert!(!errors.of("start").is_empty(), "{odd}");
    }
    let unknown = WindowForm { kind: "forever".into(), ..WindowForm::default() };
    let mut errors = Errors::new();
    unknown.resolve(at("2026-11-21T00:00:00Z"), &mut errors);
    assert!(!errors.of("window").is_empty());
}

#[test]
fn freshness_attribution_and_age_have_separate_notes() {
    let notes = |start, end| explicit(start, end, "UTC", "2026-11-21T00:00:00Z").unwrap().notes;
    assert_eq!(notes("2026-11-18", "2026-11-19"), [FRESHNESS, LATE_CREDIT]);
    assert_eq!(notes("2026-11-18", "2026-11-18"), [LATE_CREDIT]);
    assert_eq!(notes("2026-10-01", "2026-11-06"), Vec::<String>::new());
    assert_eq!(notes("2025-10-21", "2026-11-06"), Vec::<String>::new());
    let old = notes("2025-10-20", "2026-11-06");
    assert!(old.len() == 1 && old[0].contains("13 months"), "{old:?}");
}

#[test]
fn fixed_dates_become_a_window_of_the_same_length_that_moves() {
    let moving = |start: &str, end: &str| {
        let form = WindowForm { kind: "explicit".into(), start: start.into(), end: end.into(), zone: "UTC".into() };
        form.choice(&mut Errors::new()).moving(at("2026-11-21T09:00:00Z"))
    };
    assert_eq!(moving("2026-10-15", "2026-11-11"), Some(WindowKind::Days { count: 28, before: 9 }));
    // Dates of last year end when everything is attributed; dates up to today when the data is complete.
    assert_eq!(moving("2025-01-01", "2025-01-31"), Some(WindowKind::Days { count: 31, before: 14 }));
    assert_eq!(moving("2026-11-20", "2026-11-20"), Some(WindowKind::Days { count: 1, before: 2 }));
    assert_eq!(moving("2026-11-18T06:00:00", "2026-11-18T18:00:00"), None);
    assert_eq!(moving("2020-01-01", "2026-01-31"), None);
    assert_eq!(moving("", ""), None);
}

#[test]
fn missing_fields_keep_their_values() {
    let saved = WindowForm { kind: "last-week".into(), zone: "Asia/Tokyo".into(), ..WindowForm::default() };
    let merged = saved.with(&Fields::parse(b"window=last-day"));
    assert_eq!((merged.kind.as_str(), merged.zone.as_str()), ("last-day", "Asia/Tokyo"));
    assert_eq!(saved.with(&Fields::default()), saved);
}

#[test]
fn amcs_presets_have_no_dates() {
    for kind in WindowKind::ALL {
        assert_eq!(WindowKind::parse(&kind.name()), Some(kind));
        if kind == WindowKind::Explicit {
            continue;
        }
        let window = Window::preset(kind, Tz::UTC, at("2026-11-21T00:00:00Z"));
        let amcs = serde_json::to_value(&window.sent).unwrap()["timeWindowType"] == kind.choice();
        assert_eq!(window.start.is_none(), amcs, "{kind:?}");
    }
}

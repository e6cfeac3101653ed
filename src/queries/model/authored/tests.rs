use super::*;

const FILE: &str = "--+++ recomamp query
-- name = \"Reach by campaign\"
-- description = \"How many people each campaign reached.\"
-- kind = \"validate\"
-- window-advice = \"Whole weeks.\"
-- level = \"advanced\"
-- products = [\"dsp\"]
-- sample = \"\"\"
-- campaign, reach, share
-- A | {half-year}, \"1,200\", 12%
-- B, , 8%
-- \"\"\"
--
-- [metrics]
-- reach = \"Distinct people.\"
--
-- [window]
-- days = 28
--
-- [[parameters]]
-- name = \"campaigns\"
-- kind = \"list\"
-- demo-default = [\"A | {half-year}\"]
--+++
SELECT 1
";

#[test]
fn everything_that_an_author_says_is_read() {
    let read = read_authored(FILE, 1);
    assert_eq!(read.faults, []);
    let query = read.query;
    assert_eq!((query.kind, query.level, query.sql_line), (QueryKind::Validate, Difficulty::Advanced, 25));
    assert_eq!(query.metrics, [("reach".to_owned(), "Distinct people.".to_owned())]);
    let sample = query.sample.clone().unwrap();
    assert_eq!((sample.line, sample.columns.len(), sample.rows.len()), (9, 3, 2));
    assert!(!sample.is_number(0) && sample.is_number(1) && sample.is_number(2));
    let now = "2026-11-21T09:00:00Z".parse().unwrap();
    assert_eq!(query.input(now, true).fields[0].default, "A | 2026 H2");
    let real = query.input(now, false);
    assert_eq!((real.fields[0].default.as_str(), real.fields[0].required), ("", true));
    assert_eq!((real.window.kind.as_str(), real.window.end.as_str()), ("days-28-14", ""));
    assert_eq!((query.line_of("level"), query.line_of("nothing")), (6, 25));
}

#[test]
fn faults_stand_at_their_places_in_the_file_around_it() {
    let text = "--+++ recomamp query\n--level = \"hard\"\n-- kind = \"x\"\n-- colour = 1\n-- sample = \"\"\"\n-- a, b\n-- 1\n-- \"\"\"\n\
                -- [window]\n-- kind = \"last-week\"\n-- days = 7\n-- [[parameters]]\n-- name = \"a\"\n-- kind = \"colour\"\n--+++\nSELECT 1";
    let faults = read_authored(text, 100).faults;
    let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column)).collect();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [(101, 3), (102, 4), (103, 4), (106, 1), (108, 5), (113, 4)], "{faults:?}");
}

use chrono::NaiveDate;
use proptest::prelude::*;

use super::super::lexer::{TokenKind, tokens};
use super::*;

fn values(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[test]
fn fields_in_comments_and_strings_are_text() {
    let sql = "SELECT '{{a}}' -- {{b}}\n, {{ c }} /* {{d}} */ , {{1x}}, {{}}";
    let names: Vec<String> = fields(sql).into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["c"]);
}

#[test]
fn a_megabyte_of_braces_has_no_fields() {
    assert!(fields(&"{{".repeat(1 << 19)).is_empty());
}

#[test]
fn values_are_written_by_their_type() {
    let given = values(&[
        ("t", text("men's")),
        ("n", Value::Number("-1.50".into())),
        ("b", Value::Boolean(true)),
        ("d", Value::Date(NaiveDate::from_ymd_opt(2026, 1, 31).unwrap())),
    ]);
    let filled = fill("{{t}} {{n}} {{b}} {{d}}", &given).unwrap();
    assert_eq!(filled.text, "'men''s' (-1.50) TRUE CAST('2026-01-31' AS DATE)");
}

#[test]
fn a_list_is_items_in_an_in_and_rows_after_values() {
    let given = values(&[("l", Value::List(vec![text("a"), text("b")]))]);
    let sql =
        "WITH c (x) AS (VALUES /* rows */ {{l}}) SELECT 1 WHERE y IN ( -- items\n {{l}}) AND z NOT IN ('q', {{l}})";
    let filled = fill(sql, &given).unwrap();
    assert_eq!(
        filled.text,
        "WITH c (x) AS (VALUES /* rows */ ('a'), ('b')) SELECT 1 WHERE y IN ( -- items\n 'a', 'b') AND z NOT IN ('q', 'a', 'b')"
    );
}

#[test]
fn a_list_may_follow_written_rows() {
    let given = values(&[("l", Value::List(vec![text("a"), text("b")]))]);
    let filled = fill("VALUES ('x'), {{l}}, {{l}}", &given).unwrap();
    assert_eq!(filled.text, "VALUES ('x'), ('a'), ('b'), ('a'), ('b')");
}

#[test]
fn a_list_where_one_value_is_needed_is_refused() {
    let given = values(&[("l", Value::List(vec![text("a")]))]);
    for sql in
        ["SELECT {{l}}", "SELECT 1 WHERE a = {{l}}", "SELECT CONCAT({{l}})", "SELECT 1 WHERE (a IN ('x')) OR {{l}}"]
    {
        let findings = fill(sql, &given).unwrap_err();
        assert_eq!(findings[0].code, "field-value", "{sql}");
    }
}

#[test]
fn what_cannot_be_written_is_reported_with_its_place() {
    let given = values(&[
        ("campaigns", Value::List(Vec::new())),
        ("nul", text("a\0b")),
        ("n", Value::Number("1; DROP".into())),
    ]);
    let sql = "SELECT {{campaign}}, {{nul}}, {{n}} WHERE a IN ({{campaigns}})";
    let findings = fill(sql, &given).unwrap_err();
    assert_eq!(findings.len(), 4);
    assert!(findings[0].message.contains("Did you mean `campaigns`?"), "{}", findings[0].message);
    assert_eq!(findings[1].span.of(sql), "{{nul}}");
    let long = values(&[("t", text(&"x".repeat(1 << 20)))]);
    assert!(fill("{{t}}", &long).unwrap_err()[0].message.contains("1048576"));
}

#[test]
fn places_in_the_sent_text_lead_back_to_the_authors() {
    let sql = "SELECT {{t}}, campaing FROM x";
    let filled = fill(sql, &values(&[("t", text("a long value"))])).unwrap();
    let at = filled.text.find("campaing").unwrap();
    assert_eq!(filled.original(Span::new(at, at + 8)).of(sql), "campaing");
    let at = filled.text.find("long").unwrap();
    assert_eq!(filled.original(Span::new(at, at + 4)).of(sql), "{{t}}");
    let flat = super::super::flatten::flatten(&filled.text);
    let both = filled.then(flat);
    let at = both.text.find("campaing").unwrap();
    assert_eq!(both.original(Span::new(at, at + 8)).of(sql), "campaing");
    let at = both.text.find("a long").unwrap();
    assert_eq!(both.original(Span::new(at, at + 6)).of(sql), "{{t}}");
}

#[test]
fn a_sample_stands_for_values_that_are_not_known() {
    assert_eq!(sample("SELECT {{a}} WHERE b IN ({{c}})", &BTreeMap::new()).text, "SELECT NULL WHERE b IN (NULL)");
}

proptest! {
    #[test]
    fn any_text_is_exactly_one_literal(value in "(\\PC|'|--|/\\*|\n|\\\\|;|\\{\\{|\"){0,80}") {
        let sql = "SELECT a FROM t WHERE b = {{v}} AND c = 1";
        let filled = fill(sql, &values(&[("v", text(&value))])).unwrap();
        let found = tokens(&filled.text).unwrap();
        let plain = tokens("SELECT a FROM t WHERE b = 'x' AND c = 1").unwrap();
        prop_assert_eq!(found.len(), plain.len());
        prop_assert_eq!(&found[7].kind, &TokenKind::String(value));
        prop_assert_eq!(&found[8].span.of(&filled.text), &"AND");
    }

    #[test]
    fn any_number_is_refused_or_only_digits(value in "\\PC{0,20}") {
        if let Ok(filled) = fill("SELECT 1 -{{v}}", &values(&[("v", Value::Number(value))])) {
            let signs = "SELECT -().";
            prop_assert!(filled.text.chars().all(|it| it.is_ascii_digit() || signs.contains(it)));
            prop_assert!(!filled.text.contains("--"));
        }
    }

    #[test]
    fn any_text_has_fields_in_order(sql in "(\\PC|\\{\\{a\\}\\}|'|--|\n|\\(|\\)|IN|VALUES|,){0,60}") {
        let mut end = 0;
        for field in fields(&sql) {
            prop_assert!(field.span.start >= end && field.span.of(&sql).starts_with("{{"));
            end = field.span.end;
        }
        sample(&sql, &BTreeMap::new());
    }
}

#[test]
fn values_that_touch_stay_apart() {
    let values = BTreeMap::from([
        ("a".to_owned(), Value::Text("x".to_owned())),
        ("n".to_owned(), Value::Number("5".to_owned())),
    ]);
    for (text, filled) in [
        ("{{a}}{{a}}", "'x' 'x'"),
        ("{{n}}{{n}}", "5 5"),
        ("'y'{{a}}'z'", "'y' 'x' 'z'"),
        ("name{{n}}", "name 5"),
        ("{{n}}e3", "5 e3"),
        ("({{a}},{{n}})", "('x',5)"),
    ] {
        assert_eq!(fill(text, &values).unwrap().text, filled);
    }
}

#[test]
fn values_that_make_the_query_too_long_are_refused_at_once() {
    let values = BTreeMap::from([("a".to_owned(), Value::Text("x".repeat(10_000)))]);
    let text = "{{a}}, ".repeat(100_000);
    let findings = fill(&text, &values).unwrap_err();
    assert!(findings.len() == 1 && findings[0].message.contains("more than"), "{findings:?}");
    assert!(sample(&text, &values).text.len() > MAX_TEXT);
}

use proptest::prelude::*;

use super::*;

fn filled(sql: &str, values: &[(&str, Value)]) -> String {
    fill(sql, &values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()).text
}

fn texts(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| (*item).to_owned()).collect())
}

fn words(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_value_is_written_as_a_literal_of_its_type() {
    let day = chrono::NaiveDate::from_ymd_opt(2025, 7, 15).unwrap();
    for (value, literal) in [
        (words("it's -- a /* text"), "'it''s -- a /* text'"),
        (Value::Number("2.50".into()), "2.50"),
        (Value::Number("-1".into()), "(-1)"),
        (Value::Boolean(true), "TRUE"),
        (Value::Date(day), "CAST('2025-07-15' AS DATE)"),
        (Value::DateTime(day.and_hms_opt(6, 30, 0).unwrap()), "CAST('2025-07-15 06:30:00' AS TIMESTAMP)"),
        (texts(&["a", "b'c"]), "'a', 'b''c'"),
        (Value::Null, "NULL"),
    ] {
        assert_eq!(filled("SELECT ({{x}})", &[("x", value)]), format!("SELECT ({literal})"));
    }
}

#[test]
fn a_list_is_rows_after_values_and_a_row_of_values_elsewhere() {
    let list = [("x", texts(&["a", "b"]))];
    assert_eq!(filled("c IN ({{ x }})", &list), "c IN ('a', 'b')");
    assert_eq!(filled("(VALUES {{x}}) AS t", &list), "(VALUES ('a'), ('b')) AS t");
    assert_eq!(filled("VALUES -- the list\n {{x}}", &list), "VALUES ('a'), ('b')");
    assert_eq!(filled("VALUES {{x}}", &[("x", Value::Null)]), "VALUES (NULL)");
    let found = marks("IN ({{a}}) VALUES {{b}} = {{c}}");
    assert_eq!(found.iter().map(|mark| mark.after).collect::<Vec<_>>(), [After::In, After::Values, After::Other]);
}

#[test]
fn comments_and_strings_hold_no_fields() {
    let sql = "SELECT '{{x}}' -- {{x}} don't\n, /* {{x}} */ \"{{x}}\", {{x}}";
    assert_eq!(filled(sql, &[("x", words("v"))]), "SELECT '{{x}}' , \"{{x}}\", 'v'");
    let quoted: Vec<bool> = marks(sql).iter().map(|mark| mark.quoted.is_some()).collect();
    assert_eq!(quoted, [true, true, false]);
}

#[test]
fn the_text_becomes_one_line_and_strings_stay_whole() {
    let sql = "\n-- head\nSELECT\t'a\n  b'  ,\r\n c/* x */FROM t -- end";
    assert_eq!(filled(sql, &[]), "SELECT 'a\n  b' , c FROM t");
}

#[test]
fn a_literal_never_touches_its_neighbours() {
    let one = |value: Value| move |sql: &str| filled(sql, &[("x", value.clone())]);
    let text = one(words("v"));
    assert_eq!(text("{{x}}{{x}}"), "'v' 'v'");
    assert_eq!(text("'a'{{x}}'b'"), "'a' 'v' 'b'");
    assert_eq!(text("tbl_{{x}}y"), "tbl_ 'v' y");
    assert_eq!(one(Value::Number("1".into()))("a{{x}}2 -{{x}}"), "a 1 2 - 1");
    assert_eq!(one(Value::Number("-1".into()))("a -{{x}}"), "a - (-1)");
}

#[test]
fn braces_that_hold_no_name_are_left_alone() {
    let long = "x".repeat(65);
    for sql in ["{{}}", "{{1a}}", "{{a b}}", "{{a-b}}", "{{a", "{ {a}}", &format!("{{{{{long}}}}}")] {
        assert_eq!(marks(sql), [], "{sql}");
        assert_eq!(filled(sql, &[]).replace(' ', ""), sql.replace(' ', ""));
    }
    assert_eq!(filled("{{unknown}}", &[]), "{{unknown}}");
}

#[test]
fn a_place_in_the_sent_text_leads_back() {
    let sql = "-- reach\nSELECT a,\n       b\nFROM t WHERE c IN ({{list}}) AND wrong = 1";
    let filled = fill(sql, &HashMap::from([("list".to_owned(), texts(&["a long value", "another"]))]));
    let at = filled.text.find("wrong").unwrap();
    let author = filled.map.exact(Span::new(at, at + 5)).unwrap();
    assert_eq!(author.of(sql), "wrong");
    let value = filled.text.find("another").unwrap();
    assert_eq!(filled.map.author(Span::new(value, value + 7)).of(sql), "{{list}}");
    assert_eq!(filled.map.exact(Span::new(value, value + 7)), None);
}

#[test]
fn a_value_as_long_as_its_name_is_not_taken_for_a_copy() {
    let filled = fill("{{ab}}", &HashMap::from([("ab".to_owned(), words("1234"))]));
    assert_eq!(filled.text, "'1234'");
    assert_eq!(filled.map.exact(Span::new(0, 6)), None);
}

proptest! {
    /// The one promise: whatever is typed, the sent text has the author's tokens and one string more.
    #[test]
    fn a_hostile_text_stays_one_string(value in "['\"\\\\;/*{}x \\-]{0,12}|\\PC{0,8}") {
        let sent = filled("SELECT {{v}} FROM t", &[("v", words(&value))]);
        let tokens: Vec<String> = tokens(&sent).map(|(_, span)| span.of(&sent).to_owned()).collect();
        prop_assert_eq!(tokens.first().map(String::as_str), Some("SELECT"));
        prop_assert_eq!(tokens.last().map(String::as_str), Some("t"));
        let inside: String = tokens[2..tokens.len() - 4].concat();
        prop_assert_eq!(inside, format!("'{}'", value.replace('\'', "''")));
    }

    #[test]
    fn any_text_keeps_its_bytes_and_its_places(sql in "(\\PC|\\{\\{x\\}\\}|--|/\\*|\\*/|'|\"|\n| ){0,30}") {
        let filled = fill(&sql, &HashMap::from([("x".to_owned(), words("y"))]));
        for at in (0..filled.text.len()).filter(|at| filled.text.is_char_boundary(*at)) {
            let end = at + filled.text[at..].chars().next().map_or(0, char::len_utf8);
            if let Some(author) = filled.map.exact(Span::new(at, end)) {
                prop_assert_eq!(author.of(&sql), &filled.text[at..end]);
            }
            let author = filled.map.author(Span::new(at, end));
            prop_assert!(author.start <= author.end && author.end <= sql.len());
            prop_assert!(sql.is_char_boundary(author.start) && sql.is_char_boundary(author.end));
        }
    }
}

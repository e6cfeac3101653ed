use super::*;

fn marks(text: &str) -> Vec<(bool, Found)> {
    recognize(text).into_iter().map(|it| (it.required, it.found)).collect()
}

fn literal(text: &str, at: usize) -> (String, Kind, String, Vec<String>) {
    match &recognize(text)[at].found {
        Found::Literal(it) => (it.name.clone(), it.kind, it.span.of(text).to_owned(), it.values.clone()),
        other => panic!("{other:?}"),
    }
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn a_comment_before_rows_marks_them_all() {
    let text =
        "-- REQUIRED UPDATE: list your campaigns\nWITH own (campaign_id) AS (\n  VALUES\n(111),\n(222)\n)\nSELECT 1";
    let expected = ("own_campaign_id".to_owned(), Kind::List, "(111),\n(222)".to_owned(), texts(&["111", "222"]));
    assert_eq!(literal(text, 0), expected);
    let Found::Literal(it) = &recognize(text)[0].found else { panic!("a literal") };
    let converted = convert(text, &[(it.span, "campaigns")]);
    assert!(converted.ends_with("VALUES\n{{campaigns}}\n)\nSELECT 1"), "{converted}");
    assert!(template_rows(&converted));
}

fn template_rows(text: &str) -> bool {
    crate::amcsql::template::fields(text).iter().all(|field| field.rows)
}

#[test]
fn a_comment_behind_code_marks_the_last_literal_of_its_line() {
    let text = "SELECT a FROM TABLE(EXTEND_TIME_WINDOW('conversions', 'P0D', 'P60D')) -- REQUIRED UPDATE: the window\n\
                WHERE kind = 'ADD' -- OPTIONAL UPDATE [1 of 2]: another, such as ('VIEW', 'SEARCH')\n";
    let (name, kind, span, _) = literal(text, 0);
    assert_eq!((name.as_str(), kind, span.as_str()), ("extend_after", Kind::Text, "'P60D'"));
    let (name, kind, ..) = literal(text, 1);
    assert_eq!((name.as_str(), kind), ("kind", Kind::Choice));
    let Found::Literal(it) = &recognize(text)[1].found else { panic!("a literal") };
    assert_eq!(it.choices, texts(&["ADD", "VIEW", "SEARCH"]));
    assert_eq!(recognize(text)[1].note, "another, such as ('VIEW', 'SEARCH')");
}

#[test]
fn a_list_a_number_a_day_and_an_alias_are_named_by_what_they_stand_at() {
    let text = "SELECT\n  -- OPTIONAL UPDATE: the name\n  'x' AS bucket, n FROM t WHERE\n  -- REQUIRED UPDATE: ASINs\n  \
                tracked_asin NOT IN ('A1', 'A2')\n  AND n < 10 /* OPTIONAL UPDATE: most */\n  \
                AND day >= CAST('2026-01-31' AS DATE) -- OPTIONAL UPDATE: first day\n";
    let found: Vec<(String, Kind)> = (0..4).map(|at| literal(text, at)).map(|it| (it.0, it.1)).collect();
    let expected = [("bucket", Kind::Text), ("tracked_asins", Kind::List), ("n", Kind::Number), ("day", Kind::Date)];
    assert_eq!(found, expected.map(|(name, kind)| (name.to_owned(), kind)));
    assert_eq!(literal(text, 1).2, "'A1', 'A2'");
    assert_eq!(literal(text, 3).2, "CAST('2026-01-31' AS DATE)");
}

#[test]
fn what_is_no_literal_is_said() {
    let uncomment =
        "SELECT a FROM t\n/* OPTIONAL UPDATE [3 of 5]: Uncomment this line. */\n-- WHERE a = 'x'\nGROUP BY 1";
    assert_eq!(marks(uncomment), [(false, Found::Uncomment)]);
    let inside = "SELECT a FROM t /* WHERE a = 'x' -- OPTIONAL UPDATE: use this line */ GROUP BY 1, 2";
    assert_eq!(marks(inside), [(false, Found::Uncomment)]);
    let table = "WITH a (b, c) AS (\n-- REQUIRED UPDATE: pairs\nVALUES (1, 'x'), (2, 'y')) SELECT 1 FROM a";
    assert_eq!(marks(table), [(true, Found::Table)]);
    assert_eq!(marks("SELECT a FROM t -- REQUIRED UPDATE: something\nGROUP BY 1, 2"), [(true, Found::Nothing)]);
    let outside = "WITH a AS (SELECT b FROM t\n-- OPTIONAL UPDATE: c\n) SELECT 'x' AS y FROM a";
    assert_eq!(marks(outside), [(false, Found::Nothing)], "the literal is of another query");
    let twice = "SELECT a FROM t WHERE -- REQUIRED UPDATE: a\n a IN ('x') -- OPTIONAL UPDATE: the same\n";
    assert_eq!(marks(twice)[1], (false, Found::Same));
}

#[test]
fn instructions_before_the_query_are_no_marks_but_tell_what_it_is() {
    let text = "-- Instructional Query: Reach --\n/*\n ------- Customization Instructions -------\n 1) REQUIRED UPDATE: Update \
                ASINs\n 2) OPTIONAL UPDATE: more\n*/\nSELECT 'x' AS y FROM t";
    assert!(recognize(text).is_empty());
    assert_eq!(preamble(text)[..2], ["Instructional Query: Reach", "Customization Instructions"]);
}

#[test]
fn a_comment_that_quotes_a_literal_marks_it_though_another_is_nearer() {
    let text = "SELECT\n 'ATC' AS action,\n COUNT(x) -- OPTIONAL UPDATE: Change 'ATC' to another\nFROM t WHERE b = 'c'";
    assert_eq!(literal(text, 0).0, "action");
}

#[test]
fn literals_that_a_comment_does_not_speak_of_are_left() {
    let quotes_another = "SELECT a FROM t WHERE\n/* REQUIRED UPDATE: set '50' to another value */\nb = 0";
    assert_eq!(marks(quotes_another), [(true, Found::Nothing)]);
    let far =
        "SELECT\n-- OPTIONAL UPDATE: remove the line above\na, b, c, d, e, f, SUM(CASE WHEN g > 0 THEN 1 END) FROM t";
    assert_eq!(marks(far), [(false, Found::Nothing)]);
    let code = "WITH a (b) AS (VALUES (1)),\n/*\n-- OPTIONAL UPDATE: MORE\nc (d) AS (VALUES ('x')),\n*/\ne (f) AS (VALUES (2)) SELECT 1 FROM a";
    assert_eq!(marks(code), [(false, Found::Uncomment)]);
}

#[test]
fn parameters_of_amc_and_names_of_tables_stay() {
    let text = "SELECT a FROM TABLE(EXTEND_TIME_WINDOW('conversions' -- REQUIRED UPDATE: x\n, 'P1D', 'P2D'))\n\
                WHERE b = CUSTOM_PARAMETER('c') -- REQUIRED UPDATE: c\n";
    assert_eq!(literal(text, 0).2, "'P1D'");
    assert_eq!(marks(text)[1].1, Found::Nothing);
}

#[test]
fn names_are_given_once() {
    let text = "SELECT {{n}} FROM t WHERE n = 1 -- OPTIONAL UPDATE: a\nAND n = 2 -- OPTIONAL UPDATE: b\n";
    assert_eq!((literal(text, 0).0, literal(text, 1).0), ("n_2".to_owned(), "n_3".to_owned()));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_and_converted(text in "(REQUIRED UPDATE|OPTIONAL UPDATE|--|/\\*|\\*/|'|\\(|\\)|VALUES|IN|,|1|ü|\n|[a-z ]|-|CAST|AS|DATE){0,40}") {
        let found = recognize(&text);
        let chosen: Vec<(Span, &str)> = found.iter().filter_map(|it| match &it.found {
            Found::Literal(it) => Some((it.span, it.name.as_str())),
            _ => None,
        }).collect();
        let fields = crate::amcsql::template::fields(&convert(&text, &chosen));
        proptest::prop_assert_eq!(fields.len(), chosen.len());
        preamble(&text);
    }
}

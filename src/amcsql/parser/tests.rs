use proptest::prelude::*;

use super::super::ast::{Body, ExprKind, Item};
use super::*;

fn error(text: &str) -> Finding {
    *parse(text).expect_err(text)
}

#[test]
fn a_mistyped_keyword_is_named_with_its_fix() {
    let found = error("SELECT campaign FORM dsp_impressions GROUP BY 1");
    assert_eq!(found.code, "syntax");
    assert!(found.message.contains("Did you mean FROM"), "{}", found.message);
    assert_eq!(found.fix.unwrap().replacement, "FROM");
    assert!(found.amc.unwrap().starts_with("Encountered \"dsp_impressions\" at line 1, column 22."));
}

#[test]
fn the_end_of_the_text_is_where_a_query_ends_too_early() {
    let found = error("SELECT campaign FROM");
    assert!(found.amc.unwrap().starts_with("Encountered \"<EOF>\" at line 1, column 21."));
    assert!(found.message.contains("ends too early"));
}

#[test]
fn text_that_is_no_query_gets_advice_how_to_start() {
    assert_eq!(error("  -- nothing\n").code, "empty-query");
    assert_eq!(error("DELETE FROM conversions").code, "not-a-query");
    assert_eq!(error("SELECT 1; SELECT 2").code, "second-statement");
    assert_eq!(error("SELECT a::int FROM t").code, "double-colon");
    assert_eq!(error("SELECT \u{201c}a\u{201d}").code, "stray-character");
}

#[test]
fn a_semicolon_at_the_end_is_kept_apart() {
    let parsed = parse("SELECT 1 ;").unwrap();
    assert_eq!(parsed.semicolon, Some(Span::new(9, 10)));
}

#[test]
fn a_long_union_is_one_node() {
    let text = vec!["SELECT 1"; 5_000].join(" UNION ALL ");
    let Body::Set { inputs, .. } = parse(&text).unwrap().query.body else { panic!("no union") };
    assert_eq!(inputs.len(), 5_000);
}

#[test]
fn a_long_condition_is_one_node() {
    let text = format!("SELECT 1 WHERE {}", vec!["1 = 1"; 5_000].join(" OR "));
    let Body::Select(select) = parse(&text).unwrap().query.body else { panic!("no select") };
    assert!(matches!(select.filter.unwrap().kind, ExprKind::Logical { operands, .. } if operands.len() == 5_000));
}

#[test]
fn operators_bind_as_in_standard_sql() {
    let Body::Select(select) = parse("SELECT NOT a = 1 + 2 * -3 AND b OR c").unwrap().query.body else { panic!() };
    let Some(Item::Expr(expr, None)) = select.items.into_iter().next() else { panic!() };
    let ExprKind::Logical { and: false, operands } = expr.kind else { panic!() };
    let ExprKind::Logical { and: true, operands } = &operands[0].kind else { panic!() };
    assert!(matches!(operands[0].kind, ExprKind::Not(_)));
}

#[test]
fn depth_of_every_kind_is_refused_without_a_crash() {
    let texts = [
        format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("SELECT {}1", "- ".repeat(100_000)),
        format!("SELECT {}1", "NOT ".repeat(100_000)),
        format!("SELECT 1{}", " + 1".repeat(100_000)),
        format!("SELECT {}1", "ABS(".repeat(100_000)),
        format!("SELECT 1 FROM {}t", "(".repeat(100_000)),
        format!("SELECT 1 FROM {}", "(SELECT 1 FROM ".repeat(50_000)),
        format!("{}SELECT 1", "WITH a AS (".repeat(50_000)),
        format!("SELECT 1{}", " UNION SELECT 1 UNION ALL SELECT 1".repeat(20_000)),
        format!("SELECT {}1", "CASE WHEN ".repeat(50_000)),
        format!("SELECT CAST(1 AS {}", "ARRAY<".repeat(100_000)),
    ];
    for text in texts {
        assert_eq!(error(&text).code, "too-deep", "{}", &text[..40]);
    }
    assert_eq!(error(&" ".repeat(MAX_TEXT + 1)).code, "too-long");
}

#[test]
fn the_deepest_accepted_texts_fit_a_small_stack() {
    let sum = " = 1".repeat(MAX_HEIGHT - 1);
    assert!(parse(&format!("SELECT 1{sum}")).is_ok());
    let calls = MAX_DEPTH - 3;
    assert!(parse(&format!("SELECT {}1{}", "ABS(".repeat(calls), ")".repeat(calls))).is_ok());
    assert!(parse(&format!("SELECT 1{}", " - 1".repeat(10_000))).is_ok(), "a chain is no depth");
    let height_by_queries = format!("SELECT (SELECT (SELECT 1{sum}){sum}){sum}");
    assert_eq!(error(&height_by_queries).code, "too-deep");
}

#[test]
fn what_examples_leave_open_is_named() {
    assert!(error("SELECT <column 1> FROM t").message.contains("`<column 1>` is a placeholder"));
    assert!(error("SELECT a FROM [your_table]").message.contains("`[your_table]` is a placeholder"));
    assert!(error("SELECT a FROM /* your_table */ WHERE b = 1").message.contains("`WHERE` cannot stand here"));
    assert_eq!(error("SELECT COLLECT(a ORDER BY b) FROM t").code, "order-in-function");
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC*") {
        let _ = parse(&text);
    }

    #[test]
    fn any_heap_of_sql_words_is_answered(words in prop::collection::vec(prop::sample::select(vec![
        "SELECT", "FROM", "WHERE", "(", ")", ",", "a", "t.b", "*", "1", "'x'", "UNION", "ALL", "WITH", "AS", "CASE",
        "WHEN", "THEN", "END", "OVER", "PARTITION", "BY", "ORDER", "GROUP", "JOIN", "ON", "LEFT", "CAST", "IN", "NOT",
        "BETWEEN", "AND", "VALUES", "TABLE", "ARRAY", "[", "]", "EXISTS", "IS", "NULL", "-", ";", "::", "DATE", "TRIM",
    ]), 0..60)) {
        let text = words.join(" ");
        if let Err(found) = parse(&text) {
            prop_assert!(found.span.end <= text.len());
        }
    }
}

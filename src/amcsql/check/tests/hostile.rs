//! Texts that try to crash the check or make it slow.

use proptest::prelude::*;

use super::*;

#[test]
fn the_deepest_texts_are_bound_on_a_small_stack() {
    let sum = format!("1{}", " + 1".repeat(150));
    query(&format!("SELECT {sum} AS x"));
    query(&format!("SELECT {}1{} AS x", "ABS(".repeat(55), ")".repeat(55)));
    query(&format!("SELECT {}1{} AS x", "IF(TRUE, ".repeat(30), ", 2)".repeat(30)));
    query(&format!("SELECT x FROM {}SELECT 1 AS x{}", "(SELECT x FROM ".repeat(18) + "(", ")".repeat(19)));
    let joins: Vec<String> = (0..63).map(|at| format!("JOIN a a{at} ON a{at}.x = b.x")).collect();
    query(&format!("WITH a AS (SELECT 1 AS x) SELECT COUNT(1) AS n FROM a b {}", joins.join(" ")));
}

#[test]
fn common_tables_that_double_stay_as_small_as_the_text() {
    let doubled = |at: usize| format!("c{} AS (SELECT a.x FROM c{at} a JOIN c{at} b ON a.x = b.x)", at + 1);
    let tables: Vec<String> = (0..199).map(doubled).collect();
    let query = query(&format!("WITH c0 AS (SELECT 1 AS x), {} SELECT COUNT(1) AS n FROM c199", tables.join(", ")));
    assert!(query.columns.len() < 2_000);
}

#[test]
fn columns_that_multiply_are_cut_off() {
    let list: Vec<String> = (0..2_000).map(|at| format!("1 AS c{at}")).collect();
    let tables: Vec<String> = (0..500).map(|at| format!("b{at} AS (SELECT a.* FROM a)")).collect();
    let text = format!("WITH a AS (SELECT {}), {}", list.join(", "), tables.join(", "));
    assert!(errors(&format!("{text} SELECT COUNT(1) AS n FROM b0")).contains(&"too-large"));
    let tables = vec!["dsp_clicks"; 5_000].join(", ");
    assert!(errors(&format!("SELECT COUNT(1) AS n FROM {tables}")).contains(&"too-many-tables"));
}

#[test]
fn keys_are_bounded() {
    let keys: Vec<String> = (0..20_000).map(|at| format!("impressions + {at}")).collect();
    let text = format!("SELECT COUNT(1) AS n FROM dsp_impressions GROUP BY {}", keys.join(", "));
    assert_eq!(errors(&text), ["too-many-keys"]);
}

#[test]
fn a_thousand_mistakes_are_a_hundred_findings() {
    let list: Vec<String> = (0..1_000).map(|at| format!("SUM(no_such_{at}) AS c{at}")).collect();
    let checked = reporting(&format!("SELECT {} FROM dsp_impressions", list.join(", ")));
    assert_eq!(checked.findings.len(), MOST_FINDINGS);
    assert!(checked.query.is_none());
}

#[test]
fn an_error_is_not_lost_behind_hints() {
    let list = vec!["COUNT(*)"; 300].join(", ");
    assert!(errors(&format!("SELECT {list}, no_such FROM dsp_impressions")).contains(&"unknown-column"));
}

proptest! {
    #[test]
    fn any_heap_of_words_is_checked(words in prop::collection::vec(prop::sample::select(vec![
        "SELECT", "FROM", "WHERE", "(", ")", ",", "campaign", "i.user_id", "*", "1", "'x'", "UNION ALL", "WITH a AS (", "AS",
        "CASE WHEN", "THEN", "END", "OVER (", "GROUP BY", "ORDER BY", "JOIN", "ON", "CAST(", "IN (", "NOT", "dsp_impressions i",
        "BETWEEN", "AND", "VALUES (", "IS NULL", "-", "+", "/", "SUM(", "COUNT(", "DISTINCT", "HAVING", "=", "1 = 1", "a", "EXPLODE(",
        "RANK()", "EXISTS (SELECT 1)", "ARRAY[", "]", "CUSTOM_PARAMETER('p')", "LIMIT 3", "NULL",
    ]), 0..40)) {
        let text = words.join(" ");
        let checked = reporting(&text);
        prop_assert_eq!(checked.has_errors(), checked.query.is_none());
        for finding in &checked.findings {
            prop_assert!(finding.span.end <= text.len() && finding.span.start <= finding.span.end);
        }
    }

    #[test]
    fn any_expression_is_checked(parts in prop::collection::vec(prop::sample::select(vec![
        "campaign", "impressions", "user_id", "impression_dt", "1", "'x'", "NULL", "TRUE", "SUM(impressions)", "total_cost",
        "COLLECT(campaign)", "ARRAY[1]", "RANK() OVER ()", "CUSTOM_PARAMETER('p')", "(SELECT 1)", "CURRENT_DATE",
    ]), 3), op in prop::sample::select(vec!["+", "/", "=", "<", "LIKE", "SIMILAR TO", "AND", "OR", ",", "IN (1,", "IS NULL AND"]),
        function in prop::sample::select(crate::amcsql::functions::signatures().iter().map(|it| it.name).collect::<Vec<_>>())) {
        for text in [
            format!("SELECT {} {op} {} AS x FROM dsp_impressions", parts[0], parts[1]),
            format!("SELECT {function}({}, {}, {}) AS x FROM dsp_impressions GROUP BY 1", parts[0], parts[1], parts[2]),
            format!("SELECT {function}({}) AS x FROM dsp_impressions WHERE {} {op} {}", parts[0], parts[1], parts[2]),
        ] {
            let checked = reporting(&text);
            prop_assert_eq!(checked.has_errors(), checked.query.is_none());
        }
    }
}

//! Texts designed to crash the check or make it slow.

use proptest::prelude::*;

use super::*;

#[test]
fn the_right_texts_are_right() {
    for text in RIGHT {
        let checked = check(text, &Context { controls: false, ..Context::reporting(Catalogue::standard()) });
        assert!(checked.findings.iter().all(|it| it.level != Level::Error), "{text}\n{:?}", checked.findings);
    }
}

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
fn what_is_written_once_and_named_often_stays_small() {
    let branches: Vec<String> = (0..5_000).map(|at| format!("WHEN campaign = 'c{at}' THEN {at}")).collect();
    let filter = vec!["c = 1"; 20_000].join(" OR ");
    let text = format!("SELECT CASE {} END AS c FROM dsp_clicks GROUP BY 1 HAVING {filter}", branches.join(" "));
    assert_eq!(errors(&text), ["too-large"]);
    let calls: Vec<String> = (0..1_000).map(|at| format!("SUM(clicks) OVER w AS c{at}")).collect();
    let keys = vec!["campaign"; 20_000].join(", ");
    let text = format!("SELECT {} FROM dsp_clicks WINDOW w AS (PARTITION BY {keys})", calls.join(", "));
    assert!(errors(&text).iter().all(|code| *code == "too-many-keys"));
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

/// Valid texts, to be mutated.
const RIGHT: [&str; 4] = [
    "WITH a (x, y) AS (VALUES ('ü', 1), ('b', 2.5)) SELECT x, SUM(y) / NULLIF(COUNT(1), 0) AS rate FROM a GROUP BY x HAVING rate > 1",
    "SELECT d.campaign, CASE WHEN impressions > 1 THEN 'a' ELSE 'b' END AS k, COUNT(DISTINCT user_id) AS n FROM dsp_impressions d \
     LEFT JOIN dsp_clicks c USING (user_id) WHERE user_id IS NOT NULL AND (d.campaign SIMILAR TO '^x' OR NOT d.campaign IN ('a', 'b')) GROUP BY 1, 2",
    "SELECT user_id, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY event_dt_utc DESC) AS n, CAST(event_dt_utc AS DATE) AS d -- 'é\n \
     FROM TABLE(EXTEND_TIME_WINDOW('conversions', 'P1D', 'P0D')) UNION ALL SELECT a, b, c FROM (SELECT 1 AS a, 2 AS b, DATE '2026-01-01' AS c)",
    "SELECT ARRAY_TO_STRING(ARRAY_SORT(COLLECT(DISTINCT NAMED_ROW('n', campaign))), '>') AS path, BUILT_IN_PARAMETER('TIME_WINDOW_END') AS e, \
     EXTRACT(DOW FROM impression_dt) AS w, TRIM(BOTH 'x' FROM campaign) AS t FROM dsp_impressions WHERE CUSTOM_PARAMETER('p') = campaign GROUP BY 3, 4;",
];

/// Every finding is within the text, at character boundaries, with a valid place; also for audiences.
fn stays_in(text: &str) -> Result<(), TestCaseError> {
    let audience = check(text, &Context::audience(Catalogue::standard()));
    for checked in [reporting(text), audience] {
        prop_assert_eq!(checked.has_errors(), checked.query.is_none());
        let index = crate::amcsql::text::LineIndex::new(text);
        for finding in &checked.findings {
            let (start, end) = (finding.span.start, finding.span.end);
            prop_assert!(text.get(start..end).is_some(), "{:?}", finding);
            let (first, last) = index.range(finding.span);
            prop_assert!(first.line >= 1 && first.column >= 1 && last.line >= first.line, "{:?}", finding);
            prop_assert!(finding.level != Level::Error || finding.amc.is_some(), "{:?}", finding);
            if let Some(fix) = &finding.fix {
                prop_assert!(text.get(fix.span.start..fix.span.end).is_some(), "{:?}", finding);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_checked(text in "\\PC{0,200}") {
        stays_in(&text)?;
    }

    #[test]
    fn right_texts_that_were_changed_are_checked(
        which in 0..RIGHT.len(), cuts in prop::collection::vec((0..400_usize, 0..30_usize), 0..4),
        put in prop::sample::select(vec!["", "(", ")", ",", "'", "\"", "/*", "--", "\n", "ü", "\u{1F600}", "SELECT ", " NULL ", ";", "0", ".", "[", "{{a}}"]),
    ) {
        let mut characters: Vec<char> = RIGHT[which].chars().collect();
        for (at, length) in cuts {
            let at = at.min(characters.len());
            let end = (at + length).min(characters.len());
            characters.splice(at..end, put.chars());
        }
        stays_in(&characters.into_iter().collect::<String>())?;
    }

    #[test]
    fn any_heap_of_words_is_checked(words in prop::collection::vec(prop::sample::select(vec![
        "SELECT", "FROM", "WHERE", "(", ")", ",", "campaign", "i.user_id", "*", "1", "'x'", "UNION ALL", "WITH a AS (", "AS",
        "CASE WHEN", "THEN", "END", "OVER (", "GROUP BY", "ORDER BY", "JOIN", "ON", "CAST(", "IN (", "NOT", "dsp_impressions i",
        "BETWEEN", "AND", "VALUES (", "IS NULL", "-", "+", "/", "SUM(", "COUNT(", "DISTINCT", "HAVING", "=", "1 = 1", "a", "EXPLODE(",
        "RANK()", "EXISTS (SELECT 1)", "ARRAY[", "]", "CUSTOM_PARAMETER('p')", "LIMIT 3", "NULL",
    ]), 0..40)) {
        let text = words.join(" ");
        stays_in(&text)?;
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

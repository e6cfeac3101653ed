//! What AMC rejects, in AMC's words and in ours.

use super::*;
use crate::amcsql::catalogue::DataType;
use crate::amcsql::parameters::ParameterDeclaration;

fn first(text: &str) -> Finding {
    reporting(text).findings.into_iter().find(|it| it.level == Level::Error).expect(text)
}

#[test]
fn a_mistyped_column_is_named_at_its_place_with_a_fix() {
    let text = "SELECT\n  campaign,\n  SUM(impresions) AS n\nFROM dsp_impressions\nGROUP BY 1";
    let found = first(text);
    assert_eq!(found.code, "unknown-column");
    assert_eq!(found.span.of(text), "impresions");
    assert_eq!(
        found.amc.as_deref(),
        Some("From line 3, column 7 to line 3, column 16: Column 'impresions' not found in any table")
    );
    assert_eq!(found.fix.unwrap().replacement, "impressions");
    assert_eq!(errors(text).len(), 1);
}

#[test]
fn a_mistyped_source_or_function_is_named_with_a_fix() {
    let found = first("SELECT COUNT(1) AS n FROM dsp_impresions");
    assert_eq!(
        found.amc.as_deref(),
        Some("From line 1, column 27 to line 1, column 40: Object 'dsp_impresions' not found")
    );
    assert_eq!(found.fix.unwrap().replacement, "dsp_impressions");
    let found = first("SELECT COUNTT(user_id) AS n FROM dsp_impressions");
    assert!(found.amc.unwrap().ends_with("No match found for function signature COUNTT(<VARCHAR>)"));
    assert_eq!(found.fix.unwrap().replacement, "COUNT");
    assert!(first("SELECT COUNT(1) AS n FROM display_clicks").message.contains("dsp_clicks"));
}

#[test]
fn several_mistakes_are_reported_at_once_and_none_twice() {
    assert_eq!(
        errors("SELECT campain, SUM(impresions) AS n, FOO(1) AS f FROM dsp_impressions WHERE clcks > 1 GROUP BY 1"),
        ["unknown-column", "unknown-column", "unknown-function", "unknown-column"]
    );
}

#[test]
fn an_unknown_source_gives_one_finding_whatever_is_read_from_it() {
    let text = "WITH a AS (SELECT x, y + 1 AS z, COUNT(DISTINCT w) AS n FROM nowhere GROUP BY 1, 2) SELECT a.z, SUM(n) AS n FROM a JOIN dsp_clicks b ON a.x = b.campaign GROUP BY 1";
    assert_eq!(errors(text), ["unknown-source"]);
}

#[test]
fn forms_that_amc_does_not_have_are_refused() {
    for (text, code) in [
        ("SELECT * FROM dsp_impressions", "star"),
        ("SELECT i.* FROM dsp_impressions i", "star"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions a RIGHT JOIN dsp_clicks b ON a.user_id = b.user_id", "right-join"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions OFFSET 5", "offset"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_dt > GETDATE()", "unknown-function"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_dt > CURRENT_DATE - INTERVAL '7' DAY", "interval"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_date - 7 > CURRENT_DATE", "date-arithmetic"),
        ("SELECT DISTINCT DATE_ADD(impression_date, 1) AS d FROM dsp_impressions", "unknown-function"),
        ("SELECT DISTINCT DATE(impression_dt) AS d FROM dsp_impressions", "unknown-function"),
        ("SELECT DISTINCT campaign || 'x' AS c FROM dsp_impressions", "concat-operator"),
        ("SELECT DISTINCT campaign || '-' || advertiser AS c FROM dsp_impressions", "concat-operator"),
        (
            "SELECT COUNT(1) AS n FROM dsp_impressions WHERE DATEDIFF(day, impression_dt, CURRENT_DATE) < 7",
            "unknown-function",
        ),
        ("SELECT DISTINCT NTILE(4) OVER (ORDER BY campaign) AS q FROM dsp_impressions", "unknown-function"),
        ("SELECT DISTINCT COUNT(*) OVER () AS n FROM dsp_impressions", "count-star-over"),
        ("SELECT campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY ROLLUP (campaign)", "grouping-sets"),
        ("SELECT campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY 1 QUALIFY n > 1", "qualify"),
        ("SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY impressions) AS m FROM dsp_impressions", "within-group"),
        ("SELECT STRING_AGG(campaign, ',') AS c FROM dsp_impressions", "unknown-function"),
        ("WITH a AS (SELECT 1 AS x) SELECT * EXCEPT (x) FROM a", "star"),
        (
            "SELECT campaign, RANK() OVER (ORDER BY campaign) AS r FROM dsp_impressions GROUP BY 1 HAVING r < 3",
            "window-in-having",
        ),
        ("SELECT campaign, impressions FROM dsp_impressions", "not-aggregated"),
        ("SELECT campaign, COUNT(1) AS n FROM dsp_impressions", "not-grouped"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE SUM(impressions) > 1", "misplaced-aggregate"),
        ("SELECT SUM(COUNT(1)) AS n FROM dsp_impressions", "nested-aggregate"),
        (
            "SELECT campaign FROM dsp_impressions a JOIN dsp_clicks b ON a.request_tag = b.request_tag GROUP BY 1",
            "ambiguous-column",
        ),
        ("SELECT 1 AS a UNION ALL SELECT 1 AS a, 2 AS b", "column-count"),
        ("SELECT campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY 3", "ordinal"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_date > 7", "operands"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign", "condition"),
        ("SELECT DISTINCT CARDINALITY(campaign) AS n FROM dsp_impressions", "argument-type"),
        ("SELECT DISTINCT LOWER() AS n FROM dsp_impressions", "arguments"),
        ("SELECT COUNT(1) AS n FROM TABLE(EXTEND_TIME_WINDOW('dsp_clicks', '7 days', 'P0D'))", "duration"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE BUILT_IN_PARAMETER('NOW') IS NULL", "built-in-parameter"),
    ] {
        assert!(errors(text).contains(&code), "{text}: {:?}", errors(text));
    }
}

#[test]
fn the_wording_of_amc_is_kept() {
    for (text, amc) in [
        (
            "WITH a (b, c) AS\n (VALUES (1)) SELECT b FROM a",
            "From line 1, column 9 to line 1, column 12: Number of columns must match number of query columns",
        ),
        (
            "SELECT campaign, COUNT(1) AS n FROM dsp_impressions",
            "From line 1, column 8 to line 1, column 15: Expression 'campaign' is not being grouped",
        ),
        (
            "SELECT DISTINCT 'a' || 'b' AS c",
            "From line 1, column 17 to line 1, column 26: Unsupported scalar operation type ||",
        ),
    ] {
        assert_eq!(reporting(text).amc(), Some(amc), "{text}");
    }
}

#[test]
fn columns_of_high_levels_meet_no_literal_whatever_the_detour() {
    for text in [
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE user_id = 'x'",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE postal_code IN ('US-12345')",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE postal_code LIKE 'US-1%'",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE user_id SIMILAR TO '^a'",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE LEFT(postal_code, 4) = CUSTOM_PARAMETER('p')",
        "WITH a AS (SELECT UPPER(postal_code) AS p FROM dsp_impressions) SELECT COUNT(1) AS n FROM a WHERE p BETWEEN 'A' AND 'B'",
        "WITH v (p) AS (VALUES ('US-12345')) SELECT COUNT(1) AS n FROM dsp_impressions i JOIN v ON i.postal_code = v.p",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE CASE postal_code WHEN 'US-1' THEN TRUE END",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE postal_code IN (SELECT 'US-1' AS x)",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE ARRAY_CONTAINS(ARRAY['US-1'], postal_code)",
    ] {
        assert_eq!(errors(text), ["literal-comparison"], "{text}");
    }
    query(
        "SELECT COUNT(DISTINCT a.user_id) AS n FROM dsp_impressions a JOIN dsp_clicks b ON a.user_id = b.user_id WHERE a.user_id IS NOT NULL HAVING COUNT(DISTINCT a.user_id) > 100",
    );
}

#[test]
fn hidden_columns_are_not_returned_in_any_shape() {
    for text in [
        "SELECT user_id, COUNT(1) AS n FROM dsp_impressions GROUP BY 1",
        "SELECT MIN(user_id) AS u FROM dsp_impressions",
        "SELECT DISTINCT MD5(CAST(user_id AS VARCHAR)) AS u FROM dsp_impressions",
        "WITH a AS (SELECT request_tag AS r, 1 AS k FROM dsp_impressions UNION ALL SELECT 'x', 2) SELECT k, MAX(r) AS r FROM a GROUP BY 1",
    ] {
        assert!(errors(text).contains(&"hidden-column"), "{text}: {:?}", errors(text));
    }
    assert!(errors("SELECT COUNT(1) AS n FROM dsp_impressions GROUP BY user_id").contains(&"hidden-key"));
    query("SELECT COUNT(DISTINCT user_id) AS n, MAX(IF(user_id IS NULL, 0, 1)) AS known FROM dsp_impressions");
}

#[test]
fn an_undeclared_parameter_is_reported_as_amc_tells_it() {
    let declared = [ParameterDeclaration::new("ad_product_type", DataType::String)];
    let context = Context { parameters: Some(&declared), ..Context::reporting(Catalogue::standard()) };
    let text = "SELECT COUNT(1) AS n FROM sponsored_ads_traffic WHERE ad_product_type = CUSTOM_PARAMETER('ad_product')";
    let checked = check(text, &context);
    assert_eq!(checked.amc(), Some("Filter operation filter_operation referenced an undeclared parameter ad_product."));
    let text = text.replace("'ad_product'", "'ad_product_type'");
    assert!(!check(&text, &context).has_errors());
    let twice = [declared[0].clone(), declared[0].clone()];
    let context = Context { parameters: Some(&twice), ..context };
    assert_eq!(check(&text, &context).amc(), Some("The workflow parameter ad_product_type is defined multiple times"));
}

#[test]
fn an_audience_query_on_reporting_tables_or_with_other_columns_is_refused() {
    let audience = |text| check(text, &Context::audience(Catalogue::standard()));
    let checked = audience("SELECT user_id FROM dsp_clicks");
    assert_eq!(checked.amc(), Some("Invalid tables in the SQL query: Use audience-specific tables in the query."));
    assert!(audience("SELECT user_id, campaign FROM dsp_clicks_for_audiences").has_errors());
    assert!(audience("SELECT user_id FROM dsp_clicks_for_audiences;").has_errors());
}

#[test]
fn a_subquery_of_a_grouped_query_sees_keys_only() {
    let text = |key: &str| {
        format!(
            "WITH s AS (SELECT 1 AS x, 2 AS y) SELECT campaign_id, SUM(impressions) AS n, \
             (SELECT MAX(y) FROM s WHERE s.x = d.{key}) AS m FROM dsp_impressions d GROUP BY 1"
        )
    };
    query(&text("campaign_id"));
    assert_eq!(errors(&text("line_item_id")), ["not-grouped"]);
}

#[test]
fn a_name_is_not_taken_for_an_alias_of_itself() {
    let text = "SELECT no_such_thing, SUM(impressions) AS total, total * 2 AS twice FROM dsp_impressions GROUP BY 1";
    let found = reporting(text).findings;
    assert!(!found[0].message.contains("same SELECT") && found[1].message.contains("same SELECT"), "{found:?}");
}

#[test]
fn lists_that_nobody_reads_are_refused_early() {
    let many = |count: usize, of: &dyn Fn(usize) -> String, between: &str| {
        (0..count).map(of).collect::<Vec<_>>().join(between)
    };
    let columns = many(2_001, &|at| format!("1 AS c{at}"), ", ");
    assert_eq!(errors(&format!("SELECT {columns}")), ["too-many-columns"]);
    let keys = many(300, &|_| "campaign".to_owned(), ", ");
    assert!(errors(&format!("SELECT COUNT(1) AS n FROM dsp_clicks GROUP BY {keys}")).contains(&"too-many-keys"));
    assert!(
        errors(&format!(
            "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1 ORDER BY {}",
            many(300, &|at| format!("n + {at}"), ", ")
        ))
        .contains(&"too-many-keys")
    );
    let tables = many(1_001, &|at| format!("c{at} AS (SELECT 1 AS x)"), ", ");
    assert_eq!(errors(&format!("WITH {tables} SELECT x FROM c1")), ["too-many-common-tables"]);
    let parameters = many(101, &|at| format!("campaign = CUSTOM_PARAMETER('p{at}')"), " OR ");
    assert_eq!(errors(&format!("SELECT COUNT(1) AS n FROM dsp_clicks WHERE {parameters}")), ["too-many-parameters"]);
    assert_eq!(errors(&format!("SELECT CONCAT({}) AS x", many(10_001, &|_| "1".to_owned(), ", "))), ["arguments"]);
}

#[test]
fn amc_complains_of_the_interval_and_of_the_grouping_sets_first() {
    let amc = |text: &str| reporting(text).amc().unwrap_or_default().to_owned();
    let interval =
        amc("SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_dt > CURRENT_DATE - INTERVAL '7' DAY");
    assert!(interval.contains("interval data types are not enabled"), "{interval}");
    let sets = amc("SELECT campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY CUBE (campaign)");
    assert!(sets.contains("CUBE"), "{sets}");
}

#[test]
fn what_follows_from_an_error_is_no_error_of_its_own() {
    let counted = |condition: &str| format!("SELECT COUNT(1) AS n FROM dsp_impressions WHERE {condition}");
    for (text, codes) in [
        (counted("impression_dt > begun + INTERVAL '7' DAY"), &["unknown-column", "interval"][..]),
        (counted("impression_dt BETWEEN begun AND begun + 60"), &["unknown-column", "unknown-column"][..]),
        (counted("DATEDIFF(day, impression_dt, CURRENT_TIMESTAMP) < 7"), &["unknown-function"][..]),
        (counted("TIMESTAMP_DIFF(impression_dt_utc, impression_dt, HOUR) < 7"), &["unknown-function"][..]),
        (
            "WITH a AS (SELECT begun AS b FROM dsp_clicks) SELECT COUNT(1) AS n FROM a WHERE b + 60 < CURRENT_TIMESTAMP"
                .to_owned(),
            &["unknown-column"][..],
        ),
        ("SELECT DISTINCT advertiser || ' ' || campaign || '!' AS c FROM dsp_clicks".to_owned(), &["concat-operator"][..]),
        ("SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY ALL".to_owned(), &["grouping-sets"][..]),
    ] {
        assert_eq!(errors(&text), codes, "{text}");
    }
}

#[test]
fn a_column_that_other_tables_have_suggests_the_one_of_this_table() {
    for (source, column, meant) in [
        ("conversions", "conversion_event_dt_utc", "event_dt_utc"),
        ("conversions", "asin", "tracked_asin"),
        ("dsp_impressions", "campaign_name", "campaign"),
    ] {
        let findings = reporting(&format!("SELECT COUNT(1) AS n FROM {source} WHERE {column} IS NOT NULL")).findings;
        assert_eq!(findings[0].code, "unknown-column");
        assert!(findings[0].message.ends_with(&format!("Did you mean `{meant}`?")), "{}", findings[0].message);
        assert!(findings[0].fix.as_ref().is_some_and(|fix| !fix.sure && fix.replacement == meant));
    }
}

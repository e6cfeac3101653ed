//! Every form of query and every function documented by AMC.

use super::*;
use crate::amcsql::functions::signatures;

#[test]
fn every_form_of_query_is_accepted() {
    for text in [
        "WITH a AS (SELECT campaign, user_id FROM dsp_impressions), b (c, u) AS (WITH x AS (SELECT campaign, user_id FROM a) SELECT campaign, user_id FROM x) SELECT c, COUNT(DISTINCT u) AS reach FROM b GROUP BY c",
        "SELECT DISTINCT(campaign) AS a, advertiser FROM dsp_impressions",
        "SELECT DISTINCT campaign, COUNT(DISTINCT(user_id)) AS n FROM dsp_impressions GROUP BY campaign",
        "SELECT ROUND(5.5) AS x",
        "SELECT campaign, SUM(n) AS n FROM (SELECT campaign, impressions AS n FROM dsp_impressions UNION ALL SELECT campaign, clicks FROM dsp_clicks) GROUP BY 1",
        "WITH ids (id, label) AS (VALUES (1, 'a'), /* note */ (2, 'it''s')) SELECT label, COUNT(1) AS n FROM ids GROUP BY label",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign_id IN (SELECT id FROM (VALUES (1), (2)) AS t(id))",
        "SELECT campaign AS c, advertiser, SUM(impressions) AS n FROM dsp_impressions GROUP BY c, 2",
        "SELECT CASE WHEN clicks > 0 THEN 'clicked' ELSE 'seen' END AS campaign, COUNT(user_id) AS n FROM dsp_clicks GROUP BY campaign",
        "SELECT CONCAT(campaign, '!') AS c, SUM(impressions) AS n FROM dsp_impressions GROUP BY CONCAT(campaign, '!')",
        "SELECT 'fixed' AS kind, CUSTOM_PARAMETER('label') AS label, campaign, SUM(clicks) AS n FROM dsp_clicks GROUP BY 3",
        "SELECT campaign FROM dsp_impressions GROUP BY 1",
        "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY 1 HAVING impressions < 150 AND COUNT(DISTINCT user_id) > 2",
        "SELECT a.campaign, COUNT(1) AS n FROM dsp_impressions a JOIN dsp_clicks b ON a.request_tag = b.request_tag LEFT OUTER JOIN dsp_views v ON v.impression_id = a.request_tag AND v.view_definition <> 'x' GROUP BY 1",
        "WITH a AS (SELECT user_id, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1), b AS (SELECT user_id, SUM(clicks) AS m FROM dsp_clicks GROUP BY 1) SELECT COUNT(DISTINCT user_id) AS u, SUM(n) AS n, SUM(m) AS m FROM a FULL OUTER JOIN b USING (user_id)",
        "WITH t AS (SELECT SUM(impressions) AS n FROM dsp_impressions), u AS (SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1) SELECT u.campaign, u.n / t.n AS share FROM u CROSS JOIN t",
        "WITH t AS (SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1) SELECT a.campaign, b.n AS n FROM t a, t b WHERE a.campaign = b.campaign",
        "WITH t AS (SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1) SELECT t.* FROM t",
        "SELECT COUNT(DISTINCT user_id) AS n FROM dsp_impressions i WHERE EXISTS (SELECT 1 FROM dsp_clicks c WHERE c.user_id = i.user_id) AND campaign NOT IN (SELECT campaign FROM dsp_views)",
        "SELECT CASE device_type WHEN 'TV' THEN 1 WHEN 'Phone' THEN 2 END AS k, COUNT(1) AS n FROM dsp_impressions GROUP BY 1",
        "WITH t AS (SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1) SELECT campaign, CASE WHEN n >= AVG(n) OVER () AND n > 0 THEN 'high' ELSE 'low' END AS level, n / SUM(n) OVER () AS share FROM t",
        "SELECT campaign, RANK() OVER w AS r, SUM(SUM(impressions)) OVER (PARTITION BY advertiser ORDER BY SUM(impressions) DESC) AS running FROM dsp_impressions GROUP BY campaign, advertiser WINDOW w AS (ORDER BY SUM(impressions) DESC)",
        "WITH conversions AS (SELECT user_id, purchases FROM amazon_attributed_events_by_traffic_time) SELECT SUM(purchases) AS p FROM conversions",
        "SELECT event_date_utc, COUNT(1) AS n FROM TABLE(EXTEND_TIME_WINDOW('Conversions', 'P28D', 'P0D')) c WHERE SECONDS_BETWEEN(c.event_dt_utc, BUILT_IN_PARAMETER('TIME_WINDOW_END')) > 86400 GROUP BY 1",
        "SELECT campaign, COUNT(1) AS n FROM sandbox.dsp_impressions WHERE campaign LIKE 'a\\_%' ESCAPE '\\' AND campaign NOT SIMILAR TO '(?i)^kit' AND impression_date BETWEEN DATE '2026-01-01' AND CAST('today' AS DATE) GROUP BY 1",
        "SELECT COUNT(1) AS n FROM amazon_attributed_events_by_traffic_time WHERE new_to_brand = TRUE AND CAST(new_to_brand AS TINYINT) = 1 AND new_to_brand IS NOT FALSE",
        "SELECT CASE WHEN impressions > 6 THEN '7+' ELSE impressions END AS bucket, COUNT(DISTINCT user_id) AS n FROM (SELECT user_id, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY 1) GROUP BY 1",
    ] {
        query(text);
    }
}

/// One call of each function, over the columns of `dsp_impressions`.
const CALLS: &[&str] = &[
    "CONCAT(campaign, 1, impression_date)",
    "LOWER(campaign)",
    "UPPER(campaign)",
    "LENGTH(campaign)",
    "LEFT(campaign, 3)",
    "RIGHT(campaign, 3)",
    "SUBSTRING(campaign FROM 2 FOR 3)",
    "SUBSTRING(campaign, 2)",
    "TRIM(campaign)",
    "TRIM(BOTH 'x' FROM campaign)",
    "TRIM(LEADING 'x' FROM campaign)",
    "LTRIM(campaign)",
    "RTRIM(campaign)",
    "REPLACE(campaign, 'a', 'b')",
    "POSITION('a' IN campaign)",
    "INSTR(campaign, 'a')",
    "STRPOS(campaign, 'a')",
    "CHARINDEX('a', campaign, 2)",
    "LOCATE('a', campaign)",
    "REGEXP_REPLACE(campaign, '[0-9]+', '#')",
    "REGEXP_SUBSTR(campaign, '[0-9]+')",
    "REGEXP_SPLIT(campaign, '_')",
    "STR_TO_MAP(campaign, '&', '=')",
    "FORMAT(impressions, '0.00')",
    "ABS(impressions)",
    "CEIL(total_cost)",
    "FLOOR(total_cost)",
    "ROUND(total_cost / 3, 2)",
    "TRUNC(total_cost, 1)",
    "SQRT(impressions)",
    "POWER(impressions, 2)",
    "EXP(1)",
    "LN(2)",
    "LOG10(2)",
    "LOG(2, 8)",
    "E()",
    "RANDOM()",
    "SECONDS_BETWEEN(impression_date, impression_dt_utc)",
    "EXTRACT(DOW FROM impression_dt)",
    "HOUR(impression_dt)",
    "MINUTE(impression_dt)",
    "SECOND(impression_dt)",
    "MONTH(impression_date)",
    "YEAR(impression_dt)",
    "WEEK(impression_dt)",
    "DAYOFMONTH(impression_dt)",
    "DAYOFWEEK(impression_dt)",
    "DATE_TRUNC('Quarter', impression_dt)",
    "CONVERT_TIME_ZONE_FROM_UTC(impression_dt_utc, 'Europe/Berlin')",
    "EPOCH_TO_UTC_TIMESTAMP('1666735860')",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "IF(impressions > 1, 1, 2.5)",
    "COALESCE(campaign, 'none')",
    "IFNULL(campaign, '')",
    "NVL(campaign, '')",
    "NVL2(campaign, 1, 0)",
    "NULLIF(impressions, 0)",
    "GREATEST(impressions, 1, 2.5)",
    "LEAST(1, impressions)",
    "CONTAINED_IN(campaign, 'a', 'b')",
    "ARRAY_CONTAINS(ARRAY['a', 'b'], campaign)",
    "ARRAY_SORT(ARRAY[2, 1])",
    "ARRAY_DISTINCT(ARRAY[1, 1])",
    "ARRAY_UNION(ARRAY[1], ARRAY[2])",
    "ARRAY_INTERSECT(ARRAY[1], ARRAY[2])",
    "ARRAY_COMPLEMENT(ARRAY[1], ARRAY[2])",
    "ARRAY_CAT(ARRAY[1], ARRAY[2])",
    "ARRAY_REMOVE(ARRAY[1], 1)",
    "ARRAY_TO_STRING(ARRAY[1, 2], '-')",
    "CARDINALITY(ARRAY[1])",
    "FLATTEN(ARRAY[ARRAY[1], ARRAY[2]])",
    "EXPLODE(ARRAY[1, 2])",
    "NAMED_ROW('a', 1, 'b', campaign)",
    "UUID()",
    "HASH64(campaign)",
    "MD5(campaign)",
    "SHA1(campaign)",
    "TO_VARBINARY('ff', 'hex')",
    "FROM_VARBINARY(TO_VARBINARY('ff', 'hex'), 'base64')",
    "JSON_EXTRACT(campaign, '$.a')",
    "JSON_SERIALIZE(campaign)",
    "BUILT_IN_PARAMETER('TIME_WINDOW_START')",
    "CUSTOM_PARAMETER('p')",
    "COUNT(campaign)",
    "COUNT(DISTINCT campaign)",
    "SUM(total_cost)",
    "AVG(total_cost)",
    "MIN(campaign)",
    "MAX(impression_dt)",
    "COLLECT(campaign)",
    "COLLECT(DISTINCT campaign)",
    "STDDEV(impressions)",
    "STDDEV_SAMP(impressions)",
    "STDDEV_POP(impressions)",
    "VARIANCE(impressions)",
    "VAR_SAMP(impressions)",
    "VAR_POP(impressions)",
    "SKEWNESS(impressions)",
    "PERCENTILE(impressions, 0.5)",
    "APPROX_PERCENTILE(impressions, 1)",
    "MEDIAN(impressions)",
    "APPROX_COUNT_DISTINCT(user_id)",
    "ROW_NUMBER() OVER (ORDER BY campaign)",
    "RANK() OVER (PARTITION BY advertiser ORDER BY campaign DESC)",
    "DENSE_RANK() OVER (ORDER BY campaign)",
    "LAG(campaign, 1, '') OVER (ORDER BY campaign)",
    "LEAD(campaign) OVER (ORDER BY campaign)",
    "FIRST_VALUE(campaign) OVER (ORDER BY campaign)",
    "LAST_VALUE(campaign) OVER (ORDER BY campaign)",
    "SUM(impressions) OVER (ORDER BY campaign ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
];

#[test]
fn every_function_is_accepted_where_it_belongs() {
    let calls = CALLS;
    for call in calls {
        query(&format!("SELECT DISTINCT {call} AS x FROM dsp_impressions"));
    }
    let missing: Vec<&str> = signatures()
        .iter()
        .map(|it| it.name)
        .filter(|name| *name != "EXTEND_TIME_WINDOW" && !calls.iter().any(|call| call.starts_with(name)))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn published_idioms_with_parameters_are_accepted() {
    let parameters = query(
        "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions WHERE (ARRAY_CONTAINS(CUSTOM_PARAMETER('list'), campaign) OR CUSTOM_PARAMETER('list') IS NULL OR CARDINALITY(CUSTOM_PARAMETER('list')) = 0) AND impression_date BETWEEN CUSTOM_PARAMETER('start') AND CAST(CUSTOM_PARAMETER('end') AS DATE) AND IF(CUSTOM_PARAMETER('flag') = 1, TRUE, FALSE) GROUP BY 1",
    )
    .parameters;
    let types: Vec<String> = parameters.iter().map(|it| format!("{} {}", it.name, it.data_type)).collect();
    assert_eq!(types, ["list ARRAY<STRING>", "start DATE", "end DATE", "flag INTEGER"]);
}

#[test]
fn an_audience_query_gives_user_ids_from_tables_for_audiences() {
    let text = "SELECT user_id FROM dsp_clicks_for_audiences WHERE campaign = 'a' GROUP BY user_id";
    let checked = check(text, &Context::audience(Catalogue::standard()));
    assert!(!checked.has_errors(), "{:?}", checked.findings);
}

#[test]
fn without_controls_single_rows_and_hidden_columns_pass() {
    let context = Context { controls: false, ..Context::reporting(Catalogue::standard()) };
    assert!(!check("SELECT user_id, campaign FROM dsp_impressions", &context).has_errors());
}

#[test]
fn risky_forms_are_remarked_on_and_still_run() {
    for (text, code) in [
        ("SELECT campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY 1 ORDER BY n DESC", "order-by"),
        ("SELECT campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY 1 LIMIT 10", "limit"),
        ("SELECT COUNT(1) AS n FROM dsp_impressions;", "semicolon"),
        ("SELECT COUNT(*) AS n FROM dsp_impressions", "count-star"),
        ("SELECT SUM(spend) / 100000 AS cost FROM sponsored_ads_traffic", "cost-unit"),
        ("SELECT SUM(total_cost) / 1e8 AS cost FROM dsp_impressions", "cost-unit"),
        (
            "SELECT SUM(a.impressions) AS n FROM dsp_impressions a JOIN dsp_clicks b ON a.user_id = b.user_id",
            "join-multiplies",
        ),
        ("SELECT COUNT(1) AS n FROM dsp_impressions WHERE campaign = :name", "colon-parameter"),
        ("SELECT COUNT(1) FROM dsp_impressions", "unnamed-column"),
        ("WITH a AS (SELECT 1 AS x) SELECT COUNT(1) AS n FROM dsp_impressions", "unused-common-table"),
        ("SELECT UPPER(campaign) AS campaign, COUNT(1) AS n FROM dsp_impressions GROUP BY campaign", "group-by-alias"),
        ("SELECT campaign FROM dsp_impressions EXCEPT SELECT campaign FROM dsp_clicks", "set-operation"),
        ("SELECT SUM(impressions) FILTER (WHERE campaign = 'a') AS n FROM dsp_impressions", "filter-clause"),
    ] {
        let text = if code == "set-operation" {
            text.replace("SELECT campaign", "SELECT DISTINCT campaign")
        } else {
            text.to_owned()
        };
        assert!(remarks(&text).contains(&code), "{text}: {:?}", remarks(&text));
    }
    assert!(!remarks("SELECT SUM(spend) / 100000000 AS cost FROM sponsored_ads_traffic").contains(&"cost-unit"));
}

#[test]
fn a_star_over_shared_columns_gives_them_once_and_first() {
    for join in ["NATURAL JOIN b", "JOIN b USING (k)", "NATURAL LEFT JOIN b", "FULL OUTER JOIN b USING (k)"] {
        let text = format!("WITH a AS (SELECT 1 AS x, 2 AS k), b AS (SELECT 2 AS k, 3 AS y) SELECT * FROM a {join}");
        let names: Vec<String> = query(&text).outputs.into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["k", "x", "y"], "{join}");
    }
}

#[test]
fn the_type_of_a_parameter_comes_from_any_of_its_uses() {
    let text = "SELECT IF(CUSTOM_PARAMETER('p') IS NULL, 1, 0) AS a, SUM(impressions) AS n FROM dsp_impressions \
                WHERE CUSTOM_PARAMETER('p') IS NULL OR ARRAY_CONTAINS(CUSTOM_PARAMETER('p'), campaign_id) GROUP BY 1";
    let query = query(text);
    assert_eq!(query.parameters[0].data_type.to_string(), "ARRAY<LONG>");
}

#[test]
fn columns_that_mean_something_else_are_remarked_on() {
    let texts = [
        "SELECT campaign, SUM(impressions) AS n FROM amazon_attributed_events_by_traffic_time GROUP BY 1",
        "SELECT tracked_asin, SUM(detail_page_view) AS n FROM amazon_attributed_events_by_traffic_time GROUP BY 1",
        "SELECT tracked_asin, SUM(conversions) AS n FROM conversions WHERE event_subtype = 'detailPageView' GROUP BY 1",
        "SELECT COUNT(1) AS n FROM conversions WHERE event_subtype IN ('shoppingCart', 'wishList') AND tracked_asin = 'B01'",
        "SELECT purchase_month_utc, COUNT(1) AS n FROM amazon_retail_purchases GROUP BY 1",
        "SELECT campaign_id, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1 UNION ALL \
         SELECT campaign_id, SUM(impressions) AS n FROM sponsored_ads_traffic GROUP BY 1",
    ];
    for text in texts {
        assert_eq!(remarks(text), ["column-meaning"], "{text}");
    }
    assert!(
        remarks("SELECT tracked_asin, SUM(purchases) AS n FROM amazon_attributed_events_by_traffic_time GROUP BY 1")
            .is_empty()
    );
    for right in
        ["tracked_asin = 'B01' AND event_subtype = 'order'", "tracked_item = 'B01' AND event_subtype = 'shoppingCart'"]
    {
        let text = format!("SELECT COUNT(1) AS n FROM conversions WHERE {right}");
        assert_eq!(remarks(&text), [""; 0], "{text}");
    }
}

#[test]
fn a_null_in_the_list_of_not_in_is_remarked_on() {
    let with = |condition: &str| remarks(&format!("SELECT COUNT(1) AS n FROM dsp_clicks WHERE {condition}"));
    assert_eq!(with("campaign NOT IN ('a', NULL)"), ["not-in-null"]);
    assert_eq!(with("campaign IN ('a', NULL)"), [""; 0]);
}

#[test]
fn keys_that_name_different_events_are_remarked_on_wherever_they_come_from() {
    let counted = |from: &str| format!("SELECT COUNT(1) AS n FROM {from}");
    for from in [
        "sponsored_ads_traffic t JOIN amazon_attributed_events_by_traffic_time a ON t.event_id = a.request_tag",
        "dsp_impressions i LEFT JOIN amazon_attributed_events_by_conversion_time a ON i.campaign = a.campaign AND a.traffic_event_id = i.request_tag",
        "dsp_clicks c, (SELECT event_id AS k FROM sponsored_ads_traffic GROUP BY event_id) t WHERE c.request_tag = t.k",
    ] {
        assert!(remarks(&counted(from)).contains(&"join-key"), "{from}: {:?}", remarks(&counted(from)));
    }
    for from in [
        "sponsored_ads_traffic t JOIN amazon_attributed_events_by_traffic_time a ON t.event_id = a.traffic_event_id",
        "dsp_views v JOIN dsp_impressions i ON v.impression_id = i.request_tag",
        "dsp_clicks c JOIN amazon_attributed_events_by_conversion_time a ON c.request_tag = a.request_tag",
    ] {
        assert!(!remarks(&counted(from)).contains(&"join-key"), "{from}");
    }
    let common = "WITH t AS (SELECT event_id AS k, user_id FROM sponsored_ads_traffic GROUP BY 1, 2) \
                  SELECT COUNT(1) AS n FROM t JOIN dsp_impressions i ON i.request_tag = t.k";
    assert!(remarks(common).contains(&"join-key"));
}

#[test]
fn products_that_are_credited_in_the_other_table_are_remarked_on() {
    let filtered = |table: &str, condition: &str| {
        let text =
            format!("SELECT SUM(total_purchases) AS n FROM amazon_attributed_events_by_{table}_time WHERE {condition}");
        remarks(&text).contains(&"attributed-table")
    };
    assert!(filtered("traffic", "ad_product_type = 'sponsored_brands'"));
    assert!(filtered("traffic", "campaign <> 'a' AND ad_product_type IS NULL"));
    assert!(filtered("conversion", "ad_product_type IN ('sponsored_products', 'Sponsored_Display')"));
    assert!(!filtered("conversion", "ad_product_type IS NULL"));
    assert!(!filtered("traffic", "ad_product_type IN ('sponsored_products', 'sponsored_brands')"));
    assert!(!filtered("traffic", "ad_product_type = 'sponsored_products' OR campaign = 'a'"));
}

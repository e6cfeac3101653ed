//! Remarks on what runs and is seldom meant: units, divisions, missing users, columns that nobody needs.

use super::*;

/// The messages with this code.
fn said(text: &str, code: &str) -> Vec<String> {
    let found = reporting(text).findings;
    found.into_iter().filter(|it| it.code == code).map(|it| it.message).collect()
}

#[test]
fn amounts_in_different_units_are_not_put_together() {
    let both = "WITH u AS (SELECT campaign, SUM(total_cost) AS cost FROM dsp_impressions GROUP BY 1 \
        UNION ALL SELECT campaign, SUM(spend) FROM sponsored_ads_traffic GROUP BY 1) SELECT campaign, SUM(cost) AS cost FROM u GROUP BY 1";
    assert!(said(both, "cost-unit")[0].contains("in microcents here and in millicents in the part before"));
    let converted =
        both.replace("SUM(total_cost)", "SUM(total_cost) / 100000").replace("SUM(spend)", "SUM(spend) / 100000000");
    assert!(said(&converted, "cost-unit").is_empty(), "{:?}", said(&converted, "cost-unit"));
    let half = both.replace("SUM(total_cost)", "SUM(total_cost) / 100000");
    assert_eq!(said(&half, "cost-unit").len(), 1);
    let roas = "SELECT SUM(product_sales) / SUM(spend) AS roas FROM (SELECT product_sales, 0 AS spend FROM amazon_attributed_events_by_traffic_time \
        UNION ALL SELECT 0 AS product_sales, spend FROM sponsored_ads_traffic)";
    assert!(
        said(roas, "cost-unit")[0].contains("The first amount is in the currency, the second in microcents"),
        "a zero has no unit"
    );
    let sales = "SELECT SUM(product_sales) / 100000 AS sales FROM amazon_attributed_events_by_traffic_time";
    assert!(said(sales, "cost-unit")[0].contains("in the currency already"));
}

#[test]
fn a_division_by_what_may_be_zero_is_remarked_on_once_and_not_where_it_is_guarded() {
    let rate = |divisor: &str| {
        format!(
            "SELECT campaign, SUM(clicks) / {divisor} AS r, SUM(clicks) / {divisor} AS s FROM sponsored_ads_traffic GROUP BY 1"
        )
    };
    assert_eq!(said(&rate("SUM(impressions)"), "unguarded-division").len(), 1);
    for guarded in ["NULLIF(SUM(impressions), 0)", "COUNT(1)", "100", "GREATEST(SUM(impressions), 1)"] {
        assert!(said(&rate(guarded), "unguarded-division").is_empty(), "{guarded}");
    }
    let tested = "SELECT campaign, IF(SUM(impressions) > 0, SUM(clicks) / SUM(impressions), 0) AS r, \
        CASE WHEN SUM(impressions) > 0 THEN SUM(clicks) / SUM(impressions) END AS s FROM sponsored_ads_traffic GROUP BY 1";
    assert!(said(tested, "unguarded-division").is_empty());
    assert_eq!(said(&rate("0"), "division-by-zero").len(), 2);
    assert_eq!(said(&rate("0.0"), "division-by-zero").len(), 2);
    let share = "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT campaign, n / SUM(n) OVER () AS share FROM c";
    assert!(said(share, "unguarded-division").is_empty(), "a share of a total");
}

#[test]
fn users_who_may_be_missing_are_remarked_on_where_they_group_and_join() {
    let by_user = |filter: &str| {
        format!(
            "WITH u AS (SELECT user_id, COUNT(1) AS n FROM dsp_clicks {filter} GROUP BY 1) SELECT n, COUNT(1) AS users FROM u GROUP BY 1"
        )
    };
    assert_eq!(said(&by_user(""), "missing-user").len(), 1);
    assert!(said(&by_user("WHERE user_id IS NOT NULL"), "missing-user").is_empty());
    let join = |filter: &str| {
        format!(
            "WITH a AS (SELECT user_id, campaign FROM dsp_clicks {filter}), b AS (SELECT user_id, impressions FROM dsp_impressions {filter}) \
        SELECT a.campaign, SUM(b.impressions) AS n FROM a LEFT JOIN b ON a.user_id = b.user_id GROUP BY 1"
        )
    };
    assert_eq!(said(&join(""), "missing-user").len(), 1);
    assert!(said(&join("WHERE user_id IS NOT NULL"), "missing-user").is_empty());
    assert!(
        said("SELECT campaign, COUNT(DISTINCT user_id) AS n FROM dsp_clicks GROUP BY 1", "missing-user").is_empty()
    );
}

#[test]
fn columns_of_common_tables_that_nothing_needs_are_named_once_for_each_table() {
    let text = "WITH a AS (SELECT campaign, advertiser, clicks, request_tag FROM dsp_clicks WHERE user_id IS NOT NULL), \
        b AS (SELECT campaign, SUM(clicks) AS clicks, COUNT(1) AS n, MAX(advertiser) AS who FROM a GROUP BY 1) SELECT campaign, clicks FROM b WHERE n > 1";
    let found = said(text, "unused-column");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("Nothing uses `advertiser`, `request_tag` of the common table `a`"), "{found:?}");
    assert!(found[1].starts_with("Nothing uses `who` of the common table `b`"), "{found:?}");
    for used in [
        "WITH a AS (SELECT campaign, request_tag FROM dsp_clicks) SELECT campaign, COUNT(1) AS n FROM a WHERE request_tag IS NOT NULL GROUP BY 1",
        "WITH a AS (SELECT request_tag FROM dsp_clicks) SELECT v.campaign, COUNT(1) AS n FROM dsp_views v JOIN a ON a.request_tag = v.impression_id GROUP BY 1",
        "WITH a AS (SELECT campaign FROM dsp_clicks) SELECT campaign, COUNT(1) AS n FROM dsp_views WHERE campaign IN (SELECT campaign FROM a) GROUP BY 1",
        "WITH a AS (SELECT campaign, advertiser, COUNT(1) AS n FROM dsp_clicks GROUP BY 1, 2) SELECT campaign, MAX(n) AS n FROM a GROUP BY 1",
        "WITH a AS (SELECT DISTINCT campaign, advertiser FROM dsp_clicks) SELECT campaign, COUNT(1) AS n FROM a GROUP BY 1",
        "WITH v (x, y) AS (VALUES ('a', 1)) SELECT x, COUNT(1) AS n FROM v GROUP BY 1",
        "WITH a AS (SELECT campaign, clicks FROM dsp_clicks UNION ALL SELECT campaign, 0 AS clicks FROM dsp_views) SELECT campaign, SUM(clicks) AS n FROM a GROUP BY 1",
        "WITH a AS (SELECT campaign, ROW_NUMBER() OVER (PARTITION BY campaign ORDER BY clicks) AS place FROM dsp_clicks) SELECT campaign, COUNT(1) AS n FROM a WHERE place = 1 GROUP BY 1",
        "WITH a AS (SELECT campaign, clicks FROM dsp_clicks) SELECT campaign, COUNT(1) AS n FROM (SELECT a.* FROM a WHERE clicks > 0) GROUP BY 1",
    ] {
        assert!(said(used, "unused-column").is_empty(), "{used}: {:?}", said(used, "unused-column"));
    }
}

#[test]
fn what_live_results_hide_of_a_column_is_said() {
    let text = "SELECT customer_search_term, SUM(clicks) AS n FROM sponsored_ads_traffic GROUP BY 1";
    assert!(said(text, "column-meaning")[0].contains("100 users"), "{:?}", said(text, "column-meaning"));
}

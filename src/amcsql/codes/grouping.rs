//! Aggregates, grouping and windows.

use super::codes;

codes! { Grouping;
    NOT_GROUPED = "not-grouped", Error, [
        "Column without GROUP BY",
        "Beside an aggregate, every other column has to be grouped.",
        "Add it to GROUP BY, or put it into an aggregate.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign",
    ];
    NOT_AGGREGATED = "not-aggregated", Error, [
        "Query without aggregation",
        "AMC returns aggregated rows only, never single events.",
        "Add SUM, COUNT or another aggregate with GROUP BY, or write SELECT DISTINCT.",
        "SELECT campaign, clicks FROM dsp_clicks",
        "SELECT campaign, SUM(clicks) AS clicks FROM dsp_clicks GROUP BY campaign",
    ], may_be_wrong();
    NESTED_AGGREGATE = "nested-aggregate", Error, [
        "Aggregate inside an aggregate",
        "AMC can't aggregate twice in one step.",
        "Compute the inner aggregate in a WITH.",
        "SELECT MAX(SUM(clicks)) AS most FROM dsp_clicks GROUP BY campaign",
        "WITH c AS (SELECT campaign, SUM(clicks) AS clicks FROM dsp_clicks GROUP BY campaign) SELECT MAX(clicks) AS most FROM c",
    ];
    MISPLACED_AGGREGATE = "misplaced-aggregate", Error, [
        "Aggregate in WHERE, ON or GROUP BY",
        "Rows are filtered and joined before they are aggregated.",
        "Conditions on aggregates stand in HAVING.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks WHERE COUNT(1) > 10 GROUP BY campaign",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign HAVING COUNT(1) > 10",
    ];
    NOT_AN_AGGREGATE = "not-an-aggregate", Error, [
        "DISTINCT, FILTER or OVER on a plain function",
        "Only aggregates and window functions take these.",
        "Remove it, or use an aggregate.",
        "SELECT LOWER(DISTINCT campaign) AS c, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
        "SELECT LOWER(campaign) AS c, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    AGGREGATE_IN_GROUP_BY = "aggregate-in-group-by", Error, [
        "Grouping by an aggregate",
        "A number or name in GROUP BY points at a column that is an aggregate.",
        "Group by the columns that are not aggregated.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1, 2",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    ORDINAL = "ordinal", Error, [
        "Number that points at no column",
        "A number in GROUP BY counts the selected columns from 1.",
        "Use a number of a selected column.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign, 3",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign",
    ];
    GROUP_BY_ALIAS = "group-by-alias", Warning, [
        "Name in GROUP BY that is a column and an alias",
        "A computed value has the name of a column of the table. AMC groups by the computed value.",
        "Give the computed value a name of its own.",
        "SELECT UPPER(campaign) AS campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign",
        "SELECT UPPER(campaign) AS campaign_upper, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign_upper",
    ];
    GROUPING_SETS = "grouping-sets", Error, [
        "GROUPING SETS, ROLLUP or CUBE",
        "AMC has none of them.",
        "Write one SELECT for each grouping and join them with UNION ALL.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY ROLLUP (campaign)",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY campaign\nUNION ALL\nSELECT 'Total' AS campaign, COUNT(1) AS n FROM dsp_clicks",
    ];
    COUNT_STAR = "count-star", Info, [
        "COUNT(*)",
        "Published AMC queries write COUNT(1); whether COUNT(*) works everywhere is not known.",
        "Write COUNT(1).",
        "SELECT campaign, COUNT(*) AS n FROM dsp_clicks GROUP BY 1",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    COUNT_STAR_OVER = "count-star-over", Error, [
        "COUNT(*) OVER (…)",
        "AMC refuses COUNT(*) as a window function.",
        "Write COUNT(column) OVER (…).",
        "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT campaign, COUNT(*) OVER () AS campaigns FROM c",
        "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT campaign, COUNT(n) OVER () AS campaigns FROM c",
    ];
    FILTER_CLAUSE = "filter-clause", Warning, [
        "FILTER (WHERE …)",
        "It is not in AMC's documentation, so AMC may refuse it.",
        "Put IF(condition, x, NULL) into the aggregate.",
        "SELECT COUNT(user_id) FILTER (WHERE clicks > 1) AS n FROM dsp_clicks",
        "SELECT COUNT(IF(clicks > 1, user_id, NULL)) AS n FROM dsp_clicks",
    ];
    COLLECT_EXPRESSION = "collect-expression", Warning, [
        "Expression inside COLLECT",
        "COLLECT was reported to take plain columns only.",
        "Compute the value in a WITH first.",
        "SELECT COLLECT(UPPER(campaign)) AS all_names FROM dsp_clicks",
        "WITH c AS (SELECT UPPER(campaign) AS name FROM dsp_clicks) SELECT COLLECT(name) AS all_names FROM c",
    ];
    MISSING_OVER = "missing-over", Error, [
        "Window function without OVER",
        "ROW_NUMBER, RANK and the like need a window.",
        "Write RANK() OVER (PARTITION BY … ORDER BY …).",
        "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT campaign, RANK() AS place FROM c",
        "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT campaign, RANK() OVER (ORDER BY n DESC) AS place FROM c",
    ];
    MISPLACED_WINDOW = "misplaced-window", Error, [
        "Window function in WHERE or GROUP BY",
        "Window functions are computed after rows are filtered and grouped.",
        "Compute it in a WITH and filter in the next SELECT.",
        "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT campaign, n FROM c WHERE RANK() OVER (ORDER BY n DESC) <= 10",
        "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1), r AS (SELECT campaign, n, RANK() OVER (ORDER BY n DESC) AS place FROM c) SELECT campaign, n FROM r WHERE place <= 10",
    ];
    WINDOW_IN_HAVING = "window-in-having", Error, [
        "Window function in HAVING",
        "HAVING is computed before window functions, so it can't see them.",
        "Filter on it in a SELECT around this one.",
        "SELECT campaign, RANK() OVER (ORDER BY campaign) AS place FROM dsp_clicks GROUP BY 1 HAVING place < 3",
        "WITH r AS (SELECT campaign, RANK() OVER (ORDER BY campaign) AS place FROM dsp_clicks GROUP BY 1) SELECT campaign FROM r WHERE place < 3",
    ];
    UNKNOWN_WINDOW = "unknown-window", Error, [
        "Unknown window name",
        "OVER names a window that no WINDOW clause declares.",
        "Declare it: WINDOW w AS (PARTITION BY …).",
        "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT campaign, SUM(n) OVER w AS total FROM c",
        "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT campaign, SUM(n) OVER w AS total FROM c WINDOW w AS (PARTITION BY campaign)",
    ];
    UNORDERED_WINDOW = "unordered-window", Warning, [
        "Rank without an order",
        "Without ORDER BY in its window, a rank numbers rows in any order, another one each time.",
        "Add ORDER BY to the window.",
        "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT campaign, n, ROW_NUMBER() OVER () AS place FROM c",
        "WITH c AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1) SELECT campaign, ROW_NUMBER() OVER (ORDER BY n DESC) AS place FROM c",
    ];
    WINDOW_FRAME = "window-frame", Error, [
        "Window frame",
        "ROWS BETWEEN … is not in AMC's grammar, so AMC may refuse it. Where it is read, it counts whole rows.",
        "An aggregate with ORDER BY in its window is a running total without a frame.",
        "WITH c AS (SELECT impression_date AS day, COUNT(1) AS n FROM dsp_impressions GROUP BY 1) SELECT day, SUM(n) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS total FROM c",
        "WITH c AS (SELECT impression_date AS day, COUNT(1) AS n FROM dsp_impressions GROUP BY 1) SELECT day, SUM(n) OVER (ORDER BY day) AS total FROM c",
    ];
    WINDOW_FUNCTION = "window-function", Warning, [
        "LAG, LEAD, FIRST_VALUE or LAST_VALUE",
        "None of them is in AMC's documentation or in a published query.",
        "Number the rows and join the table with itself on the number.",
        "WITH c AS (SELECT impression_date AS day, COUNT(1) AS n FROM dsp_impressions GROUP BY 1) SELECT day, n - LAG(n) OVER (ORDER BY day) AS more FROM c",
        "WITH c AS (SELECT impression_date AS day, COUNT(1) AS n FROM dsp_impressions GROUP BY 1), o AS (SELECT day, n, ROW_NUMBER() OVER (ORDER BY day) AS place FROM c) SELECT a.day, a.n - b.n AS more FROM o a LEFT JOIN o b ON b.place = a.place - 1",
    ];
}

//! Types, literals and functions.

use super::codes;

codes! { Values;
    UNKNOWN_FUNCTION = "unknown-function", Error, [
        "Unknown function",
        "AMC has no function of this name. Many functions of other dialects have a counterpart.",
        "Write what the message suggests.",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_dt < GETDATE()",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_dt < CURRENT_TIMESTAMP",
    ], may_be_wrong();
    UNDOCUMENTED_FUNCTION = "undocumented-function", Info, [
        "Function that the documentation does not list",
        "It was reported to work on a live instance, but Amazon does not list it.",
        "COUNT(DISTINCT x) is documented.",
        "SELECT APPROX_COUNT_DISTINCT(user_id) AS reach FROM dsp_clicks",
        "SELECT COUNT(DISTINCT user_id) AS reach FROM dsp_clicks",
    ];
    ARGUMENTS = "arguments", Error, [
        "Wrong number of arguments",
        "The function takes another number of arguments.",
        "See the usage in the message.",
        "SELECT LOWER(campaign, 1) AS c, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
        "SELECT LOWER(campaign) AS c, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    ARGUMENT_TYPE = "argument-type", Error, [
        "Argument of the wrong type",
        "The function takes values of another type.",
        "Cast the value, or use a function for its type.",
        "SELECT CARDINALITY(campaign) AS n, COUNT(1) AS c FROM dsp_clicks GROUP BY 1",
        "SELECT LENGTH(campaign) AS n, COUNT(1) AS c FROM dsp_clicks GROUP BY 1",
    ];
    OPERANDS = "operands", Error, [
        "Values that can't be compared or computed",
        "The two sides have types that don't go together.",
        "Cast one of them.",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_date > 7",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_day > 7",
    ], may_be_wrong();
    TEXT_AS_VALUE = "text-as-value", Warning, [
        "Text that does not read as a number or date",
        "A column of numbers or dates is compared with a text that does not read as one, so no row can fit and the result is empty. A CAST of such a text stops the run.",
        "Write a number, or a day such as '2026-01-31'. Numeric ids of sponsored ads are texts: use campaign_id_string.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign_id = 'Launch'",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = 'Launch'",
    ];
    UNKNOWN_VALUE = "unknown-value", Warning, [
        "Value that a column never has",
        "AMC documents the values of this column, and writes this one in another way or not at all. Texts are compared with upper and lower case, so no row fits.",
        "Take one of the documented values.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE user_id_type = 'aduserid'",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE user_id_type = 'adUserId'",
    ];
    TEXT_AS_NUMBER = "text-as-number", Warning, [
        "Text where a number is needed",
        "Texts that don't read as numbers become NULL, so sums and averages leave them out in silence.",
        "Sum a metric, or cast the text on purpose with CAST(x AS DOUBLE).",
        "SELECT SUM(campaign) AS n FROM dsp_clicks",
        "SELECT SUM(clicks) AS n FROM dsp_clicks",
    ];
    CONDITION = "condition", Error, [
        "Value where a condition is needed",
        "WHERE, ON, HAVING, AND, OR, NOT, WHEN and IF need something that is true or false.",
        "Compare the value with another.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign IS NOT NULL",
    ];
    MIXED_TYPES = "mixed-types", Error, [
        "Results of different types",
        "All results of CASE, IF, COALESCE or ARRAY must be of one type.",
        "Cast them to the same type.",
        "SELECT IF(clicks > 1, ARRAY['a'], 1) AS x, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
        "SELECT IF(clicks > 1, 2, 1) AS x, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    SET_TYPES = "set-types", Error, [
        "UNION of different types",
        "A column has a type in one part of the UNION that does not go with its type in another.",
        "Cast one of them.",
        "SELECT ARRAY['a'] AS x UNION ALL SELECT 1 AS x",
        "SELECT 2 AS x UNION ALL SELECT 1 AS x",
    ];
    VALUES_TYPES = "values-types", Error, [
        "VALUES of different types",
        "A column of VALUES has values whose types don't go together.",
        "Give all rows the same types.",
        "WITH v (x) AS (VALUES (1), (ARRAY['a'])) SELECT CARDINALITY(ARRAY[x]) AS n FROM v",
        "WITH v (x) AS (VALUES (1), (2)) SELECT CARDINALITY(ARRAY[x]) AS n FROM v",
    ];
    CAST = "cast", Error, [
        "Conversion that does not exist",
        "AMC can't convert a value of this type to that one.",
        "Convert in two steps, or use a function for the type.",
        "SELECT CAST(impression_dt AS INTEGER) AS n, COUNT(1) AS c FROM dsp_impressions GROUP BY 1",
        "SELECT EXTRACT(HOUR FROM impression_dt) AS n, COUNT(1) AS c FROM dsp_impressions GROUP BY 1",
    ], may_be_wrong();
    UNKNOWN_TYPE = "unknown-type", Error, [
        "Unknown type",
        "CAST knows VARCHAR, INTEGER, BIGINT, DECIMAL(p,s), DOUBLE, BOOLEAN, DATE and TIMESTAMP.",
        "Use one of these types.",
        "SELECT CAST(campaign_id AS TEXT) AS c, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
        "SELECT CAST(campaign_id AS VARCHAR) AS c, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    NUMBER = "number", Error, [
        "Number that is too large",
        "No type of AMC holds this number.",
        "Write a smaller number.",
        "SELECT 1e999 AS x",
        "SELECT 1e99 AS x",
    ];
    MOMENT = "moment", Error, [
        "Date or time that can't be read",
        "DATE and TIMESTAMP take texts of one form.",
        "Write DATE '2026-01-31' or TIMESTAMP '2026-01-31 13:45:00'.",
        "SELECT DATE '31.01.2026' AS day",
        "SELECT DATE '2026-01-31' AS day",
    ];
    INTERVAL = "interval", Error, [
        "INTERVAL",
        "AMC has no intervals: interval types are not enabled.",
        "Compare SECONDS_BETWEEN(a, b) with a number of seconds.",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_dt > CURRENT_DATE - INTERVAL '7' DAY",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE SECONDS_BETWEEN(impression_dt, CURRENT_TIMESTAMP) < 7 * 86400",
    ];
    DATE_ARITHMETIC = "date-arithmetic", Error, [
        "Arithmetic on dates",
        "Dates and timestamps can't be added or subtracted in AMC.",
        "SECONDS_BETWEEN(a, b) gives the difference in seconds.",
        "SELECT AVG(c.conversion_event_dt_utc - i.impression_dt_utc) AS delay FROM dsp_impressions i JOIN amazon_attributed_events_by_conversion_time c ON c.request_tag = i.request_tag",
        "SELECT AVG(SECONDS_BETWEEN(i.impression_dt_utc, c.conversion_event_dt_utc)) AS delay FROM dsp_impressions i JOIN amazon_attributed_events_by_conversion_time c ON c.request_tag = i.request_tag",
    ];
    TIME_UNIT = "time-unit", Error, [
        "Unknown unit of time, or in the wrong place",
        "DATE_TRUNC takes its unit first and in quotes, EXTRACT without quotes.",
        "Write DATE_TRUNC('day', t) or EXTRACT(DAY FROM t).",
        "SELECT DATE_TRUNC('decade', impression_dt) AS d, COUNT(1) AS n FROM dsp_impressions GROUP BY 1",
        "SELECT DATE_TRUNC('year', impression_dt) AS d, COUNT(1) AS n FROM dsp_impressions GROUP BY 1",
    ];
    DAY_OF_WEEK = "day-of-week", Info, [
        "Day of the week with an open numbering",
        "The documentation does not say which day EXTRACT(DOW …) counts as 1.",
        "Write DAYOFWEEK(t), where 1 is Sunday.",
        "SELECT EXTRACT(DOW FROM impression_dt) AS d, COUNT(1) AS n FROM dsp_impressions GROUP BY 1",
        "SELECT DAYOFWEEK(impression_dt) AS d, COUNT(1) AS n FROM dsp_impressions GROUP BY 1",
    ];
    MODULO = "modulo", Warning, [
        "Remainder with %",
        "The operator % is not in AMC's documentation, so AMC may refuse it.",
        "Write a - b * FLOOR(a / b).",
        "SELECT SUM(clicks % 2) AS n FROM dsp_clicks",
        "SELECT SUM(clicks - 2 * FLOOR(clicks / 2)) AS n FROM dsp_clicks",
    ];
    PATTERN = "pattern", Warning, [
        "Pattern of the other operator",
        "LIKE knows % and _ only; SIMILAR TO takes a Java regular expression, which may match anywhere and in which % is a plain percent sign.",
        "LIKE 'Launch%' and SIMILAR TO '^Launch' find the same; '(?i)' ignores case.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign LIKE '^Launch.*'",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign SIMILAR TO '^Launch'",
    ];
    ESCAPE = "escape", Error, [
        "ESCAPE with more than one character",
        "The escape of LIKE is a single character.",
        "Write one character: ESCAPE '!'.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign LIKE '100!!%' ESCAPE '!!'",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign LIKE '100!%' ESCAPE '!'",
    ];
    EXPLODE = "explode", Error, [
        "EXPLODE in the wrong place",
        "EXPLODE gives a row for each element of an array. It can stand once in a SELECT, as a selected column; the documentation does not say more.",
        "Explode in a subquery, and use its column outside.",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE EXPLODE(user_behavior_segment_ids) = 1",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE ARRAY_CONTAINS(user_behavior_segment_ids, 1)",
    ];
    PERCENTILE = "percentile", Error, [
        "Share that isn't a constant from 0 to 1",
        "The second argument of PERCENTILE and APPROX_PERCENTILE is a constant from 0 to 1.",
        "Write 0.9 for the 90th percentile.",
        "SELECT PERCENTILE(impressions, 90) AS p FROM dsp_impressions",
        "SELECT PERCENTILE(impressions, 0.9) AS p FROM dsp_impressions",
    ];
    SUBQUERY_COLUMNS = "subquery-columns", Error, [
        "Subquery with several columns",
        "IN (SELECT …) and a subquery used as a value need exactly one column.",
        "Select one column.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign IN (SELECT campaign, advertiser FROM dsp_views)",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign IN (SELECT campaign FROM dsp_views)",
    ];
    SCALAR_SUBQUERY = "scalar-subquery", Info, [
        "Subquery as a value",
        "None was seen in a published AMC query, so it may be refused.",
        "A CROSS JOIN with a common table of one row does the same.",
        "WITH t AS (SELECT COUNT(1) AS n FROM dsp_clicks) SELECT campaign, COUNT(1) / (SELECT n FROM t) AS share FROM dsp_clicks GROUP BY campaign",
        "WITH t AS (SELECT COUNT(1) AS n FROM dsp_clicks),\nc AS (SELECT campaign, COUNT(1) AS clicks FROM dsp_clicks GROUP BY campaign)\nSELECT campaign, clicks / NULLIF(n, 0) AS share FROM c CROSS JOIN t",
    ];
    NOT_IN_NULL = "not-in-null", Warning, [
        "NOT IN over a subquery that may give NULL",
        "If the subquery gives one NULL, or the list has one, NOT IN is true for no row and the result is empty.",
        "Add WHERE x IS NOT NULL to the subquery, or use a LEFT JOIN … IS NULL.",
        "SELECT COUNT(DISTINCT user_id) AS n FROM dsp_clicks WHERE user_id NOT IN (SELECT user_id FROM dsp_views)",
        "SELECT COUNT(DISTINCT user_id) AS n FROM dsp_clicks WHERE user_id NOT IN (SELECT user_id FROM dsp_views WHERE user_id IS NOT NULL)",
    ];
    DIVISION_BY_ZERO = "division-by-zero", Warning, [
        "Division by zero",
        "A division by zero has no result, and AMC's documentation does not say what happens.",
        "Divide by what was meant.",
        "SELECT campaign, SUM(clicks) / 0 AS rate FROM dsp_clicks GROUP BY 1",
        "SELECT campaign, SUM(clicks) / 100 AS rate FROM dsp_clicks GROUP BY 1",
    ];
    UNGUARDED_DIVISION = "unguarded-division", Info, [
        "Division by what may be zero",
        "A division by zero has no result, and AMC's documentation does not say whether it gives NULL or fails.",
        "Write NULLIF(x, 0) for the divisor: the quotient is then NULL where x is 0.",
        "SELECT campaign, SUM(clicks) / SUM(impressions) AS rate FROM sponsored_ads_traffic GROUP BY 1",
        "SELECT campaign, SUM(clicks) / NULLIF(SUM(impressions), 0) AS rate FROM sponsored_ads_traffic GROUP BY 1",
    ];
}

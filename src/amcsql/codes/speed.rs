//! Slow queries.

use super::codes;

codes! { Speed;
    UNUSED_COMMON_TABLE = "unused-common-table", Info, [
        "Common table that nothing reads",
        "It takes time and says nothing.",
        "Remove it.",
        "WITH a AS (SELECT campaign FROM dsp_views GROUP BY 1) SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    UNUSED_COLUMN = "unused-column", Info, [
        "Column of a common table that nothing uses",
        "AMC may compute it all the same, which takes time, and readers look for its use.",
        "Leave it out of the common table.",
        "WITH a AS (SELECT campaign, advertiser, clicks FROM dsp_clicks) SELECT campaign, SUM(clicks) AS clicks FROM a GROUP BY 1",
        "WITH a AS (SELECT campaign, clicks FROM dsp_clicks) SELECT campaign, SUM(clicks) AS clicks FROM a GROUP BY 1",
    ];
    CROSS_JOIN = "cross-join", Warning, [
        "Every event joined with every other",
        "A CROSS JOIN, or a comma between two tables of events, makes as many rows as the product of both.",
        "Join on a key, or aggregate both sides first.",
        "SELECT COUNT(1) AS n FROM dsp_clicks a, dsp_views b",
        "SELECT COUNT(1) AS n FROM dsp_clicks a JOIN dsp_views b ON a.request_tag = b.impression_id",
    ];
    FULL_JOIN = "full-join", Info, [
        "FULL JOIN",
        "A FULL JOIN of large tables is slow.",
        "Stack both with UNION ALL and aggregate once.",
        "WITH a AS (SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1),\nb AS (SELECT campaign, COUNT(1) AS m FROM dsp_views GROUP BY 1)\nSELECT COALESCE(a.campaign, b.campaign) AS campaign, a.n, b.m FROM a FULL OUTER JOIN b ON a.campaign = b.campaign",
        "WITH u AS (SELECT campaign, COUNT(1) AS n, 0 AS m FROM dsp_clicks GROUP BY 1\nUNION ALL\nSELECT campaign, 0 AS n, COUNT(1) AS m FROM dsp_views GROUP BY 1)\nSELECT campaign, SUM(n) AS n, SUM(m) AS m FROM u GROUP BY 1",
    ];
    OR_IN_ON = "or-in-on", Info, [
        "OR in a join condition",
        "With OR, rows can't be matched by key, so every pair is compared.",
        "Join once for each key and put the results together with UNION ALL.",
        "WITH a AS (SELECT campaign, advertiser, COUNT(1) AS n FROM dsp_clicks GROUP BY 1, 2),\nb AS (SELECT campaign, advertiser FROM dsp_views GROUP BY 1, 2)\nSELECT SUM(n) AS n FROM a JOIN b ON a.campaign = b.campaign OR a.advertiser = b.advertiser",
        "WITH a AS (SELECT campaign, advertiser, COUNT(1) AS n FROM dsp_clicks GROUP BY 1, 2),\nb AS (SELECT campaign, advertiser FROM dsp_views GROUP BY 1, 2)\nSELECT SUM(n) AS n FROM a JOIN b ON a.campaign = b.campaign AND a.advertiser = b.advertiser",
    ];
    ARRAY_FILTER = "array-filter", Info, [
        "Filter by an array of literals",
        "A function in WHERE is computed for every row.",
        "Write x IN ('a', 'b'), or join a common table of VALUES.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE ARRAY_CONTAINS(ARRAY['a', 'b'], campaign)",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign IN ('a', 'b')",
    ];
    LARGE_IN = "large-in", Info, [
        "Long list in IN",
        "AMC compares every row with every value of the list.",
        "Put the values into a common table: WITH v (x) AS (VALUES …), and write IN (SELECT x FROM v).",
        "", "",
    ], on(super::Example::Made);
    RANDOM = "random", Info, [
        "Result that changes with every run",
        "RANDOM() picks other rows each time: good for a look at the shape, not for totals.",
        "Remove it for figures that you report.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE RANDOM() <= 0.1",
        "SELECT COUNT(1) AS n FROM dsp_clicks",
    ];
}

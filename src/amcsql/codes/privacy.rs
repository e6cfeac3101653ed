//! Privacy: aggregation thresholds, and the rules for audiences.

use super::codes;

codes! { Privacy;
    LITERAL_COMPARISON = "literal-comparison", Error, [
        "Protected column compared with a literal",
        "Columns with the thresholds HIGH and VERY_HIGH, and whatever is computed from them, can't be compared with a literal or a parameter, also not through a list or a join: that could single people out.",
        "Compare with another column, use IS NULL, or filter on a column with a lower threshold.",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE postal_code = 'US-10001'",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE iso_state_province_code = 'US-NY'",
    ], may_be_wrong();
    HIDDEN_COLUMN = "hidden-column", Error, [
        "Column that a result never shows",
        "Columns with the thresholds VERY_HIGH and INTERNAL identify people or events, and so does what is computed from them.",
        "Count them: COUNT(DISTINCT user_id). Inside common tables they may be joined and grouped. A label made by comparing two of them may be shown.",
        "SELECT MAX(user_id) AS last_user FROM dsp_clicks",
        "SELECT COUNT(DISTINCT user_id) AS users FROM dsp_clicks",
    ], may_be_wrong();
    HIDDEN_KEY = "hidden-key", Error, [
        "Final rows grouped by a protected column",
        "The last GROUP BY can't use a column that a result never shows.",
        "Group by it in a WITH, and aggregate again outside.",
        "SELECT COUNT(1) AS n FROM dsp_clicks GROUP BY user_id",
        "WITH u AS (SELECT user_id, COUNT(1) AS clicks FROM dsp_clicks WHERE user_id IS NOT NULL GROUP BY user_id) SELECT clicks, COUNT(user_id) AS users FROM u GROUP BY clicks",
    ], may_be_wrong();
    AUDIENCE_OUTPUT = "audience-output", Error, [
        "Audience that gives more than user_id",
        "An audience query gives one column, user_id.",
        "Remove the other columns. To size an audience, run a report with COUNT(DISTINCT user_id).",
        "SELECT user_id, campaign FROM dsp_clicks_for_audiences",
        "SELECT user_id FROM dsp_clicks_for_audiences",
    ], on(super::Example::Audience);
    REPORTING_SOURCE = "reporting-source", Error, [
        "Reporting table in an audience query",
        "Audience queries read the twins of tables whose names end with _for_audiences.",
        "Use the twin.",
        "SELECT user_id FROM dsp_clicks",
        "SELECT user_id FROM dsp_clicks_for_audiences",
    ], on(super::Example::Audience);
    AUDIENCE_SOURCE = "audience-source", Warning, [
        "Audience table in a report",
        "Tables whose names end with _for_audiences are made for audiences; some rows are missing in them.",
        "Read the table without the ending.",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks_for_audiences GROUP BY 1",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
}

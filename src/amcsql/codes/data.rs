//! Meaning of the data: queries that run and give unintended numbers.

use super::codes;

codes! { Data;
    COST_UNIT = "cost-unit", Warning, [
        "Cost divided by the wrong number",
        "AMC keeps some costs in microcents (spend, fees, supply_cost, bid_price) and others in millicents (impression_cost, click_cost, total_cost, budgets). Sales are in the currency already. Amounts in different units can't be added, stacked or divided by each other.",
        "Divide microcents by 100,000,000 and millicents by 100,000 for the currency; leave sales as they are.",
        "SELECT SUM(spend) / 100000 AS cost FROM sponsored_ads_traffic",
        "SELECT SUM(spend) / 100000000 AS cost FROM sponsored_ads_traffic",
    ];
    COLUMN_MEANING = "column-meaning", Info, [
        "Column that means something else here",
        "In the attributed tables, impressions and clicks say how a conversion was credited; tracked_asin is filled for purchases only; campaign ids of Amazon DSP and sponsored ads differ in form; a month without its year merges years.",
        "Take the column that the message names, or the traffic tables for delivery.",
        "SELECT campaign, SUM(impressions) AS n FROM amazon_attributed_events_by_conversion_time GROUP BY 1",
        "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1",
    ];
    ATTRIBUTED_TABLE = "attributed-table", Info, [
        "Product in the other attributed table",
        "Amazon's console counts Sponsored Products and Display by the time of the ad, Sponsored Brands and Amazon DSP by the time of the conversion.",
        "To agree with the console, read the table that the message names.",
        "SELECT COUNT(1) AS n FROM amazon_attributed_events_by_conversion_time WHERE ad_product_type = 'sponsored_products'",
        "SELECT COUNT(1) AS n FROM amazon_attributed_events_by_traffic_time WHERE ad_product_type = 'sponsored_products'",
    ];
    DSP_PRODUCT_TYPE = "dsp-product-type", Warning, [
        "Amazon DSP looked for by name",
        "In the attributed tables, events of Amazon DSP have no ad_product_type, so no row has the name.",
        "Write ad_product_type IS NULL.",
        "SELECT COUNT(1) AS n FROM amazon_attributed_events_by_conversion_time WHERE ad_product_type = 'amazon_dsp'",
        "SELECT COUNT(1) AS n FROM amazon_attributed_events_by_conversion_time WHERE ad_product_type IS NULL",
    ];
    JOIN_KEY = "join-key", Warning, [
        "Keys that name different things",
        "The two columns hold ids of different kinds of events, so no row meets another.",
        "Sponsored ads join by sponsored_ads_traffic.event_id = traffic_event_id, Amazon DSP by request_tag, which dsp_views calls impression_id.",
        "SELECT COUNT(1) AS n FROM sponsored_ads_traffic t JOIN amazon_attributed_events_by_traffic_time a ON t.event_id = a.request_tag",
        "SELECT COUNT(1) AS n FROM sponsored_ads_traffic t JOIN amazon_attributed_events_by_traffic_time a ON t.event_id = a.traffic_event_id",
    ];
    JOIN_MULTIPLIES = "join-multiplies", Warning, [
        "Join that multiplies rows",
        "Single events of two tables are joined on a key that repeats on both sides, such as the user or the campaign: each event meets every event of the other table, and sums grow.",
        "Aggregate both sides first, join by an event's own key, or stack the tables with UNION ALL.",
        "SELECT SUM(a.impressions) AS n FROM dsp_impressions a JOIN dsp_clicks b ON a.user_id = b.user_id",
        "WITH a AS (SELECT user_id, SUM(impressions) AS impressions FROM dsp_impressions WHERE user_id IS NOT NULL GROUP BY 1),\nb AS (SELECT user_id FROM dsp_clicks WHERE user_id IS NOT NULL GROUP BY 1)\nSELECT SUM(a.impressions) AS n FROM a JOIN b ON a.user_id = b.user_id",
    ];
    REPEATED_ROWS = "repeated-rows", Info, [
        "Table in which an event repeats",
        "In segment tables one event stands once for each segment, in conversions_with_relevance once for each campaign and halo type. Sums count it several times.",
        "Pick one segment, or count DISTINCT ids.",
        "SELECT SUM(impressions) AS n FROM dsp_impressions_by_user_segments",
        "SELECT SUM(impressions) AS n FROM dsp_impressions",
    ];
    SEVERAL_SEGMENT_TABLES = "several-segment-tables", Warning, [
        "Several tables of audience segments",
        "Amazon advises against more than one audience_segments table, or more than one region, in a query.",
        "Query one at a time.",
        "SELECT COUNT(DISTINCT a.user_id) AS n FROM audience_segments_amer_inmarket a JOIN audience_segments_amer_lifestyle b ON a.segment_id = b.segment_id",
        "SELECT COUNT(DISTINCT a.user_id) AS n FROM audience_segments_amer_inmarket a",
    ];
    FIXED_DATE = "fixed-date", Info, [
        "Fixed date beside the time window",
        "The time window of the run cuts the events already. A date in the text leaves nothing when the window is another one.",
        "Remove the condition and choose the window when you run, or make the date a parameter.",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_date >= '2026-01-01'",
        "SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_date >= {{from_day}}",
    ];
    MISSING_USER = "missing-user", Info, [
        "Grouping or joining by a user who may be missing",
        "user_id is NULL for events without a known user. Grouped by it, they all become one group, which looks like one very busy user; joined by it, they meet nobody and cost time.",
        "Add WHERE user_id IS NOT NULL.",
        "WITH u AS (SELECT user_id, COUNT(1) AS clicks FROM dsp_clicks GROUP BY user_id) SELECT clicks, COUNT(user_id) AS users FROM u GROUP BY clicks",
        "WITH u AS (SELECT user_id, COUNT(1) AS clicks FROM dsp_clicks WHERE user_id IS NOT NULL GROUP BY user_id) SELECT clicks, COUNT(user_id) AS users FROM u GROUP BY clicks",
    ];
}

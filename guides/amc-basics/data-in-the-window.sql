--+++ recomamp query
-- format = 1
-- name = "What the window holds"
-- kind = "explore"
-- description = "For each basic data source of the instance: how many rows lie in the time window, how many users they come from, and from which day to which."
-- window-advice = "Four whole weeks that ended at least fourteen days ago show an ordinary month. Widen the window to 13 months once, to see how far back your history reaches."
-- prerequisites = ["Amazon DSP and sponsored ads in the instance. Delete the branch of a product that you don't have: AMC refuses a query that names a missing data source."]
-- sample = """
-- data_source, event_rows, users, first_day, last_day
-- dsp_impressions, 35471, 12263, 2026-10-10, 2026-11-06
-- sponsored_ads_traffic, 18093, 4117, 2026-10-10, 2026-11-06
-- conversions, 2163, 817, 2026-10-10, 2026-11-06
-- amazon_attributed_events_by_traffic_time, 1448, 550, 2026-10-10, 2026-11-06
-- dsp_clicks, 82, 79, 2026-10-10, 2026-11-06
-- """
-- interpretation = """
-- * A source that you expect and that has **no row** here had no events in the window, or too few users for AMC to show.
-- * A **last day** before the end of the window means that data stopped or hasn't arrived. AMC needs up to 48 hours.
-- * The row counts of different sources measure different things: an impression, a click, a credited conversion. Don't add them up.
-- """
--
-- [metrics]
-- event_rows = "Rows of the source in the window."
-- users = "Different user IDs among them. Rows without a user ID add nothing here."
-- first_day = "Day (UTC) of the earliest row."
-- last_day = "Day (UTC) of the latest row."
--
-- [window]
-- days = 28
--+++
SELECT 'dsp_impressions' AS data_source,
  COUNT(1) AS event_rows,
  COUNT(DISTINCT user_id) AS users,
  MIN(impression_date_utc) AS first_day,
  MAX(impression_date_utc) AS last_day
FROM dsp_impressions
GROUP BY 1

UNION ALL

SELECT 'dsp_clicks' AS data_source,
  COUNT(1) AS event_rows,
  COUNT(DISTINCT user_id) AS users,
  MIN(click_date_utc) AS first_day,
  MAX(click_date_utc) AS last_day
FROM dsp_clicks
GROUP BY 1

UNION ALL

SELECT 'sponsored_ads_traffic' AS data_source,
  COUNT(1) AS event_rows,
  COUNT(DISTINCT user_id) AS users,
  MIN(event_date_utc) AS first_day,
  MAX(event_date_utc) AS last_day
FROM sponsored_ads_traffic
GROUP BY 1

UNION ALL

SELECT 'amazon_attributed_events_by_traffic_time' AS data_source,
  COUNT(1) AS event_rows,
  COUNT(DISTINCT user_id) AS users,
  MIN(traffic_event_date_utc) AS first_day,
  MAX(traffic_event_date_utc) AS last_day
FROM amazon_attributed_events_by_traffic_time
GROUP BY 1

UNION ALL

SELECT 'conversions' AS data_source,
  COUNT(1) AS event_rows,
  COUNT(DISTINCT user_id) AS users,
  MIN(event_date_utc) AS first_day,
  MAX(event_date_utc) AS last_day
FROM conversions
GROUP BY 1

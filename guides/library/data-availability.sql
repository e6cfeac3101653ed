--+++ recomamp query
-- format = 1
-- name = "Which data sources have rows"
-- description = "For each of the standard data sources: how many rows it has in the window, on how many days, and the first and last of them."
-- kind = "explore"
-- category = "Data checks"
-- use-case = "Is the data of this instance complete enough for my report?"
-- products = ["amc"]
-- level = "basic"
-- tags = ["data quality", "start here"]
-- window-advice = "The window of the report that you are about to write. The last two days are often incomplete."
-- prerequisites = ["Amazon DSP and sponsored ads in the instance. Delete the branches of a product that you don't have: AMC refuses a query that names a missing data source."]
-- sample = """
-- data_source,row_count,days_with_data,first_date,last_date,users,rows_with_user
-- amazon_attributed_events_by_conversion_time,1453,28,2026-10-22,2026-11-18,567,1387
-- conversions,2288,28,2026-10-22,2026-11-18,870,2188
-- dsp_clicks,77,27,2026-10-22,2026-11-18,74,75
-- dsp_impressions,36656,28,2026-10-22,2026-11-18,12175,35200
-- dsp_views,64914,28,2026-10-22,2026-11-18,12175,62362
-- sponsored_ads_traffic,19223,28,2026-10-22,2026-11-18,4313,18454
-- """
-- interpretation = '''
-- Compare **days_with_data** with the length of your window. Fewer days mean that the campaigns paused, or that data has not
-- arrived yet: a **last_date** before the window's last day is the usual sign of the second.
--
-- A source with no rows, or one missing from the result, has no events in the window or fewer than two recognized users. A
-- source of attributed events that is empty while traffic exists can mean that conversions are not tracked, or that nothing
-- has been attributed yet.
--
-- The difference between **row_count** and **rows_with_user** is events of people whom Amazon doesn't recognize. They count
-- toward delivery but never toward reach, overlap or paths. The sources count different things, so don't compare their rows
-- with each other.
--
-- The guide [Find your bearings in AMC](../amc-basics/guide.md) explains the method.
-- '''
--
-- [metrics]
-- data_source = "Data source that was read."
-- row_count = "Rows in the window."
-- days_with_data = "Different days (UTC) with at least one row."
-- first_date = "First of these days."
-- last_date = "Last of these days."
-- users = "Different recognized users."
-- rows_with_user = "Rows with a user ID."
--
-- [window]
-- days = 28
-- lag = 2
--+++
SELECT
  'dsp_impressions' AS data_source,
  COUNT(1) AS row_count,
  COUNT(DISTINCT impression_date_utc) AS days_with_data,
  MIN(impression_date_utc) AS first_date,
  MAX(impression_date_utc) AS last_date,
  COUNT(DISTINCT user_id) AS users,
  COUNT(user_id) AS rows_with_user
FROM dsp_impressions
UNION ALL
SELECT
  'dsp_clicks' AS data_source,
  COUNT(1) AS row_count,
  COUNT(DISTINCT click_date_utc) AS days_with_data,
  MIN(click_date_utc) AS first_date,
  MAX(click_date_utc) AS last_date,
  COUNT(DISTINCT user_id) AS users,
  COUNT(user_id) AS rows_with_user
FROM dsp_clicks
UNION ALL
SELECT
  'dsp_views' AS data_source,
  COUNT(1) AS row_count,
  COUNT(DISTINCT event_date_utc) AS days_with_data,
  MIN(event_date_utc) AS first_date,
  MAX(event_date_utc) AS last_date,
  COUNT(DISTINCT user_id) AS users,
  COUNT(user_id) AS rows_with_user
FROM dsp_views
UNION ALL
SELECT
  'sponsored_ads_traffic' AS data_source,
  COUNT(1) AS row_count,
  COUNT(DISTINCT event_date_utc) AS days_with_data,
  MIN(event_date_utc) AS first_date,
  MAX(event_date_utc) AS last_date,
  COUNT(DISTINCT user_id) AS users,
  COUNT(user_id) AS rows_with_user
FROM sponsored_ads_traffic
UNION ALL
SELECT
  'amazon_attributed_events_by_conversion_time' AS data_source,
  COUNT(1) AS row_count,
  COUNT(DISTINCT conversion_event_date_utc) AS days_with_data,
  MIN(conversion_event_date_utc) AS first_date,
  MAX(conversion_event_date_utc) AS last_date,
  COUNT(DISTINCT user_id) AS users,
  COUNT(user_id) AS rows_with_user
FROM amazon_attributed_events_by_conversion_time
UNION ALL
SELECT
  'conversions' AS data_source,
  COUNT(1) AS row_count,
  COUNT(DISTINCT event_date_utc) AS days_with_data,
  MIN(event_date_utc) AS first_date,
  MAX(event_date_utc) AS last_date,
  COUNT(DISTINCT user_id) AS users,
  COUNT(user_id) AS rows_with_user
FROM conversions

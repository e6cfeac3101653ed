--+++ recomamp query
-- format = 1
-- name = "How complete credited purchases are by day"
-- description = "Which share of the credited purchases has arrived 0, 1, 2 … 14 days after the ad. Proves how long a window has to settle."
-- kind = "validate"
-- tags = ["time to conversion", "attribution"]
-- window-advice = "Only windows that ended 14 days ago or earlier show the full curve."
-- sample = """
-- days_after_ad, purchases, cumulated_share
-- 0, 94, 0.2741
-- 1, 64, 0.4606
-- 2, 44, 0.5889
-- 3, 30, 0.6764
-- 4, 25, 0.7493
-- 5, 16, 0.7959
-- 6, 10, 0.8251
-- 7, 7, 0.8455
-- 8, 9, 0.8717
-- 9, 10, 0.9009
-- 10, 11, 0.9329
-- 11, 9, 0.9592
-- 12, 2, 0.965
-- 13, 7, 0.9854
-- 14, 5, 1.00
-- """
-- interpretation = """
-- Read the cumulated share at the day on which you would like to report. If it is 80% on day 7, a report that waits a week misses about a fifth of the purchases of its last day.
-- """
--
-- [metrics]
-- days_after_ad = "Calendar days (UTC) after the credited ad."
-- purchases = "Credited purchases on that day."
-- cumulated_share = "Purchases up to and including that day, divided by all credited purchases."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- sandbox-default = ["Mirelune US"]
--+++
WITH credited AS (
  SELECT
    CAST(SECONDS_BETWEEN(traffic_event_date_utc, conversion_event_date_utc) / 86400 AS INTEGER) AS days_after_ad,
    total_purchases AS purchases
  FROM amazon_attributed_events_by_traffic_time
  WHERE advertiser IN ({{advertisers}})
    AND total_purchases > 0
),
by_day AS (
  SELECT
    days_after_ad,
    SUM(purchases) AS purchases
  FROM credited
  GROUP BY days_after_ad
)
SELECT
  days_after_ad,
  purchases,
  SUM(purchases) OVER (ORDER BY days_after_ad) / SUM(purchases) OVER () AS cumulated_share
FROM by_day

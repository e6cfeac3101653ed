--+++ recomamp query
-- format = 1
-- name = "How complete credited purchases are by day"
-- description = "What share of the credited purchases has arrived 0, 1, 2 … 14 days after the ad. Shows how long to wait before a report is complete."
-- kind = "validate"
-- tags = ["time to conversion", "attribution"]
-- window-advice = "Only windows that ended 14 days ago or earlier show the full curve."
-- sample = """
-- days_after_ad, purchases, cumulated_share
-- 0, 111, 0.3058
-- 1, 59, 0.4683
-- 2, 50, 0.6061
-- 3, 30, 0.6887
-- 4, 25, 0.7576
-- 5, 19, 0.8099
-- 6, 12, 0.843
-- 7, 4, 0.854
-- 8, 11, 0.8843
-- 9, 16, 0.9284
-- 10, 9, 0.9532
-- 11, 6, 0.9697
-- 12, 3, 0.978
-- 13, 7, 0.9972
-- """
-- chart = "purchases"
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
-- days = 182
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- demo-default = ["Mirelune US"]
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

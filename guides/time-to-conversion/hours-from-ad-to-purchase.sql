--+++ recomamp query
-- format = 1
-- name = "Hours from the ad to the purchase"
-- description = "The first day in hours: how soon after the credited ad people buy."
-- kind = "main"
-- tags = ["time to conversion"]
-- window-advice = "At least four weeks that ended 14 days ago."
-- sample = """
-- credited_to, hours_to_purchase, purchases, share_of_purchases
-- click, 0: same or next hour, 51, 0.3835
-- click, 1: 2-6 hours, 26, 0.1955
-- click, 2: 7-24 hours, 21, 0.1579
-- click, 3: 2-3 days, 21, 0.1579
-- click, 4: more than 3 days, 14, 0.1053
-- view, 0: same or next hour, 3, 0.013
-- view, 1: 2-6 hours, 9, 0.0391
-- view, 2: 7-24 hours, 33, 0.1435
-- view, 3: 2-3 days, 68, 0.2957
-- view, 4: more than 3 days, 117, 0.5087
-- """
-- chart = "share_of_purchases"
-- interpretation = """
-- The first row usually dominates after clicks. A flat distribution after views is what you would see if the ad had only little to do with the moment of the purchase.
-- """
--
-- [metrics]
-- credited_to = "Whether Amazon credited a click or a view."
-- hours_to_purchase = "Difference between the hour of the ad and the hour of the purchase (UTC), grouped."
-- purchases = "Credited purchases of promoted and brand-halo products."
-- share_of_purchases = "Part of the purchases of the same kind of credit."
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
    CASE WHEN total_purchases_clicks > 0 THEN 'click' ELSE 'view' END AS credited_to,
    SECONDS_BETWEEN(traffic_event_dt_hour_utc, conversion_event_dt_hour_utc) / 3600 AS hours,
    total_purchases AS purchases
  FROM amazon_attributed_events_by_traffic_time
  WHERE advertiser IN ({{advertisers}})
    AND total_purchases > 0
),
grouped AS (
  SELECT
    credited_to,
    CASE
      WHEN hours <= 1 THEN '0: same or next hour'
      WHEN hours <= 6 THEN '1: 2-6 hours'
      WHEN hours <= 24 THEN '2: 7-24 hours'
      WHEN hours <= 72 THEN '3: 2-3 days'
      ELSE '4: more than 3 days'
    END AS hours_to_purchase,
    SUM(purchases) AS purchases
  FROM credited
  GROUP BY 1, 2
)
SELECT
  credited_to,
  hours_to_purchase,
  purchases,
  purchases / SUM(purchases) OVER (PARTITION BY credited_to) AS share_of_purchases
FROM grouped

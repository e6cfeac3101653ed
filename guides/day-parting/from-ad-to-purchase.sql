--+++ recomamp query
-- format = 1
-- name = "From the ad to the purchase"
-- kind = "validate"
-- description = "How long after the credited ad the purchase happened, for clicks and for views: whether the hour of the ad can matter for sales at all."
-- window-advice = "Twelve weeks or more that ended at least fourteen days ago."
-- prerequisites = ["Attributed purchases in the window"]
-- sample = """
-- credited_to, delay, purchases, share
-- Click, 1: within two hours, 66, 39.1
-- Click, 2: within a day, 57, 33.7
-- Click, 3: within three days, 30, 17.8
-- Click, 4: within a week, 12, 7.1
-- Click, 5: later, 4, 2.4
-- View, 1: within two hours, 2, 0.5
-- View, 2: within a day, 80, 21.2
-- View, 3: within three days, 100, 26.5
-- View, 4: within a week, 124, 32.9
-- View, 5: later, 71, 18.8
-- """
-- chart = "share"
-- interpretation = """
-- * If most purchases follow a **click** within two hours, the hour of the ad is close to the hour of the sale, and a schedule can work.
-- * Purchases days later belong to the ad, not to its hour. Shifting budget from noon to evening won't move them.
-- """
--
-- [metrics]
-- credited_to = "Whether the purchase was credited to a click or to a view."
-- delay = "Time between the hour of the ad and the hour of the purchase."
-- purchases = "Attributed purchases."
-- share = "The same in percent of the purchases credited in this way."
--
-- [window]
-- days = 112
--+++
WITH purchases AS (
  SELECT
    IF(clicks = 1, 'Click', 'View') AS credited_to,
    SECONDS_BETWEEN(traffic_event_dt_hour_utc, conversion_event_dt_hour_utc) / 3600.0 AS hours_between,
    total_purchases AS purchases
  FROM amazon_attributed_events_by_traffic_time
  WHERE total_purchases > 0
),
by_delay AS (
  SELECT
    credited_to,
    CASE
      WHEN hours_between < 2 THEN '1: within two hours'
      WHEN hours_between < 24 THEN '2: within a day'
      WHEN hours_between < 72 THEN '3: within three days'
      WHEN hours_between < 168 THEN '4: within a week'
      ELSE '5: later'
    END AS delay,
    SUM(purchases) AS purchases
  FROM purchases
  GROUP BY 1, 2
)
SELECT
  credited_to,
  delay,
  purchases,
  ROUND(100.0 * purchases / SUM(purchases) OVER (PARTITION BY credited_to), 1) AS share
FROM by_delay

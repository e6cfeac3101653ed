--+++ recomamp query
-- format = 1
-- name = "Days between the credited ad and the order"
-- description = "How many days pass between the ad that Amazon credits and the order, by ad product."
-- kind = "main"
-- category = "Time to purchase"
-- use-case = "When can I trust last week's ROAS?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "basic"
-- tags = ["conversion lag", "attribution"]
-- window-advice = "Any window that ended 14 days ago or earlier, so that the conversions of its last day are attributed. With a later end the long lags would be missing, and these are what this template measures."
-- prerequisites = ["Orders attributed to Amazon DSP or sponsored ads."]
-- sample = """
-- ad_product,lag_days,orders,order_share,running_share
-- amazon_dsp,0,45,16.7,16.7
-- amazon_dsp,1,52,19.3,35.9
-- amazon_dsp,2,37,13.7,49.6
-- amazon_dsp,3,30,11.1,60.7
-- amazon_dsp,4,24,8.9,69.6
-- amazon_dsp,5,19,7.0,76.7
-- amazon_dsp,6,11,4.1,80.7
-- amazon_dsp,7,9,3.3,84.1
-- """
-- interpretation = '''
-- Read **running_share** for a product: the day on which it passes 90% is how long you should wait before you judge a week.
-- Until then the sales of recent days look too low.
--
-- The table holds only the ad that standard 14-day attribution credits. For the time since the *first* ad, use [Time from
-- first ad to purchase](../library/time-to-purchase.sql).
--
-- Days are calendar days in UTC: an order 20 minutes after the click can already fall on the next day. Dates are used instead
-- of exact times because those would raise the threshold of each row from 2 to 100 users.
--
-- The guide [Time to conversion](../time-to-conversion/guide.md) explains the method.
-- '''
--
-- [metrics]
-- ad_product = "Ad product of the credited ad."
-- lag_days = "Calendar days (UTC) from the credited ad to the order."
-- orders = "Attributed orders, of promoted products and their brand (total_purchases)."
-- order_share = "Percent of the orders of the ad product."
-- running_share = "Percent of the orders with this lag or a shorter one."
--
-- [window]
-- days = 84
-- lag = 14
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
WITH orders AS (
  SELECT
    COALESCE(ad_product_type, 'amazon_dsp') AS ad_product,
    ROUND(SECONDS_BETWEEN(traffic_event_date_utc, conversion_event_date_utc) / 86400) AS lag_days,
    SUM(total_purchases) AS orders
  FROM amazon_attributed_events_by_traffic_time
  WHERE campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
  GROUP BY
    COALESCE(ad_product_type, 'amazon_dsp'),
    ROUND(SECONDS_BETWEEN(traffic_event_date_utc, conversion_event_date_utc) / 86400)
)
SELECT
  ad_product,
  lag_days,
  orders,
  ROUND(100 * orders / NULLIF(SUM(orders) OVER (PARTITION BY ad_product), 0), 1) AS order_share,
  ROUND(
    100 * SUM(orders) OVER (PARTITION BY ad_product ORDER BY lag_days) / NULLIF(SUM(orders) OVER (PARTITION BY ad_product), 0),
    1
  ) AS running_share
FROM orders

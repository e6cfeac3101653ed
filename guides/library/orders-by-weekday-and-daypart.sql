--+++ recomamp query
-- format = 1
-- name = "When people buy: weekday and time of day"
-- description = "Orders by people who had seen an ad, by weekday and six-hour block of the purchase, in a time zone of your choice."
-- kind = "main"
-- category = "Day-parting"
-- use-case = "When do our customers buy?"
-- products = ["dsp", "sponsored-products"]
-- level = "intermediate"
-- tags = ["day-parting", "hours", "orders"]
-- window-advice = "Whole weeks, eight or more, ended at least two days ago. Orders count at their own time."
-- prerequisites = ["Tracked products with orders in the window."]
-- sample = """
-- weekday,daypart,orders,order_share,buyers,sales_per_order
-- 1 Sunday,00-06,21,4.0,19,35.94
-- 1 Sunday,06-12,5,1.0,5,47.78
-- 1 Sunday,12-18,15,2.9,15,35.72
-- 1 Sunday,18-24,21,4.0,20,33.18
-- 2 Monday,00-06,19,3.7,16,50.04
-- 2 Monday,06-12,18,3.5,17,30.49
-- 2 Monday,12-18,21,4.0,20,25.84
-- 2 Monday,18-24,24,4.6,21,29.32
-- 3 Tuesday,00-06,18,3.5,18,34.99
-- """
-- chart = "orders"
-- interpretation = '''
-- Use **order_share** for the timing of offers and of retargeting. **sales_per_order** shows whether baskets differ between
-- the blocks.
--
-- This is the time of the *purchase*. For bids the time of the click matters; see [Sponsored Products by hour of the
-- day](../library/sponsored-products-by-hour.sql). The orders are those relevant to the chosen campaigns, by people who had
-- seen an ad in the 28 days before; each counts once.
--
-- The hour comes from a column that is cut to the full hour, whose threshold is 2 users instead of the 100 of exact
-- timestamps.
--
-- The guide [Hours and weekdays](../day-parting/guide.md) explains the method.
-- '''
--
-- [metrics]
-- weekday = "Day of the week of the purchase."
-- daypart = "Six hours of the day of the purchase."
-- orders = "Orders."
-- order_share = "Percent of all orders."
-- buyers = "Different recognized buyers."
-- sales_per_order = "Sales per order, in the currency of the purchase."
--
-- [window]
-- days = 84
-- lag = 2
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--
-- [[parameters]]
-- name = "time_zone"
-- kind = "text"
-- label = "Time zone"
-- help = "A name such as America/New_York or Europe/Berlin."
-- default = "America/New_York"
--+++
WITH orders AS (
  SELECT
    conversion_id,
    user_id,
    CONVERT_TIME_ZONE_FROM_UTC(event_dt_hour_utc, {{time_zone}}) AS local_hour,
    MAX(total_product_sales) AS sales
  FROM conversions_with_relevance
  WHERE event_subtype = 'order'
    AND campaign LIKE {{campaign_pattern}}
  GROUP BY conversion_id, user_id, CONVERT_TIME_ZONE_FROM_UTC(event_dt_hour_utc, {{time_zone}})
),
grouped AS (
  SELECT
    DAYOFWEEK(local_hour) AS day_number,
    FLOOR(HOUR(local_hour) / 6) AS block,
    COUNT(DISTINCT conversion_id) AS orders,
    COUNT(DISTINCT user_id) AS buyers,
    SUM(sales) AS sales
  FROM orders
  GROUP BY DAYOFWEEK(local_hour), FLOOR(HOUR(local_hour) / 6)
)
SELECT
  CASE day_number
    WHEN 1 THEN '1 Sunday'
    WHEN 2 THEN '2 Monday'
    WHEN 3 THEN '3 Tuesday'
    WHEN 4 THEN '4 Wednesday'
    WHEN 5 THEN '5 Thursday'
    WHEN 6 THEN '6 Friday'
    ELSE '7 Saturday'
  END AS weekday,
  CASE
    WHEN block = 0 THEN '00-06'
    WHEN block = 1 THEN '06-12'
    WHEN block = 2 THEN '12-18'
    ELSE '18-24'
  END AS daypart,
  orders,
  ROUND(100 * orders / NULLIF(SUM(orders) OVER (), 0), 1) AS order_share,
  buyers,
  ROUND(sales / NULLIF(orders, 0), 2) AS sales_per_order
FROM grouped

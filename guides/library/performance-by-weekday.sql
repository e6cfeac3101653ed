--+++ recomamp query
-- format = 1
-- name = "Delivery and orders by day of the week"
-- description = "Impressions, spend, orders and ROAS of Amazon DSP and sponsored ads by the weekday on which the ad was shown or clicked."
-- kind = "main"
-- category = "Day-parting"
-- use-case = "Should the budget differ between weekdays and weekend?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "basic"
-- tags = ["day-parting", "weekday", "budget"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. Take whole weeks, eight or more, or one weekday gets more days than the others."
-- prerequisites = ["Ads that delivered on all days of the week."]
-- sample = """
-- ad_type,weekday,impressions,cost,cost_index,orders,order_index,roas
-- Amazon DSP,1 Sunday,15374,198.88,102.0,39,102.0,5.83
-- Amazon DSP,2 Monday,14872,193.37,99.0,38,100.0,6.27
-- Amazon DSP,3 Tuesday,14686,188.47,97.0,41,107.0,7.07
-- Amazon DSP,4 Wednesday,14993,196.0,101.0,45,118.0,7.87
-- Amazon DSP,5 Thursday,15028,195.58,100.0,36,94.0,6.38
-- Amazon DSP,6 Friday,14813,192.07,99.0,32,84.0,6.59
-- Amazon DSP,7 Saturday,15414,200.26,103.0,36,94.0,5.5
-- Sponsored ads,1 Sunday,7861,106.2,103.0,23,109.0,6.31
-- Sponsored ads,2 Monday,7575,100.91,98.0,22,104.0,6.6
-- Sponsored ads,3 Tuesday,7434,108.77,106.0,29,137.0,8.65
-- Sponsored ads,4 Wednesday,7404,101.77,99.0,15,71.0,5.93
-- Sponsored ads,5 Thursday,7776,93.89,91.0,23,109.0,11.04
-- Sponsored ads,6 Friday,7617,111.17,108.0,17,80.0,4.7
-- Sponsored ads,7 Saturday,7938,97.98,95.0,19,90.0,5.76
-- """
-- interpretation = '''
-- Compare the two index columns: **cost_index** 110 means that the weekday takes 10% more than an average day, **order_index**
-- the same for orders. Where orders run ahead of cost over many weeks, that day may deserve more budget.
--
-- Orders belong to the day of the credited ad, not to the day of the purchase. Days are those of the advertiser's time zone.
-- In AMC, day 1 is Sunday.
--
-- Fixed daily budgets that run out early hide demand: check [Daily spend and budget pacing](../library/dsp-daily-pacing.sql)
-- before you conclude that a day is weak.
--
-- The guide [Hours and weekdays](../day-parting/guide.md) explains the method.
-- '''
--
-- [metrics]
-- ad_type = "Amazon DSP or sponsored ads."
-- weekday = "Day of the week."
-- impressions = "Impressions."
-- cost = "Spend in the currency of the account."
-- cost_index = "Spend of the day in percent of the average weekday."
-- orders = "Attributed orders, brand halo included."
-- order_index = "Orders of the day in percent of the average weekday."
-- roas = "Sales divided by spend."
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
WITH combined AS (
  SELECT
    'Amazon DSP' AS ad_type,
    DAYOFWEEK(impression_date) AS day_number,
    impressions,
    total_cost / 100000 AS cost,
    0 AS orders,
    0 AS sales
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    'Sponsored ads' AS ad_type,
    DAYOFWEEK(event_date) AS day_number,
    impressions,
    spend / 100000000 AS cost,
    0 AS orders,
    0 AS sales
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    CASE WHEN ad_product_type IS NULL THEN 'Amazon DSP' ELSE 'Sponsored ads' END AS ad_type,
    DAYOFWEEK(traffic_event_date) AS day_number,
    0 AS impressions,
    0 AS cost,
    total_purchases AS orders,
    total_product_sales AS sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
),
by_day AS (
  SELECT
    ad_type,
    day_number,
    SUM(impressions) AS impressions,
    SUM(cost) AS cost,
    SUM(orders) AS orders,
    SUM(sales) AS sales
  FROM combined
  GROUP BY ad_type, day_number
)
SELECT
  ad_type,
  CASE day_number
    WHEN 1 THEN '1 Sunday'
    WHEN 2 THEN '2 Monday'
    WHEN 3 THEN '3 Tuesday'
    WHEN 4 THEN '4 Wednesday'
    WHEN 5 THEN '5 Thursday'
    WHEN 6 THEN '6 Friday'
    ELSE '7 Saturday'
  END AS weekday,
  impressions,
  ROUND(cost, 2) AS cost,
  ROUND(100 * cost / NULLIF(AVG(cost) OVER (PARTITION BY ad_type), 0)) AS cost_index,
  orders,
  ROUND(100 * orders / NULLIF(AVG(orders) OVER (PARTITION BY ad_type), 0)) AS order_index,
  ROUND(sales / NULLIF(cost, 0), 2) AS roas
FROM by_day

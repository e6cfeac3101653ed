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
-- Amazon DSP,1 Sunday,15365,198.76,102.0,40,104.0,6.02
-- Amazon DSP,2 Monday,14870,193.21,99.0,40,104.0,6.64
-- Amazon DSP,3 Tuesday,14697,188.84,97.0,41,106.0,7.06
-- Amazon DSP,4 Wednesday,15031,196.1,101.0,45,117.0,7.91
-- Amazon DSP,5 Thursday,15048,195.65,100.0,36,93.0,6.38
-- Amazon DSP,6 Friday,14857,192.52,99.0,32,83.0,6.56
-- Amazon DSP,7 Saturday,15442,200.67,103.0,36,93.0,5.5
-- Sponsored ads,1 Sunday,7902,109.0,105.0,23,108.0,6.14
-- Sponsored ads,2 Monday,7605,101.74,98.0,22,103.0,6.5
-- Sponsored ads,3 Tuesday,7464,106.68,103.0,29,136.0,8.82
-- Sponsored ads,4 Wednesday,7366,103.27,100.0,17,80.0,6.43
-- Sponsored ads,5 Thursday,7790,94.60,92.0,23,108.0,10.96
-- Sponsored ads,6 Friday,7585,108.58,105.0,16,75.0,4.6
-- Sponsored ads,7 Saturday,7968,99.66,96.0,19,89.0,5.67
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

--+++ recomamp query
-- format = 1
-- name = "Customer value by month of the first purchase"
-- description = "Customers grouped by the month of their first purchase in the window: what they spent within 30, 90 and 180 days."
-- kind = "main"
-- category = "Customer value"
-- use-case = "What is a new customer worth after half a year?"
-- products = ["retail"]
-- level = "advanced"
-- tags = ["lifetime value", "cohorts", "retention"]
-- window-advice = "A year or more. Groups whose 180 days have not passed by the end of the window are too low in the last column; see how to read it."
-- prerequisites = ["A subscription to Amazon Retail Purchases (data source amazon_retail_purchases)."]
-- sample = """
-- first_month,customers,value_30,value_90,value_180,repeat_share
-- 2025-11-01,129,38.00,48.85,58.00,28.7
-- 2025-12-01,277,40.86,48.05,54.50,30.0
-- 2026-01-01,155,40.45,46.46,51.26,29.0
-- 2026-02-01,130,39.35,48.64,54.73,33.8
-- 2026-03-01,163,41.36,50.49,55.66,31.3
-- 2026-04-01,151,38.46,45.45,50.46,34.4
-- 2026-05-01,140,41.89,48.01,53.25,29.3
-- 2026-06-01,148,40.68,50.52,54.85,31.8
-- """
-- chart = "value_180"
-- interpretation = '''
-- Read along a row: how sales per customer grow from 30 to 90 to 180 days. Read down a column to see whether newer groups are
-- better. Compare **value_180** with your cost per new customer ([Cost per new-to-brand order by
-- channel](../library/new-to-brand-cost-by-channel.sql)).
--
-- **Only complete groups compare.** A group that began less than 90 or 180 days before the end of the window hasn't had the
-- time, so its last columns are still growing: leave out the youngest months.
--
-- First means first *in the window*. People who bought before it look new in its first months, so leave out the oldest months
-- too, or start the window years back; the data source keeps up to 60 months. Sales are unit price times units, of all orders,
-- with or without ads.
--
-- The guide [Repeat purchase and lifetime value](../repeat-and-lifetime-value/guide.md) explains the method.
-- '''
--
-- [metrics]
-- first_month = "Month of the first purchase in the window."
-- customers = "Different customers."
-- value_30 = "Sales per customer in the first 30 days, in the currency of the purchase."
-- value_90 = "Sales per customer in the first 90 days."
-- value_180 = "Sales per customer in the first 180 days."
-- repeat_share = "Customers with a second order within 180 days, in percent."
--
-- [window]
-- days = 364
-- lag = 2
--
-- [[parameters]]
-- name = "brand_pattern"
-- kind = "pattern"
-- label = "Brands"
-- help = "Keeps products whose brand matches. % stands for any text; % alone keeps all brands of the advertiser."
-- default = "%"
--+++
WITH purchases AS (
  SELECT
    user_id,
    purchase_id,
    purchase_date_utc,
    SUM(unit_price * purchase_units_sold) AS sales
  FROM amazon_retail_purchases
  WHERE user_id IS NOT NULL
    AND asin_brand LIKE {{brand_pattern}}
  GROUP BY user_id, purchase_id, purchase_date_utc
),
first_purchases AS (
  SELECT
    user_id,
    MIN(purchase_date_utc) AS first_date
  FROM purchases
  GROUP BY user_id
),
joined AS (
  SELECT
    f.user_id,
    CAST(DATE_TRUNC('month', f.first_date) AS DATE) AS first_month,
    p.purchase_id,
    p.sales,
    SECONDS_BETWEEN(f.first_date, p.purchase_date_utc) / 86400 AS age_days
  FROM first_purchases f
  JOIN purchases p ON p.user_id = f.user_id
),
per_customer AS (
  SELECT
    first_month,
    user_id,
    SUM(CASE WHEN age_days < 30 THEN sales ELSE 0 END) AS value_30,
    SUM(CASE WHEN age_days < 90 THEN sales ELSE 0 END) AS value_90,
    SUM(CASE WHEN age_days < 180 THEN sales ELSE 0 END) AS value_180,
    COUNT(DISTINCT CASE WHEN age_days < 180 THEN purchase_id END) AS orders_180
  FROM joined
  GROUP BY first_month, user_id
)
SELECT
  first_month,
  COUNT(DISTINCT user_id) AS customers,
  ROUND(AVG(value_30), 2) AS value_30,
  ROUND(AVG(value_90), 2) AS value_90,
  ROUND(AVG(value_180), 2) AS value_180,
  ROUND(100 * SUM(CASE WHEN orders_180 >= 2 THEN 1 ELSE 0 END) / NULLIF(COUNT(DISTINCT user_id), 0), 1) AS repeat_share
FROM per_customer
GROUP BY first_month

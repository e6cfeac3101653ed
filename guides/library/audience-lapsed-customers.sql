--+++ recomamp query
-- format = 1
-- name = "Audience: lapsed customers"
-- description = "Customers by the time since their last purchase, with what they spent before, and the SQL of an audience of those who stayed away."
-- kind = "main"
-- category = "Audiences"
-- use-case = "How many former customers could we win back?"
-- products = ["audiences", "retail"]
-- level = "intermediate"
-- tags = ["audience", "retention", "win-back"]
-- window-advice = "A year or more: the window has to reach well beyond the limit, or nobody can be lapsed."
-- prerequisites = ["A subscription to Amazon Retail Purchases (data source amazon_retail_purchases)."]
-- sample = """
-- last_purchase,status,customers,repeat_share,sales_per_customer
-- 1 up to 30 days,active,261,46.4,72.94
-- 2 31 to 60 days,active,234,41.5,60.49
-- 3 61 to 90 days,active,173,30.6,54.81
-- 4 91 to 180 days,active,168,36.3,52.98
-- 4 91 to 180 days,lapsed,319,30.4,49.94
-- 5 more than 180 days,lapsed,875,20.1,49.21
-- """
-- chart = "customers"
-- interpretation = '''
-- Choose **lapsed_days** with [Time between repeat purchases](../library/repeat-purchase-interval.sql): about twice the median
-- of your products. Customers below it are late, not lost. **repeat_share** tells which groups had the habit of coming back:
-- they may be easier to win back than people who bought once.
--
-- An audience needs at least 2,000 members; aim for 2,500 or more. This data source knows Amazon accounts only, so all of its
-- customers are `adUserId`.
--
-- This template measures; it returns no user IDs. The SQL of the audience follows the same rule on the tables for audiences.
--
-- The table for audiences leaves out records of the UK and the EU, so there the audience is smaller than the size shown here.
--
-- The guide [Building audiences](../building-audiences/guide.md) explains the method.
-- '''
-- audience = '''
-- SELECT
--   user_id
-- FROM amazon_retail_purchases_for_audiences
-- WHERE asin_brand LIKE {{brand_pattern}}
--   AND user_id IS NOT NULL
-- GROUP BY user_id
-- HAVING SECONDS_BETWEEN(MAX(purchase_date_utc), CAST(BUILT_IN_PARAMETER('TIME_WINDOW_END') AS DATE)) >= {{lapsed_days}} * 86400
-- '''
-- audience-users = 1194
--
-- [metrics]
-- last_purchase = "Time from the last purchase to the end of the window."
-- status = "lapsed, when the limit is passed; otherwise active."
-- customers = "Customers."
-- repeat_share = "Customers with two or more purchases in the window, in percent."
-- sales_per_customer = "Their sales in the window per customer, in the currency of the purchase."
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
--
-- [[parameters]]
-- name = "lapsed_days"
-- kind = "number"
-- label = "Days without purchase"
-- help = "From this many days since the last purchase a customer counts as lapsed. Take about twice the usual time between purchases."
-- default = 120
--+++
WITH per_customer AS (
  SELECT
    user_id,
    COUNT(DISTINCT purchase_id) AS order_count,
    SUM(unit_price * purchase_units_sold) AS sales,
    SECONDS_BETWEEN(MAX(purchase_date_utc), CAST(BUILT_IN_PARAMETER('TIME_WINDOW_END') AS DATE)) / 86400 AS days_ago
  FROM amazon_retail_purchases
  WHERE asin_brand LIKE {{brand_pattern}}
    AND user_id IS NOT NULL
  GROUP BY user_id
)
SELECT
  CASE
    WHEN days_ago <= 30 THEN '1 up to 30 days'
    WHEN days_ago <= 60 THEN '2 31 to 60 days'
    WHEN days_ago <= 90 THEN '3 61 to 90 days'
    WHEN days_ago <= 180 THEN '4 91 to 180 days'
    ELSE '5 more than 180 days'
  END AS last_purchase,
  CASE WHEN days_ago >= {{lapsed_days}} THEN 'lapsed' ELSE 'active' END AS status,
  COUNT(DISTINCT user_id) AS customers,
  ROUND(100 * SUM(CASE WHEN order_count >= 2 THEN 1 ELSE 0 END) / NULLIF(COUNT(DISTINCT user_id), 0), 1) AS repeat_share,
  ROUND(AVG(sales), 2) AS sales_per_customer
FROM per_customer
GROUP BY
  CASE
    WHEN days_ago <= 30 THEN '1 up to 30 days'
    WHEN days_ago <= 60 THEN '2 31 to 60 days'
    WHEN days_ago <= 90 THEN '3 61 to 90 days'
    WHEN days_ago <= 180 THEN '4 91 to 180 days'
    ELSE '5 more than 180 days'
  END,
  CASE WHEN days_ago >= {{lapsed_days}} THEN 'lapsed' ELSE 'active' END

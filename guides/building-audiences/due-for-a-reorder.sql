--+++ recomamp query
-- format = 1
-- name = "Customers due for a reorder"
-- description = "How many customers last bought the products between two ages and haven't bought since."
-- kind = "main"
-- tags = ["audiences", "repeat purchase"]
-- window-advice = "Longer than the older age, ended two days ago or earlier."
-- prerequisites = ["A subscription to Amazon Retail Purchases"]
-- sample = """
-- status, customers
-- 1: too early, 137
-- 2: due, 117
-- 3: lapsed, 535
-- """
-- chart = "customers"
-- interpretation = """
-- The row *due* is the audience. The row *too early* shows how many would be annoyed by a reminder now, and *lapsed* how many are left for a win-back offer.
-- """
-- audience = '''
-- WITH last_orders AS (
--   SELECT
--     user_id,
--     MAX(purchase_date_utc) AS last_date
--   FROM amazon_retail_purchases_for_audiences
--   WHERE asin_brand IN ({{brands}})
--     AND user_id IS NOT NULL
--   GROUP BY user_id
-- )
-- SELECT user_id
-- FROM last_orders
-- WHERE SECONDS_BETWEEN(last_date, BUILT_IN_PARAMETER('TIME_WINDOW_END')) BETWEEN {{from_days}} * 86400 AND {{to_days}} * 86400
-- '''
-- audience-users = 117
--
-- [metrics]
-- status = "By the days between the last purchase and the end of the window."
-- customers = "Different recognized customers."
--
-- [window]
-- days = 364
-- lag = 2
--
-- [[parameters]]
-- name = "brands"
-- kind = "list"
-- label = "Brands"
-- help = "Values of asin_brand, one per line, exactly as in AMC."
-- demo-default = ["Mirelune"]
--
-- [[parameters]]
-- name = "from_days"
-- kind = "number"
-- label = "Due from day"
-- help = "Days after the last purchase from which a reminder makes sense."
-- default = 40
--
-- [[parameters]]
-- name = "to_days"
-- kind = "number"
-- label = "Due until day"
-- help = "Days after the last purchase after which a customer counts as lapsed."
-- default = 80
--+++
WITH last_orders AS (
  SELECT
    user_id,
    MAX(purchase_date_utc) AS last_date
  FROM amazon_retail_purchases
  WHERE asin_brand IN ({{brands}})
    AND user_id IS NOT NULL
  GROUP BY user_id
),
aged AS (
  SELECT
    user_id,
    SECONDS_BETWEEN(last_date, BUILT_IN_PARAMETER('TIME_WINDOW_END')) / 86400 AS days
  FROM last_orders
),
labeled AS (
  SELECT
    user_id,
    CASE
      WHEN days < {{from_days}} THEN '1: too early'
      WHEN days <= {{to_days}} THEN '2: due'
      ELSE '3: lapsed'
    END AS status
  FROM aged
)
SELECT
  status,
  COUNT(DISTINCT user_id) AS customers
FROM labeled
GROUP BY status

--+++ recomamp query
-- format = 1
-- name = "How far the purchase history reaches"
-- description = "Orders, customers and sales by year and month, to see which months the instance holds completely."
-- kind = "explore"
-- tags = ["retail purchases", "history"]
-- window-advice = "As long as possible: the table can reach back up to 60 months, depending on the subscription."
-- prerequisites = ["A subscription to Amazon Retail Purchases"]
-- sample = """
-- purchase_month, orders, customers, units, sales
-- 2025-11-01, 77, 76, 97, 2038.03
-- 2025-12-01, 119, 115, 153, 3171.47
-- 2026-01-01, 76, 75, 95, 1908.05
-- 2026-02-01, 80, 79, 103, 2137.97
-- 2026-03-01, 84, 80, 103, 2086.97
-- 2026-04-01, 91, 90, 110, 2156.9
-- 2026-05-01, 83, 82, 103, 2061.97
-- 2026-06-01, 102, 101, 133, 2540.67
-- 2026-07-01, 96, 95, 118, 2372.82
-- 2026-08-01, 108, 101, 141, 2774.59
-- 2026-09-01, 114, 111, 143, 2880.57
-- 2026-10-01, 116, 114, 144, 3002.56
-- 2026-11-01, 12, 12, 16, 306.84
-- """
-- chart = "orders"
-- interpretation = """
-- The first and last months are usually cut by the window. Use only months with a plausible number of orders for the other queries.
-- """
--
-- [metrics]
-- purchase_month = "First day of the month (UTC), so that months of different years stay apart."
-- orders = "Different orders."
-- customers = "Different recognized customers."
-- units = "Units sold."
-- sales = "Unit price times units, in the currency of the account."
--
-- [window]
-- days = 364
--
-- [[parameters]]
-- name = "brands"
-- kind = "list"
-- label = "Brands"
-- help = "Values of asin_brand, one per line, exactly as in AMC."
-- demo-default = ["Mirelune"]
--+++
SELECT
  CAST(DATE_TRUNC('MONTH', purchase_date_utc) AS DATE) AS purchase_month,
  COUNT(DISTINCT purchase_id) AS orders,
  COUNT(DISTINCT user_id) AS customers,
  SUM(purchase_units_sold) AS units,
  SUM(unit_price * purchase_units_sold) AS sales
FROM amazon_retail_purchases
WHERE asin_brand IN ({{brands}})
GROUP BY 1

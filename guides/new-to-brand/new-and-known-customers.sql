--+++ recomamp query
-- format = 1
-- name = "New and known customers among all who saw an ad"
-- kind = "validate"
-- description = "Every order by people who saw an ad in the 28 days before, attributed or not: how many came from customers who are new to the brand."
-- window-advice = "The window of the analysis that you want to check."
-- prerequisites = ["Purchases on Amazon in the window"]
-- sample = """
-- new_to_brand, orders, customers, sales, share_of_orders
-- false, 371, 295, 12486.30, 59.6
-- true, 252, 238, 9059.90, 40.4
-- """
-- interpretation = """
-- * The **share of orders** of the row *true* is the rate to hold the attributed rates against.
-- * In an instance with several brands, the rows hold the orders of all of them. Add `tracked_asin IN (…)` for one brand.
-- * A row *without a value* holds orders for which AMC doesn't know the history. Leave it out of the rate, and say so if it is large.
-- """
--
-- [metrics]
-- new_to_brand = "true for orders of customers without a purchase of the brand in the 12 months before."
-- orders = "Order events."
-- customers = "Different users who placed them."
-- sales = "What the orders were worth, in the account's currency."
-- share_of_orders = "Orders of the row in percent of all orders."
--
-- [window]
-- days = 84
--+++
WITH orders AS (
  SELECT
    new_to_brand,
    SUM(conversions) AS orders,
    COUNT(DISTINCT user_id) AS customers,
    SUM(total_product_sales) AS sales
  FROM conversions
  WHERE event_subtype = 'order'
  GROUP BY new_to_brand
)
SELECT
  new_to_brand,
  orders,
  customers,
  sales,
  ROUND(100.0 * orders / SUM(orders) OVER (), 1) AS share_of_orders
FROM orders

--+++ recomamp query
-- format = 1
-- name = "Customers by number of orders"
-- description = "How many customers ordered once, twice, or more often, and how much of the sales they bring."
-- kind = "main"
-- tags = ["repeat purchase", "loyalty"]
-- window-advice = "At least a year. A shorter window makes repeat customers look like one-time customers."
-- sample = """
-- orders_per_customer, customers, share_of_customers, sales, share_of_sales, sales_per_customer
-- 4 or more, 30, 0.0383, 3311.22, 0.1125, 110.37
-- 1, 552, 0.705, 14379.98, 0.4885, 26.05
-- 2, 147, 0.1877, 7650.29, 0.2599, 52.04
-- 3, 54, 0.069, 4097.92, 0.1392, 75.89
-- """
-- chart = "customers"
-- interpretation = """
-- Compare `share_of_customers` with `share_of_sales`: the gap is what repeat customers are worth. Customers whose first order was shortly before the end of the window had no time to come back, so the repeat share is a lower bound.
-- """
--
-- [metrics]
-- orders_per_customer = "Different orders of the brand in the window."
-- customers = "Recognized customers with so many orders."
-- share_of_customers = "Part of all customers."
-- sales = "Their sales, in the currency of the account."
-- share_of_sales = "Part of all sales."
-- sales_per_customer = "Sales divided by customers."
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
WITH customers AS (
  SELECT
    user_id,
    COUNT(DISTINCT purchase_id) AS orders,
    SUM(unit_price * purchase_units_sold) AS sales
  FROM amazon_retail_purchases
  WHERE asin_brand IN ({{brands}})
    AND user_id IS NOT NULL
  GROUP BY user_id
),
grouped AS (
  SELECT
    CASE
      WHEN orders = 1 THEN '1'
      WHEN orders = 2 THEN '2'
      WHEN orders = 3 THEN '3'
      ELSE '4 or more'
    END AS orders_per_customer,
    COUNT(DISTINCT user_id) AS customers,
    SUM(sales) AS sales
  FROM customers
  GROUP BY 1
)
SELECT
  orders_per_customer,
  customers,
  customers / SUM(customers) OVER () AS share_of_customers,
  sales,
  sales / SUM(sales) OVER () AS share_of_sales,
  sales / customers AS sales_per_customer
FROM grouped

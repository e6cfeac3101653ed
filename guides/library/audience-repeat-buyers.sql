--+++ recomamp query
-- format = 1
-- name = "Audience: repeat buyers, as a seed for lookalikes"
-- description = "Sizes audiences of people with two, three or more orders in the window, with their sales, and the SQL to build one."
-- kind = "main"
-- category = "Audiences"
-- use-case = "Do we have enough loyal customers for a lookalike audience?"
-- products = ["audiences", "retail"]
-- level = "intermediate"
-- tags = ["audience", "repeat purchase", "lookalike"]
-- window-advice = "A year, so that slow reorders count; for the audience choose the same window."
-- prerequisites = ["A subscription to Amazon Retail Purchases (data source amazon_retail_purchases)."]
-- sample = """
-- orders,customers,customers_or_more,in_audience,sales,sales_share
-- 1,1425,2030,no,56786.1000,51.4
-- 2,393,605,yes,27513.2700,24.9
-- 3,138,212,yes,14148.7100,12.8
-- 4,38,74,yes,4691.0800,4.2
-- 5,36,36,yes,7430.0300,6.7
-- """
-- chart = "customers"
-- interpretation = '''
-- Read **customers_or_more** from the row that you want as the minimum: that is the size of the audience. A lookalike seed may
-- have 500 to 500,000 members, a plain audience needs 2,000 or more. Prefer three orders to two when the size allows: a seed
-- of the most loyal customers describes them better.
--
-- This template measures; it returns no user IDs. The SQL of the audience follows the same rule on the tables for audiences.
--
-- All purchases on Amazon count, with or without ads. The table for audiences leaves out records of the UK and the EU, so
-- there the audience is smaller than the size shown here.
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
-- HAVING COUNT(DISTINCT purchase_id) >= {{min_orders}}
-- '''
-- audience-users = 605
--
-- [metrics]
-- orders = "Orders of a customer in the window; 5 stands for five or more."
-- customers = "Customers with this number."
-- customers_or_more = "Customers with this number or more."
-- in_audience = "Whether they reach the chosen number of orders."
-- sales = "Their sales in the window, in the currency of the purchase."
-- sales_share = "Percent of all sales."
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
-- name = "min_orders"
-- kind = "number"
-- label = "Fewest orders"
-- help = "Orders that a member of the audience must have. Used by the SQL of the audience, and marked in the result."
-- default = 2
--+++
WITH per_customer AS (
  SELECT
    user_id,
    COUNT(DISTINCT purchase_id) AS order_count,
    SUM(unit_price * purchase_units_sold) AS sales
  FROM amazon_retail_purchases
  WHERE asin_brand LIKE {{brand_pattern}}
    AND user_id IS NOT NULL
  GROUP BY user_id
),
grouped AS (
  SELECT
    CASE WHEN order_count >= 5 THEN 5 ELSE order_count END AS orders,
    COUNT(DISTINCT user_id) AS customers,
    SUM(sales) AS sales
  FROM per_customer
  GROUP BY CASE WHEN order_count >= 5 THEN 5 ELSE order_count END
)
SELECT
  orders,
  customers,
  SUM(customers) OVER (ORDER BY orders DESC) AS customers_or_more,
  CASE WHEN orders >= {{min_orders}} THEN 'yes' ELSE 'no' END AS in_audience,
  sales,
  ROUND(100 * sales / NULLIF(SUM(sales) OVER (), 0), 1) AS sales_share
FROM grouped

--+++ recomamp query
-- format = 1
-- name = "Customer value by first product"
-- description = "Customers grouped by the product of their first order in the window: how many came back, and what they spent in the chosen number of days."
-- kind = "main"
-- category = "Customer value"
-- use-case = "Which product brings the most valuable customers?"
-- products = ["retail"]
-- level = "advanced"
-- version = 2
-- tags = ["lifetime value", "entry product", "retention"]
-- window-advice = "A year or more. Customers count only when the chosen number of days has passed by the end of the window."
-- prerequisites = ["A subscription to Amazon Retail Purchases (data source amazon_retail_purchases)."]
-- sample = """
-- product,customers,first_day_value,returning_customers,return_rate,later_sales_per_customer
-- "Mirelune Vitamin C Serum, 1 oz",86,28.38,25,29.1,12.04
-- "Woolpaddle Grain Free Dog Food, Small",81,56.79,38,46.9,39.19
-- "Tundrel Insulated Bottle, Slate",75,34.19,11,14.7,5.92
-- "Mirelune Night Cream, 1 oz",56,30.79,22,39.3,13.21
-- "Mirelune Vitamin C Serum, 2 oz",53,32.86,20,37.7,13.47
-- "Woolpaddle Grain Free Dog Food, Large",50,61.19,22,44.0,33.87
-- "Tundrel Insulated Bottle, Moss",46,43.79,7,15.2,7.89
-- "Mirelune Mineral Sunscreen SPF 50, 1 oz",36,18.66,17,47.2,20.54
-- """
-- chart = "later_sales_per_customer"
-- interpretation = '''
-- Compare **later_sales_per_customer**: what people spend *after* the first order. A cheap entry product with high later sales
-- can deserve a worse first-order ROAS than an expensive one that is bought once.
--
-- Every customer is followed for the same number of days, and those without the time are left out, so the rows compare fairly.
-- With a first order of several products the customer is in the row of each of them, so don't add up customers.
--
-- First means first in the window; start it early so that existing customers don't look new.
--
-- The guide [Repeat purchase and lifetime value](../repeat-and-lifetime-value/guide.md) explains the method.
-- '''
--
-- [metrics]
-- product = "Product of the first order."
-- customers = "Customers followed."
-- first_day_value = "Average value of the first day of purchase, in the currency of the purchase."
-- returning_customers = "Those who bought again within the days."
-- return_rate = "Returning customers in percent."
-- later_sales_per_customer = "Sales after the first day, per customer."
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
-- name = "horizon_days"
-- kind = "number"
-- label = "Days after the first order"
-- help = "How long each customer is followed. Customers whose first order is younger than this at the end of the window are left out."
-- default = 180
--+++
WITH purchases AS (
  SELECT
    user_id,
    asin,
    MAX(asin_name) AS product,
    purchase_date_utc,
    SUM(unit_price * purchase_units_sold) AS sales
  FROM amazon_retail_purchases
  WHERE user_id IS NOT NULL
    AND asin_brand LIKE {{brand_pattern}}
  GROUP BY user_id, asin, purchase_date_utc
),
first_dates AS (
  SELECT
    user_id,
    MIN(purchase_date_utc) AS first_date
  FROM purchases
  GROUP BY user_id
),
customer_values AS (
  SELECT
    f.user_id,
    f.first_date,
    SUM(CASE WHEN p.purchase_date_utc = f.first_date THEN p.sales ELSE 0 END) AS first_value,
    SUM(CASE WHEN p.purchase_date_utc > f.first_date THEN p.sales ELSE 0 END) AS later_value,
    MAX(CASE WHEN p.purchase_date_utc > f.first_date THEN 1 ELSE 0 END) AS returned
  FROM first_dates f
  JOIN purchases p ON p.user_id = f.user_id
  WHERE SECONDS_BETWEEN(f.first_date, p.purchase_date_utc) < {{horizon_days}} * 86400
    AND SECONDS_BETWEEN(f.first_date, CAST(BUILT_IN_PARAMETER('TIME_WINDOW_END') AS DATE)) >= {{horizon_days}} * 86400
  GROUP BY f.user_id, f.first_date
)
SELECT
  p.product,
  COUNT(DISTINCT c.user_id) AS customers,
  ROUND(AVG(c.first_value), 2) AS first_day_value,
  SUM(c.returned) AS returning_customers,
  ROUND(100 * SUM(c.returned) / NULLIF(COUNT(DISTINCT c.user_id), 0), 1) AS return_rate,
  ROUND(AVG(c.later_value), 2) AS later_sales_per_customer
FROM customer_values c
JOIN purchases p ON p.user_id = c.user_id AND p.purchase_date_utc = c.first_date
GROUP BY p.product

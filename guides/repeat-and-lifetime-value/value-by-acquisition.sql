--+++ recomamp query
-- format = 1
-- name = "Customer value by how they were acquired"
-- description = "Sales per new customer in the 180 days after the first order, by the ad product that the first order was credited to."
-- kind = "main"
-- tags = ["lifetime value", "new-to-brand", "acquisition"]
-- window-advice = "A year that ended 14 days ago. Customers acquired in the last 180 days of the window are left out, so that all have had the same time."
-- prerequisites = ["A subscription to Amazon Retail Purchases", "Ads with new-to-brand purchases at least 180 days before the end of the window"]
-- sample = """
-- acquired_by, customers, first_sales_per_customer, later_sales_per_customer, value_180_days, reorder_share
-- amazon_dsp, 80, 25.79, 11.06, 36.84, 0.3125
-- sponsored_products, 29, 28.47, 11.89, 40.36, 0.2759
-- sponsored_brands, 29, 21.95, 15.72, 37.67, 0.4483
-- sponsored_display, 14, 19.35, 24.06, 43.41, 0.5
-- """
-- chart = ["first_sales_per_customer", "later_sales_per_customer"]
-- interpretation = """
-- Compare `later_sales_per_customer`, not the first order: it's what the first return on ad spend misses. Differences between channels with few customers are chance.
-- """
--
-- [metrics]
-- acquired_by = "Ad product that the first order was credited to."
-- customers = "Customers whose first new-to-brand order with a credited ad was at least 180 days before the end of the window."
-- first_sales_per_customer = "Sales of the day of the first order, per customer."
-- later_sales_per_customer = "Sales of the 180 days after it, per customer."
-- value_180_days = "Both together."
-- reorder_share = "Part of the customers with a later order in these 180 days."
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
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- demo-default = ["Mirelune US"]
--+++
WITH orders AS (
  SELECT
    user_id,
    purchase_date_utc AS order_date,
    SUM(unit_price * purchase_units_sold) AS sales
  FROM amazon_retail_purchases
  WHERE asin_brand IN ({{brands}})
    AND user_id IS NOT NULL
  GROUP BY user_id, purchase_date_utc
),
-- First new-to-brand order that was credited to an ad; one row per customer.
acquired AS (
  SELECT
    user_id,
    COALESCE(ad_product_type, 'amazon_dsp') AS acquired_by,
    conversion_event_date_utc AS first_date,
    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY conversion_event_dt_utc, ad_product_type) AS place
  FROM amazon_attributed_events_by_conversion_time
  WHERE advertiser IN ({{advertisers}})
    AND new_to_brand_total_purchases > 0
    AND user_id IS NOT NULL
),
customers AS (
  SELECT
    a.acquired_by,
    a.user_id,
    SUM(CASE WHEN o.order_date = a.first_date THEN o.sales ELSE 0 END) AS first_sales,
    SUM(
      CASE
        WHEN o.order_date > a.first_date AND SECONDS_BETWEEN(a.first_date, o.order_date) <= 180 * 86400 THEN o.sales
        ELSE 0
      END
    ) AS later_sales
  FROM acquired a
  JOIN orders o ON o.user_id = a.user_id
  WHERE a.place = 1
    AND SECONDS_BETWEEN(a.first_date, BUILT_IN_PARAMETER('TIME_WINDOW_END')) >= 180 * 86400
  GROUP BY a.acquired_by, a.user_id
)
SELECT
  acquired_by,
  COUNT(DISTINCT user_id) AS customers,
  SUM(first_sales) / COUNT(DISTINCT user_id) AS first_sales_per_customer,
  SUM(later_sales) / COUNT(DISTINCT user_id) AS later_sales_per_customer,
  SUM(first_sales + later_sales) / COUNT(DISTINCT user_id) AS value_180_days,
  SUM(CASE WHEN later_sales > 0 THEN 1 ELSE 0 END) / COUNT(DISTINCT user_id) AS reorder_share
FROM customers
GROUP BY acquired_by

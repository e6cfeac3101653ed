--+++ recomamp query
-- format = 1
-- name = "Spend and attributed sales by ad product"
-- kind = "main"
-- description = "What each ad product cost, and the sales that Amazon attributes to it."
-- window-advice = "Whole weeks or months that ended at least fourteen days ago: a sale can be credited to an ad seen up to 14 days earlier."
-- prerequisites = ["Amazon DSP and sponsored ads in the instance", "One currency; add `currency_iso_code` and `purchase_currency` if the instance has several."]
-- sample = """
-- ad_product, spend, purchases, sales, roas
-- Amazon DSP, 1365.78, 270, 8974.68, 6.57
-- sponsored_products, 440.48, 69, 2448.16, 5.56
-- sponsored_brands, 242.81, 45, 1621.40, 6.68
-- sponsored_display, 27.47, 34, 940.63, 34.24
-- """
-- chart = "roas"
-- interpretation = """
-- * Read **ROAS** within a product over time before you compare products. Attribution rules differ: Sponsored Products are credited by clicks only, Amazon DSP by views too.
-- * Purchases are credited to the *time of the ad*, so spend and sales of a row belong to the same ads. Consoles show Amazon DSP and Sponsored Brands by the time of the purchase: expect those two to differ from this table. Consoles may also use other attribution windows, such as 7 days for Sponsored Products of sellers.
-- """
--
-- [metrics]
-- spend = "Cost in the account's currency: `total_cost` of the impressions for Amazon DSP, `spend` of the clicks or views for sponsored ads."
-- purchases = "Attributed purchases of promoted products and of other products of the brand."
-- sales = "What those purchases were worth, in the account's currency."
-- roas = "Sales divided by spend."
--
-- [window]
-- days = 84
--+++
WITH costs_and_sales AS (
  -- total_cost is in millicents: 100,000 make one unit of the currency
  SELECT 'Amazon DSP' AS ad_product,
    total_cost / 100000.0 AS spend, 0 AS purchases, 0 AS sales
  FROM dsp_impressions

  UNION ALL

  -- spend is in microcents: 100,000,000 make one unit of the currency
  SELECT ad_product_type AS ad_product,
    spend / 100000000.0 AS spend, 0 AS purchases, 0 AS sales
  FROM sponsored_ads_traffic

  UNION ALL

  -- sales are in the currency already; ad_product_type is NULL for Amazon DSP
  SELECT COALESCE(ad_product_type, 'Amazon DSP') AS ad_product,
    0 AS spend, total_purchases AS purchases, total_product_sales AS sales
  FROM amazon_attributed_events_by_traffic_time
)
SELECT
  ad_product,
  ROUND(SUM(spend), 2) AS spend,
  SUM(purchases) AS purchases,
  SUM(sales) AS sales,
  ROUND(SUM(sales) / NULLIF(SUM(spend), 0), 2) AS roas
FROM costs_and_sales
GROUP BY 1

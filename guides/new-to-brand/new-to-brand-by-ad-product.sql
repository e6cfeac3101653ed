--+++ recomamp query
-- format = 1
-- name = "New-to-brand by ad product"
-- kind = "explore"
-- description = "How many of the attributed purchases of each ad product came from customers who are new to the brand, and what they were worth."
-- window-advice = "Eight weeks or more that ended at least fourteen days ago. New customers are a part of the purchases, and purchases are rare."
-- prerequisites = ["Attributed purchases in the window"]
-- sample = """
-- ad_product, purchases, new_to_brand_purchases, new_to_brand_rate, new_to_brand_sales, sales_per_purchase, sales_per_new_purchase
-- Amazon DSP, 270, 85, 31.5, 2918.00, 33.24, 34.33
-- sponsored_products, 69, 46, 66.7, 1473.44, 35.48, 32.03
-- sponsored_brands, 45, 31, 68.9, 1109.58, 36.03, 35.79
-- sponsored_display, 34, 11, 32.4, 350.89, 27.67, 31.90
-- """
-- chart = "new_to_brand_rate"
-- interpretation = """
-- * **New-to-brand rate** says what kind of customer a product brings, not how many. Read it together with the number of purchases.
-- * Look at the **order values**: what a new customer spends at first against the average of all purchases.
-- * Rates of rows with a few dozen purchases move by several points from one quarter to the next.
-- """
--
-- [metrics]
-- purchases = "Attributed purchases of promoted and other products of the brand."
-- new_to_brand_purchases = "Those by customers without a purchase of the brand in the 12 months before."
-- new_to_brand_rate = "New-to-brand purchases in percent of purchases."
-- new_to_brand_sales = "What the new-to-brand purchases were worth, in the account's currency."
-- sales_per_purchase = "Sales divided by purchases."
-- sales_per_new_purchase = "New-to-brand sales divided by new-to-brand purchases."
--
-- [window]
-- days = 84
--+++
SELECT
  COALESCE(ad_product_type, 'Amazon DSP') AS ad_product,
  SUM(total_purchases) AS purchases,
  SUM(new_to_brand_total_purchases) AS new_to_brand_purchases,
  ROUND(100.0 * SUM(new_to_brand_total_purchases) / NULLIF(SUM(total_purchases), 0), 1) AS new_to_brand_rate,
  SUM(new_to_brand_total_product_sales) AS new_to_brand_sales,
  ROUND(SUM(total_product_sales) / NULLIF(SUM(total_purchases), 0), 2) AS sales_per_purchase,
  ROUND(SUM(new_to_brand_total_product_sales) / NULLIF(SUM(new_to_brand_total_purchases), 0), 2) AS sales_per_new_purchase
FROM amazon_attributed_events_by_traffic_time
GROUP BY 1

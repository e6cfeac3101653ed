--+++ recomamp query
-- format = 1
-- name = "Days to the next order by product"
-- description = "How soon customers order the same product again: the rhythm for reminders and for audiences of past buyers."
-- kind = "main"
-- tags = ["repeat purchase", "retargeting"]
-- window-advice = "At least three times the expected interval."
-- sample = """
-- product, customers, reordered, reorder_share, average_days, median_days
-- B0X22BTADZ, 318, 72, 0.2264, 64.21, 55.00
-- B0SSQY85LK, 168, 24, 0.1429, 65.33, 58.00
-- B07BBNXXR6, 139, 25, 0.1799, 68.40, 70.00
-- B0AFXR0YLD, 136, 36, 0.2647, 56.69, 45.00
-- B049Y57V08, 120, 27, 0.225, 49.52, 50.00
-- """
-- chart = "median_days"
-- interpretation = """
-- Start reminders some days before `median_days`. Products with a low `reorder_share` don't need reminders but another product to offer.
-- """
--
-- [metrics]
-- product = "Parent ASIN, so that variations of a product count as the same product."
-- customers = "Recognized customers who bought the product."
-- reordered = "Those who bought it again on a later day."
-- reorder_share = "Customers who reordered, divided by customers."
-- average_days = "Average days from the first order to the second."
-- median_days = "Days within which half of those who reordered had done so."
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
WITH order_days AS (
  SELECT
    user_id,
    asin_parent,
    purchase_date_utc
  FROM amazon_retail_purchases
  WHERE asin_brand IN ({{brands}})
    AND user_id IS NOT NULL
  GROUP BY user_id, asin_parent, purchase_date_utc
),
numbered AS (
  SELECT
    user_id,
    asin_parent,
    purchase_date_utc,
    ROW_NUMBER() OVER (PARTITION BY user_id, asin_parent ORDER BY purchase_date_utc) AS place
  FROM order_days
),
customers AS (
  SELECT
    user_id,
    asin_parent,
    SECONDS_BETWEEN(
      MAX(CASE WHEN place = 1 THEN purchase_date_utc END),
      MAX(CASE WHEN place = 2 THEN purchase_date_utc END)
    ) / 86400 AS days_to_second
  FROM numbered
  GROUP BY user_id, asin_parent
)
SELECT
  asin_parent AS product,
  COUNT(DISTINCT user_id) AS customers,
  COUNT(days_to_second) AS reordered,
  COUNT(days_to_second) / COUNT(DISTINCT user_id) AS reorder_share,
  AVG(days_to_second) AS average_days,
  MEDIAN(days_to_second) AS median_days
FROM customers
GROUP BY asin_parent

--+++ recomamp query
-- format = 1
-- name = "Days from the first product page view to the purchase"
-- description = "How long buyers thought about a product after they first saw its page, by product."
-- kind = "main"
-- tags = ["time to conversion", "products"]
-- window-advice = "Four weeks of purchases or more. Page views of the 28 days before the window are read in addition."
-- sample = """
-- asin, buyers, viewed_before, same_day, share_same_day, average_days
-- B01VLY94L5, 104, 95, 63, 0.6632, 1.08
-- B0TKDWV9WV, 55, 49, 32, 0.6531, 1.27
-- B0N25NMYZM, 37, 34, 26, 0.7647, 0.3529
-- B0JNH8XHBN, 27, 25, 20, 0.8, 0.48
-- """
-- chart = "share_same_day"
-- interpretation = """
-- A high share on the same day means that the page either convinces at once or not at all: retarget within days, not weeks. Many buyers without a view came straight from a cart, a list or a repeat order.
-- """
--
-- [metrics]
-- asin = "Product bought."
-- buyers = "Users who bought it and had seen an ad of the advertiser in the 28 days before."
-- viewed_before = "Those who had seen its product page in the 28 days before the purchase."
-- same_day = "Those whose first view was on the day of the purchase (UTC)."
-- share_same_day = "Same-day buyers divided by buyers who had viewed before."
-- average_days = "Average days from the first view to the purchase, same-day buyers included as 0."
--
-- [window]
-- days = 182
--
-- [[parameters]]
-- name = "asins"
-- kind = "list"
-- label = "ASINs"
-- help = "One ASIN per line."
-- demo-default = ["B01VLY94L5", "B0TKDWV9WV", "B0N25NMYZM", "B0JNH8XHBN"]
--+++
WITH orders AS (
  SELECT
    user_id,
    tracked_asin AS asin,
    MIN(event_dt_utc) AS order_dt,
    MIN(event_date_utc) AS order_date
  FROM conversions
  WHERE event_subtype = 'order'
    AND tracked_asin IN ({{asins}})
    AND user_id IS NOT NULL
  GROUP BY user_id, tracked_asin
),
views AS (
  SELECT
    user_id,
    tracked_item AS asin,
    event_dt_utc AS view_dt,
    event_date_utc AS view_date
  FROM TABLE(EXTEND_TIME_WINDOW('conversions', 'P28D', 'P0D'))
  WHERE event_subtype = 'detailPageView'
    AND tracked_item IN ({{asins}})
    AND user_id IS NOT NULL
),
first_views AS (
  SELECT
    o.user_id,
    o.asin,
    SECONDS_BETWEEN(MIN(v.view_date), MIN(o.order_date)) / 86400 AS days
  FROM orders o
  JOIN views v ON v.user_id = o.user_id
    AND v.asin = o.asin
    AND v.view_dt < o.order_dt
    AND SECONDS_BETWEEN(v.view_dt, o.order_dt) <= 28 * 86400
  GROUP BY o.user_id, o.asin
)
SELECT
  o.asin,
  COUNT(DISTINCT o.user_id) AS buyers,
  COUNT(DISTINCT f.user_id) AS viewed_before,
  SUM(CASE WHEN f.days < 1 THEN 1 ELSE 0 END) AS same_day,
  SUM(CASE WHEN f.days < 1 THEN 1 ELSE 0 END) / NULLIF(COUNT(DISTINCT f.user_id), 0) AS share_same_day,
  AVG(f.days) AS average_days
FROM orders o
LEFT JOIN first_views f ON f.user_id = o.user_id AND f.asin = o.asin
GROUP BY o.asin

--+++ recomamp query
-- format = 1
-- name = "First and last ad of new customers"
-- kind = "main"
-- description = "For customers who bought the brand for the first time in 12 months: which ad product they saw first, which they saw at all, and which they saw last before the order."
-- window-advice = "The window holds the orders. Twelve weeks or more; it may end two days ago, since nothing here is attributed by Amazon. The ads of the 28 days before the window are read in addition."
-- prerequisites = ["Amazon DSP and sponsored ads in the instance", "The brand's ASINs: the instance may hold several brands, and an order of one must not be matched with ads of another."]
-- sample = """
-- contact, ad_product, customers
-- Last contact, Amazon DSP, 36
-- Last contact, sponsored_products, 25
-- Last contact, sponsored_display, 21
-- Last contact, sponsored_brands, 5
-- First contact, Amazon DSP, 44
-- First contact, sponsored_products, 24
-- First contact, sponsored_brands, 19
-- Any contact, sponsored_products, 60
-- Any contact, Amazon DSP, 55
-- Any contact, sponsored_brands, 47
-- Any contact, sponsored_display, 34
-- Any contact, sponsored_television, 3
-- """
-- chart = "customers"
-- interpretation = """
-- * Rows of *First contact* add up to the number of customers, and so do those of *Last contact*. *Any contact* doesn't, since most customers saw several products.
-- * A product that is strong in *First contact* and weak in *Last contact* introduces people whom another product closes. Last-touch attribution credits it with less than its part.
-- * Impressions count as contacts, clicks too. Sponsored ads appear in searches of people who look for a product already, so they are often last by nature.
-- """
--
-- [metrics]
-- contact = "Earliest, any, or latest contact in the 28 days before the order."
-- ad_product = "Ad product of that contact."
-- customers = "Customers new to the brand for whom this holds."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "asins"
-- kind = "list"
-- label = "ASINs of the brand"
-- help = "One ASIN per line."
-- demo-default = ["B0N25NMYZM", "B097HMBZPL", "B0TKDWV9WV", "B0JNH8XHBN", "B0PTWJKRX7", "B01VLY94L5", "B0MZYLRW7Q", "B0J20YYVFJ", "B0GW1G4PL9", "B0KF3MDS0M"]
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaign names like"
-- help = "Finds the brand's campaigns. % stands for any text, so %Brand% finds every name that contains Brand."
-- default = "%"
-- demo-default = "%Mirelune%"
--+++
WITH new_customers AS (
  SELECT user_id, MIN(event_dt_utc) AS bought_at
  FROM conversions
  WHERE event_subtype = 'order'
    AND new_to_brand = TRUE
    AND tracked_asin IN ({{asins}})
    AND user_id IS NOT NULL
  GROUP BY user_id
),
contacts AS (
  SELECT user_id, 'Amazon DSP' AS ad_product, impression_dt_utc AS seen_at
  FROM TABLE(EXTEND_TIME_WINDOW('dsp_impressions', 'P28D', 'P0D'))
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL

  UNION ALL

  SELECT user_id, ad_product_type AS ad_product, event_dt_utc AS seen_at
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', 'P28D', 'P0D'))
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
    AND impressions + clicks > 0
),
before_the_order AS (
  SELECT
    n.user_id,
    c.ad_product,
    ROW_NUMBER() OVER (PARTITION BY n.user_id ORDER BY c.seen_at) AS from_first,
    ROW_NUMBER() OVER (PARTITION BY n.user_id ORDER BY c.seen_at DESC) AS from_last
  FROM new_customers n
  JOIN contacts c ON n.user_id = c.user_id
  WHERE c.seen_at < n.bought_at
    AND SECONDS_BETWEEN(c.seen_at, n.bought_at) <= 28 * 86400
)
SELECT
  'First contact' AS contact,
  ad_product,
  COUNT(DISTINCT user_id) AS customers
FROM before_the_order
WHERE from_first = 1
GROUP BY 1, 2

UNION ALL

SELECT
  'Any contact' AS contact,
  ad_product,
  COUNT(DISTINCT user_id) AS customers
FROM before_the_order
GROUP BY 1, 2

UNION ALL

SELECT
  'Last contact' AS contact,
  ad_product,
  COUNT(DISTINCT user_id) AS customers
FROM before_the_order
WHERE from_last = 1
GROUP BY 1, 2

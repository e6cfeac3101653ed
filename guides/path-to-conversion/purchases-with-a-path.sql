--+++ recomamp query
-- format = 1
-- name = "Purchases that have a path"
-- description = "How many of the credited purchases the path queries can use, and why the others drop out."
-- kind = "validate"
-- tags = ["path to conversion", "identity"]
-- window-advice = "The same window as the path query."
-- sample = """
-- path_status, purchases, sales, share_of_purchases
-- With a path, 181, 4633.74, 0.9476
-- No contact under the same ID, 2, 51.97, 0.0105
-- """
-- interpretation = """
-- *With a path* should be the large majority. Purchases without a matching contact were credited through an ID that differs from the one on the purchase, for example a television's. If their share is high, say so in the report.
-- """
--
-- [metrics]
-- path_status = "Whether the buyer of the purchase has contacts under the same user ID in the window."
-- purchases = "Credited purchases of promoted and brand-halo products."
-- sales = "Sales of these purchases, in the currency of the account."
-- share_of_purchases = "Part of all credited purchases."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- demo-default = ["Mirelune US"]
--+++
WITH reached AS (
  SELECT user_id
  FROM dsp_impressions
  WHERE advertiser IN ({{advertisers}})
    AND user_id IS NOT NULL
  UNION
  SELECT user_id
  FROM sponsored_ads_traffic
  WHERE advertiser IN ({{advertisers}})
    AND user_id IS NOT NULL
),
credited AS (
  SELECT
    CASE
      WHEN a.user_id IS NULL THEN 'No user ID on the purchase'
      WHEN r.user_id IS NULL THEN 'No contact under the same ID'
      ELSE 'With a path'
    END AS path_status,
    a.total_purchases AS purchases,
    a.total_product_sales AS sales
  FROM amazon_attributed_events_by_traffic_time a
  LEFT JOIN reached r ON r.user_id = a.user_id
  WHERE a.advertiser IN ({{advertisers}})
    AND a.total_purchases > 0
),
by_status AS (
  SELECT
    path_status,
    SUM(purchases) AS purchases,
    SUM(sales) AS sales
  FROM credited
  GROUP BY path_status
)
SELECT
  path_status,
  purchases,
  sales,
  purchases / SUM(purchases) OVER () AS share_of_purchases
FROM by_status

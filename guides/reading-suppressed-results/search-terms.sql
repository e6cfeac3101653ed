--+++ recomamp query
-- format = 1
-- name = "Search terms"
-- kind = "explore"
-- description = "Impressions and clicks by search term of Sponsored Products: a result from which a metric, not a dimension, removes rows."
-- window-advice = "Whole weeks that ended at least two days ago."
-- prerequisites = ["Sponsored Products in the instance"]
-- sample = """
-- customer_search_term, impressions, clicks
-- vitamin c serum, 416, 8
-- cleansing balm, 395, 11
-- best night cream, 151, 2
-- best vitamin c serum, 141, 0
-- mirelun, 31, 0
-- cat litter for travel, 23, 0
-- headlamp near me, 6, 0
-- """
-- interpretation = """
-- Terms with impressions and no click at all are here: a metric of zero identifies nobody. Terms on which exactly one person clicked are not, however many people saw the ad.
-- """
--
-- [metrics]
-- impressions = "Impressions for the search term."
-- clicks = "Clicks."
--
-- [window]
-- days = 28
--+++
SELECT
  customer_search_term,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks
FROM sponsored_ads_traffic
WHERE ad_product_type = 'sponsored_products'
  AND customer_search_term IS NOT NULL
GROUP BY customer_search_term

--+++ recomamp query
-- format = 1
-- name = "How visitors reach the store"
-- description = "Visits by source: ads, search, product pages, other."
-- kind = "main"
-- tags = ["brand store", "traffic source"]
-- window-advice = "Long enough for 100 visitors per source, which is the threshold of this column."
-- prerequisites = ["A subscription to Brand Store Insights"]
-- sample = """
-- source, visits, visitors, pages_per_visit, seconds_per_visit
-- other, 156, 145, 2.24, 121.98
-- ad, 117, 108, 2.28, 117.37
-- product page, 108, 106, 2.34, 125.1
-- """
-- chart = "visitors"
-- interpretation = """
-- Sources with fewer than 100 visitors are missing, not zero. Compare the sum of `visits` with the visits of the home page to see how much is hidden.
-- """
--
-- [metrics]
-- source = "How the visitor reached the store (`ingress_type`)."
-- visits = "Different visits that began this way."
-- visitors = "Different recognized users."
-- pages_per_visit = "Page views divided by visits."
-- seconds_per_visit = "Dwell time of all pages divided by visits."
--
-- [window]
-- days = 364
--
-- [[parameters]]
-- name = "stores"
-- kind = "list"
-- label = "Stores"
-- help = "Store names, one per line, exactly as in AMC."
-- demo-default = ["Mirelune"]
--+++
SELECT
  CASE ingress_type
    WHEN '1' THEN 'search'
    WHEN '2' THEN 'product page'
    WHEN '4' THEN 'ad'
    WHEN '6' THEN 'store recommendation'
    ELSE 'other'
  END AS source,
  COUNT(DISTINCT visit_id) AS visits,
  COUNT(DISTINCT user_id) AS visitors,
  COUNT(1) / COUNT(DISTINCT visit_id) AS pages_per_visit,
  SUM(dwell_time) / COUNT(DISTINCT visit_id) AS seconds_per_visit
FROM amazon_brand_store_page_views
WHERE store_name IN ({{stores}})
GROUP BY 1

--+++ recomamp query
-- format = 1
-- name = "Brand store visits by source"
-- description = "Where visits to the brand store came from, with pages per visit and time on the pages."
-- kind = "main"
-- category = "Brand store"
-- use-case = "Who sends people to our store, and do they stay?"
-- products = ["brand-store"]
-- level = "basic"
-- tags = ["brand store", "visits", "traffic"]
-- window-advice = "Four weeks for a busy store; a whole year for a small one, because the source of a visit is shown for at least 100 users only."
-- prerequisites = ["A subscription to Brand Store Insights (data source amazon_brand_store_page_views)."]
-- sample = """
-- store_name,visit_source,visits,visitors,page_views,pages_per_visit,seconds_per_visit
-- Tundrel,other,174,164,401,2.30,127.9
-- Mirelune,other,156,145,352,2.26,122.4
-- Woolpaddle,other,152,145,358,2.36,124.7
-- Mirelune,ads,117,108,262,2.24,114.5
-- Woolpaddle,search,111,100,272,2.45,133.4
-- Mirelune,byline of a product page,108,106,255,2.36,125.9
-- """
-- chart = "visits"
-- interpretation = '''
-- Compare **pages_per_visit** and **seconds_per_visit** between sources: visits from ads that leave after one page want a
-- landing page that fits the ad.
--
-- A visit is one `visit_id`. Its source comes from the code `ingress_type`, a column with the threshold of 100 users, so small
-- sources vanish from a short window. For visits from ads, `reference_id` names the campaign.
--
-- Time is added up over all pages of the visits.
--
-- The guide [Brand store journeys](../brand-store-journeys/guide.md) explains the method.
-- '''
--
-- [metrics]
-- store_name = "Brand store."
-- visit_source = "How the visitor reached the store, from ingress_type."
-- visits = "Different visits."
-- visitors = "Different recognized users."
-- page_views = "Pages shown."
-- pages_per_visit = "Pages shown divided by visits."
-- seconds_per_visit = "Time on all pages divided by visits, in seconds."
--
-- [window]
-- days = 364
-- lag = 2
--
-- [[parameters]]
-- name = "store_pattern"
-- kind = "pattern"
-- label = "Brand stores"
-- help = "Keeps stores whose name matches. % stands for any text; % alone keeps all."
-- default = "%"
--+++
SELECT
  store_name,
  CASE ingress_type
    WHEN '1' THEN 'search'
    WHEN '2' THEN 'byline of a product page'
    WHEN '4' THEN 'ads'
    WHEN '6' THEN 'store recommendations'
    ELSE 'other'
  END AS visit_source,
  COUNT(DISTINCT visit_id) AS visits,
  COUNT(DISTINCT user_id) AS visitors,
  COUNT(1) AS page_views,
  ROUND(COUNT(1) / NULLIF(COUNT(DISTINCT visit_id), 0), 2) AS pages_per_visit,
  ROUND(SUM(dwell_time) / NULLIF(COUNT(DISTINCT visit_id), 0), 1) AS seconds_per_visit
FROM amazon_brand_store_page_views
WHERE store_name LIKE {{store_pattern}}
  AND visit_id IS NOT NULL
GROUP BY
  store_name,
  CASE ingress_type
    WHEN '1' THEN 'search'
    WHEN '2' THEN 'byline of a product page'
    WHEN '4' THEN 'ads'
    WHEN '6' THEN 'store recommendations'
    ELSE 'other'
  END

--+++ recomamp query
-- format = 1
-- name = "Brand store pages: views, dwell time and exits"
-- description = "For each page of the brand store: views, visits, entries, exits, and how long people stay."
-- kind = "main"
-- category = "Brand store"
-- use-case = "Which store pages hold people, and where do they leave?"
-- products = ["brand-store"]
-- level = "intermediate"
-- tags = ["brand store", "pages", "dwell time"]
-- window-advice = "Four weeks or more that ended at least two days ago. Avoid windows in which the store was rebuilt."
-- prerequisites = ["A subscription to Brand Store Insights (data source amazon_brand_store_page_views)."]
-- sample = """
-- store_name,page_title,page_views,visits,entries,exits,exit_rate,avg_seconds
-- Mirelune,Mirelune | Home,120,120,120,30,25.0,54.8
-- Tundrel,Tundrel | Home,105,105,105,23,21.9,52.8
-- Woolpaddle,Woolpaddle | Home,92,92,92,22,23.9,56.7
-- Mirelune,Mirelune | Best sellers,58,45,0,32,71.1,48.2
-- Tundrel,Tundrel | Deals,43,39,0,30,76.9,59.3
-- Woolpaddle,Woolpaddle | Our story,41,38,0,21,55.3,52.7
-- Mirelune,Mirelune | Our story,44,37,0,17,45.9,51.0
-- """
-- chart = "visits"
-- interpretation = '''
-- A page with many **entries** is a landing page, planned or not: make it work as one. A page with a high **exit_rate** and a
-- short **avg_seconds** loses people; a high exit rate after a long stay is less of a worry, since they may have gone on to a
-- product.
--
-- Entry and exit are the first and the last page of a visit by time. Pages are distinguished by their title; two pages of the
-- same title are one row.
--
-- The guide [Brand store journeys](../brand-store-journeys/guide.md) explains the method.
-- '''
--
-- [metrics]
-- store_name = "Brand store."
-- page_title = "Title of the page."
-- page_views = "Times the page was shown."
-- visits = "Visits with the page."
-- entries = "Visits that began on the page."
-- exits = "Visits that ended on the page."
-- exit_rate = "Exits in percent of the visits with the page."
-- avg_seconds = "Average dwell time per view, in seconds."
--
-- [window]
-- days = 84
-- lag = 2
--
-- [[parameters]]
-- name = "store_pattern"
-- kind = "pattern"
-- label = "Brand stores"
-- help = "Keeps stores whose name matches. % stands for any text; % alone keeps all."
-- default = "%"
--+++
WITH pages AS (
  SELECT
    store_name,
    page_title,
    visit_id,
    user_id,
    dwell_time,
    ROW_NUMBER() OVER (PARTITION BY visit_id ORDER BY event_dt_utc) AS from_first,
    ROW_NUMBER() OVER (PARTITION BY visit_id ORDER BY event_dt_utc DESC) AS from_last
  FROM amazon_brand_store_page_views
  WHERE store_name LIKE {{store_pattern}}
    AND visit_id IS NOT NULL
)
SELECT
  store_name,
  page_title,
  COUNT(1) AS page_views,
  COUNT(DISTINCT visit_id) AS visits,
  SUM(CASE WHEN from_first = 1 THEN 1 ELSE 0 END) AS entries,
  SUM(CASE WHEN from_last = 1 THEN 1 ELSE 0 END) AS exits,
  ROUND(100 * SUM(CASE WHEN from_last = 1 THEN 1 ELSE 0 END) / NULLIF(COUNT(DISTINCT visit_id), 0), 1) AS exit_rate,
  ROUND(AVG(dwell_time), 1) AS avg_seconds
FROM pages
GROUP BY store_name, page_title

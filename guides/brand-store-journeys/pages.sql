--+++ recomamp query
-- format = 1
-- name = "Store pages and their visitors"
-- description = "Views, visits, visitors and time per page of each brand store."
-- kind = "explore"
-- tags = ["brand store"]
-- window-advice = "Four weeks or more; nothing is attributed, so the window may end two days ago."
-- sample = """
-- store_name, page_title, page_views, visits, visitors, seconds_per_view
-- Mirelune, Mirelune | Home, 247, 247, 232, 53.62
-- Mirelune, Mirelune | Best sellers, 98, 82, 78, 49.30
-- Mirelune, Mirelune | New arrivals, 86, 72, 68, 54.69
-- Mirelune, Mirelune | Our story, 83, 74, 72, 49.13
-- Mirelune, Mirelune | Deals, 74, 64, 61, 47.34
-- Tundrel, Tundrel | Home, 220, 220, 204, 52.92
-- Tundrel, Tundrel | Our story, 80, 62, 60, 55.54
-- Tundrel, Tundrel | Deals, 76, 69, 62, 56.32
-- Tundrel, Tundrel | New arrivals, 65, 61, 58, 53.25
-- Tundrel, Tundrel | Best sellers, 63, 55, 52, 53.89
-- """
-- chart = "visitors"
-- interpretation = """
-- Copy the store's name into the other queries. Don't add up visits or visitors of several pages: a visit with three pages is in three rows.
-- """
--
-- [metrics]
-- page_views = "Rows of the source: pages rendered."
-- visits = "Different visits with at least one view of the page."
-- visitors = "Different recognized users among them."
-- seconds_per_view = "Average dwell time of a page view, in seconds."
--
-- [window]
-- days = 182
--
-- [[parameters]]
-- name = "min_visits"
-- kind = "number"
-- label = "Minimum visits"
-- help = "Leave out pages with fewer visits."
-- default = 10
--+++
SELECT
  store_name,
  page_title,
  COUNT(1) AS page_views,
  COUNT(DISTINCT visit_id) AS visits,
  COUNT(DISTINCT user_id) AS visitors,
  AVG(dwell_time) AS seconds_per_view
FROM amazon_brand_store_page_views
GROUP BY store_name, page_title
HAVING COUNT(DISTINCT visit_id) >= {{min_visits}}

--+++ recomamp query
-- format = 1
-- name = "Store pages and their visitors"
-- description = "Views, visits, visitors and time per page of each brand store."
-- kind = "explore"
-- tags = ["brand store"]
-- window-advice = "Four weeks or more; nothing is attributed, so the window may end two days ago."
-- sample = """
-- store_name, page_title, page_views, visits, visitors, seconds_per_view
-- Mirelune, Mirelune | Home, 220, 220, 210, 54.23
-- Mirelune, Mirelune | Best sellers, 80, 65, 63, 47.06
-- Mirelune, Mirelune | Deals, 67, 57, 55, 50.60
-- Mirelune, Mirelune | Our story, 64, 55, 53, 50.11
-- Mirelune, Mirelune | New arrivals, 62, 57, 54, 52.53
-- Tundrel, Tundrel | Home, 200, 200, 184, 53.87
-- Tundrel, Tundrel | Deals, 69, 62, 56, 57.29
-- Tundrel, Tundrel | Our story, 69, 53, 52, 53.58
-- Tundrel, Tundrel | Best sellers, 67, 56, 55, 60.78
-- Tundrel, Tundrel | New arrivals, 54, 52, 48, 48.87
-- """
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
-- days = 84
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

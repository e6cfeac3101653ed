--+++ recomamp query
-- format = 1
-- name = "Page sequences in the brand store"
-- description = "The order in which people see the pages of the store in one visit, with the number of visits."
-- kind = "main"
-- category = "Brand store"
-- use-case = "How do people move through our store?"
-- products = ["brand-store"]
-- level = "advanced"
-- tags = ["brand store", "journey", "path"]
-- window-advice = "Four weeks or more that ended at least two days ago."
-- prerequisites = ["A subscription to Brand Store Insights (data source amazon_brand_store_page_views)."]
-- sample = """
-- store_name,page_path,visits,visit_share,visitors
-- Mirelune,"[[1, Mirelune | Home]]",30,25.9,30
-- Tundrel,"[[1, Tundrel | Home]]",22,21.8,22
-- Woolpaddle,"[[1, Woolpaddle | Home]]",21,24.1,21
-- Tundrel,"[[1, Tundrel | Home], [2, Tundrel | Our story]]",16,15.8,16
-- Tundrel,"[[1, Tundrel | Home], [2, Tundrel | Deals]]",14,13.9,14
-- Mirelune,"[[1, Mirelune | Home], [2, Mirelune | Best sellers]]",13,11.2,13
-- Mirelune,"[[1, Mirelune | Home], [2, Mirelune | New arrivals]]",13,11.2,12
-- """
-- interpretation = '''
-- Each page counts once in a sequence, at its first view in the visit: `[[1, Home], [2, Deals]]` means that Home came first.
-- Sequences of a single page tell how many visits end where they begin. Compare the most frequent second pages with what the
-- navigation puts first.
--
-- Sequences with fewer than two visitors are removed, and with many pages that can be a large part. **visit_share** is the
-- share of all visits, removed ones included, so a low sum means that journeys vary a lot.
--
-- The guide [Brand store journeys](../brand-store-journeys/guide.md) explains the method.
-- '''
--
-- [metrics]
-- store_name = "Brand store."
-- page_path = "Pages in the order of their first view."
-- visits = "Visits with this sequence."
-- visit_share = "Percent of all visits of recognized users to the store."
-- visitors = "Different recognized users."
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
WITH first_views AS (
  SELECT
    store_name,
    visit_id,
    user_id,
    page_title,
    MIN(event_dt_utc) AS first_view
  FROM amazon_brand_store_page_views
  WHERE store_name LIKE {{store_pattern}}
    AND visit_id IS NOT NULL
    AND user_id IS NOT NULL
  GROUP BY store_name, visit_id, user_id, page_title
),
numbered AS (
  SELECT
    store_name,
    visit_id,
    user_id,
    NAMED_ROW(
      'position', ROW_NUMBER() OVER (PARTITION BY visit_id ORDER BY first_view, page_title),
      'page', page_title
    ) AS step
  FROM first_views
),
visit_paths AS (
  SELECT
    store_name,
    visit_id,
    user_id,
    ARRAY_SORT(COLLECT(DISTINCT step)) AS page_path
  FROM numbered
  GROUP BY store_name, visit_id, user_id
),
grouped AS (
  SELECT
    store_name,
    page_path,
    COUNT(DISTINCT visit_id) AS visits,
    COUNT(DISTINCT user_id) AS visitors
  FROM visit_paths
  GROUP BY store_name, page_path
)
SELECT
  store_name,
  page_path,
  visits,
  ROUND(100 * visits / NULLIF(SUM(visits) OVER (PARTITION BY store_name), 0), 1) AS visit_share,
  visitors
FROM grouped

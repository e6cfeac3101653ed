--+++ recomamp query
-- format = 1
-- name = "Ways through the store"
-- description = "The first pages of each visit, in order."
-- kind = "main"
-- tags = ["brand store", "journeys"]
-- window-advice = "Twelve weeks or more; sequences are many and visits are few."
-- prerequisites = ["A subscription to Brand Store Insights"]
-- sample = """
-- sequence, pages, visits, visitors
-- Home, 1, 134, 133
-- Home > Best sellers, 2, 40, 40
-- Home > New arrivals, 2, 36, 35
-- Home > Our story, 2, 36, 36
-- Home > Deals, 2, 21, 21
-- Home > Deals > Best sellers, 3, 13, 13
-- Home > Best sellers > Deals, 3, 12, 12
-- Home > Best sellers > New arrivals, 3, 10, 10
-- Home > Best sellers > Our story, 3, 8, 8
-- Home > New arrivals > New arrivals, 3, 8, 8
-- """
-- chart = "visits"
-- interpretation = """
-- Look at where visits end: a page that is the last of many short visits needs a better next step. Sequences of a single visitor are removed.
-- """
--
-- [metrics]
-- sequence = "Pages of the visit in order, the first three. A page that was viewed twice in a row appears twice."
-- pages = "Page views of the visit, grouped."
-- visits = "Visits with this sequence."
-- visitors = "Different recognized users."
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
WITH views AS (
  SELECT
    visit_id,
    user_id,
    -- Page titles often begin with the store's name; the part after it is enough.
    REGEXP_REPLACE(page_title, '^.* [|] ', '') AS page,
    ROW_NUMBER() OVER (PARTITION BY visit_id ORDER BY event_dt_utc, page_id) AS place
  FROM amazon_brand_store_page_views
  WHERE store_name IN ({{stores}})
    AND user_id IS NOT NULL
),
visits AS (
  SELECT
    visit_id,
    user_id,
    MAX(CASE WHEN place = 1 THEN page END) AS page_1,
    MAX(CASE WHEN place = 2 THEN page END) AS page_2,
    MAX(CASE WHEN place = 3 THEN page END) AS page_3,
    COUNT(1) AS pages
  FROM views
  GROUP BY visit_id, user_id
)
SELECT
  CONCAT(
    page_1,
    CASE WHEN pages > 1 THEN CONCAT(' > ', page_2) ELSE '' END,
    CASE WHEN pages > 2 THEN CONCAT(' > ', page_3) ELSE '' END
  ) AS sequence,
  CASE WHEN pages > 3 THEN '4 or more' ELSE CAST(pages AS VARCHAR) END AS pages,
  COUNT(DISTINCT visit_id) AS visits,
  COUNT(DISTINCT user_id) AS visitors
FROM visits
GROUP BY 1, 2

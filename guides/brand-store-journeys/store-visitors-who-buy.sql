--+++ recomamp query
-- format = 1
-- name = "Do store visitors buy more?"
-- description = "Purchase rates of people who looked at a product page, with and without a visit to the brand store."
-- kind = "main"
-- tags = ["brand store", "purchase rate"]
-- window-advice = "Four weeks or more that ended 16 days ago: purchases are counted for 14 days after the first visit, and data takes up to two days to arrive."
-- prerequisites = ["A subscription to Brand Store Insights"]
-- sample = """
-- visited, users, buyers, purchase_rate, sales, sales_per_buyer
-- product page only, 1537, 286, 0.1861, 7603.25, 26.58
-- product page and store, 195, 28, 0.1436, 766.61, 27.38
-- """
-- interpretation = """
-- Compare *product page and store* with *product page only*. The two groups differ in more than the visit: people choose to visit a store. With few buyers, differences of several percentage points are chance.
-- """
--
-- [metrics]
-- visited = "What the user visited in the window."
-- users = "Different recognized users who viewed a product page of the brand and had seen an ad in the 28 days before."
-- buyers = "Those who bought one of the products within 14 days after their first visit to a page of either kind in the window."
-- purchase_rate = "Buyers divided by users."
-- sales = "Sales of these purchases, in the currency of the account."
-- sales_per_buyer = "Sales divided by buyers."
--
-- [window]
-- days = 182
--
-- [[parameters]]
-- name = "stores"
-- kind = "list"
-- label = "Stores"
-- help = "Store names, one per line, exactly as in AMC."
-- demo-default = ["Mirelune"]
--
-- [[parameters]]
-- name = "asins"
-- kind = "list"
-- label = "ASINs"
-- help = "The brand's ASINs, one per line."
-- demo-default = ["B01VLY94L5", "B0TKDWV9WV", "B0N25NMYZM", "B0JNH8XHBN", "B097HMBZPL", "B0MZYLRW7Q", "B0GW1G4PL9", "B0J20YYVFJ", "B0KF3MDS0M", "B0PTWJKRX7"]
--+++
WITH visits AS (
  SELECT
    user_id,
    event_dt_utc AS visit_dt,
    1 AS in_store,
    0 AS on_product_page
  FROM amazon_brand_store_page_views
  WHERE store_name IN ({{stores}})
    AND user_id IS NOT NULL
  UNION ALL
  SELECT
    user_id,
    event_dt_utc AS visit_dt,
    0 AS in_store,
    1 AS on_product_page
  FROM conversions
  WHERE event_subtype = 'detailPageView'
    AND tracked_item IN ({{asins}})
    AND user_id IS NOT NULL
),
visitors AS (
  SELECT
    user_id,
    MIN(visit_dt) AS first_visit_dt,
    MAX(in_store) AS in_store,
    MAX(on_product_page) AS on_product_page
  FROM visits
  GROUP BY user_id
),
orders AS (
  SELECT
    user_id,
    event_dt_utc AS order_dt,
    total_product_sales AS sales
  FROM TABLE(EXTEND_TIME_WINDOW('conversions', 'P0D', 'P14D'))
  WHERE event_subtype = 'order'
    AND tracked_asin IN ({{asins}})
    AND user_id IS NOT NULL
),
later_sales AS (
  SELECT
    v.user_id,
    SUM(o.sales) AS sales
  FROM visitors v
  JOIN orders o ON o.user_id = v.user_id
    AND o.order_dt > v.first_visit_dt
    AND SECONDS_BETWEEN(v.first_visit_dt, o.order_dt) <= 14 * 86400
  GROUP BY v.user_id
)
SELECT
  CASE
    WHEN v.in_store = 1 THEN 'product page and store'
    ELSE 'product page only'
  END AS visited,
  COUNT(DISTINCT v.user_id) AS users,
  COUNT(DISTINCT s.user_id) AS buyers,
  COUNT(DISTINCT s.user_id) / COUNT(DISTINCT v.user_id) AS purchase_rate,
  SUM(COALESCE(s.sales, 0)) AS sales,
  SUM(COALESCE(s.sales, 0)) / NULLIF(COUNT(DISTINCT s.user_id), 0) AS sales_per_buyer
FROM visitors v
LEFT JOIN later_sales s ON s.user_id = v.user_id
WHERE v.on_product_page = 1
GROUP BY 1

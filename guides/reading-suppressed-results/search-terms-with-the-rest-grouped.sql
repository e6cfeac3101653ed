--+++ recomamp query
-- format = 1
-- name = "Search terms with the rest grouped"
-- kind = "main"
-- description = "Delivery, clicks, and spend by search term of Sponsored Products. Terms that too few people clicked share one row, so that the totals are complete."
-- window-advice = "Whole weeks that ended at least two days ago."
-- prerequisites = ["Sponsored Products in the instance"]
-- sample = """
-- search_term, terms, impressions, clicks, spend
-- Other search terms, 76, 4265, 45, 42.13
-- mineral sunscreen, 1, 448, 7, 7.38
-- clay mask, 1, 419, 5, 5.97
-- vitamin c serum, 1, 416, 8, 8.15
-- night cream, 1, 414, 7, 7.09
-- cleansing balm, 1, 395, 11, 10.21
-- """
-- interpretation = """
-- * *Other search terms* holds every term with fewer clicking people than the parameter says. **Terms** tells how many they are.
-- * The totals of all rows are the totals of the account, so shares can be computed.
-- * If *Other search terms* holds most of the spend, widen the window before you lower the parameter.
-- """
--
-- [metrics]
-- search_term = "What shoppers typed."
-- terms = "How many search terms the row stands for."
-- impressions = "Impressions for these terms."
-- clicks = "Clicks on them."
-- spend = "Cost of the clicks, in the account's currency."
--
-- [window]
-- days = 28
--
-- [[parameters]]
-- name = "clicking_people"
-- kind = "number"
-- label = "People who clicked, at least"
-- help = "Terms with fewer go to the common row. AMC demands 2; 3 leaves room for users who click several times."
-- default = "3"
--+++
WITH events AS (
  SELECT customer_search_term, user_id, impressions, clicks, spend
  FROM sponsored_ads_traffic
  WHERE ad_product_type = 'sponsored_products'
    AND customer_search_term IS NOT NULL
),
clicked AS (
  SELECT customer_search_term, COUNT(DISTINCT user_id) AS people
  FROM events
  WHERE clicks > 0
  GROUP BY customer_search_term
),
labeled AS (
  SELECT
    IF(COALESCE(c.people, 0) >= {{clicking_people}}, e.customer_search_term, 'Other search terms') AS search_term,
    e.customer_search_term,
    e.impressions, e.clicks, e.spend
  FROM events e
  LEFT JOIN clicked c ON e.customer_search_term = c.customer_search_term
)
SELECT
  search_term,
  COUNT(DISTINCT customer_search_term) AS terms,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  -- spend is in microcents
  ROUND(SUM(spend) / 100000000.0, 2) AS spend
FROM labeled
GROUP BY search_term

--+++ recomamp query
-- format = 1
-- name = "Search terms that sell without an exact keyword"
-- description = "Search terms that brought clicks or orders through broad, phrase or automatic targeting, and for which no exact keyword received any click."
-- kind = "main"
-- category = "Search"
-- use-case = "Which new keywords should we add?"
-- products = ["sponsored-products", "sponsored-brands"]
-- level = "intermediate"
-- tags = ["search terms", "keywords", "harvesting"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. Eight weeks or more."
-- prerequisites = ["Broad, phrase or automatic targeting with clicks in the window."]
-- sample = """
-- search_term,impressions,clicks,cost,cpc,orders,sales,roas
-- night cream,1654,30,35.60,1.19,6,121.9400,3.43
-- mineral sunscreen,1733,30,34.69,1.16,3,63.9600,1.84
-- best cleansing balm,530,6,6.96,1.16,0,0.0000,0.00
-- cleansing balm gift,252,4,4.41,1.10,0,0.0000,0.00
-- night cream gift,235,4,4.84,1.21,0,0.0000,0.00
-- grain free dog food gift,144,3,4.13,1.38,0,0.0000,0.00
-- cat treats gift,131,3,3.62,1.21,0,0.0000,0.00
-- """
-- interpretation = '''
-- Add the terms with the most **orders** as exact keywords, with a bid near **cpc**, and consider them as negatives in the
-- campaigns in which they were found, so that the two don't bid on the same search.
--
-- A term is left out if an exact keyword got a click for it in any of the chosen campaigns. An exact keyword that was shown
-- but not clicked doesn't count, and AMC knows nothing of one that was never shown, so check your keyword list before you add a
-- term. Match type EXACT also serves close variants, such as plurals.
--
-- The guide [Search terms and branded search](../search-terms/guide.md) explains the method.
-- '''
--
-- [metrics]
-- search_term = "What the shopper typed, in lower case."
-- impressions = "Impressions."
-- clicks = "Clicks."
-- cost = "Spend in the currency of the account (microcents divided by 100,000,000)."
-- cpc = "Spend per click."
-- orders = "Attributed orders, brand halo included."
-- sales = "Attributed sales, in the currency of the purchase."
-- roas = "Sales divided by spend."
--
-- [window]
-- days = 84
-- lag = 14
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--
-- [[parameters]]
-- name = "min_clicks"
-- kind = "number"
-- label = "Fewest clicks"
-- help = "Rows with fewer clicks are left out."
-- default = 3
--+++
WITH combined AS (
  SELECT
    LOWER(customer_search_term) AS search_term,
    match_type,
    impressions,
    clicks,
    spend / 100000000 AS cost,
    0 AS orders,
    0 AS sales,
    0 AS ntb_orders
  FROM sponsored_ads_traffic
  WHERE ad_product_type IN ('sponsored_products', 'sponsored_brands')
    AND campaign LIKE {{campaign_pattern}}
    AND customer_search_term IS NOT NULL
  UNION ALL
  SELECT
    LOWER(customer_search_term) AS search_term,
    match_type,
    0 AS impressions,
    0 AS clicks,
    0 AS cost,
    total_purchases AS orders,
    total_product_sales AS sales,
    new_to_brand_total_purchases AS ntb_orders
  FROM amazon_attributed_events_by_traffic_time
  WHERE ad_product_type IN ('sponsored_products', 'sponsored_brands')
    AND campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
    AND customer_search_term IS NOT NULL
),
terms AS (
  SELECT
    search_term,
    SUM(impressions) AS impressions,
    SUM(clicks) AS clicks,
    SUM(cost) AS cost,
    SUM(orders) AS orders,
    SUM(sales) AS sales,
    SUM(CASE WHEN match_type = 'EXACT' THEN clicks ELSE 0 END) AS exact_clicks
  FROM combined
  GROUP BY search_term
)
SELECT
  search_term,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(SUM(cost) / NULLIF(SUM(clicks), 0), 2) AS cpc,
  SUM(orders) AS orders,
  SUM(sales) AS sales,
  ROUND(SUM(sales) / NULLIF(SUM(cost), 0), 2) AS roas
FROM terms
WHERE exact_clicks = 0
  AND clicks >= {{min_clicks}}
GROUP BY search_term

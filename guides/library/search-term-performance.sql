--+++ recomamp query
-- format = 1
-- name = "Search term performance"
-- description = "What shoppers typed before they saw or clicked a Sponsored Products or Sponsored Brands ad, with clicks, spend, orders and sales."
-- kind = "main"
-- category = "Search"
-- use-case = "Which searches bring sales, and which only cost money?"
-- products = ["sponsored-products", "sponsored-brands"]
-- level = "basic"
-- tags = ["search terms", "keywords"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. Most search terms are rare: take eight weeks or more."
-- prerequisites = ["Ads on search results in the window."]
-- sample = """
-- search_term,impressions,clicks,cost,cpc,orders,sales,roas,ntb_share
-- night cream,1654,30,35.60,1.19,6,121.9400,3.43,33.3
-- mineral sunscreen,1733,30,34.69,1.16,3,63.9600,1.84,66.7
-- cat litter,790,16,18.35,1.15,5,187.9300,10.24,80.0
-- tundrel,532,23,17.01,0.74,7,298.8900,17.58,57.1
-- woolpaddle,381,14,9.63,0.69,5,200.9400,20.87,80.0
-- mirelune vitamin c serum,280,11,8.49,0.77,3,123.9500,14.60,66.7
-- best dog dental chews,282,7,7.90,1.13,0,0.0000,0.00,
-- """
-- chart = "cost"
-- interpretation = '''
-- Terms with many **clicks** and few **orders** are candidates for negative keywords. Terms with a good **roas** are
-- candidates for keywords of their own; see [Search terms that sell without an exact
-- keyword](../library/search-terms-without-exact-keyword.sql).
--
-- Ads that were not shown for a search, such as those on product pages, have no term and are left out. Terms that a single
-- shopper saw, clicked or bought on are removed by AMC, and with long-tail searches that can be a good part of the spend:
-- compare the total **cost** with [Sponsored Products performance by campaign](../library/sponsored-products-performance.sql).
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
-- ntb_share = "New-to-brand orders in percent of the orders."
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
-- default = 5
--+++
WITH combined AS (
  SELECT
    LOWER(customer_search_term) AS search_term,
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
)
SELECT
  search_term,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(SUM(cost) / NULLIF(SUM(clicks), 0), 2) AS cpc,
  SUM(orders) AS orders,
  SUM(sales) AS sales,
  ROUND(SUM(sales) / NULLIF(SUM(cost), 0), 2) AS roas,
  ROUND(100 * SUM(ntb_orders) / NULLIF(SUM(orders), 0), 1) AS ntb_share
FROM combined
GROUP BY search_term
HAVING SUM(clicks) >= {{min_clicks}}

--+++ recomamp query
-- format = 1
-- name = "Spend and sales by match type"
-- description = "How spend and attributed sales of Sponsored Products and Sponsored Brands are divided among match types and targeting types."
-- kind = "main"
-- category = "Search"
-- use-case = "Are we paying too much for broad match?"
-- products = ["sponsored-products", "sponsored-brands"]
-- level = "basic"
-- tags = ["match type", "keywords", "budget"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Sponsored Products or Sponsored Brands campaigns with clicks in the window."]
-- sample = """
-- ad_product,match_type,clicks,cost,cost_share,orders,sales,sales_share,roas,ntb_share
-- sponsored_brands,PHRASE,110,158.22,65.2,20,658.7600,40.6,4.16,55.0
-- sponsored_brands,THEME,73,74.07,30.5,19,679.7400,41.9,9.18,78.9
-- sponsored_brands,EXACT,18,10.51,4.3,6,282.9000,17.4,26.91,83.3
-- sponsored_products,PHRASE,116,150.75,34.2,12,376.8600,15.4,2.50,50.0
-- sponsored_products,TARGETING_EXPRESSION_PREDEFINED,197,144.88,32.9,28,1075.6600,43.9,7.42,71.4
-- sponsored_products,BROAD,114,120.55,27.4,17,571.7900,23.4,4.74,64.7
-- sponsored_products,EXACT,29,13.83,3.1,7,315.9100,12.9,22.84,57.1
-- sponsored_products,TARGETING_EXPRESSION,14,10.47,2.4,5,107.9400,4.4,10.31,100.0
-- """
-- chart = "cost"
-- interpretation = '''
-- Compare **cost_share** with **sales_share**: a match type that takes more of the spend than it returns of the sales either
-- wastes money or finds the search terms on which other match types later sell. Check the latter with **ntb_share** and with
-- [Search terms that sell without an exact keyword](../library/search-terms-without-exact-keyword.sql) before you cut it.
--
-- EXACT on brand keywords usually looks best, since those shoppers came for the brand. Narrow the campaigns to those without
-- brand keywords to compare the rest fairly.
--
-- The guide [Search terms and branded search](../search-terms/guide.md) explains the method.
-- '''
--
-- [metrics]
-- ad_product = "Ad product."
-- match_type = "Match type, or the kind of targeting expression."
-- clicks = "Clicks."
-- cost = "Spend in the currency of the account."
-- cost_share = "Percent of the spend of the ad product."
-- orders = "Attributed orders, brand halo included."
-- sales = "Attributed sales, in the currency of the purchase."
-- sales_share = "Percent of the sales of the ad product."
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
--+++
WITH combined AS (
  SELECT
    ad_product_type AS ad_product,
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
  UNION ALL
  SELECT
    ad_product_type AS ad_product,
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
),
grouped AS (
  SELECT
    ad_product,
    match_type,
    SUM(clicks) AS clicks,
    SUM(cost) AS cost,
    SUM(orders) AS orders,
    SUM(sales) AS sales,
    SUM(ntb_orders) AS ntb_orders
  FROM combined
  GROUP BY ad_product, match_type
)
SELECT
  ad_product,
  match_type,
  clicks,
  ROUND(cost, 2) AS cost,
  ROUND(100 * cost / NULLIF(SUM(cost) OVER (PARTITION BY ad_product), 0), 1) AS cost_share,
  orders,
  sales,
  ROUND(100 * sales / NULLIF(SUM(sales) OVER (PARTITION BY ad_product), 0), 1) AS sales_share,
  ROUND(sales / NULLIF(cost, 0), 2) AS roas,
  ROUND(100 * ntb_orders / NULLIF(orders, 0), 1) AS ntb_share
FROM grouped

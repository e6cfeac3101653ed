--+++ recomamp query
-- format = 1
-- name = "Keyword and target performance"
-- description = "Each keyword or target of Sponsored Products and Sponsored Brands with its match type: clicks, spend, orders, sales and ROAS."
-- kind = "main"
-- category = "Search"
-- use-case = "Which keywords deserve a higher bid, and which a lower one?"
-- products = ["sponsored-products", "sponsored-brands"]
-- level = "intermediate"
-- tags = ["keywords", "bids", "targeting"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. Keywords need volume: eight weeks or more."
-- prerequisites = ["Keyword or product targeting with clicks in the window."]
-- sample = """
-- ad_product,keyword,match_type,impressions,clicks,cost,cpc,orders,sales,roas
-- sponsored_brands,KEYWORDS_RELATED_TO_YOUR_BRAND,THEME,1996,73,74.07,1.01,19,679.7400,9.18
-- sponsored_brands,night cream,PHRASE,347,9,12.98,1.44,4,89.9600,6.93
-- sponsored_products,chews,BROAD,451,8,9.36,1.17,0,0.0000,0.00
-- sponsored_products,cleansing balm,PHRASE,324,6,8.20,1.37,0,0.0000,0.00
-- sponsored_products,sunscreen,BROAD,370,7,7.00,1.00,3,60.9700,8.71
-- sponsored_products,serum,BROAD,339,5,5.62,1.12,0,0.0000,0.00
-- sponsored_products,tundrel,EXACT,109,5,2.27,0.45,0,0.0000,0.00
-- """
-- chart = "cost"
-- interpretation = '''
-- Sort by **cost**. Lower the bids of keywords with much spend and a **roas** below your target first; raise those with few
-- impressions and a high ROAS. Look at **clicks** before you judge: below a few dozen clicks the ROAS of a keyword says
-- little.
--
-- `targeting` is what you bid on: a keyword, or an expression such as `asin="…"`. What people typed is `customer_search_term`;
-- see [Search term performance](../library/search-term-performance.sql).
--
-- AMC removes a row whose clicks or orders come from a single person. Keywords that sold once can therefore be missing here
-- although the console shows them.
--
-- The guide [Search terms and branded search](../search-terms/guide.md) explains the method.
-- '''
--
-- [metrics]
-- ad_product = "Ad product."
-- keyword = "Keyword or target."
-- match_type = "Match type, or the kind of targeting expression."
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
-- default = 5
--+++
WITH combined AS (
  SELECT
    ad_product_type AS ad_product,
    targeting AS keyword,
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
    targeting AS keyword,
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
)
SELECT
  ad_product,
  keyword,
  match_type,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(SUM(cost) / NULLIF(SUM(clicks), 0), 2) AS cpc,
  SUM(orders) AS orders,
  SUM(sales) AS sales,
  ROUND(SUM(sales) / NULLIF(SUM(cost), 0), 2) AS roas
FROM combined
GROUP BY ad_product, keyword, match_type
HAVING SUM(clicks) >= {{min_clicks}}

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
-- sponsored_brands,KEYWORDS_RELATED_TO_YOUR_BRAND,THEME,2001,74,75.32,1.02,20,704.7300,9.36
-- sponsored_brands,night cream,PHRASE,345,9,12.98,1.44,4,89.9600,6.93
-- sponsored_products,chews,BROAD,447,8,9.36,1.17,0,0.0000,0.00
-- sponsored_products,mineral sunscreen,PHRASE,344,6,7.99,1.33,0,0.0000,0.00
-- sponsored_products,vitamin c serum,BROAD,350,6,6.77,1.13,3,72.9600,10.77
-- sponsored_products,serum,BROAD,335,5,5.62,1.12,0,0.0000,0.00
-- sponsored_products,tundrel,EXACT,108,5,2.27,0.45,0,0.0000,0.00
-- """
-- interpretation = '''
-- Sort by **cost**. A keyword with much spend and a **roas** below your target is the first to lower; one with few impressions
-- and a high ROAS the first to raise. Look at **clicks** before you judge: below a few dozen clicks the ROAS of a keyword says
-- little.
--
-- `targeting` is what you bid on: a keyword, or an expression such as `asin="…"`. What people typed is `customer_search_term`;
-- see *Search term performance*.
--
-- AMC removes a row whose clicks or orders come from a single person. So rare keywords that sold once are missing here
-- although the console shows them.
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

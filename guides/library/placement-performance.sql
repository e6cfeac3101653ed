--+++ recomamp query
-- format = 1
-- name = "Sponsored ads by placement"
-- description = "Top of search, product pages, home page and off Amazon: impressions, clicks, spend, orders and ROAS of each placement."
-- kind = "main"
-- category = "Sponsored ads"
-- use-case = "Should we raise the bid for top of search?"
-- products = ["sponsored-products", "sponsored-brands", "sponsored-display"]
-- level = "basic"
-- tags = ["placements", "bids"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Sponsored ads with clicks in the window."]
-- sample = """
-- ad_product,placement,impressions,clicks,ctr,cost,cpc,orders,conversion_rate,roas
-- sponsored_brands,Detail Page on-Amazon,4718,94,1.99,115.93,1.23,22,23.40,5.89
-- sponsored_brands,Top of Search on-Amazon,4798,89,1.85,104.26,1.17,18,20.22,7.18
-- sponsored_brands,Off Amazon,810,18,2.22,22.62,1.26,5,27.78,8.40
-- sponsored_display,Detail Page on-Amazon,5639,19,0.34,17.69,0.93,23,121.05,34.80
-- sponsored_display,Homepage on-Amazon,1522,9,0.59,6.54,0.73,8,88.89,37.12
-- sponsored_products,Detail Page on-Amazon,17736,223,1.26,206.35,0.93,30,13.45,5.55
-- sponsored_products,Top of Search on-Amazon,11475,203,1.77,192.14,0.95,34,16.75,5.73
-- sponsored_products,Off Amazon,3422,39,1.14,38.32,0.98,4,10.26,4.62
-- """
-- chart = "roas"
-- interpretation = '''
-- Compare **conversion_rate** between placements and let the bid adjustment follow it: a placement that converts twice as
-- often can cost twice as much per click at the same ROAS.
--
-- Compare within one ad product; shoppers who see different products have different intents. Orders are attributed to the
-- placement of the credited ad and include view-through orders for Sponsored Brands and Sponsored Display, which is why their
-- conversion rate per click can look too good.
-- '''
--
-- [metrics]
-- ad_product = "Ad product."
-- placement = "Where the ad was shown."
-- impressions = "Impressions."
-- clicks = "Clicks."
-- ctr = "Clicks in percent of impressions."
-- cost = "Spend in the currency of the account (microcents divided by 100,000,000)."
-- cpc = "Spend per click."
-- orders = "Attributed orders, brand halo included."
-- conversion_rate = "Orders in percent of clicks."
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
--+++
WITH combined AS (
  SELECT
    ad_product_type AS ad_product,
    placement_type AS placement,
    impressions,
    clicks,
    spend / 100000000 AS cost,
    0 AS orders,
    0 AS sales
  FROM sponsored_ads_traffic
  WHERE ad_product_type IN ('sponsored_products', 'sponsored_brands', 'sponsored_display')
    AND campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    ad_product_type AS ad_product,
    placement_type AS placement,
    0 AS impressions,
    0 AS clicks,
    0 AS cost,
    total_purchases AS orders,
    total_product_sales AS sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE ad_product_type IN ('sponsored_products', 'sponsored_brands', 'sponsored_display')
    AND campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
)
SELECT
  ad_product,
  placement,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  ROUND(100 * SUM(clicks) / NULLIF(SUM(impressions), 0), 2) AS ctr,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(SUM(cost) / NULLIF(SUM(clicks), 0), 2) AS cpc,
  SUM(orders) AS orders,
  ROUND(100 * SUM(orders) / NULLIF(SUM(clicks), 0), 2) AS conversion_rate,
  ROUND(SUM(sales) / NULLIF(SUM(cost), 0), 2) AS roas
FROM combined
GROUP BY ad_product, placement

--+++ recomamp query
-- format = 1
-- name = "Sponsored Products performance by campaign"
-- description = "Delivery, spend, attributed orders and sales, ROAS and ACOS of each Sponsored Products campaign."
-- kind = "main"
-- category = "Sponsored ads"
-- use-case = "Which Sponsored Products campaigns earn their spend?"
-- products = ["sponsored-products"]
-- level = "basic"
-- tags = ["sponsored products", "roas", "campaigns"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Sponsored Products campaigns with clicks in the window."]
-- sample = """
-- campaign,currency,impressions,clicks,ctr,cost,cpc,orders,sales,conversion_rate,roas,acos
-- SP - Mirelune - Automatic,USD,6017,89,1.48,64.84,0.73,10,288.8700,11.24,4.46,22.4
-- SP - Mirelune - Category keywords phrase,USD,3450,48,1.39,60.27,1.26,7,146.9200,14.58,2.44,41.0
-- SP - Mirelune - Category keywords broad,USD,3429,54,1.57,58.31,1.08,11,266.8600,20.37,4.58,21.9
-- SP - Tundrel - Automatic,USD,4451,64,1.44,46.64,0.73,9,337.9000,14.06,7.25,13.8
-- SP - Woolpaddle - Automatic,USD,3152,44,1.40,33.40,0.76,9,448.8900,20.45,13.44,7.4
-- SP - Woolpaddle - Category keywords broad,USD,1704,28,1.64,28.13,1.00,4,212.9500,14.29,7.57,13.2
-- """
-- chart = "roas"
-- interpretation = '''
-- Sort by **cost** and read **roas** downward: the large campaigns decide the result. Then compare **conversion_rate** with
-- **cpc** to see *why* a campaign is weak: few buyers, or expensive clicks.
--
-- Traffic and orders come from two data sources that are stacked and summed, not joined: joining them by campaign would
-- multiply rows. Orders are counted at the time of the click, as in console reports of Sponsored Products, so cost and sales
-- belong to the same clicks.
--
-- A campaign whose clicks or orders all come from one person is removed by AMC.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- currency = "Currency of spend and sales."
-- impressions = "Impressions."
-- clicks = "Clicks."
-- ctr = "Clicks in percent of impressions."
-- cost = "Spend in currency (spend is in microcents: divided by 100,000,000)."
-- cpc = "Spend per click."
-- orders = "Attributed orders, brand halo included (total_purchases)."
-- sales = "Attributed sales, in the currency of the purchase."
-- roas = "Sales divided by spend."
-- acos = "Spend in percent of sales."
-- conversion_rate = "Orders in percent of clicks."
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
    campaign,
    currency_iso_code AS currency,
    impressions,
    clicks,
    spend / 100000000 AS cost,
    0 AS orders,
    0 AS sales,
    0 AS ntb_orders
  FROM sponsored_ads_traffic
  WHERE ad_product_type = 'sponsored_products'
    AND campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    campaign,
    purchase_currency AS currency,
    0 AS impressions,
    0 AS clicks,
    0 AS cost,
    total_purchases AS orders,
    total_product_sales AS sales,
    new_to_brand_total_purchases AS ntb_orders
  FROM amazon_attributed_events_by_traffic_time
  WHERE ad_product_type = 'sponsored_products'
    AND campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
)
SELECT
  campaign,
  currency,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  ROUND(100 * SUM(clicks) / NULLIF(SUM(impressions), 0), 2) AS ctr,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(SUM(cost) / NULLIF(SUM(clicks), 0), 2) AS cpc,
  SUM(orders) AS orders,
  SUM(sales) AS sales,
  ROUND(100 * SUM(orders) / NULLIF(SUM(clicks), 0), 2) AS conversion_rate,
  ROUND(SUM(sales) / NULLIF(SUM(cost), 0), 2) AS roas,
  ROUND(100 * SUM(cost) / NULLIF(SUM(sales), 0), 1) AS acos
FROM combined
GROUP BY campaign, currency

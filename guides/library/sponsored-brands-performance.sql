--+++ recomamp query
-- format = 1
-- name = "Sponsored Brands performance by campaign and ad format"
-- description = "Delivery, spend, orders and new-to-brand orders of Sponsored Brands campaigns; video apart from other formats."
-- kind = "main"
-- category = "Sponsored ads"
-- use-case = "Does Sponsored Brands video pay, compared with headline ads?"
-- products = ["sponsored-brands"]
-- level = "basic"
-- tags = ["sponsored brands", "video", "roas"]
-- window-advice = "Whole weeks. Orders count at their own time, so the figures of a window change little later; end it 14 days ago to be safe."
-- prerequisites = ["Sponsored Brands campaigns that delivered in the window."]
-- sample = """
-- campaign,ad_format,currency,impressions,clicks,ctr,cost,cpc,orders,sales,ntb_share,roas
-- SBV - Mirelune - Category video,video,USD,3391,53,1.56,76.94,1.45,9,239.8900,66.7,3.12
-- SBV - Tundrel - Category video,video,USD,2556,34,1.33,48.13,1.42,9,355.9000,44.4,7.39
-- SBA - Mirelune - Theme headline,static_image,USD,896,33,3.68,32.43,0.98,11,322.8400,81.8,9.95
-- SBA - Tundrel - Theme headline,static_image,USD,629,24,3.82,24.83,1.03,7,326.9300,71.4,13.16
-- """
-- chart = "roas"
-- interpretation = '''
-- Compare **roas** within one format first, then **cpc** and **ntb_share** between formats. Don't assume that video finds more
-- new customers: in the sample it costs more per click and has the lower share.
--
-- Orders are counted at the time of the order, as in console reports of Sponsored Brands. Spend belongs to the ads of the
-- window, orders to the purchases of the window, so short windows around a launch or a pause don't fit together; use four
-- weeks or more.
--
-- `ad_product_type` is the same for all formats. Video is distinguished by `creative_type`; where attributed rows carry no
-- creative type, they stand in a row of their own.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- ad_format = "creative_type of the ad, such as video or static_image."
-- currency = "Currency of spend and sales."
-- impressions = "Impressions."
-- clicks = "Clicks."
-- ctr = "Clicks in percent of impressions."
-- cost = "Spend in currency (spend is in microcents: divided by 100,000,000)."
-- cpc = "Spend per click."
-- orders = "Attributed orders, brand halo included (total_purchases)."
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
--+++
WITH combined AS (
  SELECT
    campaign,
    creative_type,
    currency_iso_code AS currency,
    impressions,
    clicks,
    spend / 100000000 AS cost,
    0 AS orders,
    0 AS sales,
    0 AS ntb_orders
  FROM sponsored_ads_traffic
  WHERE ad_product_type = 'sponsored_brands'
    AND campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    campaign,
    creative_type,
    purchase_currency AS currency,
    0 AS impressions,
    0 AS clicks,
    0 AS cost,
    total_purchases AS orders,
    total_product_sales AS sales,
    new_to_brand_total_purchases AS ntb_orders
  FROM amazon_attributed_events_by_conversion_time
  WHERE ad_product_type = 'sponsored_brands'
    AND campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
)
SELECT
  campaign,
  creative_type AS ad_format,
  currency,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  ROUND(100 * SUM(clicks) / NULLIF(SUM(impressions), 0), 2) AS ctr,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(SUM(cost) / NULLIF(SUM(clicks), 0), 2) AS cpc,
  SUM(orders) AS orders,
  SUM(sales) AS sales,
  ROUND(100 * SUM(ntb_orders) / NULLIF(SUM(orders), 0), 1) AS ntb_share,
  ROUND(SUM(sales) / NULLIF(SUM(cost), 0), 2) AS roas
FROM combined
GROUP BY campaign, creative_type, currency

--+++ recomamp query
-- format = 1
-- name = "Sponsored Display performance: CPC against vCPM"
-- description = "Sponsored Display by pricing model: delivery, viewable impressions, spend, and orders credited to clicks and to views."
-- kind = "main"
-- category = "Sponsored ads"
-- use-case = "What do our vCPM campaigns really bring?"
-- products = ["sponsored-display"]
-- level = "intermediate"
-- tags = ["sponsored display", "vcpm", "view-through"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. Click-through orders of Sponsored Display are few: take three months or more."
-- prerequisites = ["Sponsored Display campaigns that delivered in the window."]
-- sample = """
-- price_type,currency,campaigns,impressions,viewable_impressions,clicks,cost,cost_per_1000_viewable,click_orders,view_orders,click_roas,total_roas
-- CPC,USD,3,12104,8971,52,46.28,5.16,5,28,2.83,23.05
-- VCPM,USD,3,6412,4705,21,19.76,4.20,3,35,2.58,69.49
-- """
-- interpretation = '''
-- Campaigns with **price_type** VCPM pay for viewable impressions and collect view-through orders; CPC campaigns pay for
-- clicks. Compare **click_roas**, which treats both alike, before you look at the total: the gap between the two columns comes
-- from views.
--
-- Orders are counted at the time of the ad, as in console reports of Sponsored Display, and include brand halo. The pricing
-- model is known for traffic only, so it is taken from there for each campaign. Retargeting shows ads to people who looked at
-- the product anyway, so view-through orders there deserve the most doubt.
-- '''
--
-- [metrics]
-- price_type = "Pricing model of the campaign."
-- campaigns = "Campaigns with this pricing model."
-- currency = "Currency of spend and sales."
-- impressions = "Impressions."
-- viewable_impressions = "Impressions that met the view definition."
-- clicks = "Clicks."
-- cost = "Spend in currency (microcents divided by 100,000,000)."
-- cost_per_1000_viewable = "Spend per 1,000 viewable impressions."
-- click_orders = "Orders credited to clicks."
-- view_orders = "Orders credited to views."
-- click_roas = "Sales credited to clicks, divided by spend."
-- total_roas = "All attributed sales divided by spend."
--
-- [window]
-- days = 182
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
    line_item_price_type AS price_type,
    currency_iso_code AS currency,
    impressions,
    viewable_impressions,
    clicks,
    spend / 100000000 AS cost,
    0 AS click_orders,
    0 AS view_orders,
    0 AS click_sales,
    0 AS sales
  FROM sponsored_ads_traffic
  WHERE ad_product_type = 'sponsored_display'
    AND campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    campaign,
    CAST(NULL AS VARCHAR) AS price_type,
    purchase_currency AS currency,
    0 AS impressions,
    0 AS viewable_impressions,
    0 AS clicks,
    0 AS cost,
    total_purchases_clicks AS click_orders,
    total_purchases_views AS view_orders,
    total_product_sales_clicks AS click_sales,
    total_product_sales AS sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE ad_product_type = 'sponsored_display'
    AND campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
),
per_campaign AS (
  SELECT
    campaign,
    currency,
    MAX(price_type) AS price_type,
    SUM(impressions) AS impressions,
    SUM(viewable_impressions) AS viewable_impressions,
    SUM(clicks) AS clicks,
    SUM(cost) AS cost,
    SUM(click_orders) AS click_orders,
    SUM(view_orders) AS view_orders,
    SUM(click_sales) AS click_sales,
    SUM(sales) AS sales
  FROM combined
  GROUP BY campaign, currency
)
SELECT
  price_type,
  currency,
  COUNT(campaign) AS campaigns,
  SUM(impressions) AS impressions,
  SUM(viewable_impressions) AS viewable_impressions,
  SUM(clicks) AS clicks,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(1000 * SUM(cost) / NULLIF(SUM(viewable_impressions), 0), 2) AS cost_per_1000_viewable,
  SUM(click_orders) AS click_orders,
  SUM(view_orders) AS view_orders,
  ROUND(SUM(click_sales) / NULLIF(SUM(cost), 0), 2) AS click_roas,
  ROUND(SUM(sales) / NULLIF(SUM(cost), 0), 2) AS total_roas
FROM per_campaign
GROUP BY price_type, currency

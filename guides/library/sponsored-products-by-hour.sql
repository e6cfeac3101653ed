--+++ recomamp query
-- format = 1
-- name = "Sponsored Products by hour of the day"
-- description = "Clicks, spend, orders and ROAS of Sponsored Products by the hour of the click, in the time zone of the advertiser."
-- kind = "main"
-- category = "Day-parting"
-- use-case = "At which hours should we bid less?"
-- products = ["sponsored-products"]
-- level = "intermediate"
-- tags = ["day-parting", "hours", "bids"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. Eight weeks or more: an hour holds a twenty-fourth of the orders. Leave out weeks with sales events."
-- prerequisites = ["Sponsored Products campaigns that run at all hours."]
-- sample = """
-- hour_of_day,impressions,clicks,cpc,cost,cost_share,orders,conversion_rate,roas
-- 1,198,3,0.86,2.57,0.6,0,0.00,0.00
-- 4,106,0,,0.00,0.0,0,,
-- 5,245,3,0.72,2.16,0.5,0,0.00,0.00
-- 9,1650,20,0.97,19.44,4.4,0,0.00,0.00
-- 12,1951,27,0.85,22.94,5.2,4,14.81,3.18
-- 14,1884,40,0.99,39.60,9.0,6,15.00,6.19
-- 15,1879,20,1.00,19.99,4.5,7,35.00,8.70
-- 17,2171,28,0.95,26.54,6.0,8,28.57,9.75
-- 18,2416,22,0.86,18.82,4.3,7,31.82,19.60
-- 19,2605,42,0.92,38.49,8.7,7,16.67,6.42
-- """
-- interpretation = '''
-- Look for *blocks* of several hours in which **roas** stays below the average, such as the night; single hours vary by
-- chance. **cost_share** shows how much spend a lower bid there would affect.
--
-- Orders are listed under the hour of the credited **click**, whatever the hour of the purchase: that is the hour in which the
-- bid was made. People may click at night and buy the next day, so don't mix this table with one by hour of purchase.
--
-- Hours are those of the advertiser's time zone (`event_hour`, `traffic_event_hour`), not of the shopper. An hour whose orders
-- all come from one person is missing.
--
-- The guide [Hours and weekdays](../day-parting/guide.md) explains the method.
-- '''
--
-- [metrics]
-- hour_of_day = "Hour of the click, 0 to 23."
-- impressions = "Impressions."
-- clicks = "Clicks."
-- cpc = "Spend per click."
-- cost = "Spend in the currency of the account (microcents divided by 100,000,000)."
-- cost_share = "Percent of all spend."
-- orders = "Orders credited to clicks of this hour, brand halo included."
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
    event_hour AS hour_of_day,
    impressions,
    clicks,
    spend / 100000000 AS cost,
    0 AS orders,
    0 AS sales
  FROM sponsored_ads_traffic
  WHERE ad_product_type = 'sponsored_products'
    AND campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    traffic_event_hour AS hour_of_day,
    0 AS impressions,
    0 AS clicks,
    0 AS cost,
    total_purchases AS orders,
    total_product_sales AS sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE ad_product_type = 'sponsored_products'
    AND campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
),
hourly AS (
  SELECT
    hour_of_day,
    SUM(impressions) AS impressions,
    SUM(clicks) AS clicks,
    SUM(cost) AS cost,
    SUM(orders) AS orders,
    SUM(sales) AS sales
  FROM combined
  GROUP BY hour_of_day
)
SELECT
  hour_of_day,
  impressions,
  clicks,
  ROUND(cost / NULLIF(clicks, 0), 2) AS cpc,
  ROUND(cost, 2) AS cost,
  ROUND(100 * cost / NULLIF(SUM(cost) OVER (), 0), 1) AS cost_share,
  orders,
  ROUND(100 * orders / NULLIF(clicks, 0), 2) AS conversion_rate,
  ROUND(sales / NULLIF(cost, 0), 2) AS roas
FROM hourly

--+++ recomamp query
-- format = 1
-- name = "Amazon DSP by device"
-- description = "Delivery, cost, clicks and detail page views of Amazon DSP ads by device type and environment."
-- kind = "main"
-- category = "DSP delivery"
-- use-case = "On which devices do our ads work?"
-- products = ["dsp", "streaming-tv"]
-- level = "basic"
-- tags = ["dsp", "devices"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- device_type,environment_type,impressions,reach,cost,cpm,ctr,page_views,page_views_per_1000,cost_per_page_view
-- Phone,Web,29138,13241,171.44,5.88,0.305,556,19.08,0.31
-- PC,Web,19283,10569,114.97,5.96,0.311,345,17.89,0.33
-- Phone,App,16668,9876,175.08,10.5,0.252,261,15.66,0.67
-- PC,App,9289,6803,90.11,9.7,0.226,127,13.67,0.71
-- ConnectedDevice,App,6742,2735,218.85,32.46,0.044,73,10.83,3.0
-- Tablet,Web,4844,3889,29.6,6.11,0.392,90,18.58,0.33
-- Tablet,App,3360,2890,51.97,15.47,0.208,44,13.10,1.18
-- ConnectedDevice,Web,45,40,0.63,13.93,0.000,0,0.00,
-- """
-- chart = "reach"
-- interpretation = '''
-- Compare **page_views_per_1000** between phone, computer and tablet within one kind of campaign. A television has hardly any
-- clicks, and the page views after a TV ad usually happen on another device, so they are found only where both have the same
-- user ID: judge TV by reach.
--
-- A page view is listed under the device on which the *ad* was seen, not the one on which the page was opened.
-- '''
--
-- [metrics]
-- device_type = "Kind of device that showed the ad."
-- environment_type = "App or Web."
-- impressions = "Impressions."
-- reach = "Different recognized users who were shown an ad."
-- cost = "All-in cost of the impressions in the currency of the advertiser (total_cost is in millicents: divided by 100,000)."
-- cpm = "Cost per 1,000 impressions."
-- ctr = "Clicks in percent of impressions."
-- page_views = "Attributed detail page views, brand halo included (total_detail_page_view)."
-- page_views_per_1000 = "Detail page views per 1,000 impressions."
-- cost_per_page_view = "Cost per detail page view."
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
    device_type,
    environment_type,
    user_id,
    impressions,
    0 AS clicks,
    total_cost / 100000 AS cost,
    0 AS page_views
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    device_type,
    environment_type,
    user_id,
    0 AS impressions,
    clicks,
    0 AS cost,
    0 AS page_views
  FROM dsp_clicks
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    device_type,
    environment_type,
    user_id,
    0 AS impressions,
    0 AS clicks,
    0 AS cost,
    total_detail_page_view AS page_views
  FROM amazon_attributed_events_by_traffic_time
  WHERE campaign LIKE {{campaign_pattern}}
    AND ad_product_type IS NULL
    AND total_detail_page_view > 0
)
SELECT
  device_type,
  environment_type,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT CASE WHEN impressions > 0 THEN user_id END) AS reach,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(1000 * SUM(cost) / NULLIF(SUM(impressions), 0), 2) AS cpm,
  ROUND(100 * SUM(clicks) / NULLIF(SUM(impressions), 0), 3) AS ctr,
  SUM(page_views) AS page_views,
  ROUND(1000 * SUM(page_views) / NULLIF(SUM(impressions), 0), 2) AS page_views_per_1000,
  ROUND(SUM(cost) / NULLIF(SUM(page_views), 0), 2) AS cost_per_page_view
FROM combined
GROUP BY device_type, environment_type

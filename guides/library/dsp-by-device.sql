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
-- Phone,Web,29160,13248,171.54,5.88,0.302,554,19.00,0.31
-- PC,Web,19328,10579,115.27,5.96,0.321,349,18.06,0.33
-- Phone,App,16699,9886,175.24,10.5,0.252,262,15.69,0.67
-- PC,App,9305,6816,90.42,9.7,0.226,131,14.08,0.69
-- ConnectedDevice,App,6747,2737,219.04,32.47,0.044,76,11.26,2.9
-- Tablet,Web,4852,3896,29.6,6.11,0.392,92,18.96,0.32
-- Tablet,App,3363,2894,52.12,15.50,0.208,47,13.98,1.11
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

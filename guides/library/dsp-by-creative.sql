--+++ recomamp query
-- format = 1
-- name = "Amazon DSP by creative type and size"
-- description = "Delivery, cost, clicks and detail page views by creative type, size and length."
-- kind = "main"
-- category = "DSP delivery"
-- use-case = "Which ad formats should the next round of creatives have?"
-- products = ["dsp", "streaming-tv"]
-- level = "basic"
-- tags = ["dsp", "creatives", "formats"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- creative_type,creative_size,creative_seconds,impressions,reach,cost,cpm,ctr,page_views,page_views_per_1000,cost_per_page_view
-- Standard Display,300x250,,22401,11162,109.33,4.88,0.290,382,17.05,0.29
-- Standard Display,728x90,,20959,10694,103.32,4.93,0.348,377,17.99,0.27
-- Responsive eCommerce,Responsive,,20792,10625,102.58,4.93,0.375,453,21.79,0.23
-- Streaming TV Video,1920x1080,15,12604,6777,418.53,33.2,0.016,131,10.39,3.19
-- Streaming TV Video,1920x1080,30,12369,6686,411.24,33.25,0.024,131,10.59,3.14
-- Audio,1x1,30,5898,2794,93.0,15.77,0.068,44,7.46,2.11
-- Video,640x360,6,4343,2789,60.50,13.93,0.092,79,18.19,0.77
-- Video,640x360,15,4279,2775,59.99,14.02,0.164,67,15.66,0.9
-- """
-- interpretation = '''
-- Compare formats of one kind: sizes of display with each other, lengths of video with each other. **cost_per_page_view**
-- combines price and effect, so it decides between two that look different on **ctr** alone.
--
-- Formats run in different campaigns with different audiences. Narrow the campaigns to one before you retire a format.
-- '''
--
-- [metrics]
-- creative_type = "Type of the creative."
-- creative_size = "Size in pixels, or Responsive."
-- creative_seconds = "Length of a video or audio creative, in seconds."
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
    creative_type,
    creative_size,
    creative_duration,
    user_id,
    impressions,
    0 AS clicks,
    total_cost / 100000 AS cost,
    0 AS page_views
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    creative_type,
    creative_size,
    creative_duration,
    user_id,
    0 AS impressions,
    clicks,
    0 AS cost,
    0 AS page_views
  FROM dsp_clicks
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    creative_type,
    creative_size,
    creative_duration,
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
  creative_type,
  creative_size,
  creative_duration AS creative_seconds,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT CASE WHEN impressions > 0 THEN user_id END) AS reach,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(1000 * SUM(cost) / NULLIF(SUM(impressions), 0), 2) AS cpm,
  ROUND(100 * SUM(clicks) / NULLIF(SUM(impressions), 0), 3) AS ctr,
  SUM(page_views) AS page_views,
  ROUND(1000 * SUM(page_views) / NULLIF(SUM(impressions), 0), 2) AS page_views_per_1000,
  ROUND(SUM(cost) / NULLIF(SUM(page_views), 0), 2) AS cost_per_page_view
FROM combined
GROUP BY creative_type, creative_size, creative_duration

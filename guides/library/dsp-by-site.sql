--+++ recomamp query
-- format = 1
-- name = "Amazon DSP by supply source and site"
-- description = "Where Amazon DSP ads ran: supply source and site or app, with reach, cost, clicks and detail page views."
-- kind = "main"
-- category = "DSP delivery"
-- use-case = "Which sites deliver, and which should we exclude?"
-- products = ["dsp", "streaming-tv"]
-- level = "intermediate"
-- tags = ["dsp", "supply", "sites"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- supply_source,site,impressions,reach,cost,cpm,ctr,page_views,page_views_per_1000,cost_per_page_view
-- Prime Video ads,Prime Video,10523,6136,349.62,33.22,0.029,107,10.17,3.3
-- AMAZON.COM,Amazon.com,24812,12162,144.57,5.83,0.343,447,18.02,0.32
-- Openreel STV Exchange,Hollowtree TV,3583,2826,118.78,33.15,0.000,43,12.00,2.76
-- Fire TV,Fire TV Channels,3436,2727,114.67,33.37,0.000,26,7.57,4.41
-- Openreel STV Exchange,Sundial Stream,3011,2481,99.7,33.12,0.066,40,13.28,2.49
-- Twitch,Twitch,2487,2085,82.86,33.32,0.000,25,10.05,3.3
-- Lumenpath SSP,Campfire Sports,1933,1648,64.13,33.18,0.000,21,10.86,3.05
-- Lumenpath SSP,dailyharbor.example,8590,6193,59.45,6.92,0.233,166,19.32,0.36
-- """
-- chart = "reach"
-- interpretation = '''
-- Sort by **cost** and ask for each large site what it returns: **page_views_per_1000** for performance, **reach** per amount
-- for awareness. Exclude only sites with enough delivery to judge, and look at their viewability first ([Viewability by site,
-- with unmeasurable impressions](../library/unmeasurable-impressions-by-site.sql)).
--
-- A long tail of small sites is missing where a row has fewer than two users for a metric. If its total matters, remove the
-- site from the query and compare.
-- '''
--
-- [metrics]
-- supply_source = "Exchange or owned inventory."
-- site = "Site or app."
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
    supply_source,
    site,
    user_id,
    impressions,
    0 AS clicks,
    total_cost / 100000 AS cost,
    0 AS page_views
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    supply_source,
    site,
    user_id,
    0 AS impressions,
    clicks,
    0 AS cost,
    0 AS page_views
  FROM dsp_clicks
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    supply_source,
    site,
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
  supply_source,
  site,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT CASE WHEN impressions > 0 THEN user_id END) AS reach,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(1000 * SUM(cost) / NULLIF(SUM(impressions), 0), 2) AS cpm,
  ROUND(100 * SUM(clicks) / NULLIF(SUM(impressions), 0), 3) AS ctr,
  SUM(page_views) AS page_views,
  ROUND(1000 * SUM(page_views) / NULLIF(SUM(impressions), 0), 2) AS page_views_per_1000,
  ROUND(SUM(cost) / NULLIF(SUM(page_views), 0), 2) AS cost_per_page_view
FROM combined
GROUP BY supply_source, site

--+++ recomamp query
-- format = 1
-- name = "Branded searches that ads led to"
-- description = "Searches for the brand that were credited to an ad, by channel: which ads make people look for the brand by name."
-- kind = "main"
-- tags = ["branded search", "awareness"]
-- window-advice = "Four weeks or more that ended 14 days ago."
-- prerequisites = ["Amazon DSP or sponsored ads that delivered in the window"]
-- sample = """
-- channel, users, branded_searches, searchers, searches_per_1000_users
-- DSP display, 16487, 46, 46, 2.79
-- DSP streaming TV, 8862, 26, 23, 2.93
-- sponsored_products, 8237, 2, 2, 0.2428
-- sponsored_brands, 5345, 23, 21, 4.30
-- sponsored_display, 4694, 20, 19, 4.26
-- DSP online video, 3793, 7, 6, 1.85
-- DSP audio, 2723, 6, 6, 2.20
-- sponsored_television, 630, 0, 0, 0
-- """
-- chart = "searches_per_1000_users"
-- interpretation = """
-- Compare `searches_per_1000_users` only between channels with the same kind of targeting. Remarketing and ads on branded searches reach people who already know the name.
-- """
--
-- [metrics]
-- channel = "DSP by kind of creative; sponsored ads by ad product."
-- users = "Different recognized users reached by the channel in the window."
-- branded_searches = "Searches for the brand that were credited to an ad of the channel, within 14 days after the ad."
-- searchers = "Different users who made them."
-- searches_per_1000_users = "Branded searches divided by users, times 1,000."
--
-- [window]
-- days = 182
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- demo-default = ["Mirelune US"]
--+++
WITH events AS (
  SELECT
    CASE
      WHEN creative_type = 'Streaming TV Video' THEN 'DSP streaming TV'
      WHEN creative_category = 'Video' THEN 'DSP online video'
      WHEN creative_type = 'Audio' THEN 'DSP audio'
      ELSE 'DSP display'
    END AS channel,
    user_id AS reached_user,
    0 AS branded_searches,
    CAST(NULL AS VARCHAR) AS searcher
  FROM dsp_impressions
  WHERE advertiser IN ({{advertisers}})
  UNION ALL
  SELECT
    ad_product_type AS channel,
    user_id AS reached_user,
    0 AS branded_searches,
    CAST(NULL AS VARCHAR) AS searcher
  FROM sponsored_ads_traffic
  WHERE advertiser IN ({{advertisers}})
  UNION ALL
  SELECT
    CASE
      WHEN ad_product_type IS NOT NULL THEN ad_product_type
      WHEN creative_type = 'Streaming TV Video' THEN 'DSP streaming TV'
      WHEN creative_category = 'Video' THEN 'DSP online video'
      WHEN creative_type = 'Audio' THEN 'DSP audio'
      ELSE 'DSP display'
    END AS channel,
    CAST(NULL AS VARCHAR) AS reached_user,
    conversions AS branded_searches,
    user_id AS searcher
  FROM amazon_attributed_events_by_traffic_time
  WHERE advertiser IN ({{advertisers}})
    AND conversion_event_subtype = 'searchConversion'
)
SELECT
  channel,
  COUNT(DISTINCT reached_user) AS users,
  SUM(branded_searches) AS branded_searches,
  COUNT(DISTINCT searcher) AS searchers,
  1000 * SUM(branded_searches) / NULLIF(COUNT(DISTINCT reached_user), 0) AS searches_per_1000_users
FROM events
GROUP BY channel

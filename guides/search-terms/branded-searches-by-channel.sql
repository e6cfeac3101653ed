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
-- DSP display, 19023, 49, 49, 2.58
-- DSP streaming TV, 9704, 15, 15, 1.55
-- sponsored_brands, 5326, 21, 20, 3.94
-- sponsored_display, 4757, 21, 20, 4.41
-- DSP online video, 3807, 6, 6, 1.58
-- DSP audio, 2669, 3, 3, 1.12
-- sponsored_television, 601, 0, 0, 0
-- """
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
-- days = 84
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- sandbox-default = ["Mirelune US"]
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

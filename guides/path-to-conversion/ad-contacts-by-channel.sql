--+++ recomamp query
-- format = 1
-- name = "Ad contacts by channel"
-- description = "Which channels delivered for a brand, to how many users. Read it before you build paths: it shows the advertiser names and the channels that the path can contain."
-- kind = "explore"
-- tags = ["path to conversion", "reach"]
-- window-advice = "The same window as the path query, so that the channels match."
-- prerequisites = ["Amazon DSP or sponsored ads that delivered in the window"]
-- sample = """
-- advertiser, channel, impressions, users
-- Mirelune US, DSP display, 28339, 9496
-- Mirelune US, Streaming TV, 11153, 4836
-- Mirelune US, Sponsored Products, 15238, 4375
-- Mirelune US, Sponsored Brands, 4575, 2684
-- Mirelune US, Sponsored Display, 3486, 2346
-- Mirelune US, Online video, 3887, 1884
-- Mirelune US, Audio, 2728, 1340
-- Mirelune US, Sponsored TV, 324, 292
-- Tundrel US, DSP display, 21316, 7619
-- Tundrel US, Streaming TV, 8078, 3660
-- Tundrel US, Sponsored Products, 11323, 3443
-- Tundrel US, Sponsored Brands, 3422, 2069
-- Tundrel US, Sponsored Display, 2799, 1942
-- Tundrel US, Online video, 2763, 1389
-- Tundrel US, Audio, 1854, 940
-- Tundrel US, Sponsored TV, 239, 218
-- """
-- interpretation = """
-- Copy the values of `advertiser` into the other queries of this guide. A channel with few users can't form many paths: leave it out or merge it with a similar one.
-- """
--
-- [metrics]
-- channel = "DSP by kind of creative; sponsored ads by ad product."
-- impressions = "Impressions, recognized and unrecognized users alike."
-- users = "Different recognized users who got at least one of them."
--
-- [window]
-- days = 84
--+++
WITH delivery AS (
  SELECT
    advertiser,
    CASE
      WHEN creative_type = 'Streaming TV Video' THEN 'Streaming TV'
      WHEN creative_category = 'Video' THEN 'Online video'
      WHEN creative_type = 'Audio' THEN 'Audio'
      ELSE 'DSP display'
    END AS channel,
    user_id,
    impressions
  FROM dsp_impressions
  UNION ALL
  SELECT
    advertiser,
    CASE ad_product_type
      WHEN 'sponsored_products' THEN 'Sponsored Products'
      WHEN 'sponsored_brands' THEN 'Sponsored Brands'
      WHEN 'sponsored_display' THEN 'Sponsored Display'
      ELSE 'Sponsored TV'
    END AS channel,
    user_id,
    impressions
  FROM sponsored_ads_traffic
)
SELECT
  advertiser,
  channel,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT user_id) AS users
FROM delivery
GROUP BY advertiser, channel

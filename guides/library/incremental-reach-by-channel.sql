--+++ recomamp query
-- format = 1
-- name = "Reach by ad product, and what each one adds"
-- description = "For each ad product: how many people it reached, how many of them no other product reached, and how much smaller the total reach would be without it."
-- kind = "main"
-- category = "Reach and frequency"
-- use-case = "Which ad product brings people whom we do not reach otherwise?"
-- products = ["dsp", "streaming-tv", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "intermediate"
-- tags = ["reach", "incremental reach", "overlap"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read, so nothing has to be attributed. All products should have run for the whole window."
-- prerequisites = ["At least two ad products that delivered in the window."]
-- sample = """
-- channel,impressions,reach,frequency,only_here,exclusive_share,lost_reach
-- DSP display and audio,24529,9123,2.69,5749,63.0,41.4
-- DSP video,10671,4856,2.20,2615,53.9,18.8
-- Sponsored Products,11746,3569,3.29,455,12.7,3.3
-- Sponsored Brands,3403,2162,1.57,59,2.7,0.4
-- Sponsored Display,2818,2113,1.33,88,4.2,0.6
-- Sponsored TV,244,234,1.04,1,0.4,0.0
-- """
-- chart = "only_here"
-- interpretation = '''
-- **only_here** are the people whom you would lose by switching the product off, everything else unchanged. A product with a
-- high **exclusive_share** extends reach; one with a low share mostly adds frequency among people who are reached anyway,
-- which can be its purpose (retargeting, for example).
--
-- **lost_reach** compares the same people with the reach of all products together. It is descriptive: with the budget of the
-- missing product the others would reach some of those people too.
--
-- Only recognized users are counted. Television impressions are often tied to a device instead of an account, so part of what
-- looks exclusive to video is a person whom another product reached under another ID.
--
-- The guide [Incremental reach](../incremental-reach/guide.md) explains the method.
-- '''
--
-- [metrics]
-- channel = "Ad product; Amazon DSP is split into video and everything else."
-- impressions = "Impressions shown to recognized users."
-- reach = "Different recognized users reached."
-- frequency = "Impressions divided by reach."
-- only_here = "Users whom no other product reached in the window."
-- exclusive_share = "These users in percent of the reach of the product."
-- lost_reach = "These users in percent of the reach of all products together."
--
-- [window]
-- days = 28
-- lag = 2
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
WITH events AS (
  SELECT
    user_id,
    CASE
      WHEN creative_category = 'Video' THEN 'DSP video'
      ELSE 'DSP display and audio'
    END AS channel,
    impressions
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  UNION ALL
  SELECT
    user_id,
    CASE ad_product_type
      WHEN 'sponsored_products' THEN 'Sponsored Products'
      WHEN 'sponsored_brands' THEN 'Sponsored Brands'
      WHEN 'sponsored_display' THEN 'Sponsored Display'
      WHEN 'sponsored_television' THEN 'Sponsored TV'
      ELSE 'Other sponsored ads'
    END AS channel,
    impressions
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
    AND impressions > 0
),
per_user AS (
  SELECT
    user_id,
    channel,
    SUM(impressions) AS impressions
  FROM events
  GROUP BY user_id, channel
),
counted AS (
  SELECT
    user_id,
    channel,
    impressions,
    COUNT(channel) OVER (PARTITION BY user_id) AS channels
  FROM per_user
),
total AS (
  SELECT
    COUNT(DISTINCT user_id) AS total_reach
  FROM per_user
)
SELECT
  c.channel,
  SUM(c.impressions) AS impressions,
  COUNT(DISTINCT c.user_id) AS reach,
  ROUND(SUM(c.impressions) / NULLIF(COUNT(DISTINCT c.user_id), 0), 2) AS frequency,
  SUM(CASE WHEN c.channels = 1 THEN 1 ELSE 0 END) AS only_here,
  ROUND(100 * SUM(CASE WHEN c.channels = 1 THEN 1 ELSE 0 END) / NULLIF(COUNT(DISTINCT c.user_id), 0), 1) AS exclusive_share,
  ROUND(100 * SUM(CASE WHEN c.channels = 1 THEN 1 ELSE 0 END) / NULLIF(MAX(t.total_reach), 0), 1) AS lost_reach
FROM counted c
CROSS JOIN total t
GROUP BY c.channel

--+++ recomamp query
-- format = 1
-- name = "Sponsored TV reach and completion"
-- description = "Reach, frequency, spend and video completion of each Sponsored TV campaign."
-- kind = "main"
-- category = "Streaming TV"
-- use-case = "How many people did Sponsored TV reach, and did they watch to the end?"
-- products = ["sponsored-tv"]
-- level = "basic"
-- tags = ["sponsored tv", "streaming tv", "completion"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read."
-- prerequisites = ["Sponsored TV campaigns that delivered in the window."]
-- sample = """
-- campaign,currency,impressions,reach,frequency,cost,cpm,completion_rate,cost_per_1000_completed,cost_per_1000_reached
-- STV - Mirelune - Streaming starter,USD,333,300,1.04,5.90,17.73,95.2,18.62,19.68
-- STV - Tundrel - Streaming starter,USD,250,225,1.06,4.43,17.72,93.6,18.94,19.69
-- STV - Woolpaddle - Streaming starter,USD,155,143,1.04,2.81,18.15,94.2,19.27,19.68
-- """
-- chart = "reach"
-- interpretation = '''
-- **completion_rate** on a television is usually high, because ads can rarely be skipped; use it to find faulty creatives. The
-- figures to compare with other video are **cost_per_1000_completed** and **cost_per_1000_reached**.
--
-- Reach counts recognized users, mostly devices; several people can watch one of them. [Reach by ad product, and what each one
-- adds](../library/incremental-reach-by-channel.sql) shows what Sponsored TV adds to the other products.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- currency = "Currency of the spend."
-- impressions = "Impressions."
-- reach = "Different recognized users."
-- frequency = "Impressions shown to recognized users, divided by reach."
-- cost = "Spend in currency (microcents divided by 100,000,000)."
-- cpm = "Spend per 1,000 impressions."
-- completion_rate = "Completed views in percent of impressions."
-- cost_per_1000_completed = "Spend per 1,000 completed views."
-- cost_per_1000_reached = "Spend per 1,000 users reached, impressions of unrecognized users included in the spend."
--
-- [window]
-- days = 84
-- lag = 2
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
SELECT
  campaign,
  currency_iso_code AS currency,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT user_id) AS reach,
  ROUND(
    SUM(CASE WHEN user_id_type IS NOT NULL THEN impressions ELSE 0 END) / NULLIF(COUNT(DISTINCT user_id), 0),
    2
  ) AS frequency,
  ROUND(SUM(spend) / 100000000, 2) AS cost,
  ROUND(1000 * SUM(spend) / 100000000 / NULLIF(SUM(impressions), 0), 2) AS cpm,
  ROUND(100 * SUM(video_complete_views) / NULLIF(SUM(impressions), 0), 1) AS completion_rate,
  ROUND(1000 * SUM(spend) / 100000000 / NULLIF(SUM(video_complete_views), 0), 2) AS cost_per_1000_completed,
  ROUND(1000 * SUM(spend) / 100000000 / NULLIF(COUNT(DISTINCT user_id), 0), 2) AS cost_per_1000_reached
FROM sponsored_ads_traffic
WHERE ad_product_type = 'sponsored_television'
  AND campaign LIKE {{campaign_pattern}}
GROUP BY campaign, currency_iso_code

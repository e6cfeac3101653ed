--+++ recomamp query
-- format = 1
-- name = "Exclusive reach of each channel"
-- kind = "main"
-- description = "For each channel of a plan: its reach, the people whom no other channel reached, and what a thousand of each cost."
-- window-advice = "The flight, or the period for which the plan is judged. The query reads delivery only, so the window may end two days ago."
-- prerequisites = ["At least two channels that ran in the same weeks"]
-- sample = """
-- channel, reach, exclusive, share_exclusive, spend, cost_per_1000_reach, cost_per_1000_exclusive
-- Display, 7932, 4985, 62.8, 83.3, 10.5, 16.71
-- Sponsored ads, 5014, 2535, 50.6, 308.31, 61.49, 121.62
-- Streaming TV, 4836, 2813, 58.2, 355.84, 73.58, 126.5
-- Online video, 1884, 849, 45.1, 52.28, 27.75, 61.58
-- """
-- chart = "exclusive"
-- interpretation = """
-- * **Exclusive people** are what the plan would have lost without the channel. They add up over channels, but not to the total: people of several channels are in nobody's exclusive reach.
-- * **Cost per 1,000 exclusive** is what you paid for people whom you couldn't have had otherwise. Compare it with the price of reaching them in another way.
-- * A channel with little exclusive reach isn't useless: it may be the one that closes. It just isn't a reach channel.
-- """
--
-- [metrics]
-- reach = "Different users whom the channel reached."
-- exclusive = "Users among them whom none of the other channels reached in the window."
-- share_exclusive = "Exclusive users in percent of the channel's reach."
-- spend = "Cost of the impressions or clicks of these users, in the account's currency."
-- cost_per_1000_reach = "Spend for each thousand of the reach."
-- cost_per_1000_exclusive = "Spend of the whole channel for each thousand exclusive users."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "tv_campaigns"
-- kind = "list"
-- label = "Streaming TV campaigns"
-- help = "One Amazon DSP campaign (order) per line, exactly as in AMC."
-- demo-default = ["Mirelune | Streaming TV | Awareness | {half-year}"]
--
-- [[parameters]]
-- name = "video_campaigns"
-- kind = "list"
-- label = "Online video campaigns"
-- help = "One Amazon DSP campaign (order) per line. Write none if there are none."
-- default = ["none"]
-- demo-default = ["Mirelune | Online Video | Consideration | {half-year}"]
--
-- [[parameters]]
-- name = "display_campaigns"
-- kind = "list"
-- label = "Display campaigns"
-- help = "One Amazon DSP campaign (order) per line."
-- demo-default = ["Mirelune | Display | Consideration | {half-year}"]
--
-- [[parameters]]
-- name = "sponsored_pattern"
-- kind = "pattern"
-- label = "Sponsored campaigns like"
-- help = "Finds the brand's sponsored ads. % stands for any text."
-- default = "%"
-- demo-default = "%Mirelune%"
--
-- [[parameters]]
-- name = "id_types"
-- kind = "list"
-- label = "Kinds of IDs"
-- help = "adUserId (accounts), sisDeviceId (devices), adBrowserId (browsers); one per line. Run it again with adUserId alone to see how much depends on it."
-- default = ["adUserId", "sisDeviceId", "adBrowserId"]
--+++
WITH contacts AS (
  SELECT
    CASE
      WHEN campaign IN ({{tv_campaigns}}) THEN 'Streaming TV'
      WHEN campaign IN ({{video_campaigns}}) THEN 'Online video'
      ELSE 'Display'
    END AS channel,
    user_id,
    total_cost / 100000.0 AS spend
  FROM dsp_impressions
  WHERE (campaign IN ({{tv_campaigns}})
      OR campaign IN ({{video_campaigns}})
      OR campaign IN ({{display_campaigns}}))
    AND user_id IS NOT NULL
    AND user_id_type IN ({{id_types}})

  UNION ALL

  SELECT 'Sponsored ads' AS channel, user_id, spend / 100000000.0 AS spend
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{sponsored_pattern}}
    AND impressions + clicks > 0
    AND user_id IS NOT NULL
    AND user_id_type IN ({{id_types}})
),
person_and_channel AS (
  SELECT user_id, channel, SUM(spend) AS spend
  FROM contacts
  GROUP BY 1, 2
),
person AS (
  SELECT user_id, COUNT(channel) AS channels
  FROM person_and_channel
  GROUP BY 1
)
SELECT
  c.channel,
  COUNT(c.user_id) AS reach,
  SUM(IF(p.channels = 1, 1, 0)) AS exclusive,
  ROUND(100.0 * SUM(IF(p.channels = 1, 1, 0)) / COUNT(c.user_id), 1) AS share_exclusive,
  ROUND(SUM(c.spend), 2) AS spend,
  ROUND(1000.0 * SUM(c.spend) / COUNT(c.user_id), 2) AS cost_per_1000_reach,
  ROUND(1000.0 * SUM(c.spend) / NULLIF(SUM(IF(p.channels = 1, 1, 0)), 0), 2) AS cost_per_1000_exclusive
FROM person_and_channel c
JOIN person p ON c.user_id = p.user_id
GROUP BY 1

--+++ recomamp query
-- format = 1
-- name = "People not reached before"
-- kind = "validate"
-- description = "For each channel: how many of its people had seen no ad of the brand in the 28 days before the channel reached them in the window."
-- window-advice = "The flight. The query reads 28 days more before it, so that people of the first days have a past."
-- prerequisites = ["Amazon DSP and sponsored ads of one brand", "28 days of data before the window"]
-- sample = """
-- channel, people, not_reached_before, share_not_reached_before
-- Other Amazon DSP, 7867, 5960, 75.8
-- Sponsored ads, 3528, 2208, 62.6
-- Streaming TV, 3430, 2446, 71.3
-- Retargeting, 1085, 390, 35.9
-- """
-- chart = "share_not_reached_before"
-- interpretation = """
-- * **Share not reached before** says how well a channel *finds* people, by the order of time. Exclusive reach says whom it *keeps to itself*. A channel that opens for others is high here and low there.
-- * Retargeting is the lowest by design. What remains are people who found the products without an ad, and people whom AMC knew under another ID before.
-- """
--
-- [metrics]
-- channel = "Streaming TV and retargeting as listed in the form, the other Amazon DSP campaigns, and sponsored ads."
-- people = "Different users whom the channel reached in the window."
-- not_reached_before = "Users among them without any contact with the brand's ads in the 28 days before their first contact with the channel in the window."
-- share_not_reached_before = "The same in percent of people."
--
-- [window]
-- days = 56
--
-- [[parameters]]
-- name = "tv_campaigns"
-- kind = "list"
-- label = "Streaming TV campaigns"
-- help = "One Amazon DSP campaign (order) per line, exactly as in AMC."
-- demo-default = ["Mirelune | Streaming TV | Awareness | {half-year}"]
--
-- [[parameters]]
-- name = "retargeting_campaigns"
-- kind = "list"
-- label = "Retargeting campaigns"
-- help = "One Amazon DSP campaign (order) per line. Write none if there are none."
-- default = ["none"]
-- demo-default = ["Mirelune | Display | Conversion | {half-year}"]
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaign names like"
-- help = "Finds the brand's campaigns. % stands for any text, so %Brand% finds every name that contains Brand."
-- default = "%"
-- demo-default = "%Mirelune%"
--+++
WITH contacts AS (
  SELECT
    CASE
      WHEN campaign IN ({{tv_campaigns}}) THEN 'Streaming TV'
      WHEN campaign IN ({{retargeting_campaigns}}) THEN 'Retargeting'
      ELSE 'Other Amazon DSP'
    END AS channel,
    user_id,
    impression_dt_utc AS seen_at
  FROM TABLE(EXTEND_TIME_WINDOW('dsp_impressions', 'P28D', 'P0D'))
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL

  UNION ALL

  SELECT 'Sponsored ads' AS channel, user_id, event_dt_utc AS seen_at
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', 'P28D', 'P0D'))
  WHERE campaign LIKE {{campaign_pattern}}
    AND impressions + clicks > 0
    AND user_id IS NOT NULL
),
in_the_window AS (
  -- First contact of each person with each channel within the window
  SELECT user_id, channel, MIN(seen_at) AS first_at
  FROM contacts
  WHERE seen_at >= BUILT_IN_PARAMETER('TIME_WINDOW_START')
  GROUP BY 1, 2
),
reached_before AS (
  SELECT f.user_id, f.channel
  FROM in_the_window f
  JOIN contacts c ON f.user_id = c.user_id
  WHERE c.seen_at < f.first_at
    AND SECONDS_BETWEEN(c.seen_at, f.first_at) <= 28 * 86400
  GROUP BY 1, 2
)
SELECT
  f.channel,
  COUNT(f.user_id) AS people,
  SUM(IF(b.user_id IS NULL, 1, 0)) AS not_reached_before,
  ROUND(100.0 * SUM(IF(b.user_id IS NULL, 1, 0)) / COUNT(f.user_id), 1) AS share_not_reached_before
FROM in_the_window f
LEFT JOIN reached_before b ON f.user_id = b.user_id AND f.channel = b.channel
GROUP BY 1

--+++ recomamp query
-- format = 1
-- name = "Overlap matrix"
-- kind = "validate"
-- description = "For each channel: its reach, and what share of its people each of the other channels reached too."
-- window-advice = "The window of the three-way overlap, for comparison."
-- prerequisites = ["At least two of the three channels in the window"]
-- sample = """
-- channel, also_reached, people, share_of_channel
-- Streaming TV, Streaming TV, 6135, 100.0
-- Streaming TV, Display, 1983, 32.3
-- Streaming TV, Sponsored ads, 1491, 24.3
-- Sponsored ads, Sponsored ads, 5845, 100.0
-- Sponsored ads, Display, 2358, 40.3
-- Sponsored ads, Streaming TV, 1491, 25.5
-- Display, Display, 9871, 100.0
-- Display, Sponsored ads, 2358, 23.9
-- Display, Streaming TV, 1983, 20.1
-- """
-- interpretation = """
-- * Read along a row pair: *of the people of this channel, so many percent also saw the other one.* The share is not symmetric, since channels differ in size.
-- * Rows in which both channels are the same show the channel's own reach, and 100 percent.
-- * All kinds of IDs are included. TV devices and browsers without an account can't match anything, so true overlaps are somewhat higher.
-- """
--
-- [metrics]
-- channel = "The channel whose people are looked at."
-- also_reached = "The other channel."
-- people = "Users who saw both; where both are the same, the reach of the channel."
-- share_of_channel = "People in percent of the reach of the channel."
--
-- [window]
-- days = 112
--
-- [[parameters]]
-- name = "tv_campaigns"
-- kind = "list"
-- label = "Streaming TV campaigns"
-- help = "One Amazon DSP campaign (order) per line, exactly as in AMC."
-- demo-default = ["Mirelune | Streaming TV | Awareness | {half-year}"]
--
-- [[parameters]]
-- name = "display_campaigns"
-- kind = "list"
-- label = "Display campaigns"
-- help = "Prospecting campaigns of Amazon DSP. Leave retargeting out: it follows interest that is there already."
-- demo-default = ["Mirelune | Display | Consideration | {half-year}"]
--
-- [[parameters]]
-- name = "sponsored_pattern"
-- kind = "pattern"
-- label = "Sponsored campaigns like"
-- help = "Finds the brand's Sponsored Products and Sponsored Brands campaigns. % stands for any text."
-- default = "%"
-- demo-default = "%Mirelune%"
--+++
WITH reached AS (
  -- One row for each person and channel
  SELECT 'Streaming TV' AS channel, user_id
  FROM dsp_impressions
  WHERE campaign IN ({{tv_campaigns}}) AND user_id IS NOT NULL
  GROUP BY 1, 2

  UNION ALL

  SELECT 'Display' AS channel, user_id
  FROM dsp_impressions
  WHERE campaign IN ({{display_campaigns}}) AND user_id IS NOT NULL
  GROUP BY 1, 2

  UNION ALL

  SELECT 'Sponsored ads' AS channel, user_id
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{sponsored_pattern}}
    AND ad_product_type IN ('sponsored_products', 'sponsored_brands')
    AND impressions > 0
    AND user_id IS NOT NULL
  GROUP BY 1, 2
),
pairs AS (
  SELECT a.channel, b.channel AS also_reached, COUNT(DISTINCT a.user_id) AS people
  FROM reached a
  JOIN reached b ON a.user_id = b.user_id
  GROUP BY 1, 2
)
SELECT
  channel,
  also_reached,
  people,
  ROUND(100.0 * people / MAX(people) OVER (PARTITION BY channel), 1) AS share_of_channel
FROM pairs

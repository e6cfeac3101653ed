--+++ recomamp query
-- format = 1
-- name = "Which line items are streaming TV"
-- kind = "explore"
-- description = "Video line items with the screens on which they ran and the length of the ads, so that you can decide which campaigns count as streaming TV."
-- window-advice = "The window of the overlap."
-- prerequisites = ["Amazon DSP video campaigns that delivered in the window"]
-- sample = """
-- campaign, line_item, impressions, share_on_tv, average_seconds
-- Mirelune | Streaming TV | Awareness | 2026 H2, Mirelune | STV Prime Video, 6612, 86.4, 22.4
-- Mirelune | Streaming TV | Awareness | 2026 H2, Mirelune | STV Lifestyle audiences, 3166, 85.8, 22.4
-- Mirelune | Online Video | Consideration | 2026 H2, Mirelune | OLV In-market, 2431, 2.3, 10.5
-- Mirelune | Online Video | Consideration | 2026 H2, Mirelune | OLV Lifestyle, 1456, 2.0, 10.5
-- Mirelune | Streaming TV | Awareness | 2026 H2, Mirelune | STV Live events, 1375, 86.0, 22.6
-- """
-- interpretation = """
-- * Line items with nearly all impressions on TV screens are streaming TV. Those with most on phones and computers are online video, even where the same spot runs.
-- * Copy the **campaigns** of the first kind into the overlap. If one campaign holds both kinds, ask for separate campaigns: overlaps by line item need a query of their own.
-- """
--
-- [metrics]
-- line_item = "Line item of the campaign."
-- impressions = "Impressions of the line item."
-- share_on_tv = "Impressions on TVs and devices connected to them, in percent."
-- average_seconds = "Average length of the ads, in seconds."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaign names like"
-- help = "Finds the brand's campaigns. % stands for any text, so %Brand% finds every name that contains Brand."
-- default = "%"
-- demo-default = "%Mirelune%"
--+++
SELECT
  campaign,
  line_item,
  SUM(impressions) AS impressions,
  ROUND(100.0 * SUM(IF(device_type IN ('TV', 'ConnectedDevice'), impressions, 0)) / SUM(impressions), 1) AS share_on_tv,
  ROUND(AVG(creative_duration), 1) AS average_seconds
FROM dsp_impressions
WHERE campaign LIKE {{campaign_pattern}}
  AND creative_category = 'Video'
GROUP BY 1, 2

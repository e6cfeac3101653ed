--+++ recomamp query
-- format = 1
-- name = "Kinds of IDs by ad product"
-- kind = "explore"
-- description = "Under which kind of ID AMC knows the people whom each ad product reached, and those who ordered: only the same kind of ID can be matched."
-- window-advice = "The window of the overlap that you plan."
-- prerequisites = ["Amazon DSP and sponsored ads in the instance"]
-- sample = """
-- source, user_id_type, events, users, share_of_users
-- Amazon DSP, adBrowserId, 3374, 1345, 9.4
-- Amazon DSP, adUserId, 31549, 9504, 66.5
-- Amazon DSP, sisDeviceId, 9310, 3449, 24.1
-- Orders, adUserId, 596, 503, 100.0
-- Sponsored ads, adBrowserId, 404, 189, 3.8
-- Sponsored ads, adUserId, 21636, 4625, 92.2
-- Sponsored ads, sisDeviceId, 660, 200, 4.0
-- """
-- interpretation = """
-- * Orders stand under account IDs. A person whom AMC knows as a device or a browser can be reached here, but never found among the buyers.
-- * If the **share** of account IDs differs between two products, compare their purchase rates only among account IDs.
-- """
--
-- [metrics]
-- events = "Impressions or orders under this kind of ID."
-- users = "Different IDs of this kind."
-- share_of_users = "The same in percent of the product's IDs."
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
WITH events AS (
  SELECT 'Amazon DSP' AS source, user_id_type, user_id, impressions AS events
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL

  UNION ALL

  SELECT 'Sponsored ads' AS source, user_id_type, user_id, impressions AS events
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
    AND impressions > 0

  UNION ALL

  SELECT 'Orders' AS source, user_id_type, user_id, conversions AS events
  FROM conversions
  WHERE event_subtype = 'order'
    AND user_id IS NOT NULL
),
by_kind AS (
  SELECT source, user_id_type, SUM(events) AS events, COUNT(DISTINCT user_id) AS users
  FROM events
  GROUP BY 1, 2
)
SELECT
  source,
  user_id_type,
  events,
  users,
  ROUND(100.0 * users / SUM(users) OVER (PARTITION BY source), 1) AS share_of_users
FROM by_kind

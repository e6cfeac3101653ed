--+++ recomamp query
-- format = 1
-- name = "Response by frequency"
-- kind = "main"
-- description = "For people of each frequency: how many of them viewed a product page, and how many bought, as attributed to the same campaigns."
-- window-advice = "At least eight whole weeks that ended fourteen days ago, so that the purchases of the last ads are in and rows are large enough to show."
-- prerequisites = ["Amazon DSP campaigns with attributed conversions"]
-- sample = """
-- frequency, people, viewers, page_view_rate, buyers, purchase_rate
-- 1, 2425, 22, 0.91, 5, 0.21
-- 2, 2261, 21, 0.93, 4, 0.18
-- 3, 1465, 30, 2.05, 6, 0.41
-- 4, 961, 37, 3.85, 7, 0.73
-- 5, 537, 24, 4.47, 6, 1.12
-- 6, 1165, 158, 13.56, 46, 3.95
-- """
-- chart = "page_view_rate"
-- interpretation = """
-- * **Page view rate** and **purchase rate** are shares of the people in the row. Compare neighboring rows, and look at *people* first: rates of small rows jump.
-- * A rate that stops rising marks where further impressions no longer go along with further response.
-- * **Don't read it as cause.** People who visit the shop are shown retargeting, so interest brings frequency too.
-- """
--
-- [metrics]
-- frequency = "Impressions that a person received in the window. The highest value stands for itself and everything above."
-- people = "Users with that frequency, known by their account."
-- viewers = "Users among them with at least one product page view that is attributed to these campaigns."
-- page_view_rate = "Viewers in percent of people."
-- buyers = "Users among them with at least one purchase that is attributed to these campaigns."
-- purchase_rate = "Buyers in percent of people."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "campaigns"
-- kind = "list"
-- label = "Campaigns"
-- help = "One Amazon DSP campaign (order) per line, exactly as in AMC."
-- demo-default = [
--   "Mirelune | Streaming TV | Awareness | {half-year}",
--   "Mirelune | Online Video | Consideration | {half-year}",
--   "Mirelune | Display | Consideration | {half-year}",
--   "Mirelune | Display | Conversion | {half-year}",
-- ]
--
-- [[parameters]]
-- name = "highest"
-- kind = "number"
-- label = "Last step"
-- help = "Frequencies from this one on share a row. Lower it if rows are missing."
-- default = "6"
--+++
WITH per_person AS (
  SELECT user_id, SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign IN ({{campaigns}})
    AND user_id IS NOT NULL
    -- Purchases are made under an account, so devices and browsers could never respond
    AND user_id_type = 'adUserId'
  GROUP BY user_id
),
responses AS (
  -- One row for each person, so that the join below multiplies nothing
  SELECT
    user_id,
    MAX(IF(total_detail_page_view > 0, 1, 0)) AS viewed,
    MAX(IF(total_purchases > 0, 1, 0)) AS bought
  FROM amazon_attributed_events_by_traffic_time
  WHERE campaign IN ({{campaigns}})
    AND user_id IS NOT NULL
  GROUP BY user_id
)
SELECT
  IF(p.impressions >= {{highest}}, {{highest}}, p.impressions) AS frequency,
  COUNT(p.user_id) AS people,
  SUM(COALESCE(r.viewed, 0)) AS viewers,
  ROUND(100.0 * SUM(COALESCE(r.viewed, 0)) / COUNT(p.user_id), 2) AS page_view_rate,
  SUM(COALESCE(r.bought, 0)) AS buyers,
  ROUND(100.0 * SUM(COALESCE(r.bought, 0)) / COUNT(p.user_id), 2) AS purchase_rate
FROM per_person p
LEFT JOIN responses r ON p.user_id = r.user_id
GROUP BY 1

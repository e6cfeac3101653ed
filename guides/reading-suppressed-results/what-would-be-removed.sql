--+++ recomamp query
-- format = 1
-- name = "What a breakdown by city would lose"
-- kind = "validate"
-- description = "How many cities lie above and below the threshold of a hundred users, and how many impressions they hold, before you run the breakdown."
-- window-advice = "The window of the breakdown that you plan."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window"]
-- sample = """
-- group_size, cities, impressions, share_of_impressions
-- Shown: 100 users or more, 18, 8859, 84.3
-- Removed: fewer than 100 users, 14, 1650, 15.7
-- """
-- interpretation = """
-- * **Share of impressions** of the second row is what the breakdown would lose. Below five percent, run it and name the loss. Above, choose a coarser column or a longer window.
-- * To test another column, replace `city_name` in the inner query, and the 100 with the column's threshold.
-- """
--
-- [metrics]
-- group_size = "Whether the cities of the row have enough users for a row of their own."
-- cities = "How many cities there are of this kind."
-- impressions = "Their impressions together."
-- share_of_impressions = "The same in percent of all impressions."
--
-- [window]
-- days = 28
--
-- [[parameters]]
-- name = "campaigns"
-- kind = "list"
-- label = "Campaigns"
-- help = "One Amazon DSP campaign (order) per line, exactly as in AMC."
-- demo-default = [
--   "Mirelune | Streaming TV | Awareness | {half-year}",
--   "Mirelune | Display | Consideration | {half-year}",
-- ]
--+++
WITH by_city AS (
  SELECT
    city_name,
    SUM(impressions) AS impressions,
    COUNT(DISTINCT user_id) AS users
  FROM dsp_impressions
  WHERE campaign IN ({{campaigns}})
  GROUP BY city_name
),
by_size AS (
  SELECT
    IF(users >= 100, 'Shown: 100 users or more', 'Removed: fewer than 100 users') AS group_size,
    COUNT(1) AS cities,
    SUM(impressions) AS impressions
  FROM by_city
  GROUP BY 1
)
SELECT
  group_size,
  cities,
  impressions,
  ROUND(100.0 * impressions / SUM(impressions) OVER (), 1) AS share_of_impressions
FROM by_size

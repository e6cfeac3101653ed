--+++ recomamp query
-- format = 1
-- name = "Delivery by city, with the remainder"
-- kind = "main"
-- description = "The same breakdown with the rows below the threshold kept: their city is blanked, and a column says so."
-- window-advice = "The window of the result that you want to complete."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window"]
-- sample = """
-- city_name, impressions, reach
-- , 1650, 757
-- New York, 1361, 637
-- Los Angeles, 1072, 502
-- Chicago, 750, 350
-- Miami, 247, 114
-- Orlando, 230, 117
-- """
-- interpretation = """
-- * The row without a city, with *filtered* = true, holds everything that fell below the threshold. Impressions now add up to the total.
-- * Its **reach** is a sum over the merged rows. Somebody who was seen in two small cities counts twice in it.
-- * A row without a city and *filtered* = false is something else: events for which AMC knows no city.
-- """
--
-- [metrics]
-- impressions = "Impressions in the city; in the blanked row, of all cities below the threshold."
-- reach = "Different users who saw them."
--
-- [window]
-- days = 28
--
-- [privacy]
-- mode = "blank"
-- column = "filtered"
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
SELECT
  city_name,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT user_id) AS reach
FROM dsp_impressions
WHERE campaign IN ({{campaigns}})
GROUP BY city_name

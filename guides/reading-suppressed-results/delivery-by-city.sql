--+++ recomamp query
-- format = 1
-- name = "Delivery by city"
-- kind = "explore"
-- description = "Impressions and reach by city: a result from which privacy removes rows."
-- window-advice = "Whole weeks. The query reads impressions only, so the window may end two days ago."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window"]
-- sample = """
-- city_name, impressions, reach
-- New York, 1361, 637
-- Los Angeles, 1072, 502
-- Chicago, 750, 350
-- Sacramento, 255, 115
-- Miami, 247, 114
-- Orlando, 230, 117
-- """
-- chart = "reach"
-- interpretation = """
-- Each row that you see has at least a hundred users. Cities with fewer are not in the result, and nothing in the result says so. The sample shows the first and last rows of eighteen.
-- """
--
-- [metrics]
-- impressions = "Impressions in the city."
-- reach = "Different users who saw them."
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
SELECT
  city_name,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT user_id) AS reach
FROM dsp_impressions
WHERE campaign IN ({{campaigns}})
GROUP BY city_name

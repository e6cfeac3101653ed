--+++ recomamp query
-- format = 1
-- name = "Delivery by state"
-- kind = "main"
-- description = "The same delivery by state, a column with a lower threshold: complete where the breakdown by city wasn't."
-- window-advice = "The window of the breakdown that it replaces."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window"]
-- sample = """
-- state, impressions, reach
-- US-CA, 1683, 795
-- US-NY, 1361, 637
-- US-TX, 1130, 527
-- US-FL, 799, 383
-- US-IL, 750, 350
-- US-ND, 60, 28
-- US-MT, 33, 14
-- US-ME, 26, 11
-- """
-- chart = "reach"
-- interpretation = """
-- Small states appear with a few dozen users, because a row by state needs two users and not a hundred. The sample shows the five largest rows and the three smallest of 25.
-- """
--
-- [metrics]
-- state = "State or province, as an ISO code."
-- impressions = "Impressions in the state."
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
  iso_state_province_code AS state,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT user_id) AS reach
FROM dsp_impressions
WHERE campaign IN ({{campaigns}})
GROUP BY 1

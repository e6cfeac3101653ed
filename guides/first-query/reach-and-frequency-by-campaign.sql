--+++ recomamp query
-- format = 1
-- name = "Reach and frequency by campaign"
-- description = "How many people each campaign reached, and how often each of them saw it."
-- kind = "main"
-- window-advice = "Whole weeks. This query reads impressions only, so the window may end two days ago; the default, which waits for attribution too, is the better habit."
-- sample = """
-- campaign, impressions, reach, frequency
-- Mirelune | Display | Consideration | 2026 H2, 1648, 1109, 1.49
-- Mirelune | Streaming TV | Awareness | 2026 H2, 935, 614, 1.52
-- Mirelune | Display | Conversion | 2026 H2, 412, 250, 1.65
-- """
-- chart = "reach"
-- interpretation = """
-- Start with the frequency: it says how often each person saw the campaign. Don't add up the reach of several rows: somebody who saw
-- two campaigns is counted in both.
-- """
--
-- [metrics]
-- impressions = "How often ads were shown to recognized users: the sum of `impressions`."
-- reach = "How many different users saw them."
-- frequency = "Impressions divided by reach."
--
-- [[parameters]]
-- name = "campaigns"
-- kind = "list"
-- label = "Campaigns"
-- help = "One name per line, exactly as in AMC."
-- demo-default = [
--   "Mirelune | Streaming TV | Awareness | {half-year}",
--   "Mirelune | Display | Consideration | {half-year}",
--   "Mirelune | Display | Conversion | {half-year}",
--   "Woolpaddle | Pilot | New placements | {half-year}",
-- ]
--+++
SELECT
  campaign,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT user_id) AS reach,
  SUM(impressions) / COUNT(DISTINCT user_id) AS frequency
FROM dsp_impressions
WHERE campaign IN ({{campaigns}})
  AND user_id IS NOT NULL
GROUP BY campaign

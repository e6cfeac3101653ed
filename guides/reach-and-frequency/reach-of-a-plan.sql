--+++ recomamp query
-- format = 1
-- name = "Reach of each campaign and of all together"
-- kind = "main"
-- description = "How many people each campaign reached and how often, what a thousand reached people cost, and the same for all campaigns together without counting anybody twice."
-- window-advice = "The flight of the campaigns, or whole weeks of it. The query reads impressions only, so the window may end two days ago."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window"]
-- sample = """
-- campaign, impressions, reach, frequency, cost_per_1000_people
-- Mirelune | Display | Conversion | 2026 H2, 1702, 642, 2.65, 17.0
-- Mirelune | Online Video | Consideration | 2026 H2, 1191, 667, 1.79, 25.07
-- Mirelune | Streaming TV | Awareness | 2026 H2, 3599, 1878, 1.92, 63.85
-- Mirelune | Display | Consideration | 2026 H2, 6490, 3314, 1.96, 8.52
-- All campaigns, 12982, 5858, 2.22, 30.0
-- """
-- chart = "reach"
-- interpretation = """
-- * The row *All campaigns* is smaller than the sum of the rows above it. The difference is people whom several campaigns reached.
-- * Compare **frequency** only between rows of the same window: it grows with the length of the window.
-- * **Cost per 1,000 people** is what it costs to reach a thousand different people. It is higher than the CPM by the factor of the frequency.
-- """
--
-- [metrics]
-- impressions = "Impressions shown to people with a user ID."
-- reach = "Different users among them."
-- frequency = "Impressions divided by reach."
-- cost_per_1000_people = "Cost of these impressions, in the account's currency, for each thousand of the reach."
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
--   "Mirelune | Online Video | Consideration | {half-year}",
--   "Mirelune | Display | Consideration | {half-year}",
--   "Mirelune | Display | Conversion | {half-year}",
-- ]
--+++
WITH delivery AS (
  SELECT campaign, user_id, impressions, total_cost
  FROM dsp_impressions
  WHERE campaign IN ({{campaigns}})
    AND user_id IS NOT NULL
),
each_and_all AS (
  SELECT campaign, user_id, impressions, total_cost FROM delivery
  UNION ALL
  SELECT 'All campaigns' AS campaign, user_id, impressions, total_cost FROM delivery
)
SELECT
  campaign,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT user_id) AS reach,
  ROUND(SUM(impressions) / COUNT(DISTINCT user_id), 2) AS frequency,
  -- total_cost is in millicents
  ROUND(SUM(total_cost) / 100000.0 / COUNT(DISTINCT user_id) * 1000, 2) AS cost_per_1000_people
FROM each_and_all
GROUP BY 1

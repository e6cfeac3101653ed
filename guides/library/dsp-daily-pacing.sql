--+++ recomamp query
-- format = 1
-- name = "Daily spend and budget pacing"
-- description = "Spend of each Amazon DSP campaign by day, the running total of the window, and how much of the campaign budget that is."
-- kind = "main"
-- category = "Cost and pacing"
-- use-case = "Is the campaign on course to spend its budget?"
-- products = ["dsp", "streaming-tv"]
-- level = "intermediate"
-- tags = ["pacing", "budget", "cost"]
-- window-advice = "Begin with the first day of the campaign, so that the running total is its whole spend. The last two days are often incomplete."
-- prerequisites = ["One or a few Amazon DSP campaigns; choose them with the campaign pattern."]
-- sample = """
-- campaign,event_date,impressions,cost,running_cost,budget,budget_used
-- Mirelune | Streaming TV | Awareness | 2026 H2,2026-10-22,116,3.72,3.72,30000.00,0.01
-- Mirelune | Streaming TV | Awareness | 2026 H2,2026-10-23,154,5.06,8.77,30000.00,0.03
-- Mirelune | Streaming TV | Awareness | 2026 H2,2026-10-24,135,4.5,13.24,30000.00,0.04
-- Mirelune | Streaming TV | Awareness | 2026 H2,2026-10-25,136,4.67,17.92,30000.00,0.06
-- Mirelune | Streaming TV | Awareness | 2026 H2,2026-10-26,145,4.95,22.87,30000.00,0.08
-- Mirelune | Streaming TV | Awareness | 2026 H2,2026-10-27,107,3.62,26.48,30000.00,0.09
-- Mirelune | Streaming TV | Awareness | 2026 H2,2026-10-28,136,4.59,31.08,30000.00,0.1
-- """
-- interpretation = '''
-- Set **budget_used** against the part of the flight that has passed: half of the time and a third of the budget means
-- under-delivery. Look at **cost** for days that stand out, since a drop to nothing is usually a pause or a used-up line item.
--
-- The budget is that of the campaign as set up now; `campaign_budget_amount` is in millicents and is divided by 100,000 like
-- `total_cost`. Check with the set-up whether it is the budget of the whole campaign or of one flight: with several flights
-- `campaign_flight_budget_amount` is the one to compare.
--
-- In the sample the budget is that of a full-size advertiser and the traffic a small part of one, so the percentages stay low.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- event_date = "Day (UTC)."
-- impressions = "Impressions of the day."
-- cost = "All-in cost of the day, in the currency of the advertiser (millicents divided by 100,000)."
-- running_cost = "Cost from the beginning of the window to the end of the day."
-- budget = "Campaign budget in currency."
-- budget_used = "Running cost in percent of the budget."
--
-- [window]
-- days = 28
-- lag = 2
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
-- demo-default = "Mirelune | Streaming TV%"
--+++
WITH daily AS (
  SELECT
    campaign,
    impression_date_utc AS event_date,
    SUM(impressions) AS impressions,
    SUM(total_cost) / 100000 AS cost,
    MAX(campaign_budget_amount) / 100000 AS budget
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  GROUP BY campaign, impression_date_utc
),
running_totals AS (
  SELECT
    campaign,
    event_date,
    impressions,
    cost,
    budget,
    SUM(cost) OVER (PARTITION BY campaign ORDER BY event_date) AS running_cost
  FROM daily
)
SELECT
  campaign,
  event_date,
  impressions,
  ROUND(cost, 2) AS cost,
  ROUND(running_cost, 2) AS running_cost,
  ROUND(budget, 2) AS budget,
  ROUND(100 * running_cost / NULLIF(budget, 0), 2) AS budget_used
FROM running_totals

--+++ recomamp query
-- format = 1
-- name = "Impressions and cost above a frequency cap"
-- description = "How many Amazon DSP impressions each campaign delivered beyond a cap per person and day or per person and window, and what they cost."
-- kind = "main"
-- category = "Reach and frequency"
-- use-case = "How much budget would a frequency cap free?"
-- products = ["dsp", "streaming-tv"]
-- level = "intermediate"
-- tags = ["frequency", "cap", "cost"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read, so nothing has to be attributed. For a cap per window, choose a window as long as the cap period, such as 7 days."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- campaign,currency,users,users_above_cap,impressions,impressions_above_cap,share_above_cap,cost,cost_above_cap
-- Mirelune | Streaming TV | Awareness | 2026 H2,USD,1760,59,3540,94,2.7,117.45,3.09
-- Woolpaddle | Display | Conversion | 2026 H2,USD,538,72,1425,144,10.1,9.1,0.9
-- Woolpaddle | Online Video | Consideration | 2026 H2,USD,360,9,703,13,1.8,9.83,0.19
-- Tundrel | Online Video | Consideration | 2026 H2,USD,460,8,859,9,1.0,11.93,0.12
-- Mirelune | Black Week | 2026,USD,411,6,727,10,1.4,3.71,0.05
-- Woolpaddle | Pilot | New placements | 2026 H2,USD,4,0,11,0,0.0,0.09,0.0
-- """
-- chart = "share_above_cap"
-- interpretation = '''
-- **cost_above_cap** is what the cap would have freed, and **share_above_cap** shows which campaigns it would touch most. Try
-- two or three caps and compare.
--
-- The impressions above the cap are priced at the average cost per impression of that person in that period and campaign. A
-- cap alone does not save this money: the campaign spends it on other impressions. Judge with [Purchase rate by
-- frequency](../library/frequency-and-purchase-rate.sql) whether those are worth more.
--
-- Impressions of unrecognized users can't be capped in this calculation and are left out. The cap is applied per campaign, not
-- across campaigns.
--
-- The guide [Reach and frequency](../reach-and-frequency/guide.md) explains the method.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- currency = "Currency of the cost."
-- users = "Recognized users reached."
-- users_above_cap = "Users who went beyond the cap at least once."
-- impressions = "Impressions shown to recognized users."
-- impressions_above_cap = "Those beyond the cap."
-- share_above_cap = "Percent of the impressions beyond the cap."
-- cost = "Cost of the impressions, in currency."
-- cost_above_cap = "Cost of the impressions beyond the cap, in currency."
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
--
-- [[parameters]]
-- name = "cap_period"
-- kind = "choice"
-- label = "Cap per person and"
-- help = "day counts each person and UTC day on its own, window counts the whole window."
-- choices = ["day", "window"]
-- default = "window"
--
-- [[parameters]]
-- name = "cap"
-- kind = "number"
-- label = "Cap"
-- help = "Impressions that a person may see in the period."
-- default = 4
--+++
WITH periods AS (
  SELECT
    campaign,
    currency_iso_code,
    user_id,
    CASE WHEN {{cap_period}} = 'day' THEN impression_date_utc END AS cap_day,
    SUM(impressions) AS impressions,
    SUM(total_cost) AS cost
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  GROUP BY campaign, currency_iso_code, user_id, CASE WHEN {{cap_period}} = 'day' THEN impression_date_utc END
),
split AS (
  SELECT
    campaign,
    currency_iso_code,
    user_id,
    CASE WHEN impressions > {{cap}} THEN user_id END AS user_above,
    impressions,
    CASE WHEN impressions > {{cap}} THEN impressions - {{cap}} ELSE 0 END AS above,
    cost,
    CASE WHEN impressions > {{cap}} THEN cost * (impressions - {{cap}}) / impressions ELSE 0 END AS cost_above
  FROM periods
)
SELECT
  campaign,
  currency_iso_code AS currency,
  COUNT(DISTINCT user_id) AS users,
  COUNT(DISTINCT user_above) AS users_above_cap,
  SUM(impressions) AS impressions,
  SUM(above) AS impressions_above_cap,
  ROUND(100 * SUM(above) / NULLIF(SUM(impressions), 0), 1) AS share_above_cap,
  ROUND(SUM(cost) / 100000, 2) AS cost,
  ROUND(SUM(cost_above) / 100000, 2) AS cost_above_cap
FROM split
GROUP BY campaign, currency_iso_code

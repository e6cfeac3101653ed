--+++ recomamp query
-- format = 1
-- name = "Reach, frequency and cost by campaign"
-- description = "How many people each Amazon DSP campaign reached, how often, and what it cost to reach a thousand of them."
-- kind = "main"
-- category = "Reach and frequency"
-- use-case = "Which campaigns reach the most people for the money?"
-- products = ["dsp", "streaming-tv"]
-- level = "basic"
-- tags = ["reach", "frequency", "cost"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read, so nothing has to be attributed. Compare campaigns over the same window: reach grows with its length."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- campaign,currency,impressions,coverage,reach,frequency,cost,cost_per_1000_reached
-- Mirelune | Display | Consideration | 2026 H2,USD,6610,95.6,3082,2.05,28.71,8.9
-- Tundrel | Display | Consideration | 2026 H2,USD,4644,96.1,2236,2.00,20.28,8.72
-- Mirelune | Streaming TV | Awareness | 2026 H2,USD,3657,96.8,1760,2.01,121.32,66.73
-- Woolpaddle | Display | Consideration | 2026 H2,USD,3352,96.3,1624,1.99,14.55,8.64
-- Tundrel | Streaming TV | Awareness | 2026 H2,USD,2740,96.4,1336,1.98,90.95,65.58
-- Woolpaddle | Streaming TV | Awareness | 2026 H2,USD,1799,96.5,908,1.91,60.01,63.77
-- """
-- chart = "reach"
-- interpretation = '''
-- Start with **frequency**, then with **cost_per_1000_reached**: a cheap impression that always finds the same people is an
-- expensive way to reach.
--
-- **Don't add up reach.** A person who saw two campaigns is counted in both rows. For the reach of several campaigns together,
-- remove `campaign` from the query and choose them with the pattern.
--
-- Reach and frequency describe recognized users only. **coverage** says how many of the impressions that is; frequency and the
-- cost per thousand reached are computed from those impressions alone, so that they fit together.
--
-- The guide [Reach and frequency](../reach-and-frequency/guide.md) explains the method.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- currency = "Currency of the cost."
-- impressions = "All impressions."
-- coverage = "Percent of the impressions that were shown to recognized users."
-- reach = "Different recognized users who were shown an ad."
-- frequency = "Impressions shown to recognized users, divided by reach."
-- cost = "All-in cost of all impressions, in currency (total_cost is in millicents: divided by 100,000)."
-- cost_per_1000_reached = "Cost of the impressions shown to recognized users, per 1,000 of these users."
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
--+++
SELECT
  campaign,
  currency_iso_code AS currency,
  SUM(impressions) AS impressions,
  ROUND(100 * SUM(CASE WHEN user_id_type IS NOT NULL THEN impressions ELSE 0 END) / NULLIF(SUM(impressions), 0), 1) AS coverage,
  COUNT(DISTINCT user_id) AS reach,
  ROUND(
    SUM(CASE WHEN user_id_type IS NOT NULL THEN impressions ELSE 0 END) / NULLIF(COUNT(DISTINCT user_id), 0),
    2
  ) AS frequency,
  ROUND(SUM(total_cost) / 100000, 2) AS cost,
  ROUND(
    1000 * SUM(CASE WHEN user_id_type IS NOT NULL THEN total_cost ELSE 0 END) / 100000 / NULLIF(COUNT(DISTINCT user_id), 0),
    2
  ) AS cost_per_1000_reached
FROM dsp_impressions
WHERE campaign LIKE {{campaign_pattern}}
GROUP BY campaign, currency_iso_code

--+++ recomamp query
-- format = 1
-- name = "Frequency distribution"
-- description = "How many people saw one, two, three … Amazon DSP ads in the window, and which share of the impressions they received."
-- kind = "main"
-- category = "Reach and frequency"
-- use-case = "Is our frequency spread evenly, or do a few people see most of the ads?"
-- products = ["dsp", "streaming-tv"]
-- level = "basic"
-- tags = ["frequency", "reach"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read, so nothing has to be attributed. Match the period of your frequency cap, such as 7 days for a weekly cap: the longer the window, the higher the frequency."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- frequency,users,user_share,impressions,impression_share
-- 1,3567,29.3,3567,10.1
-- 2,3225,26.5,6450,18.3
-- 3,2093,17.2,6279,17.8
-- 4,1256,10.3,5024,14.3
-- 5,740,6.1,3700,10.5
-- 6,458,3.8,2748,7.8
-- 7,282,2.3,1974,5.6
-- 8,196,1.6,1568,4.5
-- 9,127,1.0,1143,3.2
-- 10,231,1.9,2747,7.8
-- """
-- chart = "users"
-- interpretation = '''
-- An average hides the shape. Look at the row of frequency 1 first: in the sample, people reached once are the largest group
-- and get only a tenth of the impressions. Then look at the last row: compare **user_share** with **impression_share**. If a
-- few percent of the people get a large share of the impressions, a cap or a broader audience moves budget to new people.
--
-- Frequency counts all chosen campaigns together. Choose one campaign to judge its own cap.
--
-- The guide [Reach and frequency](../reach-and-frequency/guide.md) explains the method.
-- '''
--
-- [metrics]
-- frequency = "Impressions that a person was shown in the window; the last row stands for this many or more."
-- users = "Recognized users with this frequency."
-- user_share = "Percent of all recognized users reached."
-- impressions = "Impressions shown to them."
-- impression_share = "Percent of all impressions shown to recognized users."
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
-- name = "top_frequency"
-- kind = "number"
-- label = "Highest frequency"
-- help = "People with this many impressions or more share one row."
-- default = 10
--+++
WITH per_user AS (
  SELECT
    user_id,
    SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  GROUP BY user_id
),
grouped AS (
  SELECT
    CASE WHEN impressions >= {{top_frequency}} THEN {{top_frequency}} ELSE impressions END AS frequency,
    COUNT(DISTINCT user_id) AS users,
    SUM(impressions) AS impressions
  FROM per_user
  GROUP BY CASE WHEN impressions >= {{top_frequency}} THEN {{top_frequency}} ELSE impressions END
)
SELECT
  frequency,
  users,
  ROUND(100 * users / NULLIF(SUM(users) OVER (), 0), 1) AS user_share,
  impressions,
  ROUND(100 * impressions / NULLIF(SUM(impressions) OVER (), 0), 1) AS impression_share
FROM grouped

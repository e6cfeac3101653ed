--+++ recomamp query
-- format = 1
-- name = "What privacy would remove at each level of detail"
-- description = "Counts, for five levels of detail, how many groups of Amazon DSP impressions reach the aggregation threshold, and how many impressions those groups hold."
-- kind = "validate"
-- category = "Data checks"
-- use-case = "How far can I break down my report before AMC removes rows?"
-- products = ["dsp", "amc"]
-- level = "advanced"
-- tags = ["privacy", "thresholds", "data quality"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read, so nothing has to be attributed. Use the window of the report that you plan: a longer window puts more users into each group."
-- sample = """
-- level_of_detail,users_needed,row_groups,groups_shown,impressions,impressions_shown
-- campaign,2,27,27,36656,100.0
-- campaign and day,2,628,612,36656,100.0
-- "campaign, day and state",2,8618,5368,36656,89.9
-- campaign and city,100,745,29,36656,27.5
-- campaign and postal code,100,6468,0,36656,0.0
-- """
-- interpretation = '''
-- Read **impressions_shown** as the part of the delivery that survives at this level of detail. Choose the finest level at
-- which it is still close to 100%.
--
-- Campaign, day and state need two users in a row; city and postal code need 100. The user ID never leaves the query: users
-- are counted per group inside, and only the counts of groups are returned, so this template itself shows everything.
--
-- Treat the figures as an upper limit. AMC also looks at how the users contribute to each metric, so a group that just reaches
-- its threshold can still be removed. Impressions without a user ID add no user.
--
-- The guide [Read results with missing rows](../reading-suppressed-results/guide.md) explains the method.
-- '''
--
-- [metrics]
-- level_of_detail = "Columns by which impressions are grouped."
-- users_needed = "Users that a row needs at this level."
-- row_groups = "Groups: the rows that such a report would have without privacy."
-- groups_shown = "Groups with enough recognized users."
-- impressions = "Impressions of all groups."
-- impressions_shown = "Percent of the impressions that belong to groups with enough users."
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
WITH sizes AS (
  SELECT
    'campaign' AS level_of_detail,
    2 AS users_needed,
    COUNT(DISTINCT user_id) AS users,
    SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  GROUP BY campaign
  UNION ALL
  SELECT
    'campaign and day' AS level_of_detail,
    2 AS users_needed,
    COUNT(DISTINCT user_id) AS users,
    SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  GROUP BY campaign, impression_date_utc
  UNION ALL
  SELECT
    'campaign, day and state' AS level_of_detail,
    2 AS users_needed,
    COUNT(DISTINCT user_id) AS users,
    SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  GROUP BY campaign, impression_date_utc, iso_state_province_code
  UNION ALL
  SELECT
    'campaign and city' AS level_of_detail,
    100 AS users_needed,
    COUNT(DISTINCT user_id) AS users,
    SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  GROUP BY campaign, city_name
  UNION ALL
  SELECT
    'campaign and postal code' AS level_of_detail,
    100 AS users_needed,
    COUNT(DISTINCT user_id) AS users,
    SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  GROUP BY campaign, postal_code
)
SELECT
  level_of_detail,
  users_needed,
  COUNT(1) AS row_groups,
  SUM(CASE WHEN users >= users_needed THEN 1 ELSE 0 END) AS groups_shown,
  SUM(impressions) AS impressions,
  ROUND(100 * SUM(CASE WHEN users >= users_needed THEN impressions ELSE 0 END) / NULLIF(SUM(impressions), 0), 1)
    AS impressions_shown
FROM sizes
GROUP BY level_of_detail, users_needed

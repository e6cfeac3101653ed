--+++ recomamp query
-- format = 1
-- name = "Cumulative reach by day"
-- description = "New people reached on each day of the window, and the running total: how fast a campaign builds reach, and when it stops."
-- kind = "main"
-- category = "Reach and frequency"
-- use-case = "When does the campaign stop finding new people?"
-- products = ["dsp", "streaming-tv"]
-- level = "intermediate"
-- tags = ["reach", "saturation", "pacing"]
-- window-advice = "Begin with the first day of the campaign, or the people reached before the window count as new. It may end two days ago."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- event_date,impressions,reach_of_day,new_users,new_share,cumulative_reach
-- 2026-10-22,1239,1068,1068,100.0,1068
-- 2026-10-23,1164,1007,749,74.4,1817
-- 2026-10-24,1200,1028,599,58.3,2416
-- 2026-10-25,1291,1107,515,46.5,2931
-- 2026-10-26,1174,1021,358,35.1,3289
-- 2026-10-27,1153,1009,282,27.9,3571
-- 2026-10-28,1192,1073,575,53.6,4146
-- """
-- chart = "cumulative_reach"
-- interpretation = '''
-- Watch **new_share**: the part of the day's audience that had not been reached in the window before. It is 100% on the first
-- day and falls. Where it stays low while **impressions** stay high, the campaign mostly repeats itself: widen the audience,
-- refresh the supply, or lower the budget.
--
-- The running total is the true reach of the window up to that day, since each person counts on the day of the first
-- impression only. A day with a single new person is missing, and the total of the following days still includes that person.
--
-- The guide [Reach and frequency](../reach-and-frequency/guide.md) explains the method.
-- '''
--
-- [metrics]
-- event_date = "Day (UTC)."
-- impressions = "Impressions shown to recognized users on the day."
-- reach_of_day = "Different recognized users on the day."
-- new_users = "Users whose first impression in the window fell on the day."
-- new_share = "New users in percent of the reach of the day."
-- cumulative_reach = "Users reached from the beginning of the window to the end of the day."
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
WITH user_days AS (
  SELECT
    user_id,
    impression_date_utc AS event_date,
    SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  GROUP BY user_id, impression_date_utc
),
ranked AS (
  SELECT
    user_id,
    event_date,
    impressions,
    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY event_date) AS day_number
  FROM user_days
),
daily AS (
  SELECT
    event_date,
    SUM(impressions) AS impressions,
    COUNT(DISTINCT user_id) AS reach_of_day,
    SUM(CASE WHEN day_number = 1 THEN 1 ELSE 0 END) AS new_users
  FROM ranked
  GROUP BY event_date
)
SELECT
  event_date,
  impressions,
  reach_of_day,
  new_users,
  ROUND(100 * new_users / NULLIF(reach_of_day, 0), 1) AS new_share,
  SUM(new_users) OVER (ORDER BY event_date) AS cumulative_reach
FROM daily

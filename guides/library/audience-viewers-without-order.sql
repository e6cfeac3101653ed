--+++ recomamp query
-- format = 1
-- name = "Audience: looked at a product, did not buy"
-- description = "Sizes the audience of people who saw a product page and placed no order, by how long ago they last looked, with the SQL to build it."
-- kind = "main"
-- category = "Audiences"
-- use-case = "How many people could we win back who looked and did not buy?"
-- products = ["audiences", "dsp"]
-- level = "intermediate"
-- tags = ["audience", "retargeting", "size"]
-- window-advice = "The window is the look-back of the audience, such as 30 or 90 days, and may end two days ago. Use the same window for the audience."
-- prerequisites = ["Tracked products with page views in the window."]
-- sample = """
-- last_view,users,account_users,audience_so_far
-- 1 up to 7 days,144,144,144
-- 2 8 to 14 days,134,134,278
-- 3 15 to 30 days,261,261,539
-- """
-- chart = "users"
-- interpretation = '''
-- Choose the look-back: **audience_so_far** adds up from the most recent viewers. Start with recent viewers and extend the
-- time until the audience is large enough. An audience needs at least 2,000 members; aim for 2,500 or more, since not all of
-- them can be reached. Ads reach only members with an `adUserId`: see **account_users**.
--
-- This template measures; it returns no user IDs. The SQL of the audience follows the same rule on the tables for audiences.
--
-- Page views and orders come from people who had seen an ad of the advertiser in the 28 days before. Whoever looked without any
-- ad contact is not here.
--
-- The guide [Building audiences](../building-audiences/guide.md) explains the method.
-- '''
-- audience = '''
-- WITH people AS (
--   SELECT
--     user_id,
--     MAX(CASE WHEN event_subtype = 'detailPageView' THEN 1 ELSE 0 END) AS looked,
--     MAX(CASE WHEN event_subtype = 'order' THEN 1 ELSE 0 END) AS bought
--   FROM conversions_with_relevance_for_audiences
--   WHERE event_subtype IN ('detailPageView', 'order')
--     AND campaign LIKE {{campaign_pattern}}
--     AND user_id IS NOT NULL
--   GROUP BY user_id
-- )
-- SELECT
--   user_id
-- FROM people
-- WHERE looked = 1
--   AND bought = 0
-- GROUP BY user_id
-- '''
-- audience-users = 539
--
-- [metrics]
-- last_view = "Time from the last product page to the end of the window."
-- users = "People who looked and placed no order in the window."
-- account_users = "Those known by an Amazon account (adUserId)."
-- audience_so_far = "Account users of this row and of all more recent ones."
--
-- [window]
-- days = 30
-- lag = 2
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
WITH people AS (
  SELECT
    user_id,
    user_id_type,
    MAX(CASE WHEN event_subtype = 'detailPageView' THEN event_date_utc END) AS last_view_date,
    MAX(CASE WHEN event_subtype = 'order' THEN 1 ELSE 0 END) AS bought
  FROM conversions_with_relevance
  WHERE event_subtype IN ('detailPageView', 'order')
    AND campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  GROUP BY user_id, user_id_type
),
viewers AS (
  SELECT
    user_id,
    user_id_type,
    SECONDS_BETWEEN(last_view_date, CAST(BUILT_IN_PARAMETER('TIME_WINDOW_END') AS DATE)) / 86400 AS days_ago
  FROM people
  WHERE last_view_date IS NOT NULL
    AND bought = 0
),
grouped AS (
  SELECT
    CASE
      WHEN days_ago <= 7 THEN '1 up to 7 days'
      WHEN days_ago <= 14 THEN '2 8 to 14 days'
      WHEN days_ago <= 30 THEN '3 15 to 30 days'
      ELSE '4 more than 30 days'
    END AS last_view,
    COUNT(DISTINCT user_id) AS users,
    COUNT(DISTINCT CASE WHEN user_id_type = 'adUserId' THEN user_id END) AS account_users
  FROM viewers
  GROUP BY
    CASE
      WHEN days_ago <= 7 THEN '1 up to 7 days'
      WHEN days_ago <= 14 THEN '2 8 to 14 days'
      WHEN days_ago <= 30 THEN '3 15 to 30 days'
      ELSE '4 more than 30 days'
    END
)
SELECT
  last_view,
  users,
  account_users,
  SUM(account_users) OVER (ORDER BY last_view) AS audience_so_far
FROM grouped

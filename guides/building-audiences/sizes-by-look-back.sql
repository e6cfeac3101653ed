--+++ recomamp query
-- format = 1
-- name = "Audience size by look-back"
-- description = "How large the audience of people who looked at a product and didn't buy would be with look-backs of 7 to 84 days."
-- kind = "main"
-- tags = ["audiences", "retargeting", "look-back"]
-- window-advice = "The longest look-back in question, ended two days ago or earlier."
-- sample = """
-- look_back_days, addressable_users, enough
-- 7, 73, no
-- 14, 133, no
-- 28, 231, no
-- 56, 453, no
-- 84, 656, no
-- """
-- chart = "addressable_users"
-- interpretation = """
-- Take the shortest look-back that is safely above 2,000. Rows are cumulative: the users of 7 days are also in the row of 28 days.
-- """
-- audience = '''
-- WITH last_interest AS (
--   SELECT
--     user_id,
--     MAX(event_dt_utc) AS last_dt
--   FROM conversions_for_audiences
--   WHERE tracked_item IN ({{asins}})
--     AND event_subtype IN ('detailPageView', 'shoppingCart')
--     AND user_id_type = 'adUserId'
--     AND user_id IS NOT NULL
--   GROUP BY user_id
-- ),
-- buyers AS (
--   SELECT user_id
--   FROM conversions_for_audiences
--   WHERE tracked_item IN ({{asins}})
--     AND event_subtype = 'order'
--     AND user_id IS NOT NULL
--   GROUP BY user_id
-- )
-- SELECT i.user_id
-- FROM last_interest i
-- LEFT JOIN buyers b ON b.user_id = i.user_id
-- WHERE b.user_id IS NULL
--   AND SECONDS_BETWEEN(i.last_dt, BUILT_IN_PARAMETER('TIME_WINDOW_END')) <= 84 * 86400
-- '''
-- audience-users = 656
--
-- [metrics]
-- look_back_days = "Days before the end of the window."
-- addressable_users = "Users with an Amazon account whose page view or cart lies in the look-back and who didn't buy in the whole window."
-- enough = "*yes* from 2,500 users, *barely* from the minimum of 2,000, otherwise *no*."
--
-- [window]
-- days = 84
-- lag = 2
--
-- [[parameters]]
-- name = "asins"
-- kind = "list"
-- label = "ASINs"
-- help = "The ASINs that the audience is about, one per line."
-- demo-default = ["B01VLY94L5", "B0TKDWV9WV", "B0N25NMYZM", "B0JNH8XHBN", "B097HMBZPL", "B0MZYLRW7Q", "B0GW1G4PL9", "B0J20YYVFJ", "B0KF3MDS0M", "B0PTWJKRX7"]
--+++
WITH last_interest AS (
  SELECT
    user_id,
    MAX(event_dt_utc) AS last_dt
  FROM conversions
  WHERE tracked_item IN ({{asins}})
    AND event_subtype IN ('detailPageView', 'shoppingCart')
    AND user_id_type = 'adUserId'
    AND user_id IS NOT NULL
  GROUP BY user_id
),
buyers AS (
  SELECT user_id
  FROM conversions
  WHERE tracked_item IN ({{asins}})
    AND event_subtype = 'order'
    AND user_id IS NOT NULL
  GROUP BY user_id
),
look_backs (days) AS (
  VALUES (7), (14), (28), (56), (84)
),
members AS (
  SELECT
    l.days,
    i.user_id
  FROM last_interest i
  JOIN look_backs l ON SECONDS_BETWEEN(i.last_dt, BUILT_IN_PARAMETER('TIME_WINDOW_END')) <= l.days * 86400
  LEFT JOIN buyers b ON b.user_id = i.user_id
  WHERE b.user_id IS NULL
),
counted AS (
  SELECT
    days,
    COUNT(DISTINCT user_id) AS addressable_users
  FROM members
  GROUP BY days
)
SELECT
  days AS look_back_days,
  addressable_users,
  CASE
    WHEN addressable_users >= 2500 THEN 'yes'
    WHEN addressable_users >= 2000 THEN 'barely'
    ELSE 'no'
  END AS enough
FROM counted

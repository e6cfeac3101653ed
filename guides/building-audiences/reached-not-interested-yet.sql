--+++ recomamp query
-- format = 1
-- name = "Reached by a campaign, not on a product page yet"
-- description = "How many users saw a campaign at least so often and haven't looked at a product in the window, by number of impressions: a list to follow up, or to exclude."
-- kind = "main"
-- tags = ["audiences", "frequency", "suppression"]
-- window-advice = "The look-back that the audience will have, ended two days ago or earlier."
-- sample = """
-- impressions_at_least, users, addressable_users
-- 1, 4495, 3098
-- 2, 2772, 1900
-- 3, 1330, 946
-- 5, 242, 188
-- 8, 16, 16
-- """
-- chart = "addressable_users"
-- interpretation = """
-- Users with few impressions are a list for a second message. Users with many impressions and no reaction are a list to exclude. Rows are cumulative.
-- """
-- audience = '''
-- WITH reached AS (
--   SELECT user_id
--   FROM dsp_impressions_for_audiences
--   WHERE campaign IN ({{campaigns}})
--     AND user_id_type = 'adUserId'
--     AND user_id IS NOT NULL
--   GROUP BY user_id
-- ),
-- interested AS (
--   SELECT user_id
--   FROM conversions_for_audiences
--   WHERE tracked_item IN ({{asins}})
--     AND user_id IS NOT NULL
--   GROUP BY user_id
-- )
-- SELECT r.user_id
-- FROM reached r
-- LEFT JOIN interested i ON i.user_id = r.user_id
-- WHERE i.user_id IS NULL
-- GROUP BY r.user_id
-- '''
-- audience-users = 2384
--
-- [metrics]
-- impressions_at_least = "Impressions of the campaigns that a user got, at least."
-- users = "Different recognized users with so many impressions and no page view, cart or order of the products in the window."
-- addressable_users = "Those known by an Amazon account."
--
-- [window]
-- days = 28
-- lag = 2
--
-- [[parameters]]
-- name = "campaigns"
-- kind = "list"
-- label = "DSP campaigns"
-- help = "One name per line, exactly as in AMC."
-- demo-default = ["Mirelune | Display | Consideration | {half-year}", "Mirelune | Streaming TV | Awareness | {half-year}"]
--
-- [[parameters]]
-- name = "asins"
-- kind = "list"
-- label = "ASINs"
-- help = "The ASINs that the audience is about, one per line."
-- demo-default = ["B01VLY94L5", "B0TKDWV9WV", "B0N25NMYZM", "B0JNH8XHBN", "B097HMBZPL", "B0MZYLRW7Q", "B0GW1G4PL9", "B0J20YYVFJ", "B0KF3MDS0M", "B0PTWJKRX7"]
--+++
WITH reached AS (
  SELECT
    user_id,
    user_id_type,
    SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign IN ({{campaigns}})
    AND user_id IS NOT NULL
  GROUP BY user_id, user_id_type
),
interested AS (
  SELECT user_id
  FROM conversions
  WHERE tracked_item IN ({{asins}})
    AND user_id IS NOT NULL
  GROUP BY user_id
),
steps (impressions_at_least) AS (
  VALUES (1), (2), (3), (5), (8)
)
SELECT
  s.impressions_at_least,
  COUNT(DISTINCT r.user_id) AS users,
  COUNT(DISTINCT CASE WHEN r.user_id_type = 'adUserId' THEN r.user_id END) AS addressable_users
FROM reached r
JOIN steps s ON r.impressions >= s.impressions_at_least
LEFT JOIN interested i ON i.user_id = r.user_id
WHERE i.user_id IS NULL
GROUP BY s.impressions_at_least

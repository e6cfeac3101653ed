--+++ recomamp query
-- format = 1
-- name = "Audience sizes by stage"
-- description = "How many users stand at each stage between the first page view and the purchase, and how many of them ads can reach."
-- kind = "main"
-- tags = ["audiences", "retargeting"]
-- window-advice = "The look-back that the audience will have, ended two days ago or earlier."
-- sample = """
-- stage, users, addressable_users
-- "1: viewed, no cart", 556, 556
-- "2: cart, not bought", 100, 100
-- 3: bought, 213, 213
-- """
-- chart = "users"
-- interpretation = """
-- `addressable_users` decides: an audience needs 2,000 of them, and 2,500 leave room for shrinking. If a stage is too small, use a longer look-back, more products or the next wider stage.
-- """
--
-- [metrics]
-- stage = "The last stage that the user reached in the window. Each user is in one row only."
-- users = "Different recognized users, of all ID types."
-- addressable_users = "Those known by an Amazon account (`adUserId`), whom audiences can reach."
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
WITH users AS (
  SELECT
    user_id,
    user_id_type,
    MAX(CASE WHEN event_subtype = 'order' THEN 1 ELSE 0 END) AS bought,
    MAX(CASE WHEN event_subtype = 'shoppingCart' THEN 1 ELSE 0 END) AS in_cart
  FROM conversions
  WHERE tracked_item IN ({{asins}})
    AND event_subtype IN ('detailPageView', 'shoppingCart', 'order')
    AND user_id IS NOT NULL
  GROUP BY user_id, user_id_type
)
SELECT
  CASE
    WHEN bought = 1 THEN '3: bought'
    WHEN in_cart = 1 THEN '2: cart, not bought'
    ELSE '1: viewed, no cart'
  END AS stage,
  COUNT(DISTINCT user_id) AS users,
  COUNT(DISTINCT CASE WHEN user_id_type = 'adUserId' THEN user_id END) AS addressable_users
FROM users
GROUP BY 1

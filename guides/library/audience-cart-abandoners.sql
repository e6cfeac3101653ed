--+++ recomamp query
-- format = 1
-- name = "Audience: added to cart, did not order afterwards"
-- description = "Sizes the audience of people whose last addition to the cart was not followed by an order, step by step, with the SQL to build it."
-- kind = "main"
-- category = "Audiences"
-- use-case = "How many people left our products in the cart?"
-- products = ["audiences", "dsp"]
-- level = "intermediate"
-- tags = ["audience", "cart", "size"]
-- window-advice = "The window is the look-back of the audience, such as 30 or 90 days, and may end two days ago. Use the same window for the audience."
-- prerequisites = ["Tracked products with additions to the cart in the window."]
-- sample = """
-- step,users,account_users,share_of_carts
-- 1 added to cart,507,507,100.0
-- 2 no order afterwards,259,259,51.1
-- 3 cart old enough,256,256,50.5
-- """
-- chart = "users"
-- interpretation = '''
-- Each step is a part of the one before; the last one is the audience. If most people drop out at *no order afterwards*, carts
-- turn into orders and there is little to win back; if few do, the audience is worth its own creatives.
--
-- An audience needs at least 2,000 members; aim for 2,500 or more, since not all of them can be reached. Ads reach only
-- members with an `adUserId`: see **account_users**. Carts are rare, so this audience is often too small: lengthen the window,
-- or take [Audience: looked at a product, did not buy](../library/audience-viewers-without-order.sql).
--
-- This template measures; it returns no user IDs. The SQL of the audience follows the same rule on the tables for audiences.
--
-- The order may be of another product of the brand: whoever bought something else is left out too.
--
-- The guide [Building audiences](../building-audiences/guide.md) explains the method.
-- '''
-- audience = '''
-- WITH people AS (
--   SELECT
--     user_id,
--     MAX(CASE WHEN event_subtype = 'shoppingCart' THEN event_dt_utc END) AS last_cart,
--     MAX(CASE WHEN event_subtype = 'order' THEN event_dt_utc END) AS last_order
--   FROM conversions_with_relevance_for_audiences
--   WHERE event_subtype IN ('shoppingCart', 'order')
--     AND campaign LIKE {{campaign_pattern}}
--     AND user_id IS NOT NULL
--   GROUP BY user_id
-- )
-- SELECT
--   user_id
-- FROM people
-- WHERE last_cart IS NOT NULL
--   AND (last_order IS NULL OR SECONDS_BETWEEN(last_order, last_cart) > 0)
--   AND SECONDS_BETWEEN(last_cart, BUILT_IN_PARAMETER('TIME_WINDOW_END')) >= {{min_days}} * 86400
-- GROUP BY user_id
-- '''
-- audience-users = 256
--
-- [metrics]
-- step = "Condition, added to those of the steps before."
-- users = "People who meet it."
-- account_users = "Those known by an Amazon account (adUserId)."
-- share_of_carts = "Percent of all who added to the cart."
--
-- [window]
-- days = 90
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
-- name = "min_days"
-- kind = "number"
-- label = "Days since the cart, at least"
-- help = "Leaves out carts that are so fresh that the order may still come."
-- default = 1
--+++
WITH people AS (
  SELECT
    user_id,
    user_id_type,
    MAX(CASE WHEN event_subtype = 'shoppingCart' THEN event_dt_utc END) AS last_cart,
    MAX(CASE WHEN event_subtype = 'order' THEN event_dt_utc END) AS last_order
  FROM conversions_with_relevance
  WHERE event_subtype IN ('shoppingCart', 'order')
    AND campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  GROUP BY user_id, user_id_type
),
steps AS (
  SELECT
    '1 added to cart' AS step,
    user_id,
    user_id_type
  FROM people
  WHERE last_cart IS NOT NULL
  UNION ALL
  SELECT
    '2 no order afterwards' AS step,
    user_id,
    user_id_type
  FROM people
  WHERE last_cart IS NOT NULL
    AND (last_order IS NULL OR SECONDS_BETWEEN(last_order, last_cart) > 0)
  UNION ALL
  SELECT
    '3 cart old enough' AS step,
    user_id,
    user_id_type
  FROM people
  WHERE last_cart IS NOT NULL
    AND (last_order IS NULL OR SECONDS_BETWEEN(last_order, last_cart) > 0)
    AND SECONDS_BETWEEN(last_cart, BUILT_IN_PARAMETER('TIME_WINDOW_END')) >= {{min_days}} * 86400
),
grouped AS (
  SELECT
    step,
    COUNT(DISTINCT user_id) AS users,
    COUNT(DISTINCT CASE WHEN user_id_type = 'adUserId' THEN user_id END) AS account_users
  FROM steps
  GROUP BY step
)
SELECT
  step,
  users,
  account_users,
  ROUND(100 * users / NULLIF(MAX(users) OVER (), 0), 1) AS share_of_carts
FROM grouped

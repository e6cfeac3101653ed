--+++ recomamp query
-- format = 1
-- name = "Audience: many ads, no response (for exclusion)"
-- description = "How many people saw many Amazon DSP ads and neither looked at a product nor bought, what those ads cost, and the SQL of an audience to exclude them."
-- kind = "main"
-- category = "Audiences"
-- use-case = "How much do we spend on people who never react?"
-- products = ["audiences", "dsp"]
-- level = "intermediate"
-- tags = ["audience", "frequency", "exclusion"]
-- window-advice = "The window is the look-back of the audience, such as 28 days. Refresh the audience at least weekly, so that people return when the look-back has passed."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- impressions_group,users,responders,response_rate,no_response_users,no_response_accounts,no_response_cost
-- 1 fewer than the limit,5639,126,2.23,5513,3791,47.50
-- 2 limit to twice the limit,459,22,4.79,437,336,10.83
-- 3 twice the limit or more,17,1,5.88,16,12,0.77
-- """
-- chart = "no_response_users"
-- interpretation = '''
-- **no_response_cost** of the rows at or above the limit is what these people cost in the window. An exclusion begins at the
-- limit, so it would have moved only the part of that cost that came later: *Impressions and cost above a frequency cap*
-- estimates it. Where **response_rate** is still high, the limit is too low.
--
-- Choose prospecting campaigns only. Retargeting shows many ads to people *because* they responded, so there the rate rises
-- with the number of ads.
--
-- An audience needs at least 2,000 members; aim for 2,500 or more, since not all of them can be reached. Ads reach only
-- members with an `adUserId`: see **no_response_accounts**.
--
-- A response is a product page view, a cart, a branded search, a store visit or an order that is relevant to the chosen
-- campaigns, at any time in the window. This template measures; it returns no user IDs. The SQL of the audience follows the same rule on the tables for audiences.
--
-- The table for audiences leaves out impressions bought through private deals, so people with such impressions reach the limit
-- later there than in the size shown here.
--
-- The guide [Building audiences](../building-audiences/guide.md) explains the method.
-- '''
-- audience = '''
-- WITH exposed AS (
--   SELECT
--     user_id
--   FROM dsp_impressions_for_audiences
--   WHERE campaign LIKE {{campaign_pattern}}
--     AND user_id IS NOT NULL
--   GROUP BY user_id
--   HAVING SUM(impressions) >= {{min_impressions}}
-- ),
-- responders AS (
--   SELECT
--     user_id
--   FROM conversions_with_relevance_for_audiences
--   WHERE event_subtype IN ('detailPageView', 'shoppingCart', 'searchConversion', 'brandStorePageView', 'order')
--     AND campaign LIKE {{campaign_pattern}}
--     AND user_id IS NOT NULL
--   GROUP BY user_id
-- )
-- SELECT
--   e.user_id
-- FROM exposed e
-- LEFT JOIN responders r ON r.user_id = e.user_id
-- WHERE r.user_id IS NULL
-- GROUP BY e.user_id
-- '''
-- audience-users = 453
--
-- [metrics]
-- impressions_group = "Impressions that a person was shown in the window."
-- users = "Recognized users."
-- responders = "Those with a response."
-- response_rate = "Responders in percent of users."
-- no_response_users = "Users without a response."
-- no_response_accounts = "Those known by an Amazon account (adUserId)."
-- no_response_cost = "All-in cost of the impressions shown to users without a response, in the currency of the advertiser."
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
-- demo-default = "%Display | Consideration%"
--
-- [[parameters]]
-- name = "min_impressions"
-- kind = "number"
-- label = "Impressions, at least"
-- help = "From this many impressions without any response a person is excluded."
-- default = 5
--+++
WITH exposed AS (
  SELECT
    user_id,
    user_id_type,
    SUM(impressions) AS impressions,
    SUM(total_cost) / 100000 AS cost
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  GROUP BY user_id, user_id_type
),
responders AS (
  SELECT
    user_id,
    1 AS responded
  FROM conversions_with_relevance
  WHERE event_subtype IN ('detailPageView', 'shoppingCart', 'searchConversion', 'brandStorePageView', 'order')
    AND campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  GROUP BY user_id
),
people AS (
  SELECT
    CASE
      WHEN e.impressions < {{min_impressions}} THEN '1 fewer than the limit'
      WHEN e.impressions < 2 * {{min_impressions}} THEN '2 limit to twice the limit'
      ELSE '3 twice the limit or more'
    END AS impressions_group,
    e.user_id,
    r.user_id AS responder_id,
    CASE WHEN r.responded IS NULL THEN e.user_id END AS silent_id,
    CASE WHEN r.responded IS NULL AND e.user_id_type = 'adUserId' THEN e.user_id END AS silent_account,
    CASE WHEN r.responded IS NULL THEN e.cost ELSE 0 END AS silent_cost
  FROM exposed e
  LEFT JOIN responders r ON r.user_id = e.user_id
)
SELECT
  impressions_group,
  COUNT(DISTINCT user_id) AS users,
  COUNT(DISTINCT responder_id) AS responders,
  ROUND(100 * COUNT(DISTINCT responder_id) / NULLIF(COUNT(DISTINCT user_id), 0), 2) AS response_rate,
  COUNT(DISTINCT silent_id) AS no_response_users,
  COUNT(DISTINCT silent_account) AS no_response_accounts,
  ROUND(SUM(silent_cost), 2) AS no_response_cost
FROM people
GROUP BY impressions_group

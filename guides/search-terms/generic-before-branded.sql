--+++ recomamp query
-- format = 1
-- name = "Who searched generically first"
-- description = "Of the users who saw ads on a branded search, how many had seen the brand's ads on a generic search before?"
-- kind = "main"
-- tags = ["branded search", "search terms"]
-- window-advice = "Four weeks or more. Traffic of the 30 days before the window is read in addition."
-- sample = """
-- earlier_search, users, share_of_users, clickers, click_share
-- branded search first, 607, 0.8454, 62, 0.1021
-- generic search before, 111, 0.1546, 13, 0.1171
-- """
-- interpretation = """
-- The share of users with a generic search before is a lower bound: searches that showed no ad of the advertiser, and searches under another user ID, are not in the data.
-- """
--
-- [metrics]
-- earlier_search = "Whether the user had seen an ad of the advertiser on a generic search in the 30 days before the first branded search of the window."
-- users = "Users who saw an ad on a branded search in the window."
-- share_of_users = "Part of all these users."
-- clickers = "Those who clicked an ad on a branded search in the window."
-- click_share = "Clickers divided by users."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "Names of sponsored ads accounts, one per line, exactly as in AMC."
-- demo-default = ["Mirelune US"]
--
-- [[parameters]]
-- name = "brand_words"
-- kind = "text"
-- label = "Brand words"
-- help = "A regular expression in lower case that branded searches contain: alternatives separated by |, frequent misspellings included, such as mirelune|mirelun."
-- demo-default = "mirelune|mirelun"
--+++
WITH branded AS (
  SELECT
    user_id,
    MIN(event_dt_utc) AS first_branded_dt,
    MAX(clicks) AS clicked
  FROM sponsored_ads_traffic
  WHERE advertiser IN ({{advertisers}})
    AND LOWER(customer_search_term) SIMILAR TO {{brand_words}}
    AND user_id IS NOT NULL
  GROUP BY user_id
),
generic AS (
  SELECT
    user_id,
    event_dt_utc
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', 'P30D', 'P0D'))
  WHERE advertiser IN ({{advertisers}})
    AND customer_search_term IS NOT NULL
    AND LOWER(customer_search_term) NOT SIMILAR TO {{brand_words}}
    AND user_id IS NOT NULL
),
generic_first AS (
  SELECT b.user_id
  FROM branded b
  JOIN generic g ON g.user_id = b.user_id
    AND g.event_dt_utc < b.first_branded_dt
    AND SECONDS_BETWEEN(g.event_dt_utc, b.first_branded_dt) <= 30 * 86400
  GROUP BY b.user_id
),
labeled AS (
  SELECT
    CASE WHEN f.user_id IS NULL THEN 'branded search first' ELSE 'generic search before' END AS earlier_search,
    b.user_id,
    CASE WHEN b.clicked > 0 THEN 1 ELSE 0 END AS clicked
  FROM branded b
  LEFT JOIN generic_first f ON f.user_id = b.user_id
),
counted AS (
  SELECT
    earlier_search,
    COUNT(DISTINCT user_id) AS users,
    SUM(clicked) AS clickers
  FROM labeled
  GROUP BY earlier_search
)
SELECT
  earlier_search,
  users,
  users / SUM(users) OVER () AS share_of_users,
  clickers,
  clickers / users AS click_share
FROM counted

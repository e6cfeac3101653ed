--+++ recomamp query
-- format = 1
-- name = "Search terms behind each keyword"
-- description = "Which search terms each keyword or automatic target picked up, with clicks and cost. Shows what a broad keyword really buys."
-- kind = "explore"
-- tags = ["search terms", "keywords"]
-- window-advice = "Four weeks or more. The query reads traffic only, so the window may end two days ago."
-- sample = """
-- targeting, match_type, search_term, impressions, clicks, cost
-- sunscreen, PHRASE, mineral sunscreen, 962, 22, 29.05
-- mineral sunscreen, PHRASE, mineral sunscreen, 905, 19, 25.71
-- night cream, PHRASE, night cream, 973, 19, 24.67
-- balm, PHRASE, cleansing balm, 901, 15, 20.56
-- cream, PHRASE, night cream, 959, 14, 19.95
-- cleansing balm, PHRASE, cleansing balm, 908, 14, 19.80
-- mirelune, EXACT, mirelune, 705, 33, 19.06
-- KEYWORDS_RELATED_TO_YOUR_BRAND, THEME, mirelune, 330, 17, 16.84
-- mask, PHRASE, clay mask, 909, 11, 15.69
-- cleansing balm, BROAD, cleansing balm, 464, 14, 15.01
-- """
-- interpretation = """
-- A term that gets many clicks through a broad keyword deserves an exact keyword with a bid of its own. A term that has nothing to do with the product deserves a negative keyword.
-- """
--
-- [metrics]
-- targeting = "Keyword or target that the advertiser set."
-- match_type = "How it matches: exact, phrase, broad, automatic."
-- search_term = "What the shopper typed, in lower case."
-- impressions = "Impressions on the term through this keyword."
-- clicks = "Clicks on them."
-- cost = "Cost in the currency of the account (`spend` divided by 100,000,000)."
--
-- [window]
-- days = 182
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "Names of sponsored ads accounts, one per line, exactly as in AMC."
-- demo-default = ["Mirelune US"]
--
-- [[parameters]]
-- name = "min_clicks"
-- kind = "number"
-- label = "Minimum clicks"
-- help = "Leave out rows with fewer clicks."
-- default = 5
--+++
SELECT
  targeting,
  match_type,
  LOWER(customer_search_term) AS search_term,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  SUM(spend) / 100000000 AS cost
FROM sponsored_ads_traffic
WHERE advertiser IN ({{advertisers}})
  AND ad_product_type IN ('sponsored_products', 'sponsored_brands')
  AND customer_search_term IS NOT NULL
GROUP BY 1, 2, 3
HAVING SUM(clicks) >= {{min_clicks}}

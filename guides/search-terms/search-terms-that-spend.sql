--+++ recomamp query
-- format = 1
-- name = "Search terms: cost and return"
-- description = "What shoppers typed, what the ads on it cost, and what was bought. One row per search term across all campaigns of the advertiser."
-- kind = "main"
-- tags = ["search terms", "keywords", "acos"]
-- window-advice = "Four weeks or more that ended 14 days ago. Short windows leave most terms below the threshold."
-- prerequisites = ["Sponsored Products or Sponsored Brands campaigns with keyword or automatic targeting"]
-- sample = """
-- search_term, impressions, clicks, cost, purchases, sales, acos
-- mineral sunscreen, 3660, 62, 74.71, 6, 147.92, 0.5051
-- cleansing balm, 3648, 63, 71.45, 9, 234.87, 0.3042
-- night cream, 3751, 63, 70.94, 7, 171.92, 0.4126
-- mirelune, 1713, 77, 54.95, 13, 403.8, 0.1361
-- clay mask, 3581, 45, 50.34, 6, 152.93, 0.3292
-- vitamin c serum, 3677, 40, 43.80, 5, 130.94, 0.3345
-- best clay mask, 1272, 20, 26.89, 4, 114.95, 0.2339
-- mirelune vitamin c serum, 610, 27, 21.29, 5, 174.93, 0.1217
-- mirelune clay mask, 530, 25, 20.94, 3, 73.96, 0.2832
-- best night cream, 1224, 20, 20.56, 5, 141.94, 0.1449
-- best vitamin c serum, 1363, 16, 16.94, 4, 75.96, 0.2231
-- mirelune mineral sunscreen, 515, 18, 15.07, 5, 114.94, 0.1311
-- """
-- chart = "cost"
-- interpretation = """
-- Sort by cost. Terms with much cost and no purchases are candidates for a negative keyword, but only with enough clicks: at a purchase rate of 5%, 20 clicks without a purchase still happen in more than one case out of three.
-- """
--
-- [metrics]
-- search_term = "What the shopper typed, in lower case."
-- impressions = "Impressions of the advertiser's ads on the term."
-- clicks = "Clicks on them."
-- cost = "Cost in the currency of the account: `spend` is in microcents, so it's divided by 100,000,000."
-- purchases = "Purchases of promoted and brand-halo products, credited to these ads within 14 days."
-- sales = "Sales of these purchases, in the currency of the account."
-- acos = "Cost divided by sales; empty without sales."
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
--+++
WITH events AS (
  SELECT
    LOWER(customer_search_term) AS search_term,
    impressions,
    clicks,
    spend,
    0 AS purchases,
    0 AS sales
  FROM sponsored_ads_traffic
  WHERE advertiser IN ({{advertisers}})
    AND ad_product_type IN ('sponsored_products', 'sponsored_brands')
    AND customer_search_term IS NOT NULL
  UNION ALL
  SELECT
    LOWER(customer_search_term) AS search_term,
    0 AS impressions,
    0 AS clicks,
    0 AS spend,
    total_purchases AS purchases,
    total_product_sales AS sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE advertiser IN ({{advertisers}})
    AND ad_product_type IN ('sponsored_products', 'sponsored_brands')
    AND customer_search_term IS NOT NULL
)
SELECT
  search_term,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  SUM(spend) / 100000000 AS cost,
  SUM(purchases) AS purchases,
  SUM(sales) AS sales,
  SUM(spend) / 100000000 / NULLIF(SUM(sales), 0) AS acos
FROM events
GROUP BY search_term

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
-- night cream, 3224, 49, 59.96, 8, 162.92, 0.3681
-- mineral sunscreen, 3327, 50, 59.25, 5, 140.93, 0.4204
-- cleansing balm, 3144, 53, 58.88, 4, 85.96, 0.6849
-- vitamin c serum, 3230, 48, 52.76, 9, 240.89, 0.219
-- clay mask, 3322, 46, 52.11, 5, 125.94, 0.4138
-- mirelune, 1447, 49, 34.15, 6, 181.91, 0.1878
-- mirelune mineral sunscreen, 462, 25, 21.40, 4, 110.95, 0.1929
-- mirelune clay mask, 494, 23, 18.82, 4, 96.95, 0.1942
-- mirelune vitamin c serum, 548, 23, 18.20, 8, 275.87, 0.066
-- mirelune night cream, 500, 22, 17.02, 8, 257.88, 0.066
-- best cleansing balm, 1117, 15, 15.92, 0, 0, 
-- best clay mask, 1163, 11, 11.95, 3, 88.96, 0.1343
-- """
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
-- days = 84
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "Names of sponsored ads accounts, one per line, exactly as in AMC."
-- sandbox-default = ["Mirelune US"]
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

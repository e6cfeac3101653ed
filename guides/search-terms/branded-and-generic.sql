--+++ recomamp query
-- format = 1
-- name = "Branded and generic searches compared"
-- description = "Cost, return and share of new customers of searches with and without the brand's name, by ad product."
-- kind = "main"
-- tags = ["search terms", "branded search", "new-to-brand"]
-- window-advice = "Four weeks or more that ended 14 days ago."
-- prerequisites = ["Sponsored Products or Sponsored Brands campaigns with keyword or automatic targeting"]
-- sample = """
-- ad_product_type, search_kind, impressions, clicks, click_rate, cost, cost_per_click, purchases, sales, acos, new_to_brand_share
-- sponsored_brands, branded, 2593, 99, 0.0382, 88.58, 0.8948, 25, 678.68, 0.1305, 0.68
-- sponsored_brands, generic, 7544, 112, 0.0148, 161.46, 1.44, 25, 605.7, 0.2666, 0.72
-- sponsored_products, branded, 2125, 87, 0.0409, 55.06, 0.6329, 17, 574.73, 0.0958, 0.6471
-- sponsored_products, generic, 22670, 334, 0.0147, 343.01, 1.03, 40, 1003.49, 0.3418, 0.725
-- """
-- interpretation = """
-- Compare `acos` and `new_to_brand_share` together. Branded searches convert well because these shoppers already want the brand, so a low `acos` alone is no reason to move money to them. Shares of few purchases are noise: with 20 purchases, 60% and 70% can't be told apart.
-- """
--
-- [metrics]
-- search_kind = "*branded* if the search term contains one of the brand words."
-- impressions = "Impressions of the advertiser's ads on these searches."
-- clicks = "Clicks on them."
-- click_rate = "Clicks divided by impressions."
-- cost = "Cost in the currency of the account (`spend` divided by 100,000,000)."
-- cost_per_click = "Cost divided by clicks."
-- purchases = "Purchases of promoted and brand-halo products, credited within 14 days."
-- sales = "Sales of these purchases, in the currency of the account."
-- acos = "Cost divided by sales."
-- new_to_brand_share = "Part of the purchases made by users who had not bought the brand in the 12 months before."
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
-- name = "brand_words"
-- kind = "text"
-- label = "Brand words"
-- help = "A regular expression in lower case that branded searches contain: alternatives separated by |, frequent misspellings included, such as mirelune|mirelun."
-- demo-default = "mirelune|mirelun"
--+++
WITH events AS (
  SELECT
    ad_product_type,
    LOWER(customer_search_term) AS search_term,
    impressions,
    clicks,
    spend,
    0 AS purchases,
    0 AS new_to_brand_purchases,
    0 AS sales
  FROM sponsored_ads_traffic
  WHERE advertiser IN ({{advertisers}})
    AND ad_product_type IN ('sponsored_products', 'sponsored_brands')
    AND customer_search_term IS NOT NULL
  UNION ALL
  SELECT
    ad_product_type,
    LOWER(customer_search_term) AS search_term,
    0 AS impressions,
    0 AS clicks,
    0 AS spend,
    total_purchases AS purchases,
    new_to_brand_total_purchases AS new_to_brand_purchases,
    total_product_sales AS sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE advertiser IN ({{advertisers}})
    AND ad_product_type IN ('sponsored_products', 'sponsored_brands')
    AND customer_search_term IS NOT NULL
)
SELECT
  ad_product_type,
  CASE WHEN search_term SIMILAR TO {{brand_words}} THEN 'branded' ELSE 'generic' END AS search_kind,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  SUM(clicks) / NULLIF(SUM(impressions), 0) AS click_rate,
  SUM(spend) / 100000000 AS cost,
  SUM(spend) / 100000000 / NULLIF(SUM(clicks), 0) AS cost_per_click,
  SUM(purchases) AS purchases,
  SUM(sales) AS sales,
  SUM(spend) / 100000000 / NULLIF(SUM(sales), 0) AS acos,
  SUM(new_to_brand_purchases) / NULLIF(SUM(purchases), 0) AS new_to_brand_share
FROM events
GROUP BY 1, 2

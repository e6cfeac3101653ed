--+++ recomamp query
-- format = 1
-- name = "Branded and non-branded searches"
-- description = "Spend, orders and new-to-brand share of searches that name the brand, against all others."
-- kind = "main"
-- category = "Search"
-- use-case = "How much of our search budget goes to people who were looking for us anyway?"
-- products = ["sponsored-products", "sponsored-brands"]
-- level = "intermediate"
-- tags = ["branded search", "search terms", "budget"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Ads on search results in the window."]
-- sample = """
-- ad_product,search_kind,impressions,clicks,ctr,cost,cost_share,orders,sales,roas,ntb_share
-- sponsored_brands,branded,2684,91,3.39,84.59,34.8,25,962.6400,11.38,80.0
-- sponsored_brands,other,7642,110,1.44,158.22,65.2,20,658.7600,4.16,55.0
-- sponsored_products,branded,2156,91,4.22,59.76,14.3,18,723.7600,12.11,66.7
-- sponsored_products,other,22975,347,1.51,357.15,85.7,44,1573.4800,4.41,63.6
-- """
-- chart = "cost"
-- interpretation = '''
-- **cost_share** of branded searches is the part of the search budget that protects demand that exists already. Their **roas**
-- is usually far better; that is a reason for moderate bids, not for more budget. Don't assume that they bring old customers
-- only: **ntb_share** says how many of the buyers were new, perhaps people whom other ads made curious.
--
-- Include misspellings: they are brand searches too. Terms of a brand that is a common word catch other searches; make its
-- pattern narrower.
--
-- Ads that were not shown for a search have no term and are left out.
--
-- The guide [Search terms and branded search](../search-terms/guide.md) explains the method.
-- '''
--
-- [metrics]
-- ad_product = "Ad product."
-- search_kind = "branded: the term contains a brand word; other: it does not."
-- impressions = "Impressions."
-- clicks = "Clicks."
-- ctr = "Clicks in percent of impressions."
-- cost = "Spend in the currency of the account (microcents divided by 100,000,000)."
-- cost_share = "Percent of the spend of the ad product on searches."
-- orders = "Attributed orders, brand halo included."
-- sales = "Attributed sales, in the currency of the purchase."
-- roas = "Sales divided by spend."
-- ntb_share = "New-to-brand orders in percent of the orders."
--
-- [window]
-- days = 84
-- lag = 14
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--
-- [[parameters]]
-- name = "brand_words"
-- kind = "text"
-- label = "Brand words"
-- help = "The brand in lower case, with common misspellings, separated by | as in mybrand|my brand|mybrnd. Read as a regular expression that may match anywhere in the term."
-- demo-default = "mirelun|tundrel|tundral|woolpad"
--+++
WITH combined AS (
  SELECT
    ad_product_type AS ad_product,
    CASE WHEN LOWER(customer_search_term) SIMILAR TO {{brand_words}} THEN 'branded' ELSE 'other' END AS search_kind,
    impressions,
    clicks,
    spend / 100000000 AS cost,
    0 AS orders,
    0 AS sales,
    0 AS ntb_orders
  FROM sponsored_ads_traffic
  WHERE ad_product_type IN ('sponsored_products', 'sponsored_brands')
    AND campaign LIKE {{campaign_pattern}}
    AND customer_search_term IS NOT NULL
  UNION ALL
  SELECT
    ad_product_type AS ad_product,
    CASE WHEN LOWER(customer_search_term) SIMILAR TO {{brand_words}} THEN 'branded' ELSE 'other' END AS search_kind,
    0 AS impressions,
    0 AS clicks,
    0 AS cost,
    total_purchases AS orders,
    total_product_sales AS sales,
    new_to_brand_total_purchases AS ntb_orders
  FROM amazon_attributed_events_by_traffic_time
  WHERE ad_product_type IN ('sponsored_products', 'sponsored_brands')
    AND campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
    AND customer_search_term IS NOT NULL
),
grouped AS (
  SELECT
    ad_product,
    search_kind,
    SUM(impressions) AS impressions,
    SUM(clicks) AS clicks,
    SUM(cost) AS cost,
    SUM(orders) AS orders,
    SUM(sales) AS sales,
    SUM(ntb_orders) AS ntb_orders
  FROM combined
  GROUP BY ad_product, search_kind
)
SELECT
  ad_product,
  search_kind,
  impressions,
  clicks,
  ROUND(100 * clicks / NULLIF(impressions, 0), 2) AS ctr,
  ROUND(cost, 2) AS cost,
  ROUND(100 * cost / NULLIF(SUM(cost) OVER (PARTITION BY ad_product), 0), 1) AS cost_share,
  orders,
  sales,
  ROUND(sales / NULLIF(cost, 0), 2) AS roas,
  ROUND(100 * ntb_orders / NULLIF(orders, 0), 1) AS ntb_share
FROM grouped

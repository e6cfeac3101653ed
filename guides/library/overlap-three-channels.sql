--+++ recomamp query
-- format = 1
-- name = "Streaming TV, display and sponsored ads: three-way overlap"
-- description = "All seven combinations of streaming TV, other Amazon DSP ads and sponsored ads: people, purchase rate and new-to-brand buyers of each."
-- kind = "main"
-- category = "Overlap"
-- use-case = "Does streaming TV add something to display and search ads?"
-- products = ["streaming-tv", "dsp", "sponsored-products", "sponsored-brands", "sponsored-display"]
-- level = "advanced"
-- version = 2
-- tags = ["overlap", "streaming tv", "purchase rate"]
-- window-advice = "Four to twelve weeks; it may end two days ago, since nothing here is attributed by Amazon. Some groups are small, so eight weeks or more are better than four."
-- prerequisites = ["Streaming TV, other Amazon DSP and sponsored ads campaigns for the same products."]
-- sample = """
-- combination,reach,buyers,purchase_rate,new_to_brand_buyers,sales
-- Display only,4278,20,0.47,9,606.7200
-- Sponsored only,1954,39,2.00,23,1025.5000
-- TV only,1564,7,0.45,2,192.9100
-- Display + sponsored,1343,38,2.83,21,1207.4100
-- TV + display,910,7,0.77,3,212.9100
-- TV + display + sponsored,538,21,3.90,13,567.7100
-- TV + sponsored,418,14,3.35,11,465.7500
-- """
-- chart = "reach"
-- interpretation = '''
-- Read down one channel: *TV + display + sponsored* against *display + sponsored* shows what goes along with adding TV to the
-- other two. Compare only combinations that differ in one channel, and look at **reach** first: a rate over a few dozen people
-- is chance.
--
-- More channels tend to look better, since people who are online more see more channels and buy more. The comparison is a
-- reason for a test, not the test.
--
-- Each person is in exactly one row, so reach adds up here. Only users known by their account are counted: a television is
-- often recognized by a device ID that no search or order carries, which would make *TV only* look larger and weaker than it
-- is. Leave retargeting out: it moves likely buyers into the rows with display.
--
-- The guide [Streaming TV and the other channels](../streaming-tv-overlap/guide.md) explains the method.
-- '''
--
-- [metrics]
-- combination = "Channels that showed ads to the person in the window."
-- reach = "Different users who are known by their Amazon account."
-- buyers = "Users with an order at or after their first ad."
-- purchase_rate = "Buyers in percent of reach."
-- new_to_brand_buyers = "Buyers with at least one order that was new to the brand."
-- sales = "Sales of the orders, in the currency of the purchase."
--
-- [window]
-- days = 84
-- lag = 14
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters. Choose the campaigns of one brand: an ad of another brand must not count toward its orders."
-- default = "%"
-- demo-default = "%Mirelune%"
--
-- [[parameters]]
-- name = "left_out"
-- kind = "list"
-- label = "Campaigns to leave out"
-- help = "Retargeting and loyalty campaigns, one name per line: they follow people's interest instead of creating it. Write none to keep all."
-- default = ["none"]
-- demo-default = [
--   "Mirelune | Display | Conversion | {half-year}",
--   "Mirelune | Display | Loyalty | {half-year}",
--   "SD - Mirelune - Views remarketing vCPM",
-- ]
--
-- [[parameters]]
-- name = "tv_pattern"
-- kind = "pattern"
-- label = "Streaming TV campaigns"
-- help = "What the names of your Amazon DSP streaming TV campaigns look like, such as %STV%. % stands for any text. All other DSP campaigns count as display."
-- demo-default = "%Streaming TV%"
--+++
WITH exposures AS (
  SELECT
    user_id,
    CASE WHEN campaign LIKE {{tv_pattern}} THEN 1 ELSE 0 END AS tv,
    CASE WHEN campaign LIKE {{tv_pattern}} THEN 0 ELSE 1 END AS display,
    0 AS sponsored,
    impression_dt_utc AS event_dt
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND campaign NOT IN ({{left_out}})
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'
  UNION ALL
  SELECT
    user_id,
    0 AS tv,
    0 AS display,
    1 AS sponsored,
    event_dt_utc AS event_dt
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
    AND campaign NOT IN ({{left_out}})
    AND ad_product_type IN ('sponsored_products', 'sponsored_brands', 'sponsored_display')
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'
),
per_user AS (
  SELECT
    user_id,
    MAX(tv) AS tv,
    MAX(display) AS display,
    MAX(sponsored) AS sponsored,
    MIN(event_dt) AS first_ad
  FROM exposures
  GROUP BY user_id
),
orders AS (
  SELECT
    conversion_id,
    user_id,
    event_dt_utc,
    MAX(CASE WHEN new_to_brand = TRUE THEN 1 ELSE 0 END) AS is_new,
    MAX(total_product_sales) AS sales
  FROM conversions_with_relevance
  WHERE event_subtype = 'order'
    AND user_id IS NOT NULL
    AND campaign LIKE {{campaign_pattern}}
  GROUP BY conversion_id, user_id, event_dt_utc
),
buyers AS (
  SELECT
    p.user_id,
    MAX(o.is_new) AS is_new,
    SUM(o.sales) AS sales
  FROM per_user p
  JOIN orders o ON o.user_id = p.user_id
  WHERE SECONDS_BETWEEN(p.first_ad, o.event_dt_utc) >= 0
  GROUP BY p.user_id
),
people AS (
  SELECT
    CASE
      WHEN p.tv = 1 AND p.display = 1 AND p.sponsored = 1 THEN 'TV + display + sponsored'
      WHEN p.tv = 1 AND p.display = 1 THEN 'TV + display'
      WHEN p.tv = 1 AND p.sponsored = 1 THEN 'TV + sponsored'
      WHEN p.display = 1 AND p.sponsored = 1 THEN 'Display + sponsored'
      WHEN p.tv = 1 THEN 'TV only'
      WHEN p.display = 1 THEN 'Display only'
      ELSE 'Sponsored only'
    END AS combination,
    p.user_id,
    b.user_id AS buyer_id,
    CASE WHEN b.is_new = 1 THEN b.user_id END AS new_buyer_id,
    b.sales
  FROM per_user p
  LEFT JOIN buyers b ON b.user_id = p.user_id
)
SELECT
  combination,
  COUNT(DISTINCT user_id) AS reach,
  COUNT(DISTINCT buyer_id) AS buyers,
  ROUND(100 * COUNT(DISTINCT buyer_id) / NULLIF(COUNT(DISTINCT user_id), 0), 2) AS purchase_rate,
  COUNT(DISTINCT new_buyer_id) AS new_to_brand_buyers,
  SUM(sales) AS sales
FROM people
GROUP BY combination

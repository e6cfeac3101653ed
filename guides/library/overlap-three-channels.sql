--+++ recomamp query
-- format = 1
-- name = "Streaming TV, display and sponsored ads: three-way overlap"
-- description = "All seven combinations of streaming TV, other Amazon DSP ads and sponsored ads: people, purchase rate and new-to-brand buyers of each."
-- kind = "main"
-- category = "Overlap"
-- use-case = "Does streaming TV add something to display and search ads?"
-- products = ["streaming-tv", "dsp", "sponsored-products", "sponsored-brands", "sponsored-display"]
-- level = "advanced"
-- tags = ["overlap", "streaming tv", "purchase rate"]
-- window-advice = "Four to twelve weeks that ended 14 days ago, so that late orders are in. Some groups are small, so eight weeks or more are better than four."
-- prerequisites = ["Streaming TV, other Amazon DSP and sponsored ads campaigns for the same products."]
-- sample = """
-- combination,reach,buyers,purchase_rate,new_to_brand_buyers,sales
-- Display only,10246,43,0.42,13,1715.4500
-- Display + sponsored,4072,169,4.15,81,6275.5600
-- TV only,3361,0,0.00,0,
-- TV + display + sponsored,2496,128,5.13,66,5083.0800
-- TV + display,2491,19,0.76,5,907.7300
-- Sponsored only,2365,18,0.76,11,765.7300
-- TV + sponsored,708,7,0.99,4,277.8800
-- """
-- interpretation = '''
-- Read down one channel: *TV + display + sponsored* against *display + sponsored* shows what goes along with adding TV to the
-- other two. Compare only combinations that differ in one channel, and look at **reach** first: a rate over a few dozen people
-- is chance.
--
-- More channels tend to look better, since people who are online more meet more channels and buy more. The comparison is a
-- reason for a test, not the test.
--
-- Each person is in exactly one row, so reach adds up here. A television is often recognized by a device ID that no search or
-- order carries, which makes *TV only* look larger and weaker than it is.
--
-- The guide [Streaming TV and the other channels](../streaming-tv-overlap/guide.md) explains the method.
-- '''
--
-- [metrics]
-- combination = "Channels that showed ads to the person in the window."
-- reach = "Different recognized users."
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
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--
-- [[parameters]]
-- name = "tv_pattern"
-- kind = "pattern"
-- label = "Streaming TV campaigns"
-- help = "What the names of your Amazon DSP streaming TV campaigns look like, such as %STV%. % stands for any text. All other DSP campaigns count as display."
-- sandbox-default = "%Streaming TV%"
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
    AND user_id IS NOT NULL
  UNION ALL
  SELECT
    user_id,
    0 AS tv,
    0 AS display,
    1 AS sponsored,
    event_dt_utc AS event_dt
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
    AND ad_product_type IN ('sponsored_products', 'sponsored_brands', 'sponsored_display')
    AND user_id IS NOT NULL
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

--+++ recomamp query
-- format = 1
-- name = "Amazon DSP and Sponsored Products overlap"
-- description = "People reached by Amazon DSP only, by Sponsored Products only, and by both: their number, purchase rate and sales per person."
-- kind = "main"
-- category = "Overlap"
-- use-case = "Do people who see both DSP and Sponsored Products buy more often?"
-- products = ["dsp", "sponsored-products"]
-- level = "intermediate"
-- version = 2
-- tags = ["overlap", "purchase rate"]
-- window-advice = "Four to twelve weeks; it may end two days ago, since nothing here is attributed by Amazon. Both products should have run for the whole window."
-- prerequisites = ["Amazon DSP and Sponsored Products campaigns for the same products."]
-- sample = """
-- exposure,reach,buyers,purchase_rate,orders,sales,sales_per_1000_reached
-- DSP only,6850,37,0.54,39,1111.4900,162.26
-- Both,2201,70,3.18,83,2141.9200,973.16
-- Sponsored Products only,1859,38,2.04,41,999.5100,537.66
-- """
-- chart = "purchase_rate"
-- interpretation = '''
-- Compare **purchase_rate** of *Both* with *Sponsored Products only* rather than with *DSP only*: people who see sponsored
-- ads are closer to a purchase, with or without DSP ads. Then look at **reach** to see how much room there is.
--
-- **Leave retargeting out.** It follows people who looked at a product, so it moves likely buyers from *Sponsored Products
-- only* to *Both*, and makes the one row poor and the other rich. Even without it, a higher rate of *Both* is a reason for a
-- test, not a proof: heavy users see more ads of every kind and buy more.
--
-- A person belongs to one row. Orders are those relevant to the chosen campaigns, each counted once, at or after the first ad
-- that the person saw in the window.
--
-- The guide [Sponsored ads and Amazon DSP together](../dsp-sponsored-overlap/guide.md) explains the method.
-- '''
--
-- [metrics]
-- exposure = "Which of the two products showed ads to the person."
-- reach = "Different users who are known by their Amazon account: orders are placed under accounts, so devices and browsers could never buy."
-- buyers = "Users with an order at or after their first ad."
-- purchase_rate = "Buyers in percent of reach."
-- orders = "Their orders."
-- sales = "Sales of these orders, in the currency of the purchase."
-- sales_per_1000_reached = "Sales per 1,000 users reached."
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
--+++
WITH exposures AS (
  SELECT
    user_id,
    1 AS saw_dsp,
    0 AS saw_sponsored_products,
    impression_dt_utc AS event_dt
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND campaign NOT IN ({{left_out}})
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'
  UNION ALL
  SELECT
    user_id,
    0 AS saw_dsp,
    1 AS saw_sponsored_products,
    event_dt_utc AS event_dt
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
    AND campaign NOT IN ({{left_out}})
    AND ad_product_type = 'sponsored_products'
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'
),
per_user AS (
  SELECT
    user_id,
    MAX(saw_dsp) AS saw_dsp,
    MAX(saw_sponsored_products) AS saw_sponsored_products,
    MIN(event_dt) AS first_ad
  FROM exposures
  GROUP BY user_id
),
orders AS (
  SELECT
    conversion_id,
    user_id,
    event_dt_utc,
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
    COUNT(o.conversion_id) AS orders,
    SUM(o.sales) AS sales
  FROM per_user p
  JOIN orders o ON o.user_id = p.user_id
  WHERE SECONDS_BETWEEN(p.first_ad, o.event_dt_utc) >= 0
  GROUP BY p.user_id
),
people AS (
  SELECT
    CASE
      WHEN p.saw_dsp = 1 AND p.saw_sponsored_products = 1 THEN 'Both'
      WHEN p.saw_dsp = 1 THEN 'DSP only'
      ELSE 'Sponsored Products only'
    END AS exposure,
    p.user_id,
    b.user_id AS buyer_id,
    b.orders,
    b.sales
  FROM per_user p
  LEFT JOIN buyers b ON b.user_id = p.user_id
)
SELECT
  exposure,
  COUNT(DISTINCT user_id) AS reach,
  COUNT(DISTINCT buyer_id) AS buyers,
  ROUND(100 * COUNT(DISTINCT buyer_id) / NULLIF(COUNT(DISTINCT user_id), 0), 2) AS purchase_rate,
  SUM(orders) AS orders,
  SUM(sales) AS sales,
  ROUND(1000 * SUM(sales) / NULLIF(COUNT(DISTINCT user_id), 0), 2) AS sales_per_1000_reached
FROM people
GROUP BY exposure

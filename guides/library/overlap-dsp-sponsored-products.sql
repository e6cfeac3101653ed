--+++ recomamp query
-- format = 1
-- name = "Amazon DSP and Sponsored Products overlap"
-- description = "People reached by Amazon DSP only, by Sponsored Products only, and by both: their number, purchase rate and sales per person."
-- kind = "main"
-- category = "Overlap"
-- use-case = "Do people who see both DSP and Sponsored Products buy more often?"
-- products = ["dsp", "sponsored-products"]
-- level = "intermediate"
-- tags = ["overlap", "purchase rate"]
-- window-advice = "Four to twelve weeks that ended 14 days ago, so that late orders are in. Both products should have run for the whole window."
-- prerequisites = ["Amazon DSP and Sponsored Products campaigns for the same products."]
-- sample = """
-- exposure,reach,buyers,purchase_rate,orders,sales,sales_per_1000_reached
-- DSP only,17164,121,0.70,139,4825.2400,281.13
-- Both,6210,239,3.85,279,9176.5300,1477.70
-- Sponsored Products only,2142,16,0.75,17,660.7600,308.48
-- """
-- interpretation = '''
-- Compare **purchase_rate** of *Both* with the two others, then look at **reach** to see how much room there is: a high rate
-- in a small overlap suggests testing DSP on more of the shopping audience.
--
-- It is not an experiment. People who meet Sponsored Products are shopping in the category already, so they buy more with or
-- without DSP ads. Therefore compare *Both* with *Sponsored Products only* rather than with *DSP only*.
--
-- A person belongs to one row. Orders are those relevant to the chosen campaigns, each counted once, at or after the first ad
-- that the person saw in the window.
--
-- The guide [Sponsored ads and Amazon DSP together](../dsp-sponsored-overlap/guide.md) explains the method.
-- '''
--
-- [metrics]
-- exposure = "Which of the two products showed ads to the person."
-- reach = "Different recognized users."
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
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
WITH exposures AS (
  SELECT
    user_id,
    1 AS saw_dsp,
    0 AS saw_sponsored_products,
    impression_dt_utc AS event_dt
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  UNION ALL
  SELECT
    user_id,
    0 AS saw_dsp,
    1 AS saw_sponsored_products,
    event_dt_utc AS event_dt
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
    AND ad_product_type = 'sponsored_products'
    AND user_id IS NOT NULL
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

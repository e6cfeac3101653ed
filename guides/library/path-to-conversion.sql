--+++ recomamp query
-- format = 1
-- name = "Paths to purchase by ad product"
-- description = "The order in which ad products first reached a buyer in the 14 days before an order, with orders and sales of each path."
-- kind = "main"
-- category = "Paths to purchase"
-- use-case = "Which sequences of channels lead to a purchase?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "advanced"
-- tags = ["path", "journey", "attribution"]
-- window-advice = "The window is the time of the orders; ads of the 14 days before it are read in addition. Take at least four weeks; rare paths need more."
-- prerequisites = ["Orders that are relevant to the chosen campaigns.", "Campaigns of one brand, chosen with the pattern, if the instance holds several: touches are matched by person, so ads of another brand would share the credit."]
-- sample = """
-- path,orders,order_share,buyers,sales
-- "[[1, DSP display]]",120,29.7,108,3996.5300
-- "[[1, Sponsored Brands]]",30,7.4,30,1166.6400
-- "[[1, DSP video]]",27,6.7,27,1032.6600
-- "[[1, DSP display], [2, Sponsored Display]]",25,6.2,25,814.6700
-- "[[1, Sponsored Display], [2, DSP display]]",18,4.5,18,484.7600
-- "[[1, DSP display], [2, DSP video]]",18,4.5,18,593.7700
-- "[[1, DSP video], [2, DSP display]]",16,4.0,16,673.8100
-- "[[1, Sponsored Display]]",12,3.0,12,299.8700
-- """
-- chart = "orders"
-- interpretation = '''
-- Each channel appears once in a path, at its first contact before the order, so `[[1, DSP video], [2, Sponsored Products]]`
-- means that video came first, however often both were seen. Compare **order_share**, and look for the channels that usually
-- open a path and those that usually close it.
--
-- A touch is an Amazon DSP impression, an impression or a click of Sponsored Brands, Sponsored Display or Sponsored TV, or a
-- click of Sponsored Products. Paths of a single channel often lead the list, because meeting one channel is more common than
-- meeting two. That doesn't make the other channels useless.
--
-- The shares refer to the orders with at least one touch; orders without any are not here. A path of fewer than two buyers is
-- removed, so the shares may not add up to 100%.
--
-- The guide [Path to conversion](../path-to-conversion/guide.md) explains the method.
-- '''
--
-- [metrics]
-- path = "Channels in the order of their first touch before the order."
-- orders = "Orders with this path."
-- order_share = "Percent of all orders that had a touch."
-- buyers = "Different users."
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
--+++
WITH touches AS (
  SELECT
    user_id,
    CASE
      WHEN creative_category = 'Video' THEN 'DSP video'
      ELSE 'DSP display'
    END AS channel,
    impression_dt_utc AS touch_dt
  FROM TABLE(EXTEND_TIME_WINDOW('dsp_impressions', 'P14D', 'P0D'))
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  UNION ALL
  SELECT
    user_id,
    CASE ad_product_type
      WHEN 'sponsored_products' THEN 'Sponsored Products'
      WHEN 'sponsored_brands' THEN 'Sponsored Brands'
      WHEN 'sponsored_display' THEN 'Sponsored Display'
      WHEN 'sponsored_television' THEN 'Sponsored TV'
      ELSE 'Other sponsored ads'
    END AS channel,
    event_dt_utc AS touch_dt
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', 'P14D', 'P0D'))
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
    AND (ad_product_type <> 'sponsored_products' OR clicks > 0)
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
joined AS (
  SELECT
    o.conversion_id,
    o.user_id,
    o.sales,
    t.channel,
    t.touch_dt
  FROM orders o
  JOIN touches t ON t.user_id = o.user_id
  WHERE SECONDS_BETWEEN(t.touch_dt, o.event_dt_utc) BETWEEN 0 AND 14 * 86400
),
first_touches AS (
  SELECT
    conversion_id,
    user_id,
    channel,
    MIN(touch_dt) AS first_touch
  FROM joined
  GROUP BY conversion_id, user_id, channel
),
numbered AS (
  SELECT
    conversion_id,
    user_id,
    NAMED_ROW(
      'position', ROW_NUMBER() OVER (PARTITION BY conversion_id ORDER BY first_touch, channel),
      'channel', channel
    ) AS step
  FROM first_touches
),
collected AS (
  SELECT
    conversion_id,
    user_id,
    ARRAY_SORT(COLLECT(DISTINCT step)) AS path
  FROM numbered
  GROUP BY conversion_id, user_id
),
per_path AS (
  SELECT
    c.path,
    COUNT(DISTINCT c.conversion_id) AS orders,
    COUNT(DISTINCT c.user_id) AS buyers,
    SUM(o.sales) AS sales
  FROM collected c
  JOIN orders o ON o.conversion_id = c.conversion_id
  GROUP BY c.path
)
SELECT
  path,
  orders,
  ROUND(100 * orders / NULLIF(SUM(orders) OVER (), 0), 1) AS order_share,
  buyers,
  sales
FROM per_path

--+++ recomamp query
-- format = 1
-- name = "Number of touches before a purchase"
-- description = "How many ads buyers saw in the 14 days before an order, and through how many channels."
-- kind = "main"
-- category = "Paths to purchase"
-- use-case = "How many contacts does a purchase take?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "intermediate"
-- tags = ["path", "frequency"]
-- window-advice = "The window is the time of the orders; ads of the 14 days before it are read in addition. Four to twelve weeks."
-- prerequisites = ["Orders that are relevant to the chosen campaigns.", "Campaigns of one brand, chosen with the pattern, if the instance holds several: touches are matched by person, so ads of another brand would share the credit."]
-- sample = """
-- touches,orders,order_share,buyers,avg_channels,avg_order_value
-- 01,67,16.6,66,1.0,31.00
-- 02,89,22.0,86,1.4,36.44
-- 03,74,18.3,69,1.53,31.93
-- 04-05,82,20.3,79,2.09,33.87
-- 06-10,84,20.8,82,2.5,34.23
-- 11+,8,2.0,7,2.63,24.99
-- """
-- chart = "orders"
-- interpretation = '''
-- Look at how the orders spread over the rows. Many orders after one or two touches suit products that are bought quickly; a
-- long tail means that last-touch reports give one ad the credit for the work of several.
--
-- **avg_channels** rises with the number of touches almost inevitably. Compare **avg_order_value** of short and long paths:
-- where expensive baskets take longer, short look-backs hide the ads that began them.
--
-- A touch is an Amazon DSP impression, an impression or a click of Sponsored Brands, Sponsored Display or Sponsored TV, or a
-- click of Sponsored Products. Orders without any touch in 14 days are not counted.
--
-- The guide [Path to conversion](../path-to-conversion/guide.md) explains the method.
-- '''
--
-- [metrics]
-- touches = "Ads that the buyer saw in the 14 days before the order."
-- orders = "Orders with this number."
-- order_share = "Percent of all orders with at least one touch."
-- buyers = "Different users."
-- avg_channels = "Different channels per order, on average."
-- avg_order_value = "Sales per order, in the currency of the purchase."
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
per_order AS (
  SELECT
    conversion_id,
    user_id,
    COUNT(1) AS touch_count,
    COUNT(DISTINCT channel) AS channel_count,
    MAX(sales) AS sales
  FROM joined
  GROUP BY conversion_id, user_id
),
grouped AS (
  SELECT
    CASE
      WHEN touch_count = 1 THEN '01'
      WHEN touch_count = 2 THEN '02'
      WHEN touch_count = 3 THEN '03'
      WHEN touch_count <= 5 THEN '04-05'
      WHEN touch_count <= 10 THEN '06-10'
      ELSE '11+'
    END AS touches,
    COUNT(DISTINCT conversion_id) AS orders,
    COUNT(DISTINCT user_id) AS buyers,
    AVG(channel_count) AS avg_channels,
    SUM(sales) AS sales
  FROM per_order
  GROUP BY
    CASE
      WHEN touch_count = 1 THEN '01'
      WHEN touch_count = 2 THEN '02'
      WHEN touch_count = 3 THEN '03'
      WHEN touch_count <= 5 THEN '04-05'
      WHEN touch_count <= 10 THEN '06-10'
      ELSE '11+'
    END
)
SELECT
  touches,
  orders,
  ROUND(100 * orders / NULLIF(SUM(orders) OVER (), 0), 1) AS order_share,
  buyers,
  ROUND(avg_channels, 2) AS avg_channels,
  ROUND(sales / NULLIF(orders, 0), 2) AS avg_order_value
FROM grouped

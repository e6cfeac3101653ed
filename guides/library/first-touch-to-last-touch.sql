--+++ recomamp query
-- format = 1
-- name = "First touch against last touch"
-- description = "For orders with at least two touches: which channel reached the buyer first and which one last."
-- kind = "main"
-- category = "Paths to purchase"
-- use-case = "Which channel opens the sale, and which one closes it?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "intermediate"
-- tags = ["path", "first touch", "last touch"]
-- window-advice = "The window is the time of the orders; ads of the 14 days before it are read in addition. Eight weeks or more, since orders spread over many pairs."
-- prerequisites = ["Orders that are relevant to the chosen campaigns.", "Campaigns of one brand, chosen with the pattern, if the instance holds several: touches are matched by person, so ads of another brand would share the credit."]
-- sample = """
-- first_channel,last_channel,orders,order_share,sales
-- DSP display,DSP display,122,36.2,4138.4600
-- DSP display,Sponsored Display,23,6.8,727.7100
-- DSP video,DSP video,22,6.5,969.7100
-- Sponsored Brands,Sponsored Display,18,5.3,551.8000
-- Sponsored Display,DSP display,16,4.7,451.7800
-- DSP video,DSP display,15,4.5,605.8200
-- Sponsored Brands,DSP display,14,4.2,431.8300
-- DSP display,Sponsored Brands,12,3.6,344.8500
-- """
-- chart = "orders"
-- interpretation = '''
-- Choose a **last_channel** and read which channels opened those sales: that is the work for which a last-touch report credits
-- another channel. In rows with the same channel on both sides, one channel opened and closed the sale.
--
-- A touch is an Amazon DSP impression, an impression or a click of Sponsored Brands, Sponsored Display or Sponsored TV, or a
-- click of Sponsored Products. Only orders with two or more touches are here, since with one touch first and last are the
-- same. Of two touches in the same second, the channel that comes first in the alphabet counts as the earlier one.
--
-- The guide [Path to conversion](../path-to-conversion/guide.md) explains the method.
-- '''
--
-- [metrics]
-- first_channel = "Channel of the earliest touch in the 14 days before the order."
-- last_channel = "Channel of the latest touch before the order."
-- orders = "Orders with this pair."
-- order_share = "Percent of the orders with at least two touches."
-- sales = "Sales of these orders, in the currency of the purchase."
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
ranked AS (
  SELECT
    conversion_id,
    user_id,
    sales,
    channel,
    ROW_NUMBER() OVER (PARTITION BY conversion_id ORDER BY touch_dt, channel) AS from_first,
    ROW_NUMBER() OVER (PARTITION BY conversion_id ORDER BY touch_dt DESC, channel DESC) AS from_last,
    COUNT(channel) OVER (PARTITION BY conversion_id) AS touch_count
  FROM joined
),
ends AS (
  SELECT
    conversion_id,
    user_id,
    MAX(CASE WHEN from_first = 1 THEN channel END) AS first_channel,
    MAX(CASE WHEN from_last = 1 THEN channel END) AS last_channel,
    MAX(sales) AS sales
  FROM ranked
  WHERE touch_count >= 2
  GROUP BY conversion_id, user_id
),
grouped AS (
  SELECT
    first_channel,
    last_channel,
    COUNT(DISTINCT conversion_id) AS orders,
    SUM(sales) AS sales
  FROM ends
  GROUP BY first_channel, last_channel
)
SELECT
  first_channel,
  last_channel,
  orders,
  ROUND(100 * orders / NULLIF(SUM(orders) OVER (), 0), 1) AS order_share,
  sales
FROM grouped

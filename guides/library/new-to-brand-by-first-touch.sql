--+++ recomamp query
-- format = 1
-- name = "New-to-brand share by first touch"
-- description = "For each channel that reached a buyer first in the 28 days before an order: how many of the orders were new to the brand."
-- kind = "main"
-- category = "New-to-brand"
-- use-case = "Which channel introduces new customers to the brand?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "advanced"
-- tags = ["new-to-brand", "first touch", "path"]
-- window-advice = "The window is the time of the orders; ads of the 28 days before it are read in addition. Eight weeks or more; it may end two days ago."
-- prerequisites = ["Orders that are relevant to the chosen campaigns.", "Campaigns of one brand, chosen with the pattern, if the instance holds several: touches are matched by person, so ads of another brand would share the credit."]
-- sample = """
-- first_channel,orders,ntb_orders,ntb_share,share_of_ntb,ntb_sales
-- DSP display,245,77,31.4,41.6,2540.0900
-- DSP video,81,43,53.1,23.2,1538.4300
-- Sponsored Brands,71,42,59.2,22.7,1461.5200
-- Sponsored Display,43,13,30.2,7.0,483.8300
-- Sponsored Products,12,8,66.7,4.3,172.9200
-- """
-- chart = "ntb_share"
-- interpretation = '''
-- Compare **ntb_share** with the same figure by last touch ([New-to-brand share by
-- campaign](../library/new-to-brand-by-campaign.sql)): a channel that introduces new customers is high here and may be low
-- there. **share_of_ntb** says how many of all new customers began with it.
--
-- A touch is an Amazon DSP impression, an impression or a click of Sponsored Brands, Sponsored Display or Sponsored TV, or a
-- click of Sponsored Products. The first touch is the first that can be seen: earlier ads, ads under another user ID, and
-- channels outside Amazon are unknown.
--
-- Reorders are never new to the brand, so they lower the share of channels that reach existing customers.
--
-- The guide [New-to-brand customers](../new-to-brand/guide.md) explains the method.
-- '''
--
-- [metrics]
-- first_channel = "Channel of the first touch in the 28 days before the order."
-- orders = "Orders that began there."
-- ntb_orders = "Those that were new to the brand."
-- ntb_share = "New-to-brand orders in percent of the orders."
-- share_of_ntb = "Percent of all new-to-brand orders with a touch."
-- ntb_sales = "Sales of the new-to-brand orders, in the currency of the purchase."
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
  FROM TABLE(EXTEND_TIME_WINDOW('dsp_impressions', 'P28D', 'P0D'))
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
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', 'P28D', 'P0D'))
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
    AND (ad_product_type <> 'sponsored_products' OR clicks > 0)
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
ranked AS (
  SELECT
    o.user_id,
    o.conversion_id,
    o.is_new,
    o.sales,
    t.channel,
    ROW_NUMBER() OVER (PARTITION BY o.conversion_id ORDER BY t.touch_dt, t.channel) AS touch_number
  FROM orders o
  JOIN touches t ON t.user_id = o.user_id
  WHERE SECONDS_BETWEEN(t.touch_dt, o.event_dt_utc) BETWEEN 0 AND 28 * 86400
),
grouped AS (
  SELECT
    channel AS first_channel,
    COUNT(DISTINCT conversion_id) AS orders,
    SUM(is_new) AS ntb_orders,
    SUM(CASE WHEN is_new = 1 THEN sales ELSE 0 END) AS ntb_sales
  FROM ranked
  WHERE touch_number = 1
  GROUP BY channel
)
SELECT
  first_channel,
  orders,
  ntb_orders,
  ROUND(100 * ntb_orders / NULLIF(orders, 0), 1) AS ntb_share,
  ROUND(100 * ntb_orders / NULLIF(SUM(ntb_orders) OVER (), 0), 1) AS share_of_ntb,
  ntb_sales
FROM grouped

--+++ recomamp query
-- format = 1
-- name = "Time from first ad to purchase"
-- description = "How long before an order the buyer saw the first ad of the campaigns, looking back 28 days; split by channel of that first ad."
-- kind = "main"
-- category = "Time to purchase"
-- use-case = "How long does it take from the first contact to the sale?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "intermediate"
-- tags = ["time to conversion", "path"]
-- window-advice = "The window is the time of the orders; ads of the 28 days before it are read in addition. It may end two days ago."
-- prerequisites = ["Orders that are relevant to the chosen campaigns.", "Campaigns of one brand, chosen with the pattern, if the instance holds several: touches are matched by person, so ads of another brand would share the credit."]
-- sample = """
-- first_channel,time_to_purchase,orders,order_share,buyers
-- DSP display,2 1 to 24 hours,4,1.6,4
-- DSP display,3 1 to 3 days,10,4.1,10
-- DSP display,4 3 to 7 days,18,7.3,18
-- DSP display,5 7 to 14 days,39,15.9,37
-- DSP display,6 14 to 28 days,173,70.6,155
-- DSP video,2 1 to 24 hours,4,4.9,4
-- DSP video,3 1 to 3 days,7,8.6,7
-- DSP video,4 3 to 7 days,15,18.5,15
-- """
-- chart = "orders"
-- interpretation = '''
-- Find the row in which the orders of a channel pass one half: that row holds its typical time to purchase. Use it for the
-- look-back of audiences and for the length of retargeting.
--
-- A touch is an Amazon DSP impression, an impression or a click of Sponsored Brands, Sponsored Display or Sponsored TV, or a
-- click of Sponsored Products. The look-back limits what can be seen: no time can be longer than 28 days, and buyers who see
-- ads all the time end up in the last row. Frequent buyers count once per order.
--
-- Times are computed from whole hours: exact timestamps would raise the threshold of each row from 2 to 100 users.
--
-- The guide [Time to conversion](../time-to-conversion/guide.md) explains the method.
-- '''
--
-- [metrics]
-- first_channel = "Channel of the first touch in the 28 days before the order."
-- time_to_purchase = "Time from that touch to the order."
-- orders = "Orders."
-- order_share = "Percent of the orders of the channel."
-- buyers = "Different users."
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
    impression_dt_hour_utc AS touch_hour,
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
    event_dt_hour_utc AS touch_hour,
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
    event_dt_hour_utc
  FROM conversions_with_relevance
  WHERE event_subtype = 'order'
    AND user_id IS NOT NULL
    AND campaign LIKE {{campaign_pattern}}
  GROUP BY conversion_id, user_id, event_dt_utc, event_dt_hour_utc
),
joined AS (
  SELECT
    o.conversion_id,
    o.user_id,
    t.channel,
    SECONDS_BETWEEN(t.touch_hour, o.event_dt_hour_utc) / 3600 AS hours_before,
    ROW_NUMBER() OVER (PARTITION BY o.conversion_id ORDER BY t.touch_dt, t.channel) AS touch_number
  FROM orders o
  JOIN touches t ON t.user_id = o.user_id
  WHERE SECONDS_BETWEEN(t.touch_dt, o.event_dt_utc) BETWEEN 0 AND 28 * 86400
),
grouped AS (
  SELECT
    channel AS first_channel,
    CASE
      WHEN hours_before < 1 THEN '1 under 1 hour'
      WHEN hours_before < 24 THEN '2 1 to 24 hours'
      WHEN hours_before < 72 THEN '3 1 to 3 days'
      WHEN hours_before < 168 THEN '4 3 to 7 days'
      WHEN hours_before < 336 THEN '5 7 to 14 days'
      ELSE '6 14 to 28 days'
    END AS time_to_purchase,
    COUNT(DISTINCT conversion_id) AS orders,
    COUNT(DISTINCT user_id) AS buyers
  FROM joined
  WHERE touch_number = 1
  GROUP BY
    channel,
    CASE
      WHEN hours_before < 1 THEN '1 under 1 hour'
      WHEN hours_before < 24 THEN '2 1 to 24 hours'
      WHEN hours_before < 72 THEN '3 1 to 3 days'
      WHEN hours_before < 168 THEN '4 3 to 7 days'
      WHEN hours_before < 336 THEN '5 7 to 14 days'
      ELSE '6 14 to 28 days'
    END
)
SELECT
  first_channel,
  time_to_purchase,
  orders,
  ROUND(100 * orders / NULLIF(SUM(orders) OVER (PARTITION BY first_channel), 0), 1) AS order_share,
  buyers
FROM grouped

--+++ recomamp query
-- format = 1
-- name = "Four attribution models side by side"
-- description = "The sales of the same orders divided among channels by first touch, last touch, linear and position-based attribution."
-- kind = "main"
-- category = "Attribution"
-- use-case = "How much does the picture change when the last ad does not get all the credit?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "advanced"
-- tags = ["attribution", "first touch", "last touch", "linear", "position-based"]
-- window-advice = "The window is the time of the orders; ads of the 14 days before it are read in addition. Four to twelve weeks."
-- prerequisites = ["Orders that are relevant to the chosen campaigns.", "Campaigns of one brand, chosen with the pattern, if the instance holds several: touches are matched by person, so ads of another brand would share the credit."]
-- sample = """
-- channel,touched_orders,first_touch,last_touch,linear,position_based
-- DSP display,275,7034.38,6689.48,6662.46,6794.02
-- Sponsored Brands,133,2638.08,1782.34,2437.81,2295.68
-- DSP video,102,2274.20,1796.37,2165.85,2078.85
-- Sponsored Display,126,972.52,2087.20,1397.74,1472.29
-- Sponsored Products,62,586.82,1128.62,796.46,842.29
-- """
-- chart = "first_touch"
-- interpretation = '''
-- All four columns hold the same sales, divided in four ways: each adds up to the sales of all orders that had a touch, except
-- for rows that were removed for privacy. Compare **first_touch** with **last_touch** for a channel: larger means that it
-- opens more than it closes. Where the four numbers of a channel are close, the choice of the model doesn't matter for it.
--
-- An order with one touch is credited to it completely; with two, position-based attribution splits it in half; with more,
-- each end gets the weight and the touches between share the rest.
--
-- A touch is an Amazon DSP impression, an impression or a click of Sponsored Brands, Sponsored Display or Sponsored TV, or a
-- click of Sponsored Products. No model measures what would have happened without the ad. Use models to see how sensitive your
-- decision is to the rule, and tests to see effects. Repeated impressions each count as a touch, so linear attribution favors
-- channels with a high frequency.
--
-- The guide [Custom attribution](../custom-attribution/guide.md) explains the method.
-- '''
--
-- [metrics]
-- channel = "Ad product; Amazon DSP is split into video and display (with audio)."
-- touched_orders = "Orders with at least one touch of the channel."
-- first_touch = "Sales credited to the earliest touch, in the currency of the purchase."
-- last_touch = "Sales credited to the latest touch."
-- linear = "Sales divided equally among all touches."
-- position_based = "Sales with the chosen weight on the first and the last touch."
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
-- name = "end_weight"
-- kind = "number"
-- label = "Weight of first and last touch"
-- help = "Share of an order that position-based attribution gives to each end, between 0 and 0.5. The rest is split among the touches between."
-- default = 0.4
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
    ROW_NUMBER() OVER (PARTITION BY conversion_id ORDER BY touch_dt, channel) AS touch_number,
    COUNT(channel) OVER (PARTITION BY conversion_id) AS touch_count
  FROM joined
),
weighted AS (
  SELECT
    conversion_id,
    user_id,
    channel,
    sales,
    CASE WHEN touch_number = 1 THEN 1 ELSE 0 END AS first_weight,
    CASE WHEN touch_number = touch_count THEN 1 ELSE 0 END AS last_weight,
    1 / touch_count AS linear_weight,
    CASE
      WHEN touch_count = 1 THEN 1
      WHEN touch_count = 2 THEN 0.5
      WHEN touch_number = 1 OR touch_number = touch_count THEN {{end_weight}}
      ELSE (1 - 2 * {{end_weight}}) / (touch_count - 2)
    END AS position_weight
  FROM ranked
)
SELECT
  channel,
  COUNT(DISTINCT conversion_id) AS touched_orders,
  ROUND(SUM(sales * first_weight), 2) AS first_touch,
  ROUND(SUM(sales * last_weight), 2) AS last_touch,
  ROUND(SUM(sales * linear_weight), 2) AS linear,
  ROUND(SUM(sales * position_weight), 2) AS position_based
FROM weighted
GROUP BY channel

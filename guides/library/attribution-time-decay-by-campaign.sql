--+++ recomamp query
-- format = 1
-- name = "Time-decay attribution by campaign"
-- description = "Orders and sales credited to each campaign, where a touch counts more the closer it was to the order, next to plain last touch."
-- kind = "main"
-- category = "Attribution"
-- use-case = "What is each campaign worth when recent ads count more than early ones?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "advanced"
-- tags = ["attribution", "time decay", "campaigns"]
-- window-advice = "The window is the time of the orders; ads of the 14 days before it are read in addition. Four to twelve weeks."
-- prerequisites = ["Orders that are relevant to the chosen campaigns.", "Campaigns of one brand, chosen with the pattern, if the instance holds several: touches are matched by person, so ads of another brand would share the credit."]
-- sample = """
-- channel,campaign,decay_orders,decay_sales,last_touch_sales,difference
-- DSP display,Mirelune | Display | Consideration | 2026 H2,38.9,1210.35,1335.51,-125.16
-- DSP display,Woolpaddle | Display | Conversion | 2026 H2,24.56,994.53,998.68,-4.15
-- DSP display,Tundrel | Display | Conversion | 2026 H2,18.65,760.39,1010.68,-250.29
-- DSP video,Mirelune | Streaming TV | Awareness | 2026 H2,18.13,689.72,557.78,131.94
-- DSP display,Tundrel | Display | Consideration | 2026 H2,19.66,657.36,578.80,78.56
-- DSP display,Woolpaddle | Display | Consideration | 2026 H2,20.24,651.04,572.78,78.26
-- DSP display,Woolpaddle | Display | Loyalty | 2026 H2,17.26,631.42,563.80,67.62
-- Sponsored Brands,SBV - Tundrel - Category video,14.05,574.64,455.88,118.76
-- """
-- chart = "decay_sales"
-- interpretation = '''
-- Sort by **decay_sales**, and read **difference** as the correction to a last-touch view: positive for campaigns that act
-- early.
--
-- Each order is worth 1 and is divided among all touches of the 14 days before it, so **decay_orders** are fractions and add
-- up to the orders that had a touch. Try half-lives of one and seven days: if the ranking of the campaigns stays the same, the
-- choice doesn't matter.
--
-- A touch is an Amazon DSP impression, an impression or a click of Sponsored Brands, Sponsored Display or Sponsored TV, or a
-- click of Sponsored Products. The age of a touch is computed from whole hours: exact timestamps would raise the threshold of
-- every row from 2 to 100 users. The half-life is an assumption. [Time from first ad to
-- purchase](../library/time-to-purchase.sql) gives a sensible size for it.
--
-- The guide [Custom attribution](../custom-attribution/guide.md) explains the method.
-- '''
--
-- [metrics]
-- channel = "Ad product."
-- campaign = "Campaign name."
-- decay_orders = "Orders credited by time decay."
-- decay_sales = "Sales credited by time decay, in the currency of the purchase."
-- last_touch_sales = "Sales of the orders whose latest touch was of the campaign."
-- difference = "Sales by time decay minus sales by last touch."
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
-- name = "half_life_days"
-- kind = "number"
-- label = "Half-life in days"
-- help = "After this many days a touch counts half. Short values come close to last touch, long ones to linear."
-- default = 3
--+++
WITH touches AS (
  SELECT
    user_id,
    CASE
      WHEN creative_category = 'Video' THEN 'DSP video'
      ELSE 'DSP display'
    END AS channel,
    campaign,
    impression_dt_hour_utc AS touch_hour,
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
    campaign,
    event_dt_hour_utc AS touch_hour,
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
    event_dt_hour_utc,
    MAX(total_product_sales) AS sales
  FROM conversions_with_relevance
  WHERE event_subtype = 'order'
    AND user_id IS NOT NULL
    AND campaign LIKE {{campaign_pattern}}
  GROUP BY conversion_id, user_id, event_dt_utc, event_dt_hour_utc
),
weighted AS (
  SELECT
    o.conversion_id,
    o.user_id,
    o.sales,
    t.channel,
    t.campaign,
    POWER(0.5, SECONDS_BETWEEN(t.touch_hour, o.event_dt_hour_utc) / 86400 / {{half_life_days}}) AS weight,
    ROW_NUMBER() OVER (PARTITION BY o.conversion_id ORDER BY t.touch_dt DESC, t.campaign) AS from_last
  FROM orders o
  JOIN touches t ON t.user_id = o.user_id
  WHERE SECONDS_BETWEEN(t.touch_dt, o.event_dt_utc) BETWEEN 0 AND 14 * 86400
),
shares AS (
  SELECT
    user_id,
    channel,
    campaign,
    sales,
    from_last,
    weight / SUM(weight) OVER (PARTITION BY conversion_id) AS share_of_order
  FROM weighted
)
SELECT
  channel,
  campaign,
  ROUND(SUM(share_of_order), 2) AS decay_orders,
  ROUND(SUM(sales * share_of_order), 2) AS decay_sales,
  ROUND(SUM(CASE WHEN from_last = 1 THEN sales ELSE 0 END), 2) AS last_touch_sales,
  ROUND(SUM(sales * share_of_order) - SUM(CASE WHEN from_last = 1 THEN sales ELSE 0 END), 2) AS difference
FROM shares
GROUP BY channel, campaign

--+++ recomamp query
-- format = 1
-- name = "Four attribution models side by side"
-- description = "Purchases and sales of a brand divided among its channels by first touch, last touch, linear and position-based attribution."
-- kind = "main"
-- tags = ["attribution", "channels"]
-- window-advice = "Four weeks of purchases or more that ended two days ago or earlier. Ads of the 28 days before the window are read in addition."
-- prerequisites = ["At least two channels that delivered for the brand", "28 days of delivery before the window"]
-- sample = """
-- channel, purchasers, first_touch, last_touch, linear, position_based, first_touch_sales, last_touch_sales, linear_sales, position_based_sales
-- DSP display, 106, 97, 95, 91.36, 94.56, 2535.75, 2481.76, 2395.25, 2471.15
-- sponsored_products, 98, 44, 48, 51.49, 48.09, 1127.44, 1240.36, 1297.78, 1230.5
-- sponsored_brands, 71, 25, 5, 20.23, 16.44, 667.69, 148.93, 551.22, 448.22
-- sponsored_display, 66, 11, 30, 16.94, 19.18, 270.85, 741.66, 431.27, 478.71
-- DSP streaming TV, 30, 19, 18, 16.75, 17.97, 532.74, 486.76, 463.79, 496.38
-- DSP online video, 13, 7, 6, 6.26, 6.50, 136.92, 109.94, 112.46, 121.27
-- DSP audio, 8, 5, 4, 4.01, 4.30, 105.95, 116.95, 100.3, 106.62
-- sponsored_television, 5, 0, 2, 0.9694, 0.9619, 0, 50.98, 25.25, 24.48
-- """
-- interpretation = """
-- Compare a channel across the columns. More under *first* than under *last*: it opens journeys. More under *last*: it closes them. Linear and position-based lie between, and small differences between them mean nothing.
-- """
--
-- [metrics]
-- channel = "DSP by kind of creative; sponsored ads by ad product."
-- purchasers = "Users with at least one purchase before which they saw the channel."
-- first_touch = "Purchases credited to the first touch."
-- last_touch = "Purchases credited to the last touch before the purchase."
-- linear = "Purchases divided equally among all touches."
-- position_based = "40% to the first touch, 40% to the last, 20% divided among those between. With two touches half each, with one touch all of it."
-- first_touch_sales = "Sales by first touch, in the currency of the account."
-- last_touch_sales = "Sales by last touch."
-- linear_sales = "Sales by linear attribution."
-- position_based_sales = "Sales by position-based attribution."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- demo-default = ["Mirelune US"]
--
-- [[parameters]]
-- name = "lookback_days"
-- kind = "number"
-- label = "Look-back in days"
-- help = "Touches up to so many days before the purchase count; 28 at most, since that is how far the query reads back."
-- default = 28
--+++
WITH purchases AS (
  -- One row per purchase and relevant campaign, without repeats by halo code.
  SELECT DISTINCT
    conversion_id,
    user_id,
    campaign_id_string,
    event_dt_utc AS purchase_dt,
    total_product_sales AS sales
  FROM conversions_with_relevance
  WHERE advertiser IN ({{advertisers}})
    AND event_subtype = 'order'
    AND user_id IS NOT NULL
),
-- A touch: the first contact of a user with a campaign on a day.
touches AS (
  SELECT
    user_id,
    campaign_id_string,
    CASE
      WHEN creative_type = 'Streaming TV Video' THEN 'DSP streaming TV'
      WHEN creative_category = 'Video' THEN 'DSP online video'
      WHEN creative_type = 'Audio' THEN 'DSP audio'
      ELSE 'DSP display'
    END AS channel,
    MIN(impression_dt_utc) AS touch_dt
  FROM TABLE(EXTEND_TIME_WINDOW('dsp_impressions', 'P28D', 'P0D'))
  WHERE advertiser IN ({{advertisers}})
    AND user_id IS NOT NULL
  GROUP BY user_id, campaign_id_string, impression_date_utc, 3
  UNION ALL
  SELECT
    user_id,
    campaign_id_string,
    ad_product_type AS channel,
    MIN(event_dt_utc) AS touch_dt
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', 'P28D', 'P0D'))
  WHERE advertiser IN ({{advertisers}})
    AND user_id IS NOT NULL
  GROUP BY user_id, campaign_id_string, event_date_utc, ad_product_type
),
journeys AS (
  SELECT
    p.conversion_id,
    p.user_id,
    p.sales,
    t.channel,
    ROW_NUMBER() OVER (PARTITION BY p.conversion_id ORDER BY t.touch_dt, t.channel, t.campaign_id_string) AS place,
    COUNT(t.channel) OVER (PARTITION BY p.conversion_id) AS touches
  FROM purchases p
  JOIN touches t ON t.user_id = p.user_id
    AND t.campaign_id_string = p.campaign_id_string
    AND t.touch_dt < p.purchase_dt
    AND SECONDS_BETWEEN(t.touch_dt, p.purchase_dt) <= 86400 * {{lookback_days}}
),
weighted AS (
  SELECT
    user_id,
    channel,
    sales,
    CASE WHEN place = 1 THEN 1 ELSE 0 END AS first_weight,
    CASE WHEN place = touches THEN 1 ELSE 0 END AS last_weight,
    1 / touches AS linear_weight,
    CASE
      WHEN touches = 1 THEN 1
      WHEN touches = 2 THEN 0.5
      WHEN place = 1 OR place = touches THEN 0.4
      ELSE 0.2 / (touches - 2)
    END AS position_weight
  FROM journeys
)
SELECT
  channel,
  COUNT(DISTINCT user_id) AS purchasers,
  SUM(first_weight) AS first_touch,
  SUM(last_weight) AS last_touch,
  SUM(linear_weight) AS linear,
  SUM(position_weight) AS position_based,
  SUM(sales * first_weight) AS first_touch_sales,
  SUM(sales * last_weight) AS last_touch_sales,
  SUM(sales * linear_weight) AS linear_sales,
  SUM(sales * position_weight) AS position_based_sales
FROM weighted
GROUP BY channel

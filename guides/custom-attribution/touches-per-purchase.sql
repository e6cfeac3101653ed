--+++ recomamp query
-- format = 1
-- name = "Touches per purchase"
-- description = "How many touches the purchases have. The more purchases with a single touch, the less the choice of a model matters."
-- kind = "explore"
-- tags = ["attribution"]
-- window-advice = "The same window as the model query."
-- sample = """
-- touches, purchases, share_of_purchases, average_channels
-- 3-4, 66, 0.3173, 1.88
-- 5-7, 58, 0.2788, 2.78
-- 8 or more, 24, 0.1154, 3.33
-- 1, 29, 0.1394, 1.00
-- 2, 31, 0.149, 1.32
-- """
-- chart = "purchases"
-- interpretation = """
-- For purchases with one touch, all models agree. Only the share of the other rows can move between channels.
-- """
--
-- [metrics]
-- touches = "Days on which the buyer saw a relevant campaign, in the look-back; a campaign counts once a day."
-- purchases = "Purchases with so many touches."
-- share_of_purchases = "Part of all purchases with a touch."
-- average_channels = "Different channels among these touches, on average."
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
per_purchase AS (
  SELECT
    conversion_id,
    user_id,
    MAX(touches) AS touches,
    COUNT(DISTINCT channel) AS channels
  FROM journeys
  GROUP BY conversion_id, user_id
),
grouped AS (
  SELECT
    CASE
      WHEN touches = 1 THEN '1'
      WHEN touches = 2 THEN '2'
      WHEN touches <= 4 THEN '3-4'
      WHEN touches <= 7 THEN '5-7'
      ELSE '8 or more'
    END AS touches,
    COUNT(DISTINCT conversion_id) AS purchases,
    AVG(channels) AS average_channels
  FROM per_purchase
  GROUP BY 1
)
SELECT
  touches,
  purchases,
  purchases / SUM(purchases) OVER () AS share_of_purchases,
  average_channels
FROM grouped

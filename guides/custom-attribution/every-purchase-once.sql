--+++ recomamp query
-- format = 1
-- name = "Every purchase is credited once"
-- description = "Proves that the models divide each purchase exactly once, and shows how many purchases have no touch."
-- kind = "validate"
-- tags = ["attribution"]
-- window-advice = "The same window and look-back as the model query."
-- sample = """
-- status, purchases, sales, credited_linear, credited_position
-- with touches, 208, 5377.34, 208, 208
-- without touches, 21, 488.75, 0, 0
-- """
-- interpretation = """
-- In the row *with touches*, `credited_linear` and `credited_position` must equal `purchases`. If they don't, a join has multiplied rows. Purchases without a touch belong to no channel: report them on a line of their own.
-- """
--
-- [metrics]
-- status = "Whether the purchase has at least one touch in the look-back."
-- purchases = "Different purchases."
-- sales = "Their sales, in the currency of the account."
-- credited_linear = "Sum of the linear weights."
-- credited_position = "Sum of the position-based weights."
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
credited AS (
  SELECT
    conversion_id,
    SUM(1 / touches) AS linear_weight,
    SUM(
      CASE
        WHEN touches = 1 THEN 1
        WHEN touches = 2 THEN 0.5
        WHEN place = 1 OR place = touches THEN 0.4
        ELSE 0.2 / (touches - 2)
      END
    ) AS position_weight
  FROM journeys
  GROUP BY conversion_id
),
each_purchase AS (
  SELECT
    conversion_id,
    user_id,
    MAX(sales) AS sales
  FROM purchases
  GROUP BY conversion_id, user_id
)
SELECT
  CASE WHEN c.conversion_id IS NULL THEN 'without touches' ELSE 'with touches' END AS status,
  COUNT(DISTINCT p.conversion_id) AS purchases,
  SUM(p.sales) AS sales,
  SUM(COALESCE(c.linear_weight, 0)) AS credited_linear,
  SUM(COALESCE(c.position_weight, 0)) AS credited_position
FROM each_purchase p
LEFT JOIN credited c ON c.conversion_id = p.conversion_id
GROUP BY 1

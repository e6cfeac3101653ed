--+++ recomamp query
-- format = 1
-- name = "Return by campaign under a chosen model"
-- description = "Credited purchases, sales, cost and return of each campaign under one attribution model."
-- kind = "main"
-- tags = ["attribution", "roas", "campaigns"]
-- window-advice = "Four weeks or more of steady delivery. Cost is that of the window; purchases are those of the window, also where their touches lie before it."
-- sample = """
-- campaign, purchases, sales, cost, roas
-- Mirelune | Display | Consideration | 2026 H2, 38.26, 1142.48, 86.81, 13.16
-- Mirelune | Display | Loyalty | 2026 H2, 31.64, 749.15, 9.13, 82.06
-- Mirelune | Display | Conversion | 2026 H2, 23.66, 563.52, 33.91, 16.62
-- Mirelune | Streaming TV | Awareness | 2026 H2, 17.97, 496.38, 370.55, 1.34
-- SP - Mirelune - Automatic, 16.22, 442.97, 64.84, 6.83
-- SP - Mirelune - Category keywords phrase, 12.08, 285.42, 60.27, 4.74
-- SP - Mirelune - Category keywords broad, 10.40, 258.26, 58.31, 4.43
-- SD - Mirelune - Contextual, 9.93, 248.9, 5.52, 45.06
-- SBV - Mirelune - Category video, 9.11, 234.47, 76.94, 3.05
-- SD - Mirelune - Views remarketing vCPM, 9.25, 229.81, 3.30, 69.71
-- SP - Mirelune - Product targeting, 6.72, 164.1, 4.60, 35.66
-- SBA - Mirelune - Theme headline, 5.39, 149.27, 32.43, 4.60
-- """
-- chart = "sales"
-- interpretation = """
-- Run it with two models and compare ranks rather than values. A campaign that is good under both is good whatever you believe; one that changes places depends on the model, and the report should say so.
-- """
--
-- [metrics]
-- campaign = "Campaign name."
-- purchases = "Purchases credited to the campaign by the chosen model; fractions are normal."
-- sales = "Sales credited to it, in the currency of the account."
-- cost = "Cost in the window, in the currency of the account: DSP `total_cost` divided by 100,000, sponsored ads `spend` divided by 100,000,000."
-- roas = "Sales divided by cost."
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
--
-- [[parameters]]
-- name = "model"
-- kind = "choice"
-- label = "Model"
-- help = "How a purchase is divided among its touches."
-- choices = ["first touch", "last touch", "linear", "position-based"]
-- default = "position-based"
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
    campaign,
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
  GROUP BY user_id, campaign_id_string, campaign, impression_date_utc, 4
  UNION ALL
  SELECT
    user_id,
    campaign_id_string,
    campaign,
    ad_product_type AS channel,
    MIN(event_dt_utc) AS touch_dt
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', 'P28D', 'P0D'))
  WHERE advertiser IN ({{advertisers}})
    AND user_id IS NOT NULL
  GROUP BY user_id, campaign_id_string, campaign, event_date_utc, ad_product_type
),
journeys AS (
  SELECT
    p.conversion_id,
    p.user_id,
    p.sales,
    t.campaign,
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
    campaign,
    sales,
    CASE {{model}}
      WHEN 'first touch' THEN CASE WHEN place = 1 THEN 1 ELSE 0 END
      WHEN 'last touch' THEN CASE WHEN place = touches THEN 1 ELSE 0 END
      WHEN 'linear' THEN 1 / touches
      ELSE CASE
        WHEN touches = 1 THEN 1
        WHEN touches = 2 THEN 0.5
        WHEN place = 1 OR place = touches THEN 0.4
        ELSE 0.2 / (touches - 2)
      END
    END AS weight
  FROM journeys
),
stacked AS (
  SELECT
    campaign,
    weight AS purchases,
    sales * weight AS sales,
    0 AS cost
  FROM weighted
  UNION ALL
  SELECT
    campaign,
    0 AS purchases,
    0 AS sales,
    total_cost / 100000 AS cost
  FROM dsp_impressions
  WHERE advertiser IN ({{advertisers}})
  UNION ALL
  SELECT
    campaign,
    0 AS purchases,
    0 AS sales,
    spend / 100000000 AS cost
  FROM sponsored_ads_traffic
  WHERE advertiser IN ({{advertisers}})
)
SELECT
  campaign,
  SUM(purchases) AS purchases,
  SUM(sales) AS sales,
  SUM(cost) AS cost,
  SUM(sales) / NULLIF(SUM(cost), 0) AS roas
FROM stacked
GROUP BY campaign

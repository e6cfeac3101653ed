--+++ recomamp query
-- format = 1
-- name = "First and last channel before the purchase"
-- description = "For the buyers of a brand: which channel reached them first, and which reached them last before they bought."
-- kind = "main"
-- tags = ["path to conversion", "channels"]
-- window-advice = "The same window as the path query."
-- sample = """
-- first_channel, last_channel, purchasers, purchases, sales
-- DSP other, DSP other, 61, 69, 1797.11
-- Sponsored search, Sponsored search, 24, 25, 687.66
-- Sponsored search, DSP other, 11, 14, 314.85
-- DSP other, Sponsored search, 9, 9, 193.9
-- DSP other, Sponsored Display, 7, 7, 176.92
-- DSP TV, DSP TV, 6, 6, 178.92
-- DSP other, DSP TV, 4, 4, 118.94
-- DSP TV, Sponsored search, 3, 3, 67.96
-- """
-- chart = "purchasers"
-- interpretation = """
-- Read along the rows: a channel that opens many paths and closes few does early work that last-touch reports don't show. Equal first and last channel includes buyers who saw only that channel.
-- """
--
-- [metrics]
-- first_channel = "Channel of the earliest contact in the window."
-- last_channel = "Channel of the latest contact before the first credited purchase."
-- purchasers = "Users with at least one purchase credited to an ad of the window."
-- purchases = "Their credited purchases of promoted and brand-halo products."
-- sales = "Sales of these purchases, in the currency of the account."
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
--+++
WITH contacts AS (
  SELECT
    user_id,
    CASE
      WHEN creative_type = 'Streaming TV Video' THEN 'DSP TV'
      ELSE 'DSP other'
    END AS channel,
    impression_dt_utc AS contact_dt
  FROM dsp_impressions
  WHERE advertiser IN ({{advertisers}})
    AND user_id IS NOT NULL
  UNION ALL
  SELECT
    user_id,
    CASE ad_product_type
      WHEN 'sponsored_products' THEN 'Sponsored search'
      WHEN 'sponsored_brands' THEN 'Sponsored search'
      WHEN 'sponsored_display' THEN 'Sponsored Display'
      ELSE 'Sponsored TV'
    END AS channel,
    event_dt_utc AS contact_dt
  FROM sponsored_ads_traffic
  WHERE advertiser IN ({{advertisers}})
    AND user_id IS NOT NULL
),
-- One row per buyer. Conversions credited to ads of the window, up to 14 days later.
buyers AS (
  SELECT
    user_id,
    MIN(conversion_event_dt_utc) AS first_purchase_dt,
    SUM(total_purchases) AS purchases,
    SUM(total_product_sales) AS sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE advertiser IN ({{advertisers}})
    AND total_purchases > 0
    AND user_id IS NOT NULL
  GROUP BY user_id
),
ordered AS (
  SELECT
    b.user_id,
    b.purchases,
    b.sales,
    c.channel,
    ROW_NUMBER() OVER (PARTITION BY b.user_id ORDER BY c.contact_dt, c.channel) AS from_first,
    ROW_NUMBER() OVER (PARTITION BY b.user_id ORDER BY c.contact_dt DESC, c.channel) AS from_last
  FROM buyers b
  JOIN contacts c ON c.user_id = b.user_id
    AND c.contact_dt < b.first_purchase_dt
),
ends AS (
  SELECT
    user_id,
    MAX(CASE WHEN from_first = 1 THEN channel END) AS first_channel,
    MAX(CASE WHEN from_last = 1 THEN channel END) AS last_channel,
    MAX(purchases) AS purchases,
    MAX(sales) AS sales
  FROM ordered
  GROUP BY user_id
)
SELECT
  first_channel,
  last_channel,
  COUNT(DISTINCT user_id) AS purchasers,
  SUM(purchases) AS purchases,
  SUM(sales) AS sales
FROM ends
GROUP BY first_channel, last_channel

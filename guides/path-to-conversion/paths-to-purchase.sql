--+++ recomamp query
-- format = 1
-- name = "Paths to purchase by channel"
-- description = "In which order the channels of a brand first reached users, and what share of the users on each path bought."
-- kind = "main"
-- tags = ["path to conversion", "channels"]
-- window-advice = "Four weeks that ended at least 14 days ago. Purchases are credited to ads of the window for 14 days after the ad, so a later window has incomplete paths."
-- prerequisites = ["At least two channels that delivered for the same brand"]
-- sample = """
-- path, steps, users, purchasers, purchase_rate, purchases, sales
-- DSP other, 1, 7583, 44, 0.0058, 50, 1285.36
-- DSP TV, 1, 2620, 6, 0.0023, 6, 178.92
-- Sponsored search, 1, 1245, 20, 0.0161, 21, 561.73
-- Sponsored search > Sponsored Display, 2, 662, 15, 0.0227, 19, 454.79
-- DSP other > Sponsored search, 2, 460, 8, 0.0174, 8, 201.91
-- Sponsored search > DSP other, 2, 329, 5, 0.0152, 6, 129.94
-- DSP other > Sponsored search > Sponsored Display, 3, 319, 11, 0.0345, 12, 334.83
-- Sponsored search > Sponsored Display > DSP other, 3, 265, 5, 0.0189, 7, 168.92
-- DSP other > Sponsored Display, 2, 200, 6, 0.03, 7, 152.93
-- """
-- chart = "purchase_rate"
-- interpretation = """
-- Compare the `purchase_rate` of a longer path with that of the shorter path inside it: *DSP other > Sponsored search* with *Sponsored search*. The difference shows where buyers come from; it doesn't prove that the first channel
-- caused the purchase. Ignore rates of paths with only a handful of purchasers.
-- """
--
-- [metrics]
-- path = "Channels in the order in which a user first saw them, up to the first credited purchase. Repeated contacts with a channel don't repeat it."
-- steps = "Channels in the path."
-- users = "Users on exactly this path."
-- purchasers = "Those of them with at least one purchase credited to an ad of the window."
-- purchase_rate = "Purchasers divided by users."
-- purchases = "Credited purchases of promoted and brand-halo products."
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
--
-- [[parameters]]
-- name = "min_users"
-- kind = "number"
-- label = "Minimum users"
-- help = "Leave out paths with fewer users."
-- default = 100
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
-- First contact with each channel; for buyers, only what came before the first purchase.
first_contacts AS (
  SELECT
    c.user_id,
    c.channel,
    MIN(c.contact_dt) AS first_dt
  FROM contacts c
  LEFT JOIN buyers b ON b.user_id = c.user_id
  WHERE b.user_id IS NULL
    OR c.contact_dt < b.first_purchase_dt
  GROUP BY c.user_id, c.channel
),
ordered AS (
  SELECT
    user_id,
    channel,
    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY first_dt, channel) AS step
  FROM first_contacts
),
-- One column per step: easier to filter and to chart than an array.
steps AS (
  SELECT
    user_id,
    MAX(CASE WHEN step = 1 THEN channel END) AS step_1,
    MAX(CASE WHEN step = 2 THEN channel END) AS step_2,
    MAX(CASE WHEN step = 3 THEN channel END) AS step_3,
    MAX(CASE WHEN step = 4 THEN channel END) AS step_4,
    COUNT(1) AS steps
  FROM ordered
  GROUP BY user_id
),
paths AS (
  SELECT
    user_id,
    CONCAT(
      step_1,
      CASE WHEN steps > 1 THEN CONCAT(' > ', step_2) ELSE '' END,
      CASE WHEN steps > 2 THEN CONCAT(' > ', step_3) ELSE '' END,
      CASE WHEN steps > 3 THEN CONCAT(' > ', step_4) ELSE '' END,
      CASE WHEN steps > 4 THEN ' > more' ELSE '' END
    ) AS path,
    steps
  FROM steps
)
SELECT
  p.path,
  p.steps,
  COUNT(DISTINCT p.user_id) AS users,
  COUNT(DISTINCT b.user_id) AS purchasers,
  COUNT(DISTINCT b.user_id) / COUNT(DISTINCT p.user_id) AS purchase_rate,
  SUM(COALESCE(b.purchases, 0)) AS purchases,
  SUM(COALESCE(b.sales, 0)) AS sales
FROM paths p
LEFT JOIN buyers b ON b.user_id = p.user_id
GROUP BY p.path, p.steps
HAVING COUNT(DISTINCT p.user_id) >= {{min_users}}

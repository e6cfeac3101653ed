--+++ recomamp query
-- format = 1
-- name = "Days from the first ad contact to the purchase"
-- description = "How long buyers had been seeing the brand's ads before they bought, and how many ads they had seen."
-- kind = "main"
-- tags = ["time to conversion", "path to conversion"]
-- window-advice = "Four weeks of purchases or more. Ads of the 28 days before the window are read in addition."
-- prerequisites = ["28 days of delivery before the window"]
-- sample = """
-- days_to_purchase, purchasers, contacts_per_purchaser
-- 0: same day, 42, 5.50
-- 1: 1-3 days, 55, 3.36
-- 2: 4-7 days, 35, 4.26
-- 3: 8-14 days, 44, 6.02
-- 4: 15-21 days, 34, 6.44
-- 5: 22-28 days, 54, 8.19
-- """
-- chart = "purchasers"
-- interpretation = """
-- A full last group means that the 28 days of look-back cut the paths short: the true times are longer. More contacts in the longer groups are no finding, since more days leave room for more ads.
-- """
--
-- [metrics]
-- days_to_purchase = "Calendar days (UTC) from the first ad contact in the 28 days before the purchase to the purchase, grouped."
-- purchasers = "Users whose first credited purchase of the window is in the group."
-- contacts_per_purchaser = "Impressions and clicks before that purchase, divided by purchasers."
--
-- [window]
-- days = 182
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- demo-default = ["Mirelune US"]
--+++
WITH purchases AS (
  SELECT
    user_id,
    MIN(conversion_event_dt_utc) AS purchase_dt,
    MIN(conversion_event_date_utc) AS purchase_date
  FROM amazon_attributed_events_by_conversion_time
  WHERE advertiser IN ({{advertisers}})
    AND total_purchases > 0
    AND user_id IS NOT NULL
  GROUP BY user_id
),
contacts AS (
  SELECT
    user_id,
    impression_dt_utc AS contact_dt,
    impression_date_utc AS contact_date
  FROM TABLE(EXTEND_TIME_WINDOW('dsp_impressions', 'P28D', 'P0D'))
  WHERE advertiser IN ({{advertisers}})
    AND user_id IS NOT NULL
  UNION ALL
  SELECT
    user_id,
    event_dt_utc AS contact_dt,
    event_date_utc AS contact_date
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', 'P28D', 'P0D'))
  WHERE advertiser IN ({{advertisers}})
    AND user_id IS NOT NULL
),
journeys AS (
  SELECT
    p.user_id,
    SECONDS_BETWEEN(MIN(c.contact_date), MIN(p.purchase_date)) / 86400 AS days,
    COUNT(1) AS contacts
  FROM purchases p
  JOIN contacts c ON c.user_id = p.user_id
    AND c.contact_dt < p.purchase_dt
    AND SECONDS_BETWEEN(c.contact_dt, p.purchase_dt) <= 28 * 86400
  GROUP BY p.user_id
)
SELECT
  CASE
    WHEN days < 1 THEN '0: same day'
    WHEN days < 4 THEN '1: 1-3 days'
    WHEN days < 8 THEN '2: 4-7 days'
    WHEN days < 15 THEN '3: 8-14 days'
    WHEN days < 22 THEN '4: 15-21 days'
    ELSE '5: 22-28 days'
  END AS days_to_purchase,
  COUNT(DISTINCT user_id) AS purchasers,
  SUM(contacts) / COUNT(DISTINCT user_id) AS contacts_per_purchaser
FROM journeys
GROUP BY 1

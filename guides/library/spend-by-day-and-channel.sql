--+++ recomamp query
-- format = 1
-- name = "Daily spend across all ad products"
-- description = "Spend of Amazon DSP and each sponsored ads product by day, in one currency unit."
-- kind = "main"
-- category = "Cost and pacing"
-- use-case = "What did we spend each day, over everything?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "basic"
-- tags = ["cost", "pacing", "budget"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read. "
-- prerequisites = ["Ads that delivered in the window."]
-- sample = """
-- event_date,ad_product,currency,impressions,cost,cost_share
-- 2026-10-22,amazon_dsp,USD,1303,16.80,61.7
-- 2026-10-22,sponsored_products,USD,458,5.58,20.5
-- 2026-10-22,sponsored_brands,USD,144,4.56,16.8
-- 2026-10-22,sponsored_television,USD,8,0.19,0.7
-- 2026-10-23,amazon_dsp,USD,1218,16.08,67.2
-- 2026-10-23,sponsored_brands,USD,130,4.47,18.7
-- 2026-10-23,sponsored_products,USD,464,2.99,12.5
-- 2026-10-23,sponsored_television,USD,14,0.26,1.1
-- """
-- interpretation = '''
-- Use it for one chart of all spend. **cost_share** shows how the mix moves: compare event days with ordinary ones.
--
-- Two units meet here. Amazon DSP `total_cost` is in millicents and divided by 100,000; sponsored ads `spend` is in
-- microcents and divided by 100,000,000. A mistake in one of them makes a channel a thousand times too large or too small, so
-- compare one day with the console before you share the chart.
--
-- Where a single click made all the spend of a product on a day, AMC removes the row with its spend, and the shares of that
-- day don't add up to 100%. By week this is rare. Days are in UTC; consoles use the time zone of the advertiser, so single
-- days differ slightly and weeks hardly.
-- '''
--
-- [metrics]
-- event_date = "Day (UTC)."
-- ad_product = "Ad product; amazon_dsp for Amazon DSP."
-- currency = "Currency of the cost."
-- impressions = "Impressions."
-- cost = "Spend in currency."
-- cost_share = "Percent of the spend of the day in this currency."
--
-- [window]
-- days = 28
-- lag = 2
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
WITH events AS (
  SELECT
    impression_date_utc AS event_date,
    'amazon_dsp' AS ad_product,
    currency_iso_code AS currency,
    impressions,
    total_cost / 100000 AS cost
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    event_date_utc AS event_date,
    ad_product_type AS ad_product,
    currency_iso_code AS currency,
    impressions,
    spend / 100000000 AS cost
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
),
daily AS (
  SELECT
    event_date,
    ad_product,
    currency,
    SUM(impressions) AS impressions,
    SUM(cost) AS cost
  FROM events
  GROUP BY event_date, ad_product, currency
)
SELECT
  event_date,
  ad_product,
  currency,
  impressions,
  ROUND(cost, 2) AS cost,
  ROUND(100 * cost / NULLIF(SUM(cost) OVER (PARTITION BY event_date, currency), 0), 1) AS cost_share
FROM daily

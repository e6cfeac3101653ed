--+++ recomamp query
-- format = 1
-- name = "Days from the credited ad to the purchase"
-- description = "How many days pass between the ad that a purchase is credited to and the purchase, by ad product and by click or view."
-- kind = "main"
-- tags = ["time to conversion", "attribution"]
-- window-advice = "At least four weeks that ended 14 days ago, so that the last ads have had their 14 days too."
-- prerequisites = ["Ads with credited purchases in the window"]
-- sample = """
-- ad_product, credited_to, days_to_purchase, purchases, share_of_purchases
-- amazon_dsp, click, 0: same day, 18, 0.6207
-- amazon_dsp, click, 1: next day, 3, 0.1034
-- amazon_dsp, click, 2: 2-3 days, 6, 0.2069
-- amazon_dsp, view, 0: same day, 17, 0.0885
-- amazon_dsp, view, 1: next day, 37, 0.1927
-- amazon_dsp, view, 2: 2-3 days, 51, 0.2656
-- amazon_dsp, view, 3: 4-7 days, 44, 0.2292
-- amazon_dsp, view, 4: 8-14 days, 43, 0.224
-- sponsored_brands, click, 0: same day, 24, 0.6667
-- sponsored_brands, click, 1: next day, 5, 0.1389
-- sponsored_brands, click, 2: 2-3 days, 4, 0.1111
-- sponsored_brands, click, 3: 4-7 days, 2, 0.0556
-- sponsored_brands, view, 1: next day, 3, 0.2143
-- sponsored_brands, view, 2: 2-3 days, 3, 0.2143
-- sponsored_brands, view, 3: 4-7 days, 4, 0.2857
-- sponsored_brands, view, 4: 8-14 days, 3, 0.2143
-- sponsored_display, click, 0: same day, 2, 0.4
-- sponsored_display, view, 0: same day, 5, 0.2273
-- sponsored_display, view, 1: next day, 3, 0.1364
-- sponsored_display, view, 2: 2-3 days, 9, 0.4091
-- sponsored_display, view, 3: 4-7 days, 5, 0.2273
-- sponsored_products, click, 0: same day, 44, 0.6984
-- sponsored_products, click, 1: next day, 7, 0.1111
-- sponsored_products, click, 2: 2-3 days, 7, 0.1111
-- sponsored_products, click, 3: 4-7 days, 3, 0.0476
-- sponsored_products, click, 4: 8-14 days, 2, 0.0317
-- sponsored_television, view, 4: 8-14 days, 2, 1.00
-- """
-- interpretation = """
-- Day 0 is the day of the ad. Compare the share of day 0 between clicks and views: it says how fast people decide once they clicked. Don't compare raw purchase counts of products with different spend.
-- """
--
-- [metrics]
-- ad_product = "Ad product of the credited ad."
-- credited_to = "Whether Amazon credited a click or a view."
-- days_to_purchase = "Calendar days (UTC) from the credited ad to the purchase, grouped."
-- purchases = "Credited purchases of promoted and brand-halo products."
-- share_of_purchases = "Part of the purchases of the same ad product and the same kind of credit."
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
WITH credited AS (
  SELECT
    COALESCE(ad_product_type, 'amazon_dsp') AS ad_product,
    CASE WHEN total_purchases_clicks > 0 THEN 'click' ELSE 'view' END AS credited_to,
    -- Dates have a low aggregation threshold; exact times would need 100 users per row.
    SECONDS_BETWEEN(traffic_event_date_utc, conversion_event_date_utc) / 86400 AS days,
    total_purchases AS purchases
  FROM amazon_attributed_events_by_traffic_time
  WHERE advertiser IN ({{advertisers}})
    AND total_purchases > 0
),
grouped AS (
  SELECT
    ad_product,
    credited_to,
    CASE
      WHEN days < 1 THEN '0: same day'
      WHEN days < 2 THEN '1: next day'
      WHEN days < 4 THEN '2: 2-3 days'
      WHEN days < 8 THEN '3: 4-7 days'
      ELSE '4: 8-14 days'
    END AS days_to_purchase,
    SUM(purchases) AS purchases
  FROM credited
  GROUP BY 1, 2, 3
)
SELECT
  ad_product,
  credited_to,
  days_to_purchase,
  purchases,
  purchases / SUM(purchases) OVER (PARTITION BY ad_product, credited_to) AS share_of_purchases
FROM grouped

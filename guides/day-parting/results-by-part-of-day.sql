--+++ recomamp query
-- format = 1
-- name = "Results by part of day"
-- kind = "main"
-- description = "What Sponsored Products and Sponsored Brands cost and sold, by the part of the day in which the ad was shown or clicked."
-- window-advice = "Twelve or more whole weeks that ended at least fourteen days ago: the sales of the last ads must be in, and each part of the day needs some dozens of purchases."
-- prerequisites = ["Sponsored Products or Sponsored Brands with attributed sales", "Advertisers of one time zone and one currency; else filter on `advertiser` in both branches."]
-- sample = """
-- from_hour, impressions, clicks, click_rate, spend, cost_per_click, purchases, sales, roas
-- 0, 2106, 27, 1.28, 23.83, 0.88, 5, 194.94, 8.18
-- 6, 13635, 213, 1.56, 222.13, 1.04, 20, 817.73, 3.68
-- 12, 20338, 319, 1.57, 319.95, 1.00, 58, 1938.24, 6.06
-- 18, 23981, 341, 1.42, 346.64, 1.02, 60, 2361.21, 6.81
-- """
-- chart = "roas"
-- interpretation = """
-- * Compare **click rate** and **cost per click** first. They rest on many events and are about the hour itself.
-- * **ROAS** rests on few purchases. Take a difference seriously if it appears in two windows that don't overlap.
-- * A part of the day that is missing had too few buyers or clicks. Use fewer, longer parts.
-- """
--
-- [metrics]
-- from_hour = "First hour of the part of the day, in the advertiser's time zone. Each part ends where the next begins."
-- impressions = "Impressions of Sponsored Products and Sponsored Brands."
-- clicks = "Clicks on them."
-- click_rate = "Clicks in percent of impressions."
-- spend = "Cost in the account's currency."
-- cost_per_click = "Spend divided by clicks."
-- purchases = "Purchases credited to ads of this part of the day, whenever they happened."
-- sales = "What these purchases were worth, in the account's currency."
-- roas = "Sales divided by spend."
--
-- [window]
-- days = 112
--
-- [[parameters]]
-- name = "hours"
-- kind = "choice"
-- label = "Hours in each part"
-- help = "24 can be divided by each of these. Choose more hours if parts are missing."
-- choices = ["2", "3", "4", "6", "8", "12"]
-- default = "6"
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaign names like"
-- help = "% stands for any text. Use % for all sponsored campaigns."
-- default = "%"
--+++
WITH events AS (
  SELECT
    event_hour AS hour,
    impressions, clicks,
    spend / 100000000.0 AS spend,
    0 AS purchases, 0 AS sales
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
    AND ad_product_type IN ('sponsored_products', 'sponsored_brands')

  UNION ALL

  SELECT
    traffic_event_hour AS hour,
    0 AS impressions, 0 AS clicks, 0 AS spend,
    total_purchases AS purchases, total_product_sales AS sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE campaign LIKE {{campaign_pattern}}
    AND ad_product_type IN ('sponsored_products', 'sponsored_brands')
)
SELECT
  FLOOR(hour / CAST({{hours}} AS INTEGER)) * CAST({{hours}} AS INTEGER) AS from_hour,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  ROUND(100.0 * SUM(clicks) / NULLIF(SUM(impressions), 0), 2) AS click_rate,
  ROUND(SUM(spend), 2) AS spend,
  ROUND(SUM(spend) / NULLIF(SUM(clicks), 0), 2) AS cost_per_click,
  SUM(purchases) AS purchases,
  SUM(sales) AS sales,
  ROUND(SUM(sales) / NULLIF(SUM(spend), 0), 2) AS roas
FROM events
GROUP BY 1

--+++ recomamp query
-- format = 1
-- name = "Clicks by weekday and part of day"
-- kind = "main"
-- description = "Click rate and cost per click of Sponsored Products and Sponsored Brands for each weekday and part of the day: the grid behind a bid schedule."
-- window-advice = "Whole weeks only, twelve or more: with 13 Mondays and 12 Sundays, Monday looks busier than it is. Delivery only, so the window may end two days ago."
-- prerequisites = ["Sponsored Products or Sponsored Brands that delivered in the window", "Advertisers of one time zone and one currency; else filter on `advertiser`."]
-- sample = """
-- weekday, from_hour, impressions, clicks, click_rate, cost_per_click
-- 1, 0, 458, 6, 1.31, 0.97
-- 1, 6, 2910, 45, 1.55, 0.97
-- 1, 12, 4524, 79, 1.75, 0.97
-- 1, 18, 5453, 73, 1.34, 0.96
-- 2, 0, 538, 10, 1.86, 0.71
-- 2, 6, 2872, 46, 1.60, 1.05
-- 2, 12, 4250, 65, 1.53, 1.00
-- 2, 18, 5266, 88, 1.67, 1.03
-- """
-- interpretation = """
-- * Compare cells of the same part of the day over the weekdays, then the same weekday over the parts.
-- * A cell with fewer than some dozens of clicks is noise. Raise *Hours in each part* before you act on it.
-- * Cells that are missing had a single person's click, or too few people. They are not empty. The sample shows Sunday and Monday.
-- """
--
-- [metrics]
-- weekday = "1 is Sunday, 7 is Saturday."
-- from_hour = "First hour of the part of the day, in the advertiser's time zone."
-- impressions = "Impressions of Sponsored Products and Sponsored Brands."
-- clicks = "Clicks on them."
-- click_rate = "Clicks in percent of impressions."
-- cost_per_click = "Spend divided by clicks, in the account's currency."
--
-- [window]
-- days = 168
--
-- [[parameters]]
-- name = "hours"
-- kind = "choice"
-- label = "Hours in each part"
-- help = "24 can be divided by each of these. Choose more hours if cells are missing."
-- choices = ["3", "4", "6", "8", "12"]
-- default = "6"
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaign names like"
-- help = "% stands for any text. Use % for all sponsored campaigns."
-- default = "%"
--+++
SELECT
  DAYOFWEEK(event_date) AS weekday,
  FLOOR(event_hour / CAST({{hours}} AS INTEGER)) * CAST({{hours}} AS INTEGER) AS from_hour,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  ROUND(100.0 * SUM(clicks) / NULLIF(SUM(impressions), 0), 2) AS click_rate,
  -- spend is in microcents
  ROUND(SUM(spend) / 100000000.0 / NULLIF(SUM(clicks), 0), 2) AS cost_per_click
FROM sponsored_ads_traffic
WHERE campaign LIKE {{campaign_pattern}}
  AND ad_product_type IN ('sponsored_products', 'sponsored_brands')
GROUP BY 1, 2

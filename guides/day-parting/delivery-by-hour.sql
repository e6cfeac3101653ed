--+++ recomamp query
-- format = 1
-- name = "Delivery by hour"
-- kind = "explore"
-- description = "When ads were shown over the day, by ad product, and in which time zone those hours are."
-- window-advice = "Four or more whole weeks, without a holiday or a sales event. The query reads delivery only, so the window may end two days ago."
-- prerequisites = ["Amazon DSP or sponsored ads that delivered in the window"]
-- sample = """
-- ad_product, time_zone, hour, impressions, share_of_day
-- Sponsored ads, America/Los_Angeles, 8, 671, 3.8
-- Sponsored ads, America/Los_Angeles, 12, 1103, 6.2
-- Sponsored ads, America/Los_Angeles, 16, 1026, 5.7
-- Sponsored ads, America/Los_Angeles, 18, 1199, 6.7
-- Sponsored ads, America/Los_Angeles, 20, 1449, 8.1
-- Sponsored ads, America/Los_Angeles, 22, 1047, 5.9
-- Streaming TV, America/Los_Angeles, 8, 145, 1.7
-- Streaming TV, America/Los_Angeles, 12, 239, 2.8
-- Streaming TV, America/Los_Angeles, 16, 343, 4.1
-- Streaming TV, America/Los_Angeles, 18, 741, 8.8
-- Streaming TV, America/Los_Angeles, 20, 1179, 14.0
-- Streaming TV, America/Los_Angeles, 22, 787, 9.3
-- """
-- interpretation = """
-- * **Share of day** makes products comparable: each product's 24 hours add up to 100 percent. The sample shows six hours of two products.
-- * Delivery follows people's habits *and* your budgets. A campaign that runs out of budget at noon shows a quiet evening which says nothing about people.
-- * *Streaming TV* is told by its creative type here. If your campaigns are better told by name, change the first condition.
-- * Rows with different time zones mean that the instance holds advertisers of several zones. Look at one advertiser at a time.
-- """
--
-- [metrics]
-- time_zone = "The advertiser's time zone. Hours are in that zone."
-- hour = "Hour of the day: 0 is midnight to 1 a.m., 23 is 11 p.m. to midnight."
-- impressions = "Impressions in that hour, over all days of the window."
-- share_of_day = "The same in percent of the product's impressions."
--
-- [window]
-- days = 28
--+++
WITH delivery AS (
  SELECT
    IF(creative_type = 'Streaming TV Video', 'Streaming TV', 'Other Amazon DSP') AS ad_product,
    advertiser_timezone AS time_zone,
    impression_hour AS hour,
    impressions
  FROM dsp_impressions

  UNION ALL

  SELECT 'Sponsored ads' AS ad_product, advertiser_timezone AS time_zone, event_hour AS hour, impressions
  FROM sponsored_ads_traffic
  WHERE impressions > 0
),
by_hour AS (
  SELECT ad_product, time_zone, hour, SUM(impressions) AS impressions
  FROM delivery
  GROUP BY 1, 2, 3
)
SELECT
  ad_product,
  time_zone,
  hour,
  impressions,
  ROUND(100.0 * impressions / SUM(impressions) OVER (PARTITION BY ad_product), 1) AS share_of_day
FROM by_hour

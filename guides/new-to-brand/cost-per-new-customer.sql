--+++ recomamp query
-- format = 1
-- name = "Cost per new customer"
-- kind = "main"
-- description = "For each campaign: what it cost, how many customers new to the brand it brought, and what one of them cost."
-- window-advice = "Twelve weeks or more that ended at least fourteen days ago. A window that ends later has the full costs but not yet all customers."
-- prerequisites = ["Attributed purchases in the window", "One currency"]
-- sample = """
-- campaign, spend, customers, new_customers, share_of_new_customers, cost_per_new_customer
-- Mirelune | Streaming TV | Awareness | 2026 H2, 370.55, 16, 7, 43.8, 52.94
-- Mirelune | Display | Consideration | 2026 H2, 86.81, 31, 15, 48.4, 5.79
-- SBV - Mirelune - Category video, 76.94, 9, 6, 66.7, 12.82
-- SP - Mirelune - Automatic, 64.84, 8, 6, 75.0, 10.81
-- SP - Mirelune - Category keywords phrase, 60.27, 6, 3, 50.0, 20.09
-- SP - Mirelune - Category keywords broad, 58.31, 11, 7, 63.6, 8.33
-- Mirelune | Online Video | Consideration | 2026 H2, 54.41, 7, 4, 57.1, 13.6
-- Mirelune | Audio | Awareness | 2026 H2, 43.06, 5, 3, 60.0, 14.35
-- Other campaigns, 36.58, 35, 5, 14.3, 7.32
-- Mirelune | Display | Conversion | 2026 H2, 33.91, 23, 5, 21.7, 6.78
-- SBA - Mirelune - Theme headline, 32.43, 11, 9, 81.8, 3.6
-- SD - Mirelune - Contextual, 5.52, 9, 6, 66.7, 0.92
-- SP - Mirelune - Product targeting, 4.6, 5, 5, 100.0, 0.92
-- """
-- chart = "cost_per_new_customer"
-- interpretation = """
-- * Compare **cost per new customer** with what a new customer is worth to the brand over a year, not with the first order alone.
-- * Campaigns that brought nobody new, or too few for AMC to show, share the row *Other campaigns*. Their cost is real.
-- * Retargeting and loyalty campaigns address people who know the brand already. Judge them by another goal.
-- * Customers of several rows don't add up: somebody with two purchases can be in two of them.
-- """
--
-- [metrics]
-- spend = "Cost of the ads in the window, in the account's currency."
-- customers = "Different users with at least one attributed purchase."
-- new_customers = "Different users with at least one attributed new-to-brand purchase."
-- share_of_new_customers = "New customers in percent of customers."
-- cost_per_new_customer = "Spend divided by new customers."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaign names like"
-- help = "% stands for any text, so %Brand% finds every campaign that contains Brand. Use % for all campaigns of the instance."
-- default = "%"
-- demo-default = "%Mirelune%"
--
-- [[parameters]]
-- name = "fewest"
-- kind = "number"
-- label = "New customers, at least"
-- help = "Campaigns with fewer share one row, so that no cost is lost. AMC demands at least 2."
-- default = "3"
--+++
WITH purchases AS (
  SELECT campaign, user_id, total_purchases AS purchases, new_to_brand_total_purchases AS new_purchases
  FROM amazon_attributed_events_by_traffic_time
  WHERE campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
),
enough AS (
  SELECT campaign, COUNT(DISTINCT user_id) AS new_customers
  FROM purchases
  WHERE new_purchases > 0
  GROUP BY campaign
),
events AS (
  SELECT campaign, total_cost / 100000.0 AS spend, CAST(NULL AS VARCHAR) AS buyer, CAST(NULL AS VARCHAR) AS new_buyer
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}

  UNION ALL

  SELECT campaign, spend / 100000000.0 AS spend, CAST(NULL AS VARCHAR) AS buyer, CAST(NULL AS VARCHAR) AS new_buyer
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}

  UNION ALL

  SELECT campaign, 0 AS spend, user_id AS buyer, CASE WHEN new_purchases > 0 THEN user_id END AS new_buyer
  FROM purchases
)
SELECT
  IF(COALESCE(n.new_customers, 0) >= {{fewest}}, e.campaign, 'Other campaigns') AS campaign,
  ROUND(SUM(e.spend), 2) AS spend,
  COUNT(DISTINCT e.buyer) AS customers,
  COUNT(DISTINCT e.new_buyer) AS new_customers,
  ROUND(100.0 * COUNT(DISTINCT e.new_buyer) / NULLIF(COUNT(DISTINCT e.buyer), 0), 1) AS share_of_new_customers,
  ROUND(SUM(e.spend) / NULLIF(COUNT(DISTINCT e.new_buyer), 0), 2) AS cost_per_new_customer
FROM events e
LEFT JOIN enough n ON e.campaign = n.campaign
GROUP BY 1

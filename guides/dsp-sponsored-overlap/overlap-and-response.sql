--+++ recomamp query
-- format = 1
-- name = "Overlap of Amazon DSP and sponsored ads"
-- kind = "main"
-- description = "How many people saw Amazon DSP only, sponsored ads only, or both; what they cost; and how many of them bought the brand afterward."
-- window-advice = "Eight weeks or more; it may end two days ago, since nothing here is attributed by Amazon. In a short window, few people have had the time to see both."
-- prerequisites = ["Amazon DSP and sponsored ads of the same brand, both running in the window", "The brand's ASINs"]
-- sample = """
-- exposure, people, share_of_people, spend, buyers, purchase_rate, sales, sales_per_1000_people
-- Amazon DSP only, 6751, 61.3, 266.55, 36, 0.53, 1078.51, 159.76
-- Both, 2300, 20.9, 292.38, 73, 3.17, 2268.85, 986.46
-- Sponsored ads only, 1954, 17.8, 123.98, 39, 2.00, 1025.50, 524.82
-- """
-- chart = "purchase_rate"
-- interpretation = """
-- * **People** add up to the reach of both together: everybody is in exactly one row.
-- * **Purchase rate** of *Both* against the two others shows where buyers concentrate. It does not show that the second product caused the purchase.
-- * The **spend** of *Both* pays for both products, so a higher cost per person isn't a disadvantage in itself.
-- """
--
-- [metrics]
-- exposure = "Which of the two a person saw in the window."
-- people = "Different users known by their account."
-- share_of_people = "People in percent of everybody reached."
-- spend = "Cost of the ads that these people received, in the account's currency."
-- buyers = "People with an order of the brand after their first ad contact."
-- purchase_rate = "Buyers in percent of people."
-- sales = "What these orders were worth, in the account's currency."
-- sales_per_1000_people = "Sales for each thousand people."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaign names like"
-- help = "Finds the brand's campaigns. % stands for any text, so %Brand% finds every name that contains Brand."
-- default = "%"
-- demo-default = "%Mirelune%"
--
-- [[parameters]]
-- name = "left_out"
-- kind = "list"
-- label = "Campaigns to leave out"
-- help = "Retargeting and loyalty campaigns, one name per line: they follow people's interest instead of creating it. Write none to keep all."
-- default = ["none"]
-- demo-default = [
--   "Mirelune | Display | Conversion | {half-year}",
--   "Mirelune | Display | Loyalty | {half-year}",
--   "SD - Mirelune - Views remarketing vCPM",
-- ]
--
-- [[parameters]]
-- name = "asins"
-- kind = "list"
-- label = "ASINs of the brand"
-- help = "One ASIN per line: those whose orders count as success."
-- demo-default = ["B0N25NMYZM", "B097HMBZPL", "B0TKDWV9WV", "B0JNH8XHBN", "B0PTWJKRX7", "B01VLY94L5", "B0MZYLRW7Q", "B0J20YYVFJ", "B0GW1G4PL9", "B0KF3MDS0M"]
--+++
WITH contacts AS (
  SELECT user_id, impression_dt_utc AS seen_at, 1 AS dsp, 0 AS sponsored, total_cost / 100000.0 AS spend
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND campaign NOT IN ({{left_out}})
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'

  UNION ALL

  SELECT user_id, event_dt_utc AS seen_at, 0 AS dsp, 1 AS sponsored, spend / 100000000.0 AS spend
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
    AND campaign NOT IN ({{left_out}})
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'
    AND impressions + clicks > 0
),
people AS (
  SELECT
    user_id,
    MIN(seen_at) AS first_contact,
    MAX(dsp) AS dsp,
    MAX(sponsored) AS sponsored,
    SUM(spend) AS spend
  FROM contacts
  GROUP BY user_id
),
orders AS (
  SELECT user_id, event_dt_utc AS ordered_at, total_product_sales AS sales
  FROM conversions
  WHERE event_subtype = 'order'
    AND tracked_asin IN ({{asins}})
    AND user_id IS NOT NULL
),
buyers AS (
  -- One row for each buyer, so that joining it to people multiplies nothing
  SELECT o.user_id, SUM(o.sales) AS sales
  FROM orders o
  JOIN people p ON o.user_id = p.user_id
  WHERE o.ordered_at > p.first_contact
  GROUP BY o.user_id
),
groups AS (
  SELECT
    CASE
      WHEN p.dsp = 1 AND p.sponsored = 1 THEN 'Both'
      WHEN p.dsp = 1 THEN 'Amazon DSP only'
      ELSE 'Sponsored ads only'
    END AS exposure,
    COUNT(p.user_id) AS people,
    SUM(p.spend) AS spend,
    COUNT(b.user_id) AS buyers,
    SUM(COALESCE(b.sales, 0)) AS sales
  FROM people p
  LEFT JOIN buyers b ON p.user_id = b.user_id
  GROUP BY 1
)
SELECT
  exposure,
  people,
  ROUND(100.0 * people / SUM(people) OVER (), 1) AS share_of_people,
  ROUND(spend, 2) AS spend,
  buyers,
  ROUND(100.0 * buyers / people, 2) AS purchase_rate,
  sales,
  ROUND(1000.0 * sales / people, 2) AS sales_per_1000_people
FROM groups

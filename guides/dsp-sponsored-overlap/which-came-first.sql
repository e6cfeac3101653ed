--+++ recomamp query
-- format = 1
-- name = "Which came first"
-- kind = "main"
-- description = "Among people who saw both: whether they saw Amazon DSP or sponsored ads first, how many days passed, and how many bought after they had seen both."
-- window-advice = "The window of the overlap. The first days of the window show an order by chance, so make it long."
-- prerequisites = ["Amazon DSP and sponsored ads of the same brand, both running in the window", "The brand's ASINs"]
-- sample = """
-- sequence, people, median_days_between, buyers, purchase_rate
-- Amazon DSP first, 1645, 19.3, 50, 3.04
-- Sponsored ads first, 1115, 15.0, 30, 2.69
-- Within the same hour, 5, 0.0, 0, 0.00
-- """
-- chart = "purchase_rate"
-- interpretation = """
-- * Many people with *Amazon DSP first* fit the idea that display raises demand that search then captures. Many with *Sponsored ads first* fit retargeting of people who searched.
-- * Compare the purchase rates only together with the **median of days**: who had more time after the second contact had more time to buy.
-- """
--
-- [metrics]
-- sequence = "The product of the person's first contact in the window."
-- people = "Users who saw both."
-- median_days_between = "Median of the days from the first contact with one product to the first contact with the other."
-- buyers = "People with an order of the brand after they had seen both."
-- purchase_rate = "Buyers in percent of people."
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
-- name = "asins"
-- kind = "list"
-- label = "ASINs of the brand"
-- help = "One ASIN per line: those whose orders count as success."
-- demo-default = ["B0N25NMYZM", "B097HMBZPL", "B0TKDWV9WV", "B0JNH8XHBN", "B0PTWJKRX7", "B01VLY94L5", "B0MZYLRW7Q", "B0J20YYVFJ", "B0GW1G4PL9", "B0KF3MDS0M"]
--+++
WITH contacts AS (
  -- Exact times order the contacts; hours are what the result is made of, since exact times need a hundred users per row
  SELECT user_id,
    impression_dt_utc AS dsp_at, impression_dt_hour_utc AS dsp_hour,
    CAST(NULL AS TIMESTAMP) AS sponsored_at, CAST(NULL AS TIMESTAMP) AS sponsored_hour
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'

  UNION ALL

  SELECT user_id,
    CAST(NULL AS TIMESTAMP) AS dsp_at, CAST(NULL AS TIMESTAMP) AS dsp_hour,
    event_dt_utc AS sponsored_at, event_dt_hour_utc AS sponsored_hour
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'
    AND impressions + clicks > 0
),
people AS (
  SELECT
    user_id,
    MIN(dsp_at) AS first_dsp, MIN(dsp_hour) AS first_dsp_hour,
    MIN(sponsored_at) AS first_sponsored, MIN(sponsored_hour) AS first_sponsored_hour
  FROM contacts
  GROUP BY user_id
),
saw_both AS (
  SELECT
    user_id,
    CASE
      WHEN first_dsp_hour < first_sponsored_hour THEN 'Amazon DSP first'
      WHEN first_dsp_hour > first_sponsored_hour THEN 'Sponsored ads first'
      ELSE 'Within the same hour'
    END AS sequence,
    IF(first_dsp <= first_sponsored, first_sponsored, first_dsp) AS saw_both_at,
    ABS(SECONDS_BETWEEN(first_dsp_hour, first_sponsored_hour)) / 86400.0 AS days_between
  FROM people
  WHERE first_dsp IS NOT NULL
    AND first_sponsored IS NOT NULL
),
buyers AS (
  SELECT c.user_id
  FROM conversions c
  JOIN saw_both b ON c.user_id = b.user_id
  WHERE c.event_subtype = 'order'
    AND c.tracked_asin IN ({{asins}})
    AND c.event_dt_utc > b.saw_both_at
  GROUP BY c.user_id
)
SELECT
  b.sequence,
  COUNT(b.user_id) AS people,
  ROUND(MEDIAN(b.days_between), 1) AS median_days_between,
  COUNT(u.user_id) AS buyers,
  ROUND(100.0 * COUNT(u.user_id) / COUNT(b.user_id), 2) AS purchase_rate
FROM saw_both b
LEFT JOIN buyers u ON b.user_id = u.user_id
GROUP BY 1

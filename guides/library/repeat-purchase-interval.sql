--+++ recomamp query
-- format = 1
-- name = "Time between repeat purchases"
-- description = "For each product that people buy again: how many repeat, and after how many days."
-- kind = "main"
-- category = "Customer value"
-- use-case = "When should we remind a customer to reorder?"
-- products = ["retail"]
-- level = "intermediate"
-- tags = ["repeat purchase", "retention", "timing"]
-- window-advice = "At least three times the expected interval, better a year: intervals longer than the window can't be seen."
-- prerequisites = ["A subscription to Amazon Retail Purchases (data source amazon_retail_purchases)."]
-- sample = """
-- product,customers,repeat_customers,repeat_rate,repeat_purchases,median_days,avg_days
-- "Woolpaddle Grain Free Dog Food, Small",157,47,29.9,80,35.0,43.1
-- "Mirelune Vitamin C Serum, 1 oz",205,42,20.5,65,55.0,62.2
-- "Mirelune Vitamin C Serum, 2 oz",121,28,23.1,30,55.0,63.0
-- "Woolpaddle Grain Free Dog Food, Large",100,25,25.0,40,35.0,36.5
-- "Mirelune Mineral Sunscreen SPF 50, 1 oz",69,21,30.4,44,45.0,47.2
-- "Woolpaddle Dental Chews, Small",67,19,28.4,27,30.0,36.9
-- "Woolpaddle Salmon Cat Treats, Large",55,17,30.9,30,28.0,27.6
-- """
-- chart = "median_days"
-- interpretation = '''
-- Start the reminder a little before **median_days**: half of the repeat purchases happen earlier. A low **repeat_rate** with
-- a short median means that few come back, but those few do so quickly: subscriptions may suit them.
--
-- An interval is the time from one order of the product to the next order of the *same* product by the same person, in days
-- between dates. Products bought once in the window count toward customers only. The window cuts off long intervals, which
-- makes the median too short for durable goods.
--
-- The guide [Repeat purchase and lifetime value](../repeat-and-lifetime-value/guide.md) explains the method.
-- '''
--
-- [metrics]
-- product = "Name of the product."
-- customers = "Different buyers."
-- repeat_customers = "Buyers with two or more purchase days."
-- repeat_rate = "Repeat customers in percent of customers."
-- repeat_purchases = "Purchases after the first one."
-- median_days = "Median of the days between two purchases."
-- avg_days = "Average of these days."
--
-- [window]
-- days = 364
-- lag = 2
--
-- [[parameters]]
-- name = "brand_pattern"
-- kind = "pattern"
-- label = "Brands"
-- help = "Keeps products whose brand matches. % stands for any text; % alone keeps all brands of the advertiser."
-- default = "%"
--+++
WITH purchase_days AS (
  SELECT
    user_id,
    asin,
    MAX(asin_name) AS product,
    purchase_date_utc
  FROM amazon_retail_purchases
  WHERE user_id IS NOT NULL
    AND asin_brand LIKE {{brand_pattern}}
  GROUP BY user_id, asin, purchase_date_utc
),
numbered AS (
  SELECT
    user_id,
    asin,
    product,
    purchase_date_utc,
    ROW_NUMBER() OVER (PARTITION BY user_id, asin ORDER BY purchase_date_utc) AS purchase_number
  FROM purchase_days
),
intervals AS (
  SELECT
    p.user_id,
    p.asin,
    p.product,
    SECONDS_BETWEEN(p.purchase_date_utc, n.purchase_date_utc) / 86400 AS days_to_next,
    n.user_id AS repeat_user
  FROM numbered p
  LEFT JOIN numbered n
    ON n.user_id = p.user_id AND n.asin = p.asin AND n.purchase_number = p.purchase_number + 1
)
SELECT
  product,
  COUNT(DISTINCT user_id) AS customers,
  COUNT(DISTINCT repeat_user) AS repeat_customers,
  ROUND(100 * COUNT(DISTINCT repeat_user) / NULLIF(COUNT(DISTINCT user_id), 0), 1) AS repeat_rate,
  COUNT(repeat_user) AS repeat_purchases,
  ROUND(MEDIAN(days_to_next), 1) AS median_days,
  ROUND(AVG(days_to_next), 1) AS avg_days
FROM intervals
GROUP BY product

--+++ recomamp query
-- format = 1
-- name = "What customers buy next"
-- description = "From the first product bought to the product of the next order: the pairs worth cross-selling."
-- kind = "main"
-- tags = ["cross-sell", "products"]
-- window-advice = "At least a year, so that customers have time for a second order."
-- sample = """
-- first_product, next_product, customers, share_of_next, lift
-- B0X22BTADZ, B0X22BTADZ, 60, 0.8108, 2.13
-- B0AFXR0YLD, B0AFXR0YLD, 30, 0.7317, 3.93
-- B0SSQY85LK, B0SSQY85LK, 23, 0.4894, 3.43
-- B049Y57V08, B049Y57V08, 22, 0.6111, 4.28
-- B07BBNXXR6, B07BBNXXR6, 21, 0.6364, 4.32
-- B049Y57V08, B0X22BTADZ, 8, 0.2222, 0.5833
-- B0SSQY85LK, B0X22BTADZ, 8, 0.1702, 0.4468
-- B07BBNXXR6, B0X22BTADZ, 7, 0.2121, 0.5568
-- B0SSQY85LK, B07BBNXXR6, 6, 0.1277, 0.8673
-- B0SSQY85LK, B0AFXR0YLD, 5, 0.1064, 0.5715
-- """
-- interpretation = """
-- A *lift* above 1 means that buyers of the first product choose the next one more often than other repeat customers do. With few customers per pair, lifts between 0.5 and 2 are noise.
-- """
--
-- [metrics]
-- first_product = "Parent ASIN of the customer's first order in the window; if a day has several products, the one with the highest sales."
-- next_product = "Parent ASIN of their next order, on a later day."
-- customers = "Recognized customers with this pair."
-- share_of_next = "Part of the customers with this first product and a next order."
-- lift = "That share, divided by the share of the next product among all next orders."
--
-- [window]
-- days = 364
--
-- [[parameters]]
-- name = "brands"
-- kind = "list"
-- label = "Brands"
-- help = "Values of asin_brand, one per line, exactly as in AMC."
-- demo-default = ["Mirelune"]
--+++
WITH bought AS (
  SELECT
    user_id,
    purchase_date_utc,
    asin_parent,
    SUM(unit_price * purchase_units_sold) AS sales
  FROM amazon_retail_purchases
  WHERE asin_brand IN ({{brands}})
    AND user_id IS NOT NULL
  GROUP BY user_id, purchase_date_utc, asin_parent
),
-- One product per customer and day: the one with the highest sales of the day.
ranked AS (
  SELECT
    user_id,
    purchase_date_utc,
    asin_parent,
    ROW_NUMBER() OVER (PARTITION BY user_id, purchase_date_utc ORDER BY sales DESC, asin_parent) AS rank_of_day
  FROM bought
),
numbered AS (
  SELECT
    user_id,
    asin_parent,
    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY purchase_date_utc) AS place
  FROM ranked
  WHERE rank_of_day = 1
),
pairs AS (
  SELECT
    user_id,
    MAX(CASE WHEN place = 1 THEN asin_parent END) AS first_product,
    MAX(CASE WHEN place = 2 THEN asin_parent END) AS next_product
  FROM numbered
  GROUP BY user_id
),
counted AS (
  SELECT
    first_product,
    next_product,
    COUNT(DISTINCT user_id) AS customers
  FROM pairs
  WHERE next_product IS NOT NULL
  GROUP BY first_product, next_product
),
shares AS (
  SELECT
    first_product,
    next_product,
    customers,
    SUM(customers) OVER (PARTITION BY first_product) AS with_first,
    SUM(customers) OVER (PARTITION BY next_product) AS with_next,
    SUM(customers) OVER () AS everyone
  FROM counted
)
SELECT
  first_product,
  next_product,
  customers,
  customers / with_first AS share_of_next,
  (customers / with_first) / (with_next / everyone) AS lift
FROM shares

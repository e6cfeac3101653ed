--+++ recomamp query
-- format = 1
-- name = "Products bought by the same customers"
-- description = "Pairs of products that the same people bought, with the number of shared customers and the lift over chance."
-- kind = "main"
-- category = "Customer value"
-- use-case = "What should we offer to buyers of product A?"
-- products = ["retail"]
-- level = "intermediate"
-- tags = ["cross-sell", "basket", "customers"]
-- window-advice = "Six months or more: the pairs are bought at different times. The data source keeps up to 60 months."
-- prerequisites = ["A subscription to Amazon Retail Purchases (data source amazon_retail_purchases)."]
-- sample = """
-- product_a,product_b,customers_a,customers_b,shared_customers,share_of_a,lift
-- "Mirelune Night Cream, 1 oz","Mirelune Clay Mask, 2 oz",101,67,5,5.0,1.22
-- "Mirelune Mineral Sunscreen SPF 50, 1 oz","Mirelune Clay Mask, 1 oz",69,78,4,5.8,1.19
-- "Mirelune Night Cream, 2 oz","Mirelune Vitamin C Serum, 2 oz",70,121,6,8.6,1.16
-- "Mirelune Vitamin C Serum, 1 oz","Mirelune Cleansing Balm, 1 oz",205,64,6,2.9,1.16
-- "Mirelune Cleansing Balm, 2 oz","Mirelune Night Cream, 2 oz",57,70,3,5.3,1.13
-- "Mirelune Vitamin C Serum, 1 oz","Mirelune Cleansing Balm, 2 oz",205,57,5,2.4,0.97
-- """
-- interpretation = '''
-- Sort by **lift** among pairs with enough **shared_customers**. Lift compares customers of at least two products: 2 means
-- that those with A have B twice as often as all of them, 1 that the two have nothing to do with each other, and below 1 that
-- people take one or the other, such as two sizes. With fewer than about 30 shared customers it is a hint only.
--
-- **share_of_a** is the number for a campaign: the part of A's buyers who bought B. Use it to choose which product to show to
-- whom.
--
-- With all customers as its base, lift would be low for every pair, because most people buy a single product.
--
-- The pair is of customers, not of baskets: A may have been bought months before B. Each pair appears once. Variants of one
-- product are separate ASINs; to pair parent products, replace `asin` with `asin_parent`.
--
-- The guide [Repeat purchase and lifetime value](../repeat-and-lifetime-value/guide.md) explains the method.
-- '''
--
-- [metrics]
-- product_a = "Name of the first product."
-- product_b = "Name of the second product."
-- customers_a = "All buyers of the first."
-- customers_b = "All buyers of the second."
-- shared_customers = "Buyers of both."
-- share_of_a = "Shared customers in percent of the buyers of the first."
-- lift = "Shared customers divided by the number that chance would give among customers of at least two products."
--
-- [window]
-- days = 364
-- lag = 2
--
-- [[parameters]]
-- name = "brand_pattern"
-- kind = "pattern"
-- label = "Brands"
-- help = "Keeps products whose brand matches. Choose one brand: with several, lift mostly shows that people stay with a brand. % stands for any text."
-- default = "%"
-- demo-default = "Mirelune"
--
-- [[parameters]]
-- name = "min_customers"
-- kind = "number"
-- label = "Fewest shared customers"
-- help = "Pairs with fewer shared customers are left out."
-- default = 3
--+++
WITH bought AS (
  SELECT
    user_id,
    asin,
    MAX(asin_name) AS product
  FROM amazon_retail_purchases
  WHERE user_id IS NOT NULL
    AND asin_brand LIKE {{brand_pattern}}
  GROUP BY user_id, asin
),
products AS (
  SELECT
    asin,
    MAX(product) AS product,
    COUNT(DISTINCT user_id) AS customers
  FROM bought
  GROUP BY asin
),
several AS (
  SELECT
    user_id
  FROM bought
  GROUP BY user_id
  HAVING COUNT(DISTINCT asin) >= 2
),
several_total AS (
  SELECT
    COUNT(DISTINCT user_id) AS customers
  FROM several
),
several_products AS (
  SELECT
    b.asin,
    COUNT(DISTINCT b.user_id) AS customers
  FROM bought b
  JOIN several s ON s.user_id = b.user_id
  GROUP BY b.asin
),
pairs AS (
  SELECT
    a.asin AS asin_a,
    b.asin AS asin_b,
    COUNT(DISTINCT a.user_id) AS shared_customers
  FROM bought a
  JOIN bought b ON b.user_id = a.user_id
  WHERE a.asin < b.asin
  GROUP BY a.asin, b.asin
)
SELECT
  pa.product AS product_a,
  pb.product AS product_b,
  MAX(pa.customers) AS customers_a,
  MAX(pb.customers) AS customers_b,
  SUM(p.shared_customers) AS shared_customers,
  ROUND(100 * SUM(p.shared_customers) / NULLIF(MAX(pa.customers), 0), 1) AS share_of_a,
  ROUND(SUM(p.shared_customers) * MAX(t.customers) / NULLIF(MAX(sa.customers) * MAX(sb.customers), 0), 2) AS lift
FROM pairs p
JOIN products pa ON pa.asin = p.asin_a
JOIN products pb ON pb.asin = p.asin_b
JOIN several_products sa ON sa.asin = p.asin_a
JOIN several_products sb ON sb.asin = p.asin_b
CROSS JOIN several_total t
WHERE p.shared_customers >= {{min_customers}}
GROUP BY p.asin_a, p.asin_b, pa.product, pb.product

--+++ recomamp query
-- format = 1
-- name = "Orders with and without ad contact"
-- description = "Page views, carts, orders and new-to-brand orders on Amazon by people who saw an ad in the 28 days before and by people who did not."
-- kind = "main"
-- category = "Products"
-- use-case = "How much of our business on Amazon have our ads touched?"
-- products = ["retail", "dsp", "sponsored-products"]
-- level = "intermediate"
-- tags = ["exposure", "baseline", "new-to-brand"]
-- window-advice = "Whole weeks that ended at least two days ago. Events count at their own time, so no attribution lag applies."
-- prerequisites = ["A subscription to Flexible Shopping Insights (data source conversions_all)."]
-- sample = """
-- exposure_type,page_views,carts,orders,order_share,buyers,orders_per_buyer,ntb_share,sales
-- ad-exposed,4644,701,626,80.9,503,1.24,39.5,21999.1900
-- non-ad-exposed,1321,213,148,19.1,143,1.03,46.6,6019.1300
-- """
-- interpretation = '''
-- **order_share** of the exposed says how much of the business ads have touched: an upper limit of what they can have caused
-- within 28 days. The difference in **orders_per_buyer** and **ntb_share** shows how the two groups differ.
--
-- Don't read the gap between the groups as lift. Ads find people who are about to buy, and whoever searches for the product
-- sees sponsored ads on the way. Exposure means any ad of the advertiser in the 28 days before, credited or not.
--
-- The source covers the tracked ASINs of the advertiser. It can't be narrowed to a campaign.
-- '''
--
-- [metrics]
-- exposure_type = "ad-exposed or non-ad-exposed."
-- page_views = "Detail page views."
-- carts = "Additions to the cart."
-- orders = "Orders."
-- order_share = "Percent of all orders."
-- buyers = "Different recognized users with an order."
-- orders_per_buyer = "Orders divided by buyers."
-- ntb_share = "New-to-brand orders in percent of the orders."
-- sales = "Sales, in the currency of the purchase."
--
-- [window]
-- days = 84
-- lag = 2
--+++
WITH grouped AS (
  SELECT
    exposure_type,
    SUM(CASE WHEN event_subtype = 'detailPageView' THEN conversions ELSE 0 END) AS page_views,
    SUM(CASE WHEN event_subtype = 'shoppingCart' THEN conversions ELSE 0 END) AS carts,
    SUM(CASE WHEN event_subtype = 'order' THEN conversions ELSE 0 END) AS orders,
    COUNT(DISTINCT CASE WHEN event_subtype = 'order' THEN user_id END) AS buyers,
    SUM(CASE WHEN event_subtype = 'order' AND new_to_brand = TRUE THEN conversions ELSE 0 END) AS ntb_orders,
    SUM(total_product_sales) AS sales
  FROM conversions_all
  WHERE exposure_type IN ('ad-exposed', 'non-ad-exposed')
  GROUP BY exposure_type
)
SELECT
  exposure_type,
  page_views,
  carts,
  orders,
  ROUND(100 * orders / NULLIF(SUM(orders) OVER (), 0), 1) AS order_share,
  buyers,
  ROUND(orders / NULLIF(buyers, 0), 2) AS orders_per_buyer,
  ROUND(100 * ntb_orders / NULLIF(orders, 0), 1) AS ntb_share,
  sales
FROM grouped

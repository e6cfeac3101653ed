--+++ recomamp query
-- format = 1
-- name = "Attributed orders by product"
-- description = "Each purchased ASIN with its attributed orders, units and sales, and whether campaigns promoted it."
-- kind = "main"
-- category = "Products"
-- use-case = "Which products do our ads sell?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "basic"
-- tags = ["asin", "sales", "products"]
-- window-advice = "Whole weeks. Orders count at their own time, so the figures of a window change little later; end it 14 days ago to be safe."
-- prerequisites = ["Attributed orders in the window."]
-- sample = """
-- asin,orders,units,sales,promoted_sales,halo_sales,halo_share,ntb_orders
-- B04WHJLWCZ,26,36,1547.6400,1289.7000,257.9400,16.7,7
-- B01VLY94L5,45,53,1165.4700,879.6000,285.8700,24.5,16
-- B0C7Q920CV,18,22,1121.7800,815.8400,305.9400,27.3,3
-- B0TKDWV9WV,27,36,935.6400,779.7000,155.9400,16.7,12
-- B0N25NMYZM,26,34,849.6600,624.7500,224.9100,26.5,13
-- B0G628KP0N,12,13,844.8700,649.9000,194.9700,23.1,8
-- B0QBNFQS9N,16,19,588.8100,402.8700,185.9400,31.6,9
-- """
-- chart = ["promoted_sales", "halo_sales"]
-- interpretation = '''
-- Look for products that sell well although they are not promoted: a high **halo_sales** says that shoppers come for one
-- product and buy another. Promote it directly, or use it on the landing page.
--
-- `tracked_asin` is filled for purchases only. For page views or carts by product, `tracked_item` is the column to use. One
-- order of several products has a row for each of them, so the orders of all rows together can exceed the number of baskets.
--
-- The guide [Tracked items and tracked ASINs](../tracked-asins/guide.md) explains the method.
-- '''
--
-- [metrics]
-- asin = "Purchased ASIN."
-- orders = "Attributed orders of the ASIN."
-- units = "Units sold."
-- sales = "Sales, in the currency of the purchase."
-- promoted_sales = "Sales credited to campaigns that promote the ASIN."
-- halo_sales = "Sales credited to campaigns that promote other products of the brand."
-- halo_share = "Halo sales in percent of sales."
-- ntb_orders = "Orders that were new to the brand."
--
-- [window]
-- days = 84
-- lag = 14
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
SELECT
  tracked_asin AS asin,
  SUM(total_purchases) AS orders,
  SUM(total_units_sold) AS units,
  SUM(total_product_sales) AS sales,
  SUM(product_sales) AS promoted_sales,
  SUM(brand_halo_product_sales) AS halo_sales,
  ROUND(100 * SUM(brand_halo_product_sales) / NULLIF(SUM(total_product_sales), 0), 1) AS halo_share,
  SUM(new_to_brand_total_purchases) AS ntb_orders
FROM amazon_attributed_events_by_conversion_time
WHERE campaign LIKE {{campaign_pattern}}
  AND tracked_asin IS NOT NULL
  AND total_purchases > 0
GROUP BY tracked_asin

--+++ recomamp query
-- format = 1
-- name = "From page view to purchase by ASIN"
-- description = "Credited page views, carts and purchases of each product, with the rates between them."
-- kind = "main"
-- tags = ["tracked item", "asin", "funnel"]
-- window-advice = "Four weeks or more that ended 14 days ago."
-- sample = """
-- asin, page_views, add_to_carts, purchases, units, sales, carts_per_view, purchases_per_view
-- B01VLY94L5, 497, 80, 76, 95, 2089.05, 0.161, 0.1529
-- B0TKDWV9WV, 317, 52, 43, 57, 1481.43, 0.164, 0.1356
-- B0N25NMYZM, 249, 39, 43, 54, 1349.46, 0.1566, 0.1727
-- B0JNH8XHBN, 236, 19, 22, 26, 753.74, 0.0805, 0.0932
-- B097HMBZPL, 213, 31, 31, 36, 575.64, 0.1455, 0.1455
-- B0MZYLRW7Q, 207, 35, 33, 39, 701.61, 0.1691, 0.1594
-- B0PTWJKRX7, 185, 24, 24, 31, 464.69, 0.1297, 0.1297
-- B0GW1G4PL9, 184, 26, 29, 35, 489.65, 0.1413, 0.1576
-- B0KF3MDS0M, 176, 24, 25, 32, 415.68, 0.1364, 0.142
-- B0J20YYVFJ, 174, 15, 17, 21, 335.79, 0.0862, 0.0977
-- """
-- interpretation = """
-- Look for products with many page views and a low `purchases_per_view`: price, reviews or stock, not the ad, lose the sale there. Rates can exceed 100%, since a purchase doesn't need a credited page view.
-- """
--
-- [metrics]
-- asin = "Product of the event: `tracked_item`."
-- page_views = "Credited views of the product page."
-- add_to_carts = "Credited add-to-cart events."
-- purchases = "Credited purchases."
-- units = "Units in these purchases."
-- sales = "Sales of these purchases, in the currency of the account."
-- carts_per_view = "Add-to-cart events divided by page views."
-- purchases_per_view = "Purchases divided by page views."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- sandbox-default = ["Mirelune US"]
--+++
SELECT
  tracked_item AS asin,
  SUM(total_detail_page_view) AS page_views,
  SUM(total_add_to_cart) AS add_to_carts,
  SUM(total_purchases) AS purchases,
  SUM(total_units_sold) AS units,
  SUM(total_product_sales) AS sales,
  SUM(total_add_to_cart) / NULLIF(SUM(total_detail_page_view), 0) AS carts_per_view,
  SUM(total_purchases) / NULLIF(SUM(total_detail_page_view), 0) AS purchases_per_view
FROM amazon_attributed_events_by_conversion_time
WHERE advertiser IN ({{advertisers}})
  AND conversion_event_subtype IN ('detailPageView', 'shoppingCart', 'order')
GROUP BY tracked_item

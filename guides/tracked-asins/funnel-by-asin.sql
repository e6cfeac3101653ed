--+++ recomamp query
-- format = 1
-- name = "From page view to purchase by ASIN"
-- description = "Credited page views, carts and purchases of each product, with the rates between them."
-- kind = "main"
-- tags = ["tracked item", "asin", "funnel"]
-- window-advice = "Four weeks or more that ended 14 days ago."
-- sample = """
-- asin, page_views, add_to_carts, purchases, units, sales, carts_per_view, purchases_per_view
-- B01VLY94L5, 613, 114, 93, 115, 2528.85, 0.186, 0.1517
-- B0TKDWV9WV, 386, 51, 47, 59, 1533.41, 0.1321, 0.1218
-- B0N25NMYZM, 292, 41, 37, 47, 1174.53, 0.1404, 0.1267
-- B097HMBZPL, 267, 41, 38, 45, 719.55, 0.1536, 0.1423
-- B0JNH8XHBN, 254, 27, 23, 30, 869.7, 0.1063, 0.0906
-- B0MZYLRW7Q, 218, 24, 24, 30, 539.7, 0.1101, 0.1101
-- B0GW1G4PL9, 214, 33, 27, 31, 433.69, 0.1542, 0.1262
-- B0KF3MDS0M, 209, 30, 26, 38, 493.62, 0.1435, 0.1244
-- B0PTWJKRX7, 208, 33, 27, 41, 614.59, 0.1587, 0.1298
-- B0J20YYVFJ, 185, 20, 21, 28, 447.72, 0.1081, 0.1135
-- """
-- chart = "purchases_per_view"
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
-- days = 182
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- demo-default = ["Mirelune US"]
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

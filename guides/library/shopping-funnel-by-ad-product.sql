--+++ recomamp query
-- format = 1
-- name = "From page view to cart to order, by ad product"
-- description = "Attributed detail page views, additions to the cart and orders of each ad product, with the rates between the steps."
-- kind = "main"
-- category = "Products"
-- use-case = "At which step do we lose the shoppers whom our ads bring?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "basic"
-- tags = ["funnel", "cart", "page views"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Attributed page views and orders in the window."]
-- sample = """
-- ad_product,page_views,carts,orders,carts_per_view,orders_per_cart,orders_per_view
-- amazon_dsp,1664,268,270,16.1,100.7,16.2
-- sponsored_brands,604,59,45,9.8,76.3,7.5
-- sponsored_products,369,101,69,27.4,68.3,18.7
-- sponsored_display,228,33,34,14.5,103.0,14.9
-- """
-- chart = "orders_per_view"
-- interpretation = '''
-- Follow the rates: few carts per view can point to price, reviews or the product page; few orders per cart to delivery, stock
-- or a better offer elsewhere. A difference *between* channels is more likely one of audience, and a low rate everywhere one
-- of the page.
--
-- The steps are counts of events, not of people in sequence: a shopper can order without an attributed cart, so
-- **orders_per_cart** may pass 100%. All columns include brand halo.
-- '''
--
-- [metrics]
-- ad_product = "Ad product of the credited ad."
-- page_views = "Attributed detail page views."
-- carts = "Attributed additions to the cart."
-- orders = "Attributed orders."
-- carts_per_view = "Carts in percent of page views."
-- orders_per_cart = "Orders in percent of carts."
-- orders_per_view = "Orders in percent of page views."
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
  COALESCE(ad_product_type, 'amazon_dsp') AS ad_product,
  SUM(total_detail_page_view) AS page_views,
  SUM(total_add_to_cart) AS carts,
  SUM(total_purchases) AS orders,
  ROUND(100 * SUM(total_add_to_cart) / NULLIF(SUM(total_detail_page_view), 0), 1) AS carts_per_view,
  ROUND(100 * SUM(total_purchases) / NULLIF(SUM(total_add_to_cart), 0), 1) AS orders_per_cart,
  ROUND(100 * SUM(total_purchases) / NULLIF(SUM(total_detail_page_view), 0), 1) AS orders_per_view
FROM amazon_attributed_events_by_traffic_time
WHERE campaign LIKE {{campaign_pattern}}
  AND (total_detail_page_view > 0 OR total_add_to_cart > 0 OR total_purchases > 0)
GROUP BY COALESCE(ad_product_type, 'amazon_dsp')

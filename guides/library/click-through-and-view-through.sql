--+++ recomamp query
-- format = 1
-- name = "Click-through and view-through sales by campaign"
-- description = "Amazon-attributed orders and sales of each campaign, split by whether the credited ad was clicked or only seen."
-- kind = "main"
-- category = "Attribution"
-- use-case = "How much of our attributed sales comes from views alone?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "basic"
-- tags = ["view-through", "click-through", "attribution"]
-- window-advice = "Any window that ended 14 days ago or earlier, so that the conversions of its last day are attributed. "
-- prerequisites = ["Attributed orders in the window."]
-- sample = """
-- ad_product,campaign,orders,click_orders,view_orders,view_share,click_sales,view_sales
-- amazon_dsp,Woolpaddle | Display | Conversion | 2026 H2,36,0,36,100.0,0.0000,1360.5300
-- amazon_dsp,Mirelune | Display | Consideration | 2026 H2,34,8,26,76.5,189.9100,753.6400
-- amazon_dsp,Tundrel | Display | Conversion | 2026 H2,26,4,22,84.6,141.9600,953.7200
-- amazon_dsp,Mirelune | Display | Conversion | 2026 H2,24,5,19,79.2,132.9400,463.7700
-- amazon_dsp,Woolpaddle | Display | Consideration | 2026 H2,19,4,15,78.9,180.9500,466.8300
-- sponsored_products,SP - Mirelune - Category keywords broad,11,11,0,0.0,266.8600,0.0000
-- amazon_dsp,Tundrel | Streaming TV | Awareness | 2026 H2,11,0,11,100.0,0.0000,379.8800
-- """
-- chart = ["click_orders", "view_orders"]
-- interpretation = '''
-- A high **view_share** is normal for video and for vCPM display, and 0 for Sponsored Products, which standard attribution
-- credits by clicks. Question a retargeting campaign with a large share of view-through orders: some of these people might
-- have bought anyway.
--
-- Orders and sales include brand halo (`total_purchases`, `total_product_sales`). They are counted at the time of the ad, as
-- in console reports of Sponsored Products and Sponsored Display. Reports of Amazon DSP and Sponsored Brands count them at the
-- time of the order, so single weeks differ.
--
-- Delivery is not in this data source: its impressions and clicks columns only say how an order was credited.
-- '''
--
-- [metrics]
-- ad_product = "Ad product of the credited ad."
-- campaign = "Campaign name."
-- orders = "Attributed orders."
-- click_orders = "Those credited to a click."
-- view_orders = "Those credited to a view."
-- view_share = "View-through orders in percent of the orders."
-- click_sales = "Sales credited to clicks, in the currency of the purchase."
-- view_sales = "Sales credited to views."
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
  campaign,
  SUM(total_purchases) AS orders,
  SUM(total_purchases_clicks) AS click_orders,
  SUM(total_purchases_views) AS view_orders,
  ROUND(100 * SUM(total_purchases_views) / NULLIF(SUM(total_purchases), 0), 1) AS view_share,
  SUM(total_product_sales_clicks) AS click_sales,
  SUM(total_product_sales_views) AS view_sales
FROM amazon_attributed_events_by_traffic_time
WHERE campaign LIKE {{campaign_pattern}}
  AND total_purchases > 0
GROUP BY COALESCE(ad_product_type, 'amazon_dsp'), campaign

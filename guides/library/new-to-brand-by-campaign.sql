--+++ recomamp query
-- format = 1
-- name = "New-to-brand share by campaign"
-- description = "Attributed orders and sales of each campaign, and which part came from customers who had not bought the brand in the previous 12 months."
-- kind = "main"
-- category = "New-to-brand"
-- use-case = "Which campaigns win new customers instead of selling to old ones?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "basic"
-- tags = ["new-to-brand", "campaigns"]
-- window-advice = "Any window that ended 14 days ago or earlier, so that the conversions of its last day are attributed. Small campaigns need several weeks."
-- prerequisites = ["Attributed orders in the window."]
-- sample = """
-- ad_product,campaign,orders,ntb_orders,ntb_share,sales,ntb_sales
-- amazon_dsp,Woolpaddle | Display | Conversion | 2026 H2,36,4,11.1,1360.5300,86.9500
-- amazon_dsp,Mirelune | Display | Consideration | 2026 H2,34,17,50.0,943.5500,415.8000
-- amazon_dsp,Tundrel | Display | Conversion | 2026 H2,26,11,42.3,1095.6800,617.8600
-- amazon_dsp,Mirelune | Display | Conversion | 2026 H2,24,5,20.8,596.7100,106.9500
-- amazon_dsp,Woolpaddle | Display | Consideration | 2026 H2,19,7,36.8,647.7800,255.9100
-- amazon_dsp,Mirelune | Streaming TV | Awareness | 2026 H2,17,8,47.1,519.7600,246.8900
-- amazon_dsp,Tundrel | Display | Consideration | 2026 H2,13,6,46.2,500.8500,231.9400
-- """
-- chart = "ntb_share"
-- interpretation = '''
-- Compare **ntb_share** between campaigns with the same task. Retargeting of past buyers and brand keywords is usually low;
-- prospecting, category keywords and video are usually higher.
--
-- Amazon calls an order new-to-brand when the shopper bought nothing of the brand on Amazon in the 12 months before. Each
-- new-to-brand column has a counterpart for all orders. Divide only matching ones: here both include brand halo (`total_`).
--
-- A share over a handful of orders is noise; look at **orders** first.
--
-- The guide [New-to-brand customers](../new-to-brand/guide.md) explains the method.
-- '''
--
-- [metrics]
-- ad_product = "Ad product of the credited ad."
-- campaign = "Campaign name."
-- orders = "Attributed orders."
-- ntb_orders = "Those that were new to the brand."
-- ntb_share = "New-to-brand orders in percent of the orders."
-- sales = "Attributed sales, in the currency of the purchase."
-- ntb_sales = "New-to-brand sales."
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
  SUM(new_to_brand_total_purchases) AS ntb_orders,
  ROUND(100 * SUM(new_to_brand_total_purchases) / NULLIF(SUM(total_purchases), 0), 1) AS ntb_share,
  SUM(total_product_sales) AS sales,
  SUM(new_to_brand_total_product_sales) AS ntb_sales
FROM amazon_attributed_events_by_traffic_time
WHERE campaign LIKE {{campaign_pattern}}
  AND total_purchases > 0
GROUP BY COALESCE(ad_product_type, 'amazon_dsp'), campaign

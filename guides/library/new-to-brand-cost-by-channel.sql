--+++ recomamp query
-- format = 1
-- name = "Cost per new-to-brand order by channel"
-- description = "Spend of each ad product against the new-to-brand orders that Amazon attributes to it: roughly what a new customer costs."
-- kind = "main"
-- category = "New-to-brand"
-- use-case = "Where is the cheapest place to win a new customer?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "intermediate"
-- tags = ["new-to-brand", "cost", "acquisition"]
-- window-advice = "Any window that ended 14 days ago or earlier, so that the conversions of its last day are attributed. Spend and conversions are those of the same ads, so a window that ends later understates the orders."
-- prerequisites = ["Spend and attributed orders in the window."]
-- sample = """
-- ad_product,currency,cost,orders,ntb_orders,ntb_share,cost_per_ntb_order,ntb_roas
-- amazon_dsp,USD,1365.78,270,85,31.5,16.07,2.14
-- sponsored_products,USD,440.48,69,46,66.7,9.58,3.35
-- sponsored_brands,USD,242.81,45,31,68.9,7.83,4.57
-- sponsored_display,USD,27.47,34,11,32.4,2.5,12.77
-- """
-- chart = "cost_per_ntb_order"
-- interpretation = '''
-- **cost_per_ntb_order** is close to the cost of a new customer, and never above it, since one customer can place several
-- such orders. Set it against the value that a new customer brings later ([Customer value by month of the first purchase](../library/customer-value-by-first-month.sql)).
-- **ntb_share** explains why a product with a good return on ad spend can still be expensive here.
--
-- Units differ between sources: Amazon DSP `total_cost` is in millicents and divided by 100,000, sponsored ads `spend` is in
-- microcents and divided by 100,000,000. Both are currency after that. Campaigns in other currencies have rows of their own.
--
-- Amazon credits an order to one ad, the last that qualifies. Channels that act early, such as streaming TV, can look more
-- expensive here than they are.
--
-- The guide [New-to-brand customers](../new-to-brand/guide.md) explains the method.
-- '''
--
-- [metrics]
-- ad_product = "Ad product; amazon_dsp for Amazon DSP."
-- currency = "Currency of the cost."
-- cost = "Spend in currency."
-- orders = "Attributed orders, brand halo included."
-- ntb_orders = "New-to-brand orders among them."
-- ntb_share = "New-to-brand orders in percent of the orders."
-- cost_per_ntb_order = "Cost divided by new-to-brand orders."
-- ntb_roas = "New-to-brand sales divided by cost."
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
WITH combined AS (
  SELECT
    'amazon_dsp' AS ad_product,
    currency_iso_code AS currency,
    total_cost / 100000 AS cost,
    0 AS orders,
    0 AS ntb_orders,
    0 AS ntb_sales
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    ad_product_type AS ad_product,
    currency_iso_code AS currency,
    spend / 100000000 AS cost,
    0 AS orders,
    0 AS ntb_orders,
    0 AS ntb_sales
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    COALESCE(ad_product_type, 'amazon_dsp') AS ad_product,
    purchase_currency AS currency,
    0 AS cost,
    total_purchases AS orders,
    new_to_brand_total_purchases AS ntb_orders,
    new_to_brand_total_product_sales AS ntb_sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE campaign LIKE {{campaign_pattern}}
    AND total_purchases > 0
)
SELECT
  ad_product,
  currency,
  ROUND(SUM(cost), 2) AS cost,
  SUM(orders) AS orders,
  SUM(ntb_orders) AS ntb_orders,
  ROUND(100 * SUM(ntb_orders) / NULLIF(SUM(orders), 0), 1) AS ntb_share,
  ROUND(SUM(cost) / NULLIF(SUM(ntb_orders), 0), 2) AS cost_per_ntb_order,
  ROUND(SUM(ntb_sales) / NULLIF(SUM(cost), 0), 2) AS ntb_roas
FROM combined
GROUP BY ad_product, currency

--+++ recomamp query
-- format = 1
-- name = "New-to-brand share by week"
-- description = "Ad-exposed orders per calendar week, and the share of them that was new to the brand."
-- kind = "main"
-- category = "New-to-brand"
-- use-case = "Are we winning more new customers than a few weeks ago?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "basic"
-- tags = ["new-to-brand", "trend"]
-- window-advice = "Whole weeks from Monday to Sunday, ended at least two days ago; a week that is cut off looks small. Orders count at their own time, so no attribution lag applies."
-- prerequisites = ["Tracked products with orders in the window."]
-- sample = """
-- week_start,orders,ntb_orders,ntb_share,buyers,ntb_sales
-- 2026-08-24,11,8,72.7,10,206.9100
-- 2026-08-31,50,14,28.0,47,510.8200
-- 2026-09-07,39,16,41.0,38,548.7900
-- 2026-09-14,45,24,53.3,42,773.7300
-- 2026-09-21,45,20,44.4,44,581.7800
-- 2026-09-28,36,13,36.1,35,441.8300
-- 2026-10-05,40,19,47.5,38,657.7600
-- 2026-10-12,58,21,36.2,55,729.7800
-- """
-- chart = ["orders", "ntb_orders"]
-- interpretation = '''
-- Read **ntb_share** together with **orders**: during sales events both old and new customers buy more, and the share can fall
-- while the number of new customers grows.
--
-- The orders are those relevant to the chosen campaigns, by people who had seen an ad of the advertiser in the 28 days before.
-- Each counts once, whether or not an ad was credited.
--
-- Weeks are those of `DATE_TRUNC` in UTC. The first and the last row are cut off unless the window holds whole weeks.
--
-- The guide [New-to-brand customers](../new-to-brand/guide.md) explains the method.
-- '''
--
-- [metrics]
-- week_start = "First day of the week."
-- orders = "Orders by people who had seen an ad."
-- ntb_orders = "Those that were new to the brand."
-- ntb_share = "New-to-brand orders in percent of the orders."
-- buyers = "Different buyers."
-- ntb_sales = "Sales of the new-to-brand orders, in the currency of the purchase."
--
-- [window]
-- days = 84
-- lag = 2
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
WITH orders AS (
  SELECT
    conversion_id,
    user_id,
    CAST(DATE_TRUNC('week', event_date_utc) AS DATE) AS week_start,
    MAX(CASE WHEN new_to_brand = TRUE THEN 1 ELSE 0 END) AS is_new,
    MAX(total_product_sales) AS sales
  FROM conversions_with_relevance
  WHERE event_subtype = 'order'
    AND campaign LIKE {{campaign_pattern}}
  GROUP BY conversion_id, user_id, CAST(DATE_TRUNC('week', event_date_utc) AS DATE)
)
SELECT
  week_start,
  COUNT(DISTINCT conversion_id) AS orders,
  SUM(is_new) AS ntb_orders,
  ROUND(100 * SUM(is_new) / NULLIF(COUNT(DISTINCT conversion_id), 0), 1) AS ntb_share,
  COUNT(DISTINCT user_id) AS buyers,
  SUM(CASE WHEN is_new = 1 THEN sales ELSE 0 END) AS ntb_sales
FROM orders
GROUP BY week_start

--+++ recomamp query
-- format = 1
-- name = "Do brand store visitors buy more?"
-- description = "Purchase rate and sales of shoppers who visited a brand store in the window, against shoppers who only looked at product pages."
-- kind = "main"
-- category = "Brand store"
-- use-case = "Is the brand store worth the traffic that we send to it?"
-- products = ["brand-store", "retail"]
-- level = "intermediate"
-- tags = ["brand store", "purchase rate"]
-- window-advice = "Eight weeks or more that ended at least two days ago; events count at their own time."
-- prerequisites = ["Tracked products; visits to the brand store that follow an ad."]
-- sample = """
-- shopper_group,shoppers,buyers,purchase_rate,orders,orders_per_buyer,sales_per_shopper
-- Product pages only,1499,329,21.95,377,1.15,8.57
-- Store visitors,194,46,23.71,54,1.17,9.07
-- """
-- chart = "purchase_rate"
-- interpretation = '''
-- Compare **purchase_rate** and **orders_per_buyer** of the two rows. In the sample, store visitors are slightly ahead in
-- both, but so few of them bought that the difference can be chance.
--
-- A larger difference isn't the effect of the store alone either: people who go to a store are often more interested already.
-- The fair question is what happens to a person whom an ad sends to the store instead of to a product page; test that with
-- two landing pages.
--
-- Both groups come from conversions that are relevant to the chosen campaigns, that is, from people who had seen an ad in the
-- 28 days before. A visitor who looked at products too counts as a store visitor. Orders before the first visit or page view
-- don't count.
--
-- The guide [Brand store journeys](../brand-store-journeys/guide.md) explains the method.
-- '''
--
-- [metrics]
-- shopper_group = "Store visitors, or those who saw product pages only."
-- shoppers = "Different recognized users."
-- buyers = "Those with an order at or after their first visit or page view in the window."
-- purchase_rate = "Buyers in percent of shoppers."
-- orders = "Their orders."
-- orders_per_buyer = "Orders divided by buyers."
-- sales_per_shopper = "Sales divided by shoppers, in the currency of the purchase."
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
WITH events AS (
  SELECT
    conversion_id,
    user_id,
    event_subtype,
    event_dt_utc,
    MAX(total_product_sales) AS sales
  FROM conversions_with_relevance
  WHERE event_subtype IN ('brandStorePageView', 'detailPageView', 'order')
    AND user_id IS NOT NULL
    AND campaign LIKE {{campaign_pattern}}
  GROUP BY conversion_id, user_id, event_subtype, event_dt_utc
),
shoppers AS (
  SELECT
    user_id,
    MAX(CASE WHEN event_subtype = 'brandStorePageView' THEN 1 ELSE 0 END) AS visited_store,
    MIN(event_dt_utc) AS first_visit
  FROM events
  WHERE event_subtype IN ('brandStorePageView', 'detailPageView')
  GROUP BY user_id
),
buyers AS (
  SELECT
    s.user_id,
    COUNT(e.conversion_id) AS orders,
    SUM(e.sales) AS sales
  FROM shoppers s
  JOIN events e ON e.user_id = s.user_id
  WHERE e.event_subtype = 'order'
    AND SECONDS_BETWEEN(s.first_visit, e.event_dt_utc) >= 0
  GROUP BY s.user_id
),
people AS (
  SELECT
    CASE WHEN s.visited_store = 1 THEN 'Store visitors' ELSE 'Product pages only' END AS shopper_group,
    s.user_id,
    b.user_id AS buyer_id,
    b.orders,
    b.sales
  FROM shoppers s
  LEFT JOIN buyers b ON b.user_id = s.user_id
)
SELECT
  shopper_group,
  COUNT(DISTINCT user_id) AS shoppers,
  COUNT(DISTINCT buyer_id) AS buyers,
  ROUND(100 * COUNT(DISTINCT buyer_id) / NULLIF(COUNT(DISTINCT user_id), 0), 2) AS purchase_rate,
  SUM(orders) AS orders,
  ROUND(SUM(orders) / NULLIF(COUNT(DISTINCT buyer_id), 0), 2) AS orders_per_buyer,
  ROUND(SUM(sales) / NULLIF(COUNT(DISTINCT user_id), 0), 2) AS sales_per_shopper
FROM people
GROUP BY shopper_group

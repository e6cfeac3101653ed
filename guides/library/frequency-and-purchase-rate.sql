--+++ recomamp query
-- format = 1
-- name = "Purchase rate by frequency"
-- description = "For people grouped by how many Amazon DSP ads they saw: how many bought after their first impression, and what a buyer cost."
-- kind = "main"
-- category = "Reach and frequency"
-- use-case = "At which frequency do more ads stop bringing more buyers?"
-- products = ["dsp"]
-- level = "intermediate"
-- version = 2
-- tags = ["frequency", "purchase rate", "optimization"]
-- window-advice = "Four weeks or more; it may end two days ago, since nothing here is attributed by Amazon. Shorter windows cut off people whose frequency was still growing."
-- prerequisites = ["Amazon DSP campaigns with tracked products."]
-- sample = """
-- frequency_group,reach,impressions,buyers,purchase_rate,orders,sales,cost,cost_per_buyer
-- 01,2546,2546,10,0.39,10,338.9000,15.36,1.54
-- 02,2602,5204,14,0.54,14,604.8200,30.63,2.19
-- 03,1766,5298,17,0.96,18,576.7700,32.17,1.89
-- 04-05,2024,8897,24,1.19,27,831.6600,52.97,2.21
-- 06-10,1401,10278,37,2.64,43,1402.4500,60.36,1.63
-- 11+,308,4293,18,5.84,19,716.7500,25.73,1.43
-- """
-- chart = "purchase_rate"
-- interpretation = '''
-- Follow **purchase_rate** from row to row. Where it stops rising while **cost_per_buyer** rises, more ads no longer bring
-- more buyers: that is a candidate for the frequency cap.
--
-- Read it as a pattern, not as proof. People who browse more see more ads *and* buy more, so a rising rate is partly their
-- habit. Retargeting adds to it, so leave it out with the campaign pattern. The ads that were seen after the purchase count
-- toward the frequency too. Confirm a new cap with a test.
--
-- Orders are those relevant to the chosen campaigns, each counted once, whether or not an ad was credited with it. An order
-- before the first impression doesn't count.
--
-- The guide [Reach and frequency](../reach-and-frequency/guide.md) explains the method.
-- '''
--
-- [metrics]
-- frequency_group = "Impressions of the chosen campaigns that a person was shown in the window."
-- reach = "Users in the group who are known by their Amazon account: orders are placed under accounts, so devices and browsers could never buy."
-- impressions = "Impressions shown to them."
-- buyers = "Users with at least one order at or after their first impression."
-- purchase_rate = "Buyers in percent of reach."
-- orders = "Orders of the buyers after their first impression."
-- sales = "Sales of these orders, in the currency of the purchase."
-- cost = "All-in cost of the impressions, in the currency of the advertiser (millicents divided by 100,000)."
-- cost_per_buyer = "Cost divided by buyers."
--
-- [window]
-- days = 84
-- lag = 14
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters. Leave retargeting out: it shows more ads to people because they are interested."
-- default = "%"
-- demo-default = "%Consideration%"
--+++
WITH exposures AS (
  SELECT
    user_id,
    SUM(impressions) AS impressions,
    SUM(total_cost) AS cost,
    MIN(impression_dt_utc) AS first_impression
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'
  GROUP BY user_id
),
orders AS (
  SELECT
    conversion_id,
    user_id,
    event_dt_utc,
    MAX(total_product_sales) AS sales
  FROM conversions_with_relevance
  WHERE event_subtype = 'order'
    AND user_id IS NOT NULL
    AND campaign LIKE {{campaign_pattern}}
  GROUP BY conversion_id, user_id, event_dt_utc
),
buyers AS (
  SELECT
    e.user_id,
    COUNT(o.conversion_id) AS orders,
    SUM(o.sales) AS sales
  FROM exposures e
  JOIN orders o ON o.user_id = e.user_id
  WHERE SECONDS_BETWEEN(e.first_impression, o.event_dt_utc) >= 0
  GROUP BY e.user_id
),
people AS (
  SELECT
    CASE
      WHEN e.impressions = 1 THEN '01'
      WHEN e.impressions = 2 THEN '02'
      WHEN e.impressions = 3 THEN '03'
      WHEN e.impressions <= 5 THEN '04-05'
      WHEN e.impressions <= 10 THEN '06-10'
      ELSE '11+'
    END AS frequency_group,
    e.user_id,
    e.impressions,
    e.cost,
    b.user_id AS buyer_id,
    b.orders,
    b.sales
  FROM exposures e
  LEFT JOIN buyers b ON b.user_id = e.user_id
)
SELECT
  frequency_group,
  COUNT(DISTINCT user_id) AS reach,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT buyer_id) AS buyers,
  ROUND(100 * COUNT(DISTINCT buyer_id) / NULLIF(COUNT(DISTINCT user_id), 0), 2) AS purchase_rate,
  SUM(orders) AS orders,
  SUM(sales) AS sales,
  ROUND(SUM(cost) / 100000, 2) AS cost,
  ROUND(SUM(cost) / 100000 / NULLIF(COUNT(DISTINCT buyer_id), 0), 2) AS cost_per_buyer
FROM people
GROUP BY frequency_group

--+++ recomamp query
-- format = 1
-- name = "Purchase rate by frequency"
-- description = "For people grouped by how many Amazon DSP ads they saw: how many bought after their first impression, and what a buyer cost."
-- kind = "main"
-- category = "Reach and frequency"
-- use-case = "At which frequency do more ads stop bringing more buyers?"
-- products = ["dsp"]
-- level = "intermediate"
-- tags = ["frequency", "purchase rate", "optimization"]
-- window-advice = "Four weeks or more that ended 14 days ago. Shorter windows cut off people whose frequency was still growing."
-- prerequisites = ["Amazon DSP campaigns with tracked products."]
-- sample = """
-- frequency_group,reach,impressions,buyers,purchase_rate,orders,sales,cost,cost_per_buyer
-- 01,4762,4762,6,0.13,6,133.9400,68.86,11.48
-- 02,5011,10022,9,0.18,10,439.8700,141.47,15.72
-- 03,3455,10365,14,0.41,15,421.8200,143.74,10.27
-- 04-05,4339,19170,41,0.94,45,1681.4500,253.86,6.19
-- 06-10,4071,30461,91,2.24,96,3265.7800,386.94,4.25
-- 11+,1736,26244,166,9.56,206,6760.3800,315.17,1.9
-- """
-- interpretation = '''
-- Follow **purchase_rate** from row to row, and stop where **cost_per_buyer** begins to rise faster than the rate: that is a
-- candidate for the frequency cap.
--
-- Read it as a pattern, not as proof. People who browse more see more ads *and* buy more, so a rising rate is partly their
-- habit. The ads that were seen after the purchase count toward the frequency too. Confirm a new cap with a test.
--
-- Orders are those relevant to the chosen campaigns, each counted once, whether or not an ad was credited with it. An order
-- before the first impression doesn't count.
--
-- The guide [Reach and frequency](../reach-and-frequency/guide.md) explains the method.
-- '''
--
-- [metrics]
-- frequency_group = "Impressions of the chosen campaigns that a person was shown in the window."
-- reach = "Recognized users in the group."
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
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
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

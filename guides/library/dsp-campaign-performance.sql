--+++ recomamp query
-- format = 1
-- name = "Amazon DSP performance by campaign"
-- description = "Impressions, cost, detail page views, orders, sales and ROAS of each Amazon DSP campaign."
-- kind = "main"
-- category = "DSP delivery"
-- use-case = "How did our DSP campaigns perform?"
-- products = ["dsp", "streaming-tv"]
-- level = "basic"
-- tags = ["dsp", "roas", "campaigns"]
-- window-advice = "Whole weeks. Orders count at their own time, so the figures of a window change little later; end it 14 days ago to be safe."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- campaign,impressions,cost,cpm,page_views,cost_per_page_view,orders,sales,roas
-- Mirelune | Streaming TV | Awareness | 2026 H2,11127,369.63,33.22,114,3.24,18,535.7500,1.45
-- Tundrel | Streaming TV | Awareness | 2026 H2,8084,268.49,33.21,92,2.92,10,324.8900,1.21
-- Woolpaddle | Streaming TV | Awareness | 2026 H2,5738,191.04,33.29,49,3.9,7,269.9300,1.41
-- Mirelune | Display | Consideration | 2026 H2,19988,86.83,4.34,268,0.32,34,933.5500,10.75
-- Tundrel | Display | Consideration | 2026 H2,14270,62.05,4.35,175,0.35,13,500.8500,8.07
-- Mirelune | Online Video | Consideration | 2026 H2,3883,54.33,13.99,64,0.85,7,124.9300,2.3
-- Woolpaddle | Display | Consideration | 2026 H2,10076,43.77,4.34,156,0.28,18,571.7900,13.06
-- """
-- chart = "roas"
-- interpretation = '''
-- Judge each campaign by its own goal: **roas** for conversion campaigns, **cost_per_page_view** for consideration, reach for
-- awareness (see [Reach, frequency and cost by campaign](../library/reach-by-campaign.sql)). Streaming TV with a low ROAS next
-- to retargeting with a high one is normal and no reason to move budget.
--
-- Orders are counted at the time of the order, as in reports of Amazon DSP. Delivery and conversions are stacked and summed
-- instead of joined, so nothing is multiplied. The cost is that of impressions. What a line item pays by click is in
-- `dsp_clicks` (`click_cost`) and not added here.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- impressions = "Impressions."
-- cost = "All-in cost in the currency of the advertiser (millicents divided by 100,000)."
-- cpm = "Cost per 1,000 impressions."
-- page_views = "Attributed detail page views, brand halo included."
-- cost_per_page_view = "Cost per detail page view."
-- orders = "Attributed orders, brand halo included."
-- sales = "Attributed sales, in the currency of the purchase."
-- roas = "Sales divided by cost."
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
    campaign,
    impressions,
    total_cost / 100000 AS cost,
    0 AS page_views,
    0 AS orders,
    0 AS sales
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    campaign,
    0 AS impressions,
    0 AS cost,
    total_detail_page_view AS page_views,
    total_purchases AS orders,
    total_product_sales AS sales
  FROM amazon_attributed_events_by_conversion_time
  WHERE campaign LIKE {{campaign_pattern}}
    AND ad_product_type IS NULL
    AND (total_detail_page_view > 0 OR total_purchases > 0)
)
SELECT
  campaign,
  SUM(impressions) AS impressions,
  ROUND(SUM(cost), 2) AS cost,
  ROUND(1000 * SUM(cost) / NULLIF(SUM(impressions), 0), 2) AS cpm,
  SUM(page_views) AS page_views,
  ROUND(SUM(cost) / NULLIF(SUM(page_views), 0), 2) AS cost_per_page_view,
  SUM(orders) AS orders,
  SUM(sales) AS sales,
  ROUND(SUM(sales) / NULLIF(SUM(cost), 0), 2) AS roas
FROM combined
GROUP BY campaign

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
-- Mirelune | Streaming TV | Awareness | 2026 H2,11153,370.55,33.22,114,3.25,17,519.7600,1.40
-- Tundrel | Streaming TV | Awareness | 2026 H2,8078,268.20,33.20,92,2.92,10,324.8900,1.21
-- Woolpaddle | Streaming TV | Awareness | 2026 H2,5742,191.01,33.27,49,3.9,7,269.9300,1.41
-- Mirelune | Display | Consideration | 2026 H2,19979,86.81,4.34,271,0.32,36,985.5300,11.35
-- Tundrel | Display | Consideration | 2026 H2,14266,62.04,4.35,177,0.35,13,500.8500,8.07
-- Mirelune | Online Video | Consideration | 2026 H2,3887,54.41,14.00,63,0.86,7,124.9300,2.3
-- Woolpaddle | Display | Consideration | 2026 H2,10094,43.86,4.35,160,0.27,20,652.7600,14.88
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

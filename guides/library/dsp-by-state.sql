--+++ recomamp query
-- format = 1
-- name = "Amazon DSP reach and response by state"
-- description = "Reach, cost and attributed detail page views of Amazon DSP ads by state or province, with an index against the average."
-- kind = "main"
-- category = "DSP delivery"
-- use-case = "Where in the country do people respond best?"
-- products = ["dsp", "streaming-tv"]
-- level = "intermediate"
-- tags = ["dsp", "geography"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- state,reach,impressions,cost,page_views,page_views_per_1000_reached,state_index
-- US-CA,3701,16628,217.11,260,70.25,99
-- US-NY,3081,13812,177.02,230,74.65,105
-- US-TX,2544,11227,143.70,159,62.50,88
-- US-FL,1914,8587,109.55,136,71.06,100
-- US-IL,1527,7327,94.79,136,89.06,125
-- US-PA,1480,6764,87.1,89,60.14,84
-- US-GA,1007,4525,59.30,69,68.52,96
-- """
-- chart = "state_index"
-- interpretation = '''
-- **state_index** compares the page views per user reached with the average of all states: 120 means 20% more than average.
-- Consider states with a high index *and* a reach in the thousands for extra budget.
--
-- States have a low threshold of two users. City and postal code need 100 users per row and may not be compared with literals,
-- so a filter on one of them is refused; [What privacy would remove at each level of
-- detail](../library/suppression-diagnostics.sql) shows what would be left.
--
-- The region is that of the ad impression; location is inferred and not always right.
-- '''
--
-- [metrics]
-- state = "ISO 3166-2 code of the state or province."
-- reach = "Different recognized users who were shown an ad."
-- impressions = "Impressions."
-- cost = "All-in cost in the currency of the advertiser (millicents divided by 100,000)."
-- page_views = "Attributed detail page views, brand halo included."
-- page_views_per_1000_reached = "Detail page views per 1,000 users reached."
-- state_index = "This rate in percent of the rate of all states together; users in two states count in both."
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
    iso_state_province_code AS state,
    user_id,
    impressions,
    total_cost / 100000 AS cost,
    0 AS page_views
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND iso_state_province_code IS NOT NULL
  UNION ALL
  SELECT
    iso_state_province_code AS state,
    user_id,
    0 AS impressions,
    0 AS cost,
    total_detail_page_view AS page_views
  FROM amazon_attributed_events_by_traffic_time
  WHERE campaign LIKE {{campaign_pattern}}
    AND ad_product_type IS NULL
    AND iso_state_province_code IS NOT NULL
    AND total_detail_page_view > 0
),
states AS (
  SELECT
    state,
    COUNT(DISTINCT CASE WHEN impressions > 0 THEN user_id END) AS reach,
    SUM(impressions) AS impressions,
    SUM(cost) AS cost,
    SUM(page_views) AS page_views
  FROM combined
  GROUP BY state
)
SELECT
  state,
  reach,
  impressions,
  ROUND(cost, 2) AS cost,
  page_views,
  ROUND(1000 * page_views / NULLIF(reach, 0), 2) AS page_views_per_1000_reached,
  ROUND(100 * (page_views / NULLIF(reach, 0)) / NULLIF(SUM(page_views) OVER () / NULLIF(SUM(reach) OVER (), 0), 0)) AS state_index
FROM states

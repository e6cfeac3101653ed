--+++ recomamp query
-- format = 1
-- name = "Branded searches that follow ads"
-- description = "Searches for the brand that Amazon attributes to each campaign, per thousand people reached and per amount spent."
-- kind = "main"
-- category = "Search"
-- use-case = "Do our awareness ads make people search for the brand?"
-- products = ["dsp", "streaming-tv"]
-- level = "intermediate"
-- tags = ["branded search", "awareness", "consideration"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Amazon DSP campaigns whose advertiser has brand keywords tracked."]
-- sample = """
-- campaign,reach,cost,branded_searches,searching_users,searches_per_1000_reached,cost_per_search
-- Mirelune | Display | Consideration | 2026 H2,7932,86.81,14,14,1.77,6.2
-- Tundrel | Display | Consideration | 2026 H2,6112,62.04,10,10,1.64,6.20
-- Woolpaddle | Display | Consideration | 2026 H2,4420,43.86,8,7,1.81,5.48
-- Mirelune | Display | Conversion | 2026 H2,1498,33.91,8,8,5.34,4.24
-- Mirelune | Streaming TV | Awareness | 2026 H2,4836,370.55,7,7,1.45,52.9
-- Woolpaddle | Online Video | Consideration | 2026 H2,975,27.36,7,7,7.18,3.91
-- """
-- chart = "searches_per_1000_reached"
-- interpretation = '''
-- Rank awareness campaigns by **searches_per_1000_reached**, not by sales: a search for the brand is the effect that
-- upper-funnel ads can show within 14 days. **cost_per_search** tells which of them does it cheaply.
--
-- Amazon reports these as conversions with the subtype `searchConversion`. They are attributed like purchases, to the last
-- qualifying ad within 14 days, so campaigns that run together compete for them: retargeting can be credited with many
-- although it reaches people who knew the brand.
--
-- The guide [Search terms and branded search](../search-terms/guide.md) explains the method.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- reach = "Different recognized users who were shown an ad."
-- cost = "All-in cost in currency (millicents divided by 100,000)."
-- branded_searches = "Attributed searches for the brand."
-- searching_users = "Different users who searched."
-- searches_per_1000_reached = "Branded searches per 1,000 users reached."
-- cost_per_search = "Cost divided by branded searches."
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
WITH delivery AS (
  SELECT
    campaign,
    COUNT(DISTINCT user_id) AS reach,
    SUM(total_cost) / 100000 AS cost
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  GROUP BY campaign
),
searches AS (
  SELECT
    campaign,
    SUM(conversions) AS branded_searches,
    COUNT(DISTINCT user_id) AS searching_users
  FROM amazon_attributed_events_by_traffic_time
  WHERE campaign LIKE {{campaign_pattern}}
    AND ad_product_type IS NULL
    AND conversion_event_subtype = 'searchConversion'
  GROUP BY campaign
)
SELECT
  d.campaign,
  SUM(d.reach) AS reach,
  ROUND(SUM(d.cost), 2) AS cost,
  SUM(s.branded_searches) AS branded_searches,
  SUM(s.searching_users) AS searching_users,
  ROUND(1000 * SUM(s.branded_searches) / NULLIF(SUM(d.reach), 0), 2) AS searches_per_1000_reached,
  ROUND(SUM(d.cost) / NULLIF(SUM(s.branded_searches), 0), 2) AS cost_per_search
FROM delivery d
LEFT JOIN searches s ON s.campaign = d.campaign
GROUP BY d.campaign

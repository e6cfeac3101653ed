--+++ recomamp query
-- format = 1
-- name = "Targeted audience segments: delivery and page views"
-- description = "For each audience segment that Amazon DSP line items targeted: reach, cost and the detail page views credited to its impressions."
-- kind = "main"
-- category = "Audience segments"
-- use-case = "Which of our targeted segments earn their cost?"
-- products = ["dsp", "audiences"]
-- level = "advanced"
-- tags = ["segments", "targeting", "dsp"]
-- window-advice = "Short: this data source repeats each impression for each segment and is slow on long windows. Two to eight weeks that ended 14 days ago."
-- prerequisites = ["Amazon DSP line items that target audience segments."]
-- sample = """
-- segment,reach,impressions,cost,page_views,page_views_per_1000,cost_per_page_view
-- LS - Beauty Enthusiasts,401,818,15.54,10,12.22,1.55
-- LS - Pet Parents,394,801,14.07,19,23.72,0.74
-- IM - Face Care,818,2160,13.02,44,20.37,0.30
-- LS - Weekend Hikers,307,621,11.45,8,12.88,1.43
-- IM - Dog Food & Treats,564,1403,8.22,46,32.79,0.18
-- IM - Hiking & Camping,451,1153,6.80,27,23.42,0.25
-- IM - Cat Supplies,403,1007,6.02,28,27.81,0.21
-- """
-- chart = "page_views_per_1000"
-- interpretation = '''
-- Compare **page_views_per_1000** and **cost_per_page_view** between segments of one line item or campaign.
--
-- **Don't add up the rows.** An impression of a person who is in two targeted segments appears under both, with its full cost.
-- So each row is right on its own, and the sum is too high.
--
-- Page views are tied to the very impression that Amazon credits, by its `request_tag`, not to the person. Page views credited
-- to a click or a view of that impression both count.
-- '''
--
-- [metrics]
-- segment = "Targeted segment that contained the person."
-- reach = "Different recognized users."
-- impressions = "Impressions."
-- cost = "All-in cost in the currency of the advertiser (millicents divided by 100,000)."
-- page_views = "Detail page views credited to these impressions, brand halo included."
-- page_views_per_1000 = "Detail page views per 1,000 impressions."
-- cost_per_page_view = "Cost per detail page view."
--
-- [window]
-- days = 56
-- lag = 14
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
WITH page_views AS (
  SELECT
    request_tag,
    SUM(total_detail_page_view) AS page_views
  FROM amazon_attributed_events_by_traffic_time
  WHERE ad_product_type IS NULL
    AND request_tag IS NOT NULL
    AND total_detail_page_view > 0
    AND campaign LIKE {{campaign_pattern}}
  GROUP BY request_tag
),
segment_impressions AS (
  SELECT
    behavior_segment_name AS segment,
    request_tag,
    user_id,
    SUM(impressions) AS impressions,
    SUM(total_cost) AS cost
  FROM dsp_impressions_by_matched_segments
  WHERE campaign LIKE {{campaign_pattern}}
  GROUP BY behavior_segment_name, request_tag, user_id
)
SELECT
  s.segment,
  COUNT(DISTINCT s.user_id) AS reach,
  SUM(s.impressions) AS impressions,
  ROUND(SUM(s.cost) / 100000, 2) AS cost,
  SUM(p.page_views) AS page_views,
  ROUND(1000 * SUM(p.page_views) / NULLIF(SUM(s.impressions), 0), 2) AS page_views_per_1000,
  ROUND(SUM(s.cost) / 100000 / NULLIF(SUM(p.page_views), 0), 2) AS cost_per_page_view
FROM segment_impressions s
LEFT JOIN page_views p ON p.request_tag = s.request_tag
GROUP BY s.segment

-- name: Reach and frequency by campaign
SELECT
  campaign,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT user_id) AS reach,
  SUM(impressions) * 1.0 / COUNT(DISTINCT user_id) AS frequency
FROM dsp_impressions
GROUP BY campaign

-- name: DSP cost by device type, in currency
SELECT
  device_type,
  SUM(impressions) AS impressions,
  SUM(total_cost) / 100000.0 AS cost_in_currency
FROM dsp_impressions
GROUP BY device_type

-- name: Users by number of DSP impressions
WITH per_user AS (
  SELECT user_id, SUM(impressions) AS seen
  FROM dsp_impressions
  GROUP BY user_id
)
SELECT
  IF(seen >= 10, 10, seen) AS impressions_seen,
  COUNT(DISTINCT user_id) AS users
FROM per_user
GROUP BY 1

-- name: Clicks by campaign
SELECT
  campaign,
  SUM(clicks) AS clicks,
  COUNT(DISTINCT user_id) AS users
FROM dsp_clicks
GROUP BY campaign

-- name: Clicks of each impression, joined by the impression
SELECT
  i.campaign,
  SUM(i.impressions) AS impressions,
  COUNT(DISTINCT c.request_tag) AS clicked_impressions
FROM dsp_impressions i
LEFT JOIN dsp_clicks c ON c.request_tag = i.request_tag
GROUP BY i.campaign

-- name: Viewable and measurable impressions by campaign
SELECT
  campaign,
  SUM(viewable_impressions) AS viewable,
  SUM(measurable_impressions) AS measurable
FROM dsp_views
GROUP BY campaign

-- name: Reach by matched audience segment
SELECT
  behavior_segment_name,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT user_id) AS reach
FROM dsp_impressions_by_matched_segments
GROUP BY behavior_segment_name

-- name: Reach by audience segment of the user
SELECT
  behavior_segment_name,
  COUNT(DISTINCT user_id) AS reach
FROM dsp_impressions_by_user_segments
GROUP BY behavior_segment_name

-- name: Video completion by campaign
SELECT
  campaign,
  SUM(video_start) AS starts,
  SUM(video_complete) AS completes
FROM dsp_video_events_feed
GROUP BY campaign

-- name: Impressions, clicks and cost by ad product
SELECT
  ad_product_type,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  SUM(spend) / 100000000.0 AS spend_in_currency
FROM sponsored_ads_traffic
GROUP BY ad_product_type

-- name: Search terms that were clicked
SELECT
  customer_search_term,
  SUM(clicks) AS clicks,
  COUNT(DISTINCT user_id) AS users
FROM sponsored_ads_traffic
GROUP BY customer_search_term

-- name: Attributed purchases and sales by campaign
SELECT
  campaign,
  SUM(total_purchases) AS purchases,
  SUM(total_product_sales) AS sales
FROM amazon_attributed_events_by_traffic_time
GROUP BY campaign

-- name: New-to-brand share of purchases by campaign
SELECT
  campaign,
  SUM(new_to_brand_total_purchases) AS new_to_brand_purchases,
  SUM(total_purchases) AS purchases
FROM amazon_attributed_events_by_conversion_time
GROUP BY campaign

-- name: Conversions by event type
SELECT
  event_subtype,
  SUM(conversions) AS conversions,
  COUNT(DISTINCT user_id) AS users
FROM conversions
GROUP BY event_subtype

-- name: Conversions relevant to campaigns
SELECT
  campaign,
  event_subtype,
  SUM(conversions) AS conversions
FROM conversions_with_relevance
GROUP BY campaign, event_subtype

-- name: Purchases with and without ad exposure
SELECT
  exposure_type,
  SUM(conversions) AS conversions,
  COUNT(DISTINCT user_id) AS users
FROM conversions_all
GROUP BY exposure_type

-- name: Buyers who saw a DSP ad
WITH buyers AS (
  SELECT user_id, event_subtype
  FROM conversions
  GROUP BY user_id, event_subtype
), viewers AS (
  SELECT user_id
  FROM dsp_impressions
  GROUP BY user_id
)
SELECT
  b.event_subtype,
  COUNT(DISTINCT b.user_id) AS buyers
FROM buyers b
INNER JOIN viewers v ON v.user_id = b.user_id
GROUP BY b.event_subtype

-- name: Users in each segment
-- each: audience_segments_amer_inmarket, audience_segments_amer_lifestyle, audience_segments_apac_inmarket, audience_segments_apac_lifestyle, audience_segments_eu_inmarket, audience_segments_eu_lifestyle, audience_segments_amer_inmarket_snapshot, audience_segments_amer_lifestyle_snapshot, audience_segments_apac_inmarket_snapshot, audience_segments_apac_lifestyle_snapshot, audience_segments_eu_inmarket_snapshot, audience_segments_eu_lifestyle_snapshot
SELECT
  m.segment_name,
  COUNT(DISTINCT s.user_id) AS users
FROM $source s
INNER JOIN segment_metadata m
  ON m.segment_id = s.segment_id AND m.segment_marketplace_id = s.segment_marketplace_id
GROUP BY m.segment_name

-- name: Visitors of the Brand Store
-- each: amazon_brand_store_page_views, amazon_brand_store_page_views_non_endemic, amazon_brand_store_engagement_events, amazon_brand_store_engagement_events_non_endemic
SELECT
  store_name,
  COUNT(DISTINCT user_id) AS visitors
FROM $source
GROUP BY store_name

-- name: Engagement on Amazon Live by broadcast
SELECT
  broadcast_name,
  SUM(views) AS views,
  SUM(clicks) AS clicks,
  COUNT(DISTINCT user_id) AS users
FROM amazon_live_traffic
GROUP BY broadcast_name

-- name: Units bought by brand, with and without ads
SELECT
  asin_brand,
  SUM(purchase_units_sold) AS units,
  COUNT(DISTINCT user_id) AS buyers
FROM amazon_retail_purchases
GROUP BY asin_brand

-- name: Subscribers by subscription
SELECT
  pv_subscription_name,
  COUNT(DISTINCT user_id) AS subscribers
FROM amazon_pvc_enrollments
GROUP BY pv_subscription_name

-- name: Viewers by genre
SELECT
  pv_gti_genre,
  COUNT(DISTINCT user_id) AS viewers
FROM amazon_pvc_streaming_events_feed
GROUP BY pv_gti_genre

-- name: Owners by make of car
SELECT
  garage_make,
  COUNT(DISTINCT user_id) AS owners
FROM amazon_your_garage
GROUP BY garage_make

-- name: Vehicle buyers who saw a DSP ad
WITH viewers AS (
  SELECT user_id
  FROM dsp_impressions
  GROUP BY user_id
)
SELECT
  p.vehicle_make,
  COUNT(DISTINCT p.user_id) AS buyers
FROM experian_vehicle_purchases p
INNER JOIN viewers v ON v.user_id = p.user_id
GROUP BY p.vehicle_make

-- name: Store purchases by brand
SELECT
  brand,
  SUM(purchase_quantity) AS units,
  COUNT(DISTINCT user_id) AS households
FROM ncs_cpg_insights_stream
GROUP BY brand

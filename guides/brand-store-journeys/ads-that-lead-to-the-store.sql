--+++ recomamp query
-- format = 1
-- name = "Ads that lead to the store"
-- description = "Store page views credited to ads, by campaign, and how many of these users bought."
-- kind = "main"
-- tags = ["brand store", "campaigns"]
-- window-advice = "Four weeks or more that ended 14 days ago."
-- sample = """
-- campaign, store_views, store_visitors, buyers, buyer_share
-- SBV - Mirelune - Category video, 28, 28, 4, 0.1429
-- Mirelune | Streaming TV | Awareness | 2026 H2, 20, 19, 3, 0.1579
-- SP - Mirelune - Automatic, 19, 19, 2, 0.1053
-- SBA - Mirelune - Theme headline, 15, 15, 4, 0.2667
-- Mirelune | Display | Conversion | 2026 H2, 14, 14, 0, 0
-- Mirelune | Display | Consideration | 2026 H2, 13, 13, 5, 0.3846
-- Mirelune | Display | Consideration | 2026 H1, 8, 8, 0, 0
-- SD - Mirelune - Contextual, 7, 7, 2, 0.2857
-- SP - Mirelune - Category keywords phrase, 4, 4, 0, 0
-- Mirelune | Online Video | Consideration | 2026 H1, 3, 3, 0, 0
-- Mirelune | Display | Loyalty | 2026 H1, 3, 3, 0, 0
-- STV - Mirelune - Streaming starter, 2, 2, 0, 0
-- Mirelune | Audio | Awareness | 2026 H1, 2, 2, 0, 0
-- Mirelune | Audio | Awareness | 2026 H2, 2, 2, 0, 0
-- Mirelune | Streaming TV | Awareness | 2026 H1, 2, 2, 0, 0
-- """
-- chart = "store_visitors"
-- interpretation = """
-- Compare campaigns of one ad product with each other. `buyer_share` is the part of store visitors who bought, not of all users reached.
-- """
--
-- [metrics]
-- campaign = "Campaign of the credited ad."
-- store_views = "Store page views credited to the campaign."
-- store_visitors = "Different recognized users who made them."
-- buyers = "Those with a purchase credited to any ad of the advertiser at or after their first store view."
-- buyer_share = "Buyers divided by store visitors."
--
-- [window]
-- days = 182
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- demo-default = ["Mirelune US"]
--+++
WITH store AS (
  SELECT
    campaign,
    user_id,
    SUM(conversions) AS store_views,
    MIN(conversion_event_dt_utc) AS first_view_dt
  FROM amazon_attributed_events_by_traffic_time
  WHERE advertiser IN ({{advertisers}})
    AND conversion_event_subtype = 'brandStorePageView'
    AND user_id IS NOT NULL
  GROUP BY campaign, user_id
),
last_orders AS (
  SELECT
    user_id,
    MAX(conversion_event_dt_utc) AS last_order_dt
  FROM amazon_attributed_events_by_traffic_time
  WHERE advertiser IN ({{advertisers}})
    AND total_purchases > 0
    AND user_id IS NOT NULL
  GROUP BY user_id
)
SELECT
  s.campaign,
  SUM(s.store_views) AS store_views,
  COUNT(DISTINCT s.user_id) AS store_visitors,
  COUNT(DISTINCT o.user_id) AS buyers,
  COUNT(DISTINCT o.user_id) / COUNT(DISTINCT s.user_id) AS buyer_share
FROM store s
LEFT JOIN last_orders o ON o.user_id = s.user_id
  AND o.last_order_dt >= s.first_view_dt
GROUP BY s.campaign

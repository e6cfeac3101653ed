--+++ recomamp query
-- format = 1
-- name = "How much traffic has a user ID"
-- description = "Impressions and clicks by kind of user ID: account, device, browser, or none. Shows how much of the delivery a user-level analysis can see."
-- kind = "validate"
-- category = "Data checks"
-- use-case = "What share of my delivery is missing from reach and overlap figures?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "intermediate"
-- tags = ["identity", "data quality"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read, so nothing has to be attributed. Use the window of the user-level report whose coverage you want to know."
-- sample = """
-- ad_product,user_id_type,impressions,impression_share,clicks,users
-- amazon_dsp,adUserId,25360,69.2,0,8200
-- amazon_dsp,sisDeviceId,7037,19.2,0,2756
-- sponsored_brands,adUserId,3244,91.4,62,2038
-- sponsored_brands,sisDeviceId,96,2.7,4,69
-- sponsored_brands,adBrowserId,63,1.8,0,55
-- sponsored_display,sisDeviceId,66,2.3,0,63
-- sponsored_display,adBrowserId,44,1.5,0,41
-- sponsored_products,adUserId,11289,92.3,164,3345
-- sponsored_television,sisDeviceId,5,1.9,0,5
-- sponsored_television,adBrowserId,3,1.2,0,3
-- """
-- chart = "impressions"
-- interpretation = '''
-- Add up **impression_share** of the rows with an ID: that is the part of the delivery that reach, frequency, overlap and path
-- queries describe. Report it next to their results when it is low.
--
-- Only `adUserId` is an Amazon account. The same person can also appear under a device or browser ID, so a user count over
-- several kinds of ID is an upper bound for people. Ads reach only those members of an audience that have an `adUserId`.
--
-- The row with no ID type has no users to count. If AMC removes it, its size is the difference to 100%.
-- '''
--
-- [metrics]
-- ad_product = "Ad product; amazon_dsp for Amazon DSP."
-- user_id_type = "Kind of user ID; \"none\" where Amazon recognizes nobody."
-- impressions = "Impressions."
-- impression_share = "Percent of the impressions of the ad product. A removed row is part of the 100%."
-- clicks = "Clicks of sponsored ads; Amazon DSP clicks are in another source and 0 here."
-- users = "Different user IDs of this kind."
--
-- [window]
-- days = 28
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
    'amazon_dsp' AS ad_product,
    COALESCE(user_id_type, 'none') AS user_id_type,
    impressions,
    0 AS clicks,
    user_id
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    ad_product_type AS ad_product,
    COALESCE(user_id_type, 'none') AS user_id_type,
    impressions,
    clicks,
    user_id
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
),
by_type AS (
  SELECT
    ad_product,
    user_id_type,
    SUM(impressions) AS impressions,
    SUM(clicks) AS clicks,
    COUNT(DISTINCT user_id) AS users
  FROM events
  GROUP BY ad_product, user_id_type
)
SELECT
  ad_product,
  user_id_type,
  impressions,
  ROUND(100 * impressions / NULLIF(SUM(impressions) OVER (PARTITION BY ad_product), 0), 1) AS impression_share,
  clicks,
  users
FROM by_type

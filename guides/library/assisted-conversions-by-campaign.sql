--+++ recomamp query
-- format = 1
-- name = "Assisted and last-touch orders by campaign"
-- description = "For each campaign: the orders that it touched, those in which it was the last touch, and those that it only assisted."
-- kind = "main"
-- category = "Paths to purchase"
-- use-case = "Which campaigns look weak in last-touch reports but help many sales?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "intermediate"
-- tags = ["assist", "path", "campaigns"]
-- window-advice = "The window is the time of the orders; ads of the 14 days before it are read in addition. Four to twelve weeks."
-- prerequisites = ["Orders that are relevant to the chosen campaigns.", "Campaigns of one brand, chosen with the pattern, if the instance holds several: touches are matched by person, so ads of another brand would share the credit."]
-- sample = """
-- channel,campaign,touched_orders,last_touch_orders,assisted_orders,assist_ratio,assisted_sales
-- DSP display,Mirelune | Display | Consideration | 2026 H2,76,38,38,1.00,1077.5500
-- DSP display,Tundrel | Display | Consideration | 2026 H2,52,18,34,1.89,1183.5900
-- DSP display,Woolpaddle | Display | Conversion | 2026 H2,47,25,22,0.88,704.7400
-- DSP display,Mirelune | Display | Conversion | 2026 H2,44,24,20,0.83,598.6900
-- Sponsored Brands,SBV - Mirelune - Category video,41,15,26,1.73,721.6800
-- DSP video,Mirelune | Streaming TV | Awareness | 2026 H2,38,16,22,1.38,821.7100
-- DSP display,Woolpaddle | Display | Consideration | 2026 H2,38,18,20,1.11,751.7300
-- DSP display,Tundrel | Display | Conversion | 2026 H2,35,25,10,0.40,353.8900
-- """
-- chart = "assisted_orders"
-- interpretation = '''
-- **assist_ratio** is the number to read: above 1 a campaign helps more sales than it closes, as awareness campaigns often do;
-- near 0 it mostly closes, as brand keywords and retargeting often do. Don't cut a campaign with a high ratio because of its
-- last-touch orders alone.
--
-- An order counts once for each campaign that touched it, so **touched_orders** and **assisted_orders** don't add up over
-- campaigns. **last_touch_orders** do.
--
-- A touch is an Amazon DSP impression, an impression or a click of Sponsored Brands, Sponsored Display or Sponsored TV, or a
-- click of Sponsored Products. Last touch means the latest touch of any kind before the order. Amazon's own attribution
-- prefers clicks and asks for viewable impressions, so its numbers differ.
--
-- The guide [Path to conversion](../path-to-conversion/guide.md) explains the method.
-- '''
--
-- [metrics]
-- channel = "Ad product."
-- campaign = "Campaign name."
-- touched_orders = "Orders with at least one touch of the campaign in the 14 days before."
-- last_touch_orders = "Orders whose latest touch was of the campaign."
-- assisted_orders = "Touched orders whose latest touch was of another campaign."
-- assist_ratio = "Assisted orders divided by last-touch orders."
-- assisted_sales = "Sales of the assisted orders, in the currency of the purchase."
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
WITH touches AS (
  SELECT
    user_id,
    CASE
      WHEN creative_category = 'Video' THEN 'DSP video'
      ELSE 'DSP display'
    END AS channel,
    campaign,
    impression_dt_utc AS touch_dt
  FROM TABLE(EXTEND_TIME_WINDOW('dsp_impressions', 'P14D', 'P0D'))
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  UNION ALL
  SELECT
    user_id,
    CASE ad_product_type
      WHEN 'sponsored_products' THEN 'Sponsored Products'
      WHEN 'sponsored_brands' THEN 'Sponsored Brands'
      WHEN 'sponsored_display' THEN 'Sponsored Display'
      WHEN 'sponsored_television' THEN 'Sponsored TV'
      ELSE 'Other sponsored ads'
    END AS channel,
    campaign,
    event_dt_utc AS touch_dt
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', 'P14D', 'P0D'))
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
    AND (ad_product_type <> 'sponsored_products' OR clicks > 0)
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
joined AS (
  SELECT
    o.conversion_id,
    o.user_id,
    o.sales,
    t.channel,
    t.campaign,
    ROW_NUMBER() OVER (PARTITION BY o.conversion_id ORDER BY t.touch_dt DESC, t.campaign) AS from_last
  FROM orders o
  JOIN touches t ON t.user_id = o.user_id
  WHERE SECONDS_BETWEEN(t.touch_dt, o.event_dt_utc) BETWEEN 0 AND 14 * 86400
),
per_campaign AS (
  SELECT
    conversion_id,
    user_id,
    channel,
    campaign,
    MIN(from_last) AS from_last,
    MAX(sales) AS sales
  FROM joined
  GROUP BY conversion_id, user_id, channel, campaign
)
SELECT
  channel,
  campaign,
  COUNT(DISTINCT conversion_id) AS touched_orders,
  SUM(CASE WHEN from_last = 1 THEN 1 ELSE 0 END) AS last_touch_orders,
  SUM(CASE WHEN from_last > 1 THEN 1 ELSE 0 END) AS assisted_orders,
  ROUND(
    SUM(CASE WHEN from_last > 1 THEN 1 ELSE 0 END) / NULLIF(SUM(CASE WHEN from_last = 1 THEN 1 ELSE 0 END), 0),
    2
  ) AS assist_ratio,
  SUM(CASE WHEN from_last > 1 THEN sales ELSE 0 END) AS assisted_sales
FROM per_campaign
GROUP BY channel, campaign

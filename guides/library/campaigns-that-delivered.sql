--+++ recomamp query
-- format = 1
-- name = "Campaigns that delivered, by ad product"
-- description = "Every Amazon DSP and sponsored ads campaign with impressions in the window: its ID, its ad product, and the days on which it delivered."
-- kind = "explore"
-- category = "Data checks"
-- use-case = "Which campaigns ran, and how exactly are they called?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "basic"
-- tags = ["campaigns", "start here"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read, so nothing has to be attributed. Choose the window of the report for which you need the names."
-- sample = """
-- ad_product,campaign,campaign_id,first_date,last_date,impressions,users
-- amazon_dsp,Mirelune | Display | Consideration | 2026 H2,570000860743734420,2026-10-22,2026-11-18,6610,3082
-- amazon_dsp,Tundrel | Display | Consideration | 2026 H2,570000236623869233,2026-10-22,2026-11-18,4644,2236
-- amazon_dsp,Mirelune | Streaming TV | Awareness | 2026 H2,570000882394459035,2026-10-22,2026-11-18,3657,1760
-- amazon_dsp,Woolpaddle | Display | Consideration | 2026 H2,570000063376171642,2026-10-22,2026-11-18,3352,1624
-- amazon_dsp,Tundrel | Streaming TV | Awareness | 2026 H2,570000643553347058,2026-10-22,2026-11-18,2740,1336
-- sponsored_products,SP - Mirelune - Automatic,AQWK6YA21VFCY,2026-10-22,2026-11-18,2089,1196
-- amazon_dsp,Woolpaddle | Streaming TV | Awareness | 2026 H2,570000879746980751,2026-10-22,2026-11-18,1799,908
-- amazon_dsp,Mirelune | Display | Conversion | 2026 H2,570000039869654528,2026-10-22,2026-11-18,1717,599
-- """
-- interpretation = '''
-- Copy names from here into the parameters of other templates; they must match exactly. Use **campaign_id** where names change
-- during the window: a renamed campaign appears once per name.
--
-- `campaign_id_string` identifies a campaign across products: for sponsored ads it is the ID of the advertising console, which
-- differs from the numeric `campaign_id` in AMC.
--
-- A campaign seen by fewer than two recognized users is missing.
-- '''
--
-- [metrics]
-- ad_product = "Ad product; amazon_dsp for Amazon DSP."
-- campaign = "Campaign name."
-- campaign_id = "Campaign ID as text, as in the console."
-- first_date = "First day (UTC) with an impression or a click in the window."
-- last_date = "Last such day."
-- impressions = "Impressions, of unrecognized users too."
-- users = "Different recognized users who saw or clicked an ad."
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
    campaign,
    campaign_id_string AS campaign_id,
    impression_date_utc AS event_date,
    impressions,
    user_id
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    ad_product_type AS ad_product,
    campaign,
    campaign_id_string AS campaign_id,
    event_date_utc AS event_date,
    impressions,
    user_id
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{campaign_pattern}}
)
SELECT
  ad_product,
  campaign,
  campaign_id,
  MIN(event_date) AS first_date,
  MAX(event_date) AS last_date,
  SUM(impressions) AS impressions,
  COUNT(DISTINCT user_id) AS users
FROM events
GROUP BY ad_product, campaign, campaign_id

--+++ recomamp query
-- format = 1
-- name = "Campaigns and ASINs by brand"
-- description = "The campaigns of each advertiser account and the ASINs that its ads sold, in the form in which the brands of an instance take them over."
-- kind = "explore"
-- category = "Data checks"
-- use-case = "Which campaigns and products belong to which brand?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv", "amc"]
-- level = "basic"
-- tags = ["campaigns", "asins", "brands", "start here"]
-- window-advice = "As long as names should be found for, such as 13 weeks. Only names are read, so it may end two days ago."
-- sample = """
-- brand,campaign_name,asin,events
-- Mirelune US,Mirelune | Display | Consideration | 2026 H2,,21654
-- Woolpaddle US,SD - Woolpaddle - Views remarketing vCPM,,934
-- Mirelune US,,B01VLY94L5,47
-- Tundrel US,,B08PCQ0L6L,10
-- """
-- interpretation = '''
-- AMC knows advertiser accounts rather than brands. If one account advertises several brands, filter by **advertiser** and
-- correct the brand before you take over the list.
--
-- To take it over, run the query on the instance, open the downloads of its result, and choose *Add to the instance's brands*.
-- You see every line before it is added.
--
-- ASINs are those that somebody bought after an ad. A product without such purchases in the window is missing, and so are
-- campaigns and ASINs that fewer than two recognized users stand behind.
-- '''
--
-- [metrics]
-- brand = "The advertiser account."
-- campaign_name = "The name of a campaign; empty in rows of ASINs."
-- asin = "An ASIN; empty in rows of campaigns."
-- events = "Impressions of the campaign, or purchases of the ASIN."
--
-- [window]
-- days = 91
-- lag = 2
--
-- [[parameters]]
-- name = "advertiser_pattern"
-- kind = "pattern"
-- label = "Advertisers"
-- help = "Keeps advertiser accounts whose name matches. % stands for any text; % alone keeps all."
-- default = "%"
--+++
WITH items AS (
  SELECT
    advertiser AS brand,
    campaign AS campaign_name,
    CAST(NULL AS VARCHAR) AS asin,
    impressions AS events
  FROM dsp_impressions
  WHERE advertiser LIKE {{advertiser_pattern}}
  UNION ALL
  SELECT
    advertiser AS brand,
    campaign AS campaign_name,
    CAST(NULL AS VARCHAR) AS asin,
    impressions AS events
  FROM sponsored_ads_traffic
  WHERE advertiser LIKE {{advertiser_pattern}}
  UNION ALL
  SELECT
    advertiser AS brand,
    CAST(NULL AS VARCHAR) AS campaign_name,
    tracked_asin AS asin,
    total_purchases AS events
  FROM amazon_attributed_events_by_traffic_time
  WHERE advertiser LIKE {{advertiser_pattern}}
    AND tracked_asin IS NOT NULL
)
SELECT
  brand,
  campaign_name,
  asin,
  SUM(events) AS events
FROM items
GROUP BY brand, campaign_name, asin

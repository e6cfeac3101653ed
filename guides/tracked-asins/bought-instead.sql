--+++ recomamp query
-- format = 1
-- name = "Promoted and halo purchases by product"
-- description = "For each product, how many credited purchases came from ads that promote it, and how many from ads for other products."
-- kind = "main"
-- tags = ["brand halo", "asin"]
-- window-advice = "Twelve weeks or more that ended 14 days ago: single products have few purchases."
-- sample = """
-- asin, promoted_purchases, halo_purchases, buyers, halo_share
-- B01VLY94L5, 122, 34, 131, 0.2179
-- B0TKDWV9WV, 75, 15, 76, 0.1667
-- B0N25NMYZM, 60, 22, 68, 0.2683
-- B097HMBZPL, 68, 7, 54, 0.0933
-- B0KF3MDS0M, 28, 25, 45, 0.4717
-- B0MZYLRW7Q, 43, 9, 44, 0.1731
-- B0GW1G4PL9, 27, 26, 43, 0.4906
-- B0JNH8XHBN, 38, 11, 42, 0.2245
-- B0J20YYVFJ, 21, 33, 41, 0.6111
-- B0PTWJKRX7, 24, 21, 38, 0.4667
-- """
-- chart = ["promoted_purchases", "halo_purchases"]
-- interpretation = """
-- Products with many halo and few promoted purchases sell because of other products' ads: try them as promoted products. Products without promoted purchases may simply not be promoted by any campaign.
-- """
--
-- [metrics]
-- asin = "Product bought: `tracked_asin`."
-- promoted_purchases = "Purchases credited to an ad of a campaign that promotes the product."
-- halo_purchases = "Purchases credited to an ad of a campaign that promotes other products of the brand."
-- buyers = "Different recognized users who made these purchases."
-- halo_share = "Halo purchases divided by all credited purchases of the product."
--
-- [window]
-- days = 364
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- demo-default = ["Mirelune US"]
--+++
SELECT
  tracked_asin AS asin,
  SUM(purchases) AS promoted_purchases,
  SUM(brand_halo_purchases) AS halo_purchases,
  COUNT(DISTINCT user_id) AS buyers,
  SUM(brand_halo_purchases) / NULLIF(SUM(total_purchases), 0) AS halo_share
FROM amazon_attributed_events_by_conversion_time
WHERE advertiser IN ({{advertisers}})
  AND total_purchases > 0
GROUP BY tracked_asin

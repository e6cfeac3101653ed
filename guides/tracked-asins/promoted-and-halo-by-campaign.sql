--+++ recomamp query
-- format = 1
-- name = "Promoted and brand-halo purchases by campaign"
-- description = "How much of each campaign's credited sales comes from the promoted products, and how much from other products of the brand."
-- kind = "main"
-- tags = ["brand halo", "campaigns"]
-- window-advice = "Four weeks or more that ended 14 days ago."
-- sample = """
-- campaign, promoted_purchases, halo_purchases, total_purchases, promoted_sales, halo_sales, total_sales, halo_share
-- Mirelune | Display | Consideration | 2026 H2, 35, 14, 49, 1050.54, 257.82, 1308.36, 0.1971
-- Mirelune | Display | Loyalty | 2026 H2, 41, 0, 41, 964.5, 0, 964.5, 0
-- Mirelune | Streaming TV | Awareness | 2026 H2, 18, 5, 23, 612.73, 122.92, 735.65, 0.1671
-- Mirelune | Display | Conversion | 2026 H2, 31, 0, 31, 729.64, 0, 729.64, 0
-- SBV - Mirelune - Category video, 15, 10, 25, 317.83, 287.87, 605.7, 0.4753
-- SP - Mirelune - Automatic, 11, 8, 19, 341.83, 227.9, 569.73, 0.4
-- SBA - Mirelune - Theme headline, 8, 13, 21, 194.89, 331.85, 526.74, 0.63
-- Mirelune | Display | Consideration | 2026 H1, 13, 5, 18, 381.81, 102.93, 484.74, 0.2123
-- SP - Mirelune - Category keywords broad, 10, 6, 16, 249.87, 172.92, 422.79, 0.409
-- SD - Mirelune - Contextual, 6, 9, 15, 130.94, 236.9, 367.84, 0.644
-- Mirelune | Display | Conversion | 2026 H1, 12, 0, 12, 312.84, 0, 312.84, 0
-- SD - Mirelune - Views remarketing vCPM, 9, 3, 12, 185.9, 125.94, 311.84, 0.4039
-- """
-- chart = ["promoted_sales", "halo_sales"]
-- interpretation = """
-- A high `halo_share` means that the ads sell the brand rather than the advertised product. Judge such a campaign by `total_sales`, or change what it promotes.
-- """
--
-- [metrics]
-- campaign = "Campaign of the credited ad."
-- promoted_purchases = "Purchases of products that the campaign promotes."
-- halo_purchases = "Purchases of other products of the brand."
-- total_purchases = "Both together."
-- promoted_sales = "Sales of promoted products, in the currency of the account."
-- halo_sales = "Sales of other products of the brand."
-- total_sales = "Both together."
-- halo_share = "Brand-halo sales divided by total sales."
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
SELECT
  campaign,
  SUM(purchases) AS promoted_purchases,
  SUM(brand_halo_purchases) AS halo_purchases,
  SUM(total_purchases) AS total_purchases,
  SUM(product_sales) AS promoted_sales,
  SUM(brand_halo_product_sales) AS halo_sales,
  SUM(total_product_sales) AS total_sales,
  SUM(brand_halo_product_sales) / NULLIF(SUM(total_product_sales), 0) AS halo_share
FROM amazon_attributed_events_by_conversion_time
WHERE advertiser IN ({{advertisers}})
  AND conversion_event_subtype = 'order'
GROUP BY campaign

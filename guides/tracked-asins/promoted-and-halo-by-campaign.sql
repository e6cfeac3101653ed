--+++ recomamp query
-- format = 1
-- name = "Promoted and brand-halo purchases by campaign"
-- description = "How much of each campaign's credited sales comes from the promoted products, and how much from other products of the brand."
-- kind = "main"
-- tags = ["brand halo", "campaigns"]
-- window-advice = "Four weeks or more that ended 14 days ago."
-- sample = """
-- campaign, promoted_purchases, halo_purchases, total_purchases, promoted_sales, halo_sales, total_sales, halo_share
-- Mirelune | Display | Consideration | 2026 H2, 44, 16, 60, 1311.42, 264.81, 1576.23, 0.168
-- Mirelune | Display | Conversion | 2026 H2, 50, 0, 50, 1197.39, 0, 1197.39, 0
-- Mirelune | Display | Loyalty | 2026 H2, 51, 0, 51, 1195.39, 0, 1195.39, 0
-- Mirelune | Streaming TV | Awareness | 2026 H2, 26, 8, 34, 794.66, 162.89, 957.55, 0.1701
-- SP - Mirelune - Automatic, 13, 8, 21, 419.81, 244.89, 664.7, 0.3684
-- SP - Mirelune - Category keywords broad, 9, 7, 16, 241.88, 220.9, 462.78, 0.4773
-- SD - Mirelune - Contextual, 8, 10, 18, 160.92, 274.88, 435.8, 0.6307
-- SBA - Mirelune - Theme headline, 9, 7, 16, 217.87, 204.91, 422.78, 0.4847
-- SBV - Mirelune - Category video, 9, 6, 15, 188.91, 133.93, 322.84, 0.4148
-- Mirelune | Online Video | Consideration | 2026 H2, 11, 4, 15, 233.89, 73.95, 307.84, 0.2402
-- SP - Mirelune - Category keywords phrase, 7, 4, 11, 150.92, 82.96, 233.88, 0.3547
-- """
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
-- days = 84
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- sandbox-default = ["Mirelune US"]
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

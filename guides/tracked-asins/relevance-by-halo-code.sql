--+++ recomamp query
-- format = 1
-- name = "How purchases relate to the campaigns"
-- description = "Purchases by users who saw the advertiser's ads, by how the bought product relates to the campaign's products. Includes purchases that no ad was credited for."
-- kind = "main"
-- tags = ["brand halo", "relevance"]
-- window-advice = "Four weeks or more. Nothing is attributed here, so two days are enough for the data to arrive."
-- sample = """
-- engagement_scope, halo_code, row_count, purchases, rows_per_purchase
-- PROMOTED, TRACKED_ASIN, 671, 232, 2.89
-- BRAND_HALO, BRAND_SUBCATEGORY, 20, 18, 1.11
-- BRAND_HALO, BRAND_CATEGORY, 25, 17, 1.47
-- """
-- interpretation = """
-- The rows overlap: a purchase that is relevant to two campaigns can stand in two rows. Don't add them up. The first row, *TRACKED_ASIN*, is the promoted product itself.
-- """
--
-- [metrics]
-- engagement_scope = "PROMOTED or BRAND_HALO, seen from the campaign."
-- halo_code = "How the product relates to the campaign's products: the same, the same subcategory, the same category of the brand."
-- row_count = "Rows of the source: one per conversion, campaign, scope and halo code."
-- purchases = "Different purchases behind them."
-- rows_per_purchase = "Rows divided by purchases: how far a plain sum would overcount."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "advertisers"
-- kind = "list"
-- label = "Advertisers"
-- help = "One name per line, exactly as in AMC. The DSP and the sponsored ads account of a brand can have different names: list both."
-- demo-default = ["Mirelune US"]
--+++
SELECT
  engagement_scope,
  halo_code,
  COUNT(1) AS row_count,
  COUNT(DISTINCT conversion_id) AS purchases,
  COUNT(1) / COUNT(DISTINCT conversion_id) AS rows_per_purchase
FROM conversions_with_relevance
WHERE advertiser IN ({{advertisers}})
  AND event_subtype = 'order'
GROUP BY 1, 2

--+++ recomamp query
-- format = 1
-- name = "Impressions with a user ID"
-- kind = "validate"
-- description = "What share of the impressions of each ad product AMC could assign to a user. Everything that counts users rests on that share."
-- window-advice = "The window of the analysis that you want to judge by it."
-- prerequisites = ["Amazon DSP and sponsored ads in the instance"]
-- sample = """
-- ad_product, impressions, with_user, share_with_user
-- Amazon DSP, 35471, 34022, 95.9
-- sponsored_products, 11475, 11011, 96.0
-- sponsored_brands, 3368, 3252, 96.6
-- sponsored_display, 2813, 2697, 95.9
-- sponsored_television, 225, 215, 95.6
-- """
-- interpretation = """
-- Reach, frequency, overlaps and paths are computed from the impressions **with** a user ID. Quote the share beside such a number: *"measured on 96% of impressions"*.
-- Costs and impressions of a campaign, on the other hand, should include all rows.
-- """
--
-- [metrics]
-- impressions = "All impressions."
-- with_user = "Impressions whose `user_id` isn't NULL."
-- share_with_user = "`with_user` divided by `impressions`, in percent."
--
-- [window]
-- days = 28
--+++
WITH delivery AS (
  SELECT 'Amazon DSP' AS ad_product, user_id, impressions
  FROM dsp_impressions
  UNION ALL
  SELECT ad_product_type AS ad_product, user_id, impressions
  FROM sponsored_ads_traffic
  WHERE impressions > 0
)
SELECT
  ad_product,
  SUM(impressions) AS impressions,
  SUM(IF(user_id IS NOT NULL, impressions, 0)) AS with_user,
  ROUND(100.0 * SUM(IF(user_id IS NOT NULL, impressions, 0)) / SUM(impressions), 1) AS share_with_user
FROM delivery
GROUP BY 1

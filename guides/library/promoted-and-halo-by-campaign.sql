--+++ recomamp query
-- format = 1
-- name = "Promoted products against brand halo, by campaign"
-- description = "How much of what each campaign is credited with is the promoted product, and how much is other products of the brand; for page views and sales."
-- kind = "main"
-- category = "Products"
-- use-case = "Do our ads sell what they show?"
-- products = ["dsp", "sponsored-products", "sponsored-brands", "sponsored-display", "sponsored-tv"]
-- level = "intermediate"
-- tags = ["halo", "campaigns", "products"]
-- window-advice = "Weeks that ended 14 days ago or earlier: the ads of the window then have their conversions. "
-- prerequisites = ["Attributed page views and orders in the window."]
-- sample = """
-- ad_product,campaign,page_views,halo_view_share,orders,promoted_sales,halo_sales,halo_sales_share
-- amazon_dsp,Woolpaddle | Display | Conversion | 2026 H2,137,0.0,36,1360.5300,0.0000,0.0
-- amazon_dsp,Tundrel | Display | Conversion | 2026 H2,142,0.0,26,1095.6800,0.0000,0.0
-- amazon_dsp,Tundrel | Display | Consideration | 2026 H2,177,30.5,13,305.9200,194.9300,38.9
-- sponsored_products,SP - Mirelune - Automatic,74,43.2,10,177.9200,110.9500,38.4
-- sponsored_brands,SBV - Tundrel - Category video,111,51.4,9,158.9500,196.9500,55.3
-- amazon_dsp,Mirelune | Online Video | Consideration | 2026 H2,67,38.8,7,94.9500,29.9800,24.0
-- sponsored_products,SP - Tundrel - Product targeting,3,100.0,0,0.0000,0.0000,
-- """
-- chart = ["promoted_sales", "halo_sales"]
-- interpretation = '''
-- A campaign with a high **halo_sales_share** brings people to the brand who choose another product. Compare it with
-- **halo_view_share**: when views are halo as well, the landing page or the ad leads elsewhere; when only sales are, people
-- compare and decide differently.
--
-- The columns come in threes: without prefix for promoted products, `brand_halo_` for others of the brand, and `total_` for
-- both. Reports that mix them don't match each other: ROAS on `product_sales` is never higher than ROAS on `total_product_sales`.
--
-- The guide [Tracked items and tracked ASINs](../tracked-asins/guide.md) explains the method.
-- '''
--
-- [metrics]
-- ad_product = "Ad product of the credited ad."
-- campaign = "Campaign name."
-- page_views = "Detail page views, both kinds."
-- halo_view_share = "Views of other products of the brand, in percent."
-- orders = "Orders, both kinds."
-- promoted_sales = "Sales of promoted products, in the currency of the purchase."
-- halo_sales = "Sales of other products of the brand."
-- halo_sales_share = "Halo sales in percent of all sales."
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
SELECT
  COALESCE(ad_product_type, 'amazon_dsp') AS ad_product,
  campaign,
  SUM(total_detail_page_view) AS page_views,
  ROUND(100 * SUM(brand_halo_detail_page_view) / NULLIF(SUM(total_detail_page_view), 0), 1) AS halo_view_share,
  SUM(total_purchases) AS orders,
  SUM(product_sales) AS promoted_sales,
  SUM(brand_halo_product_sales) AS halo_sales,
  ROUND(100 * SUM(brand_halo_product_sales) / NULLIF(SUM(total_product_sales), 0), 1) AS halo_sales_share
FROM amazon_attributed_events_by_traffic_time
WHERE campaign LIKE {{campaign_pattern}}
  AND (total_detail_page_view > 0 OR total_purchases > 0)
GROUP BY COALESCE(ad_product_type, 'amazon_dsp'), campaign

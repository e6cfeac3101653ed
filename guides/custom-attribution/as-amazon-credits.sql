--+++ recomamp query
-- format = 1
-- name = "Purchases as Amazon credits them"
-- description = "The standard attribution of the same channels in the same window, split into clicks and views, to set beside your own models."
-- kind = "validate"
-- tags = ["attribution", "console"]
-- window-advice = "The same window as the model query, ended 14 days ago."
-- sample = """
-- channel, purchases, after_click, after_view, sales
-- DSP display, 88, 16, 72, 2260.89
-- sponsored_products, 39, 39, 0, 993.5
-- sponsored_brands, 21, 15, 6, 584.72
-- sponsored_display, 16, 2, 14, 390.82
-- DSP online video, 7, 0, 7, 124.93
-- DSP audio, 6, 0, 6, 142.93
-- """
-- chart = ["after_click", "after_view"]
-- interpretation = """
-- Expect differences to your last-touch column: Amazon prefers clicks over later views, credits Sponsored Products for clicks only, looks back 14 days and needs a viewable impression for a view. They show how much of a channel's credit depends on such rules.
-- """
--
-- [metrics]
-- channel = "DSP by kind of creative; sponsored ads by ad product."
-- purchases = "Purchases of promoted and brand-halo products credited to the channel."
-- after_click = "Those credited to a click."
-- after_view = "Those credited to a view."
-- sales = "Sales of these purchases, in the currency of the account."
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
  CASE
    WHEN ad_product_type IS NOT NULL THEN ad_product_type
    WHEN creative_type = 'Streaming TV Video' THEN 'DSP streaming TV'
    WHEN creative_category = 'Video' THEN 'DSP online video'
    WHEN creative_type = 'Audio' THEN 'DSP audio'
    ELSE 'DSP display'
  END AS channel,
  SUM(total_purchases) AS purchases,
  SUM(total_purchases_clicks) AS after_click,
  SUM(total_purchases_views) AS after_view,
  SUM(total_product_sales) AS sales
FROM amazon_attributed_events_by_conversion_time
WHERE advertiser IN ({{advertisers}})
  AND total_purchases > 0
GROUP BY 1

--+++ recomamp query
-- format = 1
-- name = "Which events have a tracked item or ASIN"
-- description = "For each kind of conversion: how many there are, and on how many tracked_item and tracked_asin are filled."
-- kind = "explore"
-- tags = ["tracked item", "asin"]
-- window-advice = "Any window with conversions; four weeks are enough."
-- sample = """
-- subtype, event, conversions, with_tracked_item, with_tracked_asin
-- detailPageView, Product detail page viewed, 1250, 1250, 0
-- shoppingCart, Add to Shopping Cart, 207, 207, 0
-- order, Product purchased, 195, 195, 195
-- brandStorePageView, Brand Store page viewed, 83, 83, 0
-- searchConversion, Branded search, 60, 60, 0
-- 134, Page view, 39, 39, 0
-- wishList, Add to Wish List, 21, 21, 0
-- snsSubscription, Subscribe & Save subscription, 10, 10, 0
-- customerReview, Customer review, 9, 9, 0
-- 140, Off-Amazon purchase, 8, 8, 0
-- """
-- interpretation = """
-- Rows with 0 in `with_tracked_asin` are the events that you lose when a query filters or groups by `tracked_asin`.
-- """
--
-- [metrics]
-- subtype = "Kind of conversion; off-Amazon events carry a number."
-- event = "The same in words."
-- conversions = "Conversions credited to an ad."
-- with_tracked_item = "Those with a value in `tracked_item`."
-- with_tracked_asin = "Those with a value in `tracked_asin`."
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
  conversion_event_subtype AS subtype,
  conversion_event_type_description AS event,
  SUM(conversions) AS conversions,
  COUNT(tracked_item) AS with_tracked_item,
  COUNT(tracked_asin) AS with_tracked_asin
FROM amazon_attributed_events_by_conversion_time
WHERE advertiser IN ({{advertisers}})
GROUP BY 1, 2

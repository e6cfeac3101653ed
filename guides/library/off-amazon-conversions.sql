--+++ recomamp query
-- format = 1
-- name = "Conversions on your own site"
-- description = "Off-Amazon events, such as page views and purchases on the advertiser's own site, credited to each Amazon DSP campaign."
-- kind = "main"
-- category = "Products"
-- use-case = "What do our ads bring to our own shop?"
-- products = ["dsp"]
-- level = "intermediate"
-- tags = ["off-amazon", "conversions", "ad tag"]
-- window-advice = "Whole weeks that ended at least two days ago; events count at their own time. Events sent through the Conversions API can arrive late."
-- prerequisites = ["An Amazon Ad Tag or events sent through the Conversions API."]
-- sample = """
-- campaign,event_description,event_source,conversions,users,sales,conversion_value
-- Mirelune | Display | Own shop | 2026 H2,Page view,Amazon Ad Tag,39,37,0.0000,39.0000
-- Mirelune | Display | Own shop | 2026 H2,Off-Amazon purchase,Conversions API,8,8,167.9200,0.0000
-- Tundrel | Display | Own shop | 2026 H2,Page view,Amazon Ad Tag,20,17,0.0000,20.0000
-- Woolpaddle | Display | Own shop | 2026 H2,Page view,Amazon Ad Tag,17,16,0.0000,17.0000
-- """
-- chart = "conversions"
-- interpretation = '''
-- Read the rows of one campaign from the event at the top of your funnel to the purchase. Sales in your shop are in **sales**,
-- a column of their own: `total_product_sales` holds sales on Amazon only, and `combined_sales` both.
--
-- **conversion_value** is the value that you gave an event without a sale, such as a sign-up. Only campaigns for which these
-- conversions are tracked can be credited with them. `conversion_event_subtype` is a number for off-Amazon events; the
-- description says what it is.
-- '''
--
-- [metrics]
-- campaign = "Campaign of the credited ad."
-- event_description = "What happened."
-- event_source = "How Amazon learned of it."
-- conversions = "Attributed events."
-- users = "Different recognized users."
-- sales = "Off-Amazon sales, in the currency of the purchase."
-- conversion_value = "Value that the advertiser gave to events without a sale."
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
  campaign,
  conversion_event_type_description AS event_description,
  conversion_event_source_name AS event_source,
  SUM(conversions) AS conversions,
  COUNT(DISTINCT user_id) AS users,
  SUM(off_amazon_product_sales) AS sales,
  SUM(off_amazon_conversion_value) AS conversion_value
FROM amazon_attributed_events_by_conversion_time
WHERE campaign LIKE {{campaign_pattern}}
  AND conversion_event_category = 'off-Amazon'
GROUP BY campaign, conversion_event_type_description, conversion_event_source_name

--+++ recomamp query
-- format = 1
-- name = "Viewability by campaign and creative type"
-- description = "How many Amazon DSP impressions could be measured, and how many of those were viewable."
-- kind = "main"
-- category = "DSP delivery"
-- use-case = "Are our ads actually seen?"
-- products = ["dsp", "streaming-tv"]
-- level = "basic"
-- tags = ["viewability", "dsp"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read. "
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- campaign,creative_type,impressions,measurable_impressions,viewable_impressions,measurable_rate,viewable_rate,cost_per_1000_viewable
-- Mirelune | Display | Consideration | 2026 H2,Standard Display,4459,4236,2927,95.0,69.1,6.61
-- Mirelune | Streaming TV | Awareness | 2026 H2,Streaming TV Video,3657,3466,3393,94.8,97.9,35.76
-- Tundrel | Display | Consideration | 2026 H2,Standard Display,3099,2956,2024,95.4,68.5,6.70
-- Tundrel | Streaming TV | Awareness | 2026 H2,Streaming TV Video,2740,2594,2548,94.7,98.2,35.69
-- Woolpaddle | Display | Consideration | 2026 H2,Standard Display,2203,2098,1388,95.2,66.2,6.89
-- Mirelune | Display | Consideration | 2026 H2,Responsive eCommerce,2151,2046,1426,95.1,69.7,6.56
-- Woolpaddle | Streaming TV | Awareness | 2026 H2,Streaming TV Video,1799,1720,1680,95.6,97.7,35.72
-- """
-- chart = "viewable_rate"
-- interpretation = '''
-- Compare **viewable_rate** within one creative type. It is the share of the *measurable* impressions, the usual definition;
-- check **measurable_rate** first, since a high viewable rate over a small measurable part proves little.
--
-- `dsp_views` has one row per event: an impression that was measurable and viewable gives two, so counting rows would
-- overstate delivery. That is why the columns are summed and impressions are taken from `dsp_impressions`.
--
-- A view event can fall on the day after the impression, so very short windows don't fit together exactly.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- creative_type = "Type of the creative."
-- impressions = "Impressions (dsp_impressions)."
-- measurable_impressions = "Impressions whose viewability could be measured."
-- viewable_impressions = "Measured impressions that were viewable."
-- measurable_rate = "Measurable in percent of impressions."
-- viewable_rate = "Viewable in percent of measurable impressions."
-- cost_per_1000_viewable = "All-in cost per 1,000 viewable impressions, in the currency of the advertiser."
--
-- [window]
-- days = 28
-- lag = 2
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
WITH combined AS (
  SELECT
    campaign,
    creative_type,
    impressions,
    total_cost / 100000 AS cost,
    0 AS measurable,
    0 AS viewable
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
  UNION ALL
  SELECT
    campaign,
    creative_type,
    0 AS impressions,
    0 AS cost,
    measurable_impressions AS measurable,
    viewable_impressions AS viewable
  FROM dsp_views
  WHERE campaign LIKE {{campaign_pattern}}
)
SELECT
  campaign,
  creative_type,
  SUM(impressions) AS impressions,
  SUM(measurable) AS measurable_impressions,
  SUM(viewable) AS viewable_impressions,
  ROUND(100 * SUM(measurable) / NULLIF(SUM(impressions), 0), 1) AS measurable_rate,
  ROUND(100 * SUM(viewable) / NULLIF(SUM(measurable), 0), 1) AS viewable_rate,
  ROUND(1000 * SUM(cost) / NULLIF(SUM(viewable), 0), 2) AS cost_per_1000_viewable
FROM combined
GROUP BY campaign, creative_type

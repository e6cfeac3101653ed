--+++ recomamp query
-- format = 1
-- name = "Viewability by site, with unmeasurable impressions"
-- description = "For each site: measurable and unmeasurable impressions, the viewable part of the first, and the estimated views of the second."
-- kind = "main"
-- category = "DSP delivery"
-- use-case = "On which sites can't we tell whether our ads were seen?"
-- products = ["dsp", "streaming-tv"]
-- level = "intermediate"
-- tags = ["viewability", "supply", "sites"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read. "
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- site,measurable_impressions,unmeasurable_impressions,unmeasurable_share,viewable_impressions,viewable_rate,estimated_views
-- Amazon.com,8440,435,4.9,5920,70.1,313
-- Amazon Shopping App,4030,198,4.7,2698,66.9,135
-- Prime Video,3299,179,5.1,3245,98.4,173
-- dailyharbor.example,2903,192,6.2,2032,70.0,137
-- cookpocket.example,2594,141,5.2,1829,70.5,101
-- IMDb,1745,97,5.3,1229,70.4,69
-- Weatherfold,1707,98,5.4,1241,72.7,73
-- trailnotes.example,1566,79,4.8,1059,67.6,64
-- """
-- chart = "unmeasurable_share"
-- interpretation = '''
-- Sites with a high **unmeasurable_share** need another kind of proof, or should be bought only where viewability doesn't
-- matter. Sites with a low **viewable_rate** are candidates for exclusion when they are large enough.
--
-- **estimated_views** are unmeasurable impressions that Amazon counts as viewed by estimate (`SYNTHETIC_VIEW`). They are shown
-- beside the rate and are not part of it.
--
-- Invalid traffic is not part of this table: the documented data sources have no column that marks it.
-- '''
--
-- [metrics]
-- site = "Site or app."
-- measurable_impressions = "Impressions whose viewability could be measured."
-- unmeasurable_impressions = "Impressions whose viewability could not be measured."
-- unmeasurable_share = "Unmeasurable in percent of both."
-- viewable_impressions = "Measured impressions that were viewable."
-- viewable_rate = "Viewable in percent of measurable impressions."
-- estimated_views = "Unmeasurable impressions counted as viewed by estimate."
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
SELECT
  site,
  SUM(measurable_impressions) AS measurable_impressions,
  SUM(CASE WHEN event_type = 'UNMEASURABLE_IMP' THEN events ELSE 0 END) AS unmeasurable_impressions,
  ROUND(
    100 * SUM(CASE WHEN event_type = 'UNMEASURABLE_IMP' THEN events ELSE 0 END)
      / NULLIF(SUM(CASE WHEN event_type IN ('MEASURABLE_IMP', 'UNMEASURABLE_IMP') THEN events ELSE 0 END), 0),
    1
  ) AS unmeasurable_share,
  SUM(viewable_impressions) AS viewable_impressions,
  ROUND(100 * SUM(viewable_impressions) / NULLIF(SUM(measurable_impressions), 0), 1) AS viewable_rate,
  SUM(unmeasurable_viewable_impressions) AS estimated_views
FROM dsp_views
WHERE campaign LIKE {{campaign_pattern}}
GROUP BY site

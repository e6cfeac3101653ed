--+++ recomamp query
-- format = 1
-- name = "Streaming TV: exclusive reach by publisher and deal"
-- description = "For each site and private deal of streaming TV: reach, frequency, CPM, and the viewers whom no other streaming TV site reached."
-- kind = "main"
-- category = "Streaming TV"
-- use-case = "Which streaming TV supply adds viewers instead of repeating them?"
-- products = ["streaming-tv"]
-- level = "intermediate"
-- tags = ["streaming tv", "incremental reach", "deals"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read. Four weeks or a whole flight."
-- prerequisites = ["Amazon DSP streaming TV campaigns that delivered in the window."]
-- sample = """
-- site,deal,impressions,reach,frequency,cpm,exclusive_users,exclusive_share,cost_per_1000_exclusive
-- Prime Video,Prime Video Reach,1964,1416,1.39,34.16,500,35.3,134.19
-- Prime Video,open auction,961,707,1.36,29.86,249,35.2,115.23
-- Hollowtree TV,Prime Video Reach,647,575,1.13,33.95,110,19.1,199.67
-- Fire TV Channels,Prime Video Reach,633,569,1.11,34.16,121,21.3,178.73
-- Sundial Stream,Prime Video Reach,577,527,1.09,33.82,106,20.1,184.11
-- Twitch,Prime Video Reach,466,438,1.06,33.63,99,22.6,158.32
-- Campfire Sports,Prime Video Reach,374,350,1.07,34.24,71,20.3,180.37
-- Prime Video,Openreel Live Sports,424,325,1.30,37.18,104,32.0,151.59
-- """
-- chart = "exclusive_users"
-- interpretation = '''
-- Rank the supply by **cost_per_1000_exclusive**: what a thousand viewers cost whom only this site reached. A site with a low
-- CPM but a small **exclusive_share** repeats viewers whom you reach anyway.
--
-- Exclusivity is counted per site. A viewer whom a deal and the open auction reached on the same site counts in both rows, so
-- don't add up the rows of one site.
--
-- Reach counts devices and accounts, not people before the screen.
--
-- The guide [Incremental reach](../incremental-reach/guide.md) explains the method.
-- '''
--
-- [metrics]
-- site = "App or channel."
-- deal = "Private deal, or \"open auction\"."
-- impressions = "Impressions shown to recognized users."
-- reach = "Different recognized users."
-- frequency = "Impressions divided by reach."
-- cpm = "Cost per 1,000 impressions, in the currency of the advertiser."
-- exclusive_users = "Users whom no other site of these campaigns reached."
-- exclusive_share = "These users in percent of reach."
-- cost_per_1000_exclusive = "Cost of all impressions per 1,000 exclusive users."
--
-- [window]
-- days = 28
-- lag = 2
--
-- [[parameters]]
-- name = "tv_pattern"
-- kind = "pattern"
-- label = "Streaming TV campaigns"
-- help = "What the names of your Amazon DSP streaming TV campaigns look like, such as %STV%. % stands for any text."
-- demo-default = "%Streaming TV%"
--+++
WITH per_user AS (
  SELECT
    site,
    COALESCE(deal_name, 'open auction') AS deal,
    user_id,
    SUM(impressions) AS impressions,
    SUM(total_cost) / 100000 AS cost
  FROM dsp_impressions
  WHERE campaign LIKE {{tv_pattern}}
    AND user_id IS NOT NULL
  GROUP BY site, COALESCE(deal_name, 'open auction'), user_id
),
sites AS (
  SELECT
    user_id,
    COUNT(DISTINCT site) AS site_count
  FROM per_user
  GROUP BY user_id
)
SELECT
  p.site,
  p.deal,
  SUM(p.impressions) AS impressions,
  COUNT(DISTINCT p.user_id) AS reach,
  ROUND(SUM(p.impressions) / NULLIF(COUNT(DISTINCT p.user_id), 0), 2) AS frequency,
  ROUND(1000 * SUM(p.cost) / NULLIF(SUM(p.impressions), 0), 2) AS cpm,
  SUM(CASE WHEN s.site_count = 1 THEN 1 ELSE 0 END) AS exclusive_users,
  ROUND(100 * SUM(CASE WHEN s.site_count = 1 THEN 1 ELSE 0 END) / NULLIF(COUNT(DISTINCT p.user_id), 0), 1)
    AS exclusive_share,
  ROUND(1000 * SUM(p.cost) / NULLIF(SUM(CASE WHEN s.site_count = 1 THEN 1 ELSE 0 END), 0), 2) AS cost_per_1000_exclusive
FROM per_user p
JOIN sites s ON s.user_id = p.user_id
GROUP BY p.site, p.deal

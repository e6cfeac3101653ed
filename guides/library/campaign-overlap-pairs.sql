--+++ recomamp query
-- format = 1
-- name = "Audience overlap of campaign pairs"
-- description = "For each pair of Amazon DSP campaigns: how many people saw both, and what part of each campaign that is."
-- kind = "main"
-- category = "Overlap"
-- use-case = "Which of our campaigns compete for the same people?"
-- products = ["dsp", "streaming-tv"]
-- level = "intermediate"
-- tags = ["overlap", "reach", "campaigns"]
-- window-advice = "Any window that ended at least two days ago. Pairs that never ran at the same time still overlap when both delivered in the window."
-- prerequisites = ["At least two Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- campaign_a,campaign_b,shared_users,reach_a,reach_b,share_of_a,share_of_b
-- Mirelune | Display | Consideration | 2026 H2,Tundrel | Display | Consideration | 2026 H2,392,3082,2236,12.7,17.5
-- Mirelune | Display | Consideration | 2026 H2,Woolpaddle | Display | Consideration | 2026 H2,289,3082,1624,9.4,17.8
-- Mirelune | Display | Consideration | 2026 H2,Mirelune | Streaming TV | Awareness | 2026 H2,239,3082,1760,7.8,13.6
-- Tundrel | Display | Consideration | 2026 H2,Woolpaddle | Display | Consideration | 2026 H2,197,2236,1624,8.8,12.1
-- Mirelune | Display | Consideration | 2026 H2,Tundrel | Streaming TV | Awareness | 2026 H2,179,3082,1336,5.8,13.4
-- Mirelune | Streaming TV | Awareness | 2026 H2,Tundrel | Display | Consideration | 2026 H2,177,1760,2236,10.1,7.9
-- """
-- interpretation = '''
-- Each pair appears once. **share_of_a** and **share_of_b** say how much of each campaign's audience the other reaches too: a
-- small campaign can be contained almost completely in a large one, while the large one is hardly touched.
--
-- Two prospecting campaigns with a high overlap on both sides are candidates for exclusion lists, a shared frequency cap, or
-- merging.
--
-- Keep the choice of campaigns narrow on large accounts: the query compares each person's campaigns pairwise.
-- '''
--
-- [metrics]
-- campaign_a = "First campaign of the pair, in order of name."
-- campaign_b = "Second campaign."
-- shared_users = "Recognized users who saw both in the window."
-- reach_a = "Users reached by the first campaign."
-- reach_b = "Users reached by the second."
-- share_of_a = "Shared users in percent of the reach of the first campaign."
-- share_of_b = "Shared users in percent of the reach of the second."
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
--
-- [[parameters]]
-- name = "min_shared"
-- kind = "number"
-- label = "Smallest overlap"
-- help = "Pairs with fewer shared users are left out."
-- default = 100
--+++
WITH per_user AS (
  SELECT
    user_id,
    campaign
  FROM dsp_impressions
  WHERE campaign LIKE {{campaign_pattern}}
    AND user_id IS NOT NULL
  GROUP BY user_id, campaign
),
reach AS (
  SELECT
    campaign,
    COUNT(DISTINCT user_id) AS users
  FROM per_user
  GROUP BY campaign
),
pairs AS (
  SELECT
    a.campaign AS campaign_a,
    b.campaign AS campaign_b,
    COUNT(DISTINCT a.user_id) AS shared_users
  FROM per_user a
  JOIN per_user b ON b.user_id = a.user_id
  WHERE a.campaign < b.campaign
  GROUP BY a.campaign, b.campaign
)
SELECT
  p.campaign_a,
  p.campaign_b,
  SUM(p.shared_users) AS shared_users,
  MAX(ra.users) AS reach_a,
  MAX(rb.users) AS reach_b,
  ROUND(100 * SUM(p.shared_users) / NULLIF(MAX(ra.users), 0), 1) AS share_of_a,
  ROUND(100 * SUM(p.shared_users) / NULLIF(MAX(rb.users), 0), 1) AS share_of_b
FROM pairs p
JOIN reach ra ON ra.campaign = p.campaign_a
JOIN reach rb ON rb.campaign = p.campaign_b
WHERE p.shared_users >= {{min_shared}}
GROUP BY p.campaign_a, p.campaign_b

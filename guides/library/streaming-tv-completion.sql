--+++ recomamp query
-- format = 1
-- name = "Streaming TV and online video completion"
-- description = "How far Amazon DSP video ads were watched, by campaign and length of the creative, and what a completed view costs."
-- kind = "main"
-- category = "Streaming TV"
-- use-case = "Do people watch our video ads to the end?"
-- products = ["streaming-tv", "dsp"]
-- level = "basic"
-- tags = ["video", "completion", "streaming tv"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read. "
-- prerequisites = ["Amazon DSP video campaigns that delivered in the window."]
-- sample = """
-- campaign,creative_seconds,impressions,starts,midpoint_rate,completion_rate,completed,cost_per_1000_completed
-- Mirelune | Streaming TV | Awareness | 2026 H2,15,1837,1837,97.4,94.8,1741,34.90
-- Mirelune | Streaming TV | Awareness | 2026 H2,30,1820,1820,97.3,94.7,1724,35.12
-- Tundrel | Streaming TV | Awareness | 2026 H2,30,1404,1404,97.6,95.4,1339,34.73
-- Tundrel | Streaming TV | Awareness | 2026 H2,15,1336,1336,96.6,94.5,1262,35.22
-- Woolpaddle | Streaming TV | Awareness | 2026 H2,30,910,910,96.7,93.7,853,35.53
-- Woolpaddle | Streaming TV | Awareness | 2026 H2,15,889,889,96.7,93.9,835,35.57
-- Mirelune | Online Video | Consideration | 2026 H2,15,633,633,72.4,43.3,274,32.62
-- Mirelune | Online Video | Consideration | 2026 H2,6,613,613,73.1,44.7,274,31.81
-- """
-- interpretation = '''
-- Compare lengths within one kind: in the sample, more than nine of ten television ads are watched to the end, and fewer than
-- half of the online videos. Where **midpoint_rate** is already low, the first seconds lose the viewer; where only
-- **completion_rate** falls, a shorter cut helps.
--
-- **cost_per_1000_completed** makes a cheap format that people skip comparable with an expensive one that they watch.
--
-- The rates are shares of **starts**. An impression that never started says nothing about the ad.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- creative_seconds = "Length of the creative, in seconds."
-- impressions = "Impressions."
-- starts = "Video starts."
-- midpoint_rate = "Videos that reached the half, in percent of starts."
-- completion_rate = "Completed videos in percent of starts."
-- completed = "Completed videos."
-- cost_per_1000_completed = "All-in cost per 1,000 completed videos, in the currency of the advertiser."
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
  campaign,
  creative_duration AS creative_seconds,
  SUM(impressions) AS impressions,
  SUM(video_start) AS starts,
  ROUND(100 * SUM(video_midpoint) / NULLIF(SUM(video_start), 0), 1) AS midpoint_rate,
  ROUND(100 * SUM(video_complete) / NULLIF(SUM(video_start), 0), 1) AS completion_rate,
  SUM(video_complete) AS completed,
  ROUND(1000 * SUM(total_cost) / 100000 / NULLIF(SUM(video_complete), 0), 2) AS cost_per_1000_completed
FROM dsp_video_events_feed
WHERE campaign LIKE {{campaign_pattern}}
GROUP BY campaign, creative_duration

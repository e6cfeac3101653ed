--+++ recomamp query
-- format = 1
-- name = "Segments of buyers that you do not target yet"
-- description = "For segments that line items did not target: how much more common they are among buyers than among everybody who was reached."
-- kind = "main"
-- category = "Audience segments"
-- use-case = "Which audiences should we test next?"
-- products = ["dsp", "audiences"]
-- level = "advanced"
-- tags = ["segments", "prospecting", "index"]
-- window-advice = "Short: this data source repeats each impression for every segment of the person. Two to eight weeks that ended 14 days ago."
-- prerequisites = ["Amazon DSP campaigns with buyers among the people they reached."]
-- sample = """
-- segment,reach,buyers,share_of_reach,share_of_buyers,segment_index
-- LS - Beauty Enthusiasts,2168,44,12.5,16.3,131
-- IM - Coffee & Espresso,2629,50,15.1,18.5,122
-- LS - Eco Conscious Homes,2949,55,17.0,20.4,120
-- IM - Writing Instruments,1245,23,7.2,8.5,119
-- LS - Home Baristas,1759,32,10.1,11.9,117
-- LS - New Movers,750,13,4.3,4.8,112
-- IM - Coffee Makers,1274,21,7.3,7.8,106
-- """
-- chart = "segment_index"
-- interpretation = '''
-- **segment_index** is 100 where a segment is as common among buyers as among all who saw ads, 150 where it is one and a half
-- times as common. Test segments with a high index and enough **buyers**; with fewer than about 30 buyers an index is a hint
-- at best.
--
-- Segments that were targeted for an impression are left out of that impression, because delivery would make them common. A
-- segment can still appear when other line items did not target it.
--
-- People are counted, not impressions, so heavy users don't distort the index. Buyers have an order that is relevant to the
-- chosen campaigns in the window. Segment membership is that at the time of the impression.
-- '''
--
-- [metrics]
-- segment = "Segment of the person that the impression did not target."
-- reach = "Recognized users in the segment who were shown an ad."
-- buyers = "Those with an order in the window."
-- share_of_reach = "Reach of the segment in percent of all users in any such segment."
-- share_of_buyers = "Buyers in percent of all buyers in any such segment."
-- segment_index = "Share of buyers in percent of share of reach."
--
-- [window]
-- days = 56
-- lag = 14
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--
-- [[parameters]]
-- name = "min_reach"
-- kind = "number"
-- label = "Smallest reach"
-- help = "Segments with fewer users reached are left out."
-- default = 100
--+++
WITH members AS (
  SELECT
    behavior_segment_name AS segment,
    user_id
  FROM dsp_impressions_by_user_segments
  WHERE campaign LIKE {{campaign_pattern}}
    AND behavior_segment_matched = 0
    AND user_id IS NOT NULL
  GROUP BY behavior_segment_name, user_id
),
buyers AS (
  SELECT
    user_id
  FROM conversions_with_relevance
  WHERE event_subtype = 'order'
    AND user_id IS NOT NULL
    AND campaign LIKE {{campaign_pattern}}
  GROUP BY user_id
),
totals AS (
  SELECT
    COUNT(DISTINCT m.user_id) AS all_users,
    COUNT(DISTINCT b.user_id) AS all_buyers
  FROM members m
  LEFT JOIN buyers b ON b.user_id = m.user_id
),
segments AS (
  SELECT
    m.segment,
    COUNT(DISTINCT m.user_id) AS reach,
    COUNT(DISTINCT b.user_id) AS buyers
  FROM members m
  LEFT JOIN buyers b ON b.user_id = m.user_id
  GROUP BY m.segment
)
SELECT
  s.segment,
  SUM(s.reach) AS reach,
  SUM(s.buyers) AS buyers,
  ROUND(100 * SUM(s.reach) / NULLIF(MAX(t.all_users), 0), 1) AS share_of_reach,
  ROUND(100 * SUM(s.buyers) / NULLIF(MAX(t.all_buyers), 0), 1) AS share_of_buyers,
  ROUND(
    100 * (SUM(s.buyers) / NULLIF(MAX(t.all_buyers), 0)) / NULLIF(SUM(s.reach) / NULLIF(MAX(t.all_users), 0), 0)
  ) AS segment_index
FROM segments s
CROSS JOIN totals t
WHERE s.reach >= {{min_reach}}
GROUP BY s.segment

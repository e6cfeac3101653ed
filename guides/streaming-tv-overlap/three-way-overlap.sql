--+++ recomamp query
-- format = 1
-- name = "Three-way overlap"
-- kind = "main"
-- description = "Streaming TV, display, and sponsored ads: how many people saw each combination, and how many of them searched for the brand, viewed its products, and bought."
-- window-advice = "Twelve weeks or more; it may end two days ago, since nothing here is attributed by Amazon. Seven groups divide the buyers, and people need time to see three channels."
-- prerequisites = ["Streaming TV, display, and sponsored ads of the same brand, all running in the window", "The brand's ASINs and branded search terms"]
-- sample = """
-- exposure, people, share_of_people, search_rate, page_view_rate, buyers, purchase_rate
-- Display, 3645, 30.5, 0.19, 2.77, 20, 0.55
-- Sponsored, 2519, 21.1, 0.56, 8.18, 47, 1.87
-- TV, 1958, 16.4, 0.15, 1.99, 10, 0.51
-- Display + sponsored, 1435, 12.0, 1.18, 12.75, 44, 3.07
-- TV + display, 950, 7.9, 0.53, 3.79, 8, 0.84
-- TV + display + sponsored, 773, 6.5, 1.42, 16.43, 32, 4.14
-- TV + sponsored, 676, 5.7, 1.63, 12.43, 16, 2.37
-- """
-- chart = "people"
-- interpretation = """
-- * Every person is in exactly one row, so **people** add up to the reach of all three together, among account IDs.
-- * Compare rows that differ in **one** channel: *Sponsored* with *TV + sponsored*, *Display* with *TV + display*. The difference goes along with TV.
-- * **Search rate** is the first effect to expect from TV, **purchase rate** the last. Rates of small rows jump: look at *people* and *buyers*.
-- """
--
-- [metrics]
-- exposure = "The channels that a person saw in the window, and no other."
-- people = "Different users known by their account."
-- share_of_people = "People in percent of everybody reached."
-- search_rate = "People who made a branded search after their first ad contact, in percent."
-- page_view_rate = "People who viewed a product page of the brand after their first ad contact, in percent."
-- buyers = "People with an order of the brand after their first ad contact."
-- purchase_rate = "Buyers in percent of people."
--
-- [window]
-- days = 112
--
-- [[parameters]]
-- name = "tv_campaigns"
-- kind = "list"
-- label = "Streaming TV campaigns"
-- help = "One Amazon DSP campaign (order) per line, exactly as in AMC."
-- demo-default = ["Mirelune | Streaming TV | Awareness | {half-year}"]
--
-- [[parameters]]
-- name = "display_campaigns"
-- kind = "list"
-- label = "Display campaigns"
-- help = "Prospecting campaigns of Amazon DSP. Leave retargeting out: it follows interest that is there already."
-- demo-default = ["Mirelune | Display | Consideration | {half-year}"]
--
-- [[parameters]]
-- name = "sponsored_pattern"
-- kind = "pattern"
-- label = "Sponsored campaigns like"
-- help = "Finds the brand's Sponsored Products and Sponsored Brands campaigns. % stands for any text."
-- default = "%"
-- demo-default = "%Mirelune%"
--
-- [[parameters]]
-- name = "items"
-- kind = "list"
-- label = "ASINs and branded search terms"
-- help = "What counts as a response, one per line: the brand's ASINs, and its search terms as they stand in tracked_item."
-- demo-default = ["mirelune", "B0N25NMYZM", "B097HMBZPL", "B0TKDWV9WV", "B0JNH8XHBN", "B0PTWJKRX7", "B01VLY94L5", "B0MZYLRW7Q", "B0J20YYVFJ", "B0GW1G4PL9", "B0KF3MDS0M"]
--+++
WITH contacts AS (
  SELECT user_id, impression_dt_utc AS met_at,
    IF(campaign IN ({{tv_campaigns}}), 1, 0) AS tv,
    IF(campaign IN ({{display_campaigns}}), 1, 0) AS display,
    0 AS sponsored
  FROM dsp_impressions
  WHERE (campaign IN ({{tv_campaigns}}) OR campaign IN ({{display_campaigns}}))
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'

  UNION ALL

  SELECT user_id, event_dt_utc AS met_at, 0 AS tv, 0 AS display, 1 AS sponsored
  FROM sponsored_ads_traffic
  WHERE campaign LIKE {{sponsored_pattern}}
    AND ad_product_type IN ('sponsored_products', 'sponsored_brands')
    AND user_id IS NOT NULL
    AND user_id_type = 'adUserId'
    AND impressions + clicks > 0
),
people AS (
  SELECT
    user_id,
    MIN(met_at) AS first_contact,
    MAX(tv) AS tv,
    MAX(display) AS display,
    MAX(sponsored) AS sponsored
  FROM contacts
  GROUP BY user_id
),
responses AS (
  -- One row for each person who responded
  SELECT
    c.user_id,
    MAX(IF(c.event_subtype = 'searchConversion', 1, 0)) AS searched,
    MAX(IF(c.event_subtype = 'detailPageView', 1, 0)) AS viewed,
    MAX(IF(c.event_subtype = 'order', 1, 0)) AS bought
  FROM conversions c
  JOIN people p ON c.user_id = p.user_id
  WHERE c.event_subtype IN ('searchConversion', 'detailPageView', 'order')
    AND c.tracked_item IN ({{items}})
    AND c.event_dt_utc > p.first_contact
  GROUP BY c.user_id
),
groups AS (
  SELECT
    CASE
      WHEN p.tv = 1 AND p.display = 1 AND p.sponsored = 1 THEN 'TV + display + sponsored'
      WHEN p.tv = 1 AND p.display = 1 THEN 'TV + display'
      WHEN p.tv = 1 AND p.sponsored = 1 THEN 'TV + sponsored'
      WHEN p.display = 1 AND p.sponsored = 1 THEN 'Display + sponsored'
      WHEN p.tv = 1 THEN 'TV'
      WHEN p.display = 1 THEN 'Display'
      ELSE 'Sponsored'
    END AS exposure,
    COUNT(p.user_id) AS people,
    SUM(COALESCE(r.searched, 0)) AS searchers,
    SUM(COALESCE(r.viewed, 0)) AS viewers,
    SUM(COALESCE(r.bought, 0)) AS buyers
  FROM people p
  LEFT JOIN responses r ON p.user_id = r.user_id
  GROUP BY 1
)
SELECT
  exposure,
  people,
  ROUND(100.0 * people / SUM(people) OVER (), 1) AS share_of_people,
  ROUND(100.0 * searchers / people, 2) AS search_rate,
  ROUND(100.0 * viewers / people, 2) AS page_view_rate,
  buyers,
  ROUND(100.0 * buyers / people, 2) AS purchase_rate
FROM groups

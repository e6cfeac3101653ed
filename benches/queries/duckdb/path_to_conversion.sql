WITH seen AS (
  SELECT user_id, campaign, MIN(impression_dt_utc) AS first_seen
  FROM dsp_impressions
  WHERE impression_dt_utc >= TIMESTAMP '2026-01-01' AND impression_dt_utc < TIMESTAMP '2026-11-01' AND user_id IS NOT NULL
  GROUP BY user_id, campaign
),
ordered AS (
  SELECT user_id, campaign, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY first_seen) AS place
  FROM seen
),
steps AS (
  SELECT user_id, CONCAT(CAST(place AS VARCHAR), ': ', campaign) AS step
  FROM ordered
  WHERE place < 4
),
paths AS (
  SELECT user_id, list_sort(list(DISTINCT step)) AS path
  FROM steps
  GROUP BY user_id
),
bought AS (
  SELECT user_id, SUM(purchases) AS purchases
  FROM amazon_attributed_events_by_conversion_time
  WHERE conversion_event_dt_utc >= TIMESTAMP '2026-01-01' AND conversion_event_dt_utc < TIMESTAMP '2026-11-01' AND user_id IS NOT NULL
  GROUP BY user_id
)
SELECT p.path, COUNT(DISTINCT p.user_id) AS reach, SUM(b.purchases) AS purchases
FROM paths p
LEFT JOIN bought b ON p.user_id = b.user_id
GROUP BY p.path

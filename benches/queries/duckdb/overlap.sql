WITH contacts AS (
  SELECT user_id, 1 AS dsp, 0 AS sponsored FROM dsp_impressions
  WHERE impression_dt_utc >= TIMESTAMP '2026-01-01' AND impression_dt_utc < TIMESTAMP '2026-11-01' AND user_id IS NOT NULL
  UNION ALL
  SELECT user_id, 0 AS dsp, 1 AS sponsored FROM sponsored_ads_traffic
  WHERE event_dt_utc >= TIMESTAMP '2026-01-01' AND event_dt_utc < TIMESTAMP '2026-11-01' AND user_id IS NOT NULL
),
people AS (
  SELECT user_id, MAX(dsp) AS dsp, MAX(sponsored) AS sponsored FROM contacts GROUP BY user_id
)
SELECT dsp, sponsored, COUNT(DISTINCT user_id) AS reach
FROM people
GROUP BY dsp, sponsored

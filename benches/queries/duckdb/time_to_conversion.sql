WITH seen AS (
  SELECT user_id, campaign, MIN(impression_dt_utc) AS first_seen
  FROM dsp_impressions
  WHERE impression_dt_utc >= TIMESTAMP '2026-01-01' AND impression_dt_utc < TIMESTAMP '2026-11-01' AND user_id IS NOT NULL
  GROUP BY user_id, campaign
),
bought AS (
  SELECT user_id, campaign, MIN(conversion_event_dt_utc) AS first_bought
  FROM amazon_attributed_events_by_conversion_time
  WHERE conversion_event_dt_utc >= TIMESTAMP '2026-01-01' AND conversion_event_dt_utc < TIMESTAMP '2026-11-01' AND purchases > 0 AND user_id IS NOT NULL
  GROUP BY user_id, campaign
)
SELECT
  s.campaign,
  CASE
    WHEN date_diff('second', s.first_seen, b.first_bought) < 3600 THEN '1: within an hour'
    WHEN date_diff('second', s.first_seen, b.first_bought) < 86400 THEN '2: within a day'
    WHEN date_diff('second', s.first_seen, b.first_bought) < 604800 THEN '3: within a week'
    ELSE '4: later'
  END AS time_to_conversion,
  COUNT(DISTINCT s.user_id) AS buyers
FROM seen s
JOIN bought b ON s.user_id = b.user_id AND s.campaign = b.campaign
WHERE b.first_bought > s.first_seen
GROUP BY s.campaign, time_to_conversion

SELECT campaign, COUNT(DISTINCT user_id) AS reach, SUM(impressions) AS impressions
FROM dsp_impressions
WHERE impression_dt_utc >= TIMESTAMP '2026-01-01' AND impression_dt_utc < TIMESTAMP '2026-11-01'
GROUP BY campaign

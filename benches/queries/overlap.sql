WITH contacts AS (
  SELECT user_id, 1 AS dsp, 0 AS sponsored FROM dsp_impressions WHERE user_id IS NOT NULL
  UNION ALL
  SELECT user_id, 0 AS dsp, 1 AS sponsored FROM sponsored_ads_traffic WHERE user_id IS NOT NULL
),
people AS (
  SELECT user_id, MAX(dsp) AS dsp, MAX(sponsored) AS sponsored FROM contacts GROUP BY user_id
)
SELECT dsp, sponsored, COUNT(DISTINCT user_id) AS reach
FROM people
GROUP BY dsp, sponsored

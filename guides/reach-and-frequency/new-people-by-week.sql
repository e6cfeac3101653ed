--+++ recomamp query
-- format = 1
-- name = "New people by week"
-- kind = "main"
-- description = "How many people the campaigns reached each week, and how many of them for the first time in the window."
-- window-advice = "A whole number of weeks, beginning with the flight. In a window that begins in the middle of a flight, early weeks look newer than they are. The query reads impressions only, so the window may end two days ago."
-- prerequisites = ["Amazon DSP campaigns that ran for several weeks"]
-- sample = """
-- week, impressions, people, new_people, share_new
-- 1, 3236, 2063, 2063, 100.0
-- 2, 3266, 2042, 1329, 65.1
-- 3, 3170, 2088, 1258, 60.2
-- 4, 3339, 2131, 1212, 56.9
-- 5, 3253, 2067, 1089, 52.7
-- 6, 3144, 2012, 1004, 49.9
-- 7, 3243, 2103, 1024, 48.7
-- 8, 3342, 2135, 959, 44.9
-- """
-- chart = "new_people"
-- interpretation = """
-- * **New people** add up: their sum over all weeks is the reach of the window. **People** don't.
-- * A falling **share of new people** with equal impressions says that the campaigns reach the same people again. More budget then buys frequency, not reach.
-- * The first week of the window is always 100 percent new.
-- """
--
-- [metrics]
-- week = "Seven days, counted from the start of the window (UTC): 1 is the first week."
-- impressions = "Impressions of the week shown to people with a user ID."
-- people = "Different users in the week."
-- new_people = "Those whose first impression in the window lies in this week."
-- share_new = "New people in percent of people."
--
-- [window]
-- days = 56
--
-- [[parameters]]
-- name = "campaigns"
-- kind = "list"
-- label = "Campaigns"
-- help = "One Amazon DSP campaign (order) per line, exactly as in AMC."
-- demo-default = [
--   "Mirelune | Streaming TV | Awareness | {half-year}",
--   "Mirelune | Online Video | Consideration | {half-year}",
--   "Mirelune | Display | Consideration | {half-year}",
--   "Mirelune | Display | Conversion | {half-year}",
-- ]
--+++
WITH per_person_and_week AS (
  SELECT
    user_id,
    -- Whole days, so that the result needs two users per row and not a hundred
    FLOOR(SECONDS_BETWEEN(CAST(BUILT_IN_PARAMETER('TIME_WINDOW_START') AS DATE), impression_date_utc) / 604800) + 1 AS week,
    SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign IN ({{campaigns}})
    AND user_id IS NOT NULL
  GROUP BY 1, 2
),
numbered AS (
  SELECT
    user_id, week, impressions,
    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY week) AS place
  FROM per_person_and_week
)
SELECT
  week,
  SUM(impressions) AS impressions,
  COUNT(user_id) AS people,
  SUM(IF(place = 1, 1, 0)) AS new_people,
  ROUND(100.0 * SUM(IF(place = 1, 1, 0)) / COUNT(user_id), 1) AS share_new
FROM numbered
GROUP BY 1

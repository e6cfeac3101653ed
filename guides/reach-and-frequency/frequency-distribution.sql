--+++ recomamp query
-- format = 1
-- name = "Frequency distribution"
-- kind = "main"
-- description = "How many people saw the campaigns once, twice, three times, and so on, and what share of the impressions they received."
-- window-advice = "The flight of the campaigns, or the period of your frequency cap. A shorter window shows lower frequencies for the same campaign."
-- prerequisites = ["Amazon DSP campaigns that delivered in the window"]
-- sample = """
-- frequency, people, impressions, share_of_people, share_of_impressions
-- 1, 2270, 2270, 38.8, 17.5
-- 2, 1799, 3598, 30.7, 27.7
-- 3, 900, 2700, 15.4, 20.8
-- 4, 471, 1884, 8.0, 14.5
-- 5, 212, 1060, 3.6, 8.2
-- 6, 96, 576, 1.6, 4.4
-- 7, 53, 371, 0.9, 2.9
-- 8, 57, 523, 1.0, 4.0
-- """
-- chart = "people"
-- interpretation = """
-- * Read **share of people** and **share of impressions** side by side. The last rows hold few people and many impressions: that is the budget which a frequency cap can move.
-- * A long first row isn't waste in itself. It is waste when your message needs more than one contact.
-- """
--
-- [metrics]
-- frequency = "Impressions that a person received. The highest value stands for itself and everything above."
-- people = "Users with that frequency."
-- impressions = "Impressions that these people received together."
-- share_of_people = "Percentage of all reached people."
-- share_of_impressions = "Percentage of all impressions."
--
-- [window]
-- days = 28
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
--
-- [[parameters]]
-- name = "highest"
-- kind = "number"
-- label = "Last step"
-- help = "Frequencies from this one on share a row. Lower it if the last rows are missing from the result."
-- default = "8"
--+++
WITH per_person AS (
  SELECT user_id, SUM(impressions) AS impressions
  FROM dsp_impressions
  WHERE campaign IN ({{campaigns}})
    AND user_id IS NOT NULL
  GROUP BY user_id
),
steps AS (
  SELECT
    IF(impressions >= {{highest}}, {{highest}}, impressions) AS frequency,
    COUNT(user_id) AS people,
    SUM(impressions) AS impressions
  FROM per_person
  GROUP BY 1
)
SELECT
  frequency,
  people,
  impressions,
  ROUND(100.0 * people / SUM(people) OVER (), 1) AS share_of_people,
  ROUND(100.0 * impressions / SUM(impressions) OVER (), 1) AS share_of_impressions
FROM steps

--+++ recomamp query
-- format = 1
-- name = "Reach step by step"
-- kind = "main"
-- description = "Channels in an order that you choose: how many people each one adds to those before it, and what a thousand added people cost."
-- window-advice = "The flight, or the period for which the plan is judged. The query reads delivery only, so the window may end two days ago."
-- prerequisites = ["Two to four groups of Amazon DSP campaigns that ran in the same weeks"]
-- sample = """
-- step, reach, added_people, total_reach, spend, cost_per_1000_added
-- 1, 7932, 7932, 7932, 83.3, 10.5
-- 2, 1884, 1181, 9113, 52.28, 44.27
-- 3, 4836, 3331, 12444, 355.84, 106.83
-- 4, 1340, 625, 13069, 41.25, 66.0
-- """
-- chart = "added_people"
-- interpretation = """
-- * **Added people** add up to the total reach, whatever the order. **Which channel gets them depends on the order**: put first what you would book first.
-- * **Cost per 1,000 added** usually grows from step to step, except where a later step is cheap. Where it exceeds what you would pay for a new person, the plan ends.
-- * Run it again with the last step first. The truth about a channel lies between the two results.
-- """
--
-- [metrics]
-- step = "Place in the order, as filled in."
-- reach = "Different users whom the campaigns of the step reached."
-- added_people = "Users among them whom no earlier step reached."
-- total_reach = "Different users of this step and all before it."
-- spend = "Cost of the step's impressions, in the account's currency."
-- cost_per_1000_added = "Spend of the step for each thousand added people."
--
-- [window]
-- days = 84
--
-- [[parameters]]
-- name = "step_1"
-- kind = "list"
-- label = "Step 1: campaigns"
-- help = "The channel that you would book first. One Amazon DSP campaign (order) per line, exactly as in AMC."
-- demo-default = ["Mirelune | Display | Consideration | {half-year}"]
--
-- [[parameters]]
-- name = "step_2"
-- kind = "list"
-- label = "Step 2: campaigns"
-- help = "What you would add to it."
-- demo-default = ["Mirelune | Online Video | Consideration | {half-year}"]
--
-- [[parameters]]
-- name = "step_3"
-- kind = "list"
-- label = "Step 3: campaigns"
-- help = "What comes next. Write none to leave the step out."
-- default = ["none"]
-- demo-default = ["Mirelune | Streaming TV | Awareness | {half-year}"]
--
-- [[parameters]]
-- name = "step_4"
-- kind = "list"
-- label = "Step 4: campaigns"
-- help = "What comes last. Write none to leave the step out."
-- default = ["none"]
-- demo-default = ["Mirelune | Audio | Awareness | {half-year}"]
--
-- [[parameters]]
-- name = "id_types"
-- kind = "list"
-- label = "Kinds of IDs"
-- help = "adUserId (accounts), sisDeviceId (devices), adBrowserId (browsers); one per line. Run it again with adUserId alone to see how much depends on it."
-- default = ["adUserId", "sisDeviceId", "adBrowserId"]
--+++
WITH contacts AS (
  SELECT
    CASE
      WHEN campaign IN ({{step_1}}) THEN 1
      WHEN campaign IN ({{step_2}}) THEN 2
      WHEN campaign IN ({{step_3}}) THEN 3
      ELSE 4
    END AS step,
    user_id,
    total_cost / 100000.0 AS spend
  FROM dsp_impressions
  WHERE (campaign IN ({{step_1}})
      OR campaign IN ({{step_2}})
      OR campaign IN ({{step_3}})
      OR campaign IN ({{step_4}}))
    AND user_id IS NOT NULL
    AND user_id_type IN ({{id_types}})
),
person_and_step AS (
  SELECT
    user_id, step,
    SUM(spend) AS spend
  FROM contacts
  GROUP BY 1, 2
),
numbered AS (
  -- The earliest step of a person is the one that gets the person
  SELECT
    user_id, step, spend,
    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY step) AS place
  FROM person_and_step
),
steps AS (
  SELECT
    step,
    COUNT(user_id) AS reach,
    SUM(IF(place = 1, 1, 0)) AS added_people,
    SUM(spend) AS spend
  FROM numbered
  GROUP BY 1
),
up_to_step AS (
  SELECT s.step, SUM(t.added_people) AS total_reach
  FROM steps s
  JOIN steps t ON t.step <= s.step
  GROUP BY 1
)
SELECT
  s.step,
  s.reach,
  s.added_people,
  u.total_reach,
  ROUND(s.spend, 2) AS spend,
  ROUND(1000.0 * s.spend / NULLIF(s.added_people, 0), 2) AS cost_per_1000_added
FROM steps s
JOIN up_to_step u ON s.step = u.step

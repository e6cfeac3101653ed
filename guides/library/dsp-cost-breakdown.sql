--+++ recomamp query
-- format = 1
-- name = "Where the DSP budget goes: media and fees"
-- description = "Supply cost, audience fees, platform fees and third-party fees of each campaign, in currency and as parts of the all-in cost."
-- kind = "main"
-- category = "Cost and pacing"
-- use-case = "How much of our DSP budget buys media?"
-- products = ["dsp", "streaming-tv"]
-- level = "intermediate"
-- tags = ["cost", "fees", "dsp"]
-- window-advice = "Any window that ended at least two days ago: only traffic is read. "
-- prerequisites = ["Amazon DSP campaigns that delivered in the window."]
-- sample = """
-- campaign,currency,total_cost,supply_cost,audience_fee,platform_fee,third_party_fees,other_fees,unexplained,media_share
-- Mirelune | Streaming TV | Awareness | 2026 H2,USD,121.32,104.93,5.36,8.82,2.21,0.00,0.0,86.5
-- Mirelune | Online Video | Consideration | 2026 H2,USD,17.65,14.04,2.01,1.28,0.32,0.00,0.0,79.5
-- Tundrel | Display | Conversion | 2026 H2,USD,10.91,8.75,1.25,0.80,0.10,0.00,0.0,80.3
-- Mirelune | Black Week | 2026,USD,3.87,3.10,0.44,0.28,0.04,0.00,0.0,80.3
-- Mirelune | Display | Own shop | 2026 H2,USD,2.1,1.68,0.24,0.15,0.02,0.00,0.0,80.3
-- Mirelune | Pilot | New placements | 2026 H2,USD,0.09,0.08,0.00,0.01,0.00,0.00,0.0,91.7
-- """
-- chart = ["supply_cost", "audience_fee", "platform_fee", "third_party_fees"]
-- interpretation = '''
-- **media_share** is the part that buys inventory. Campaigns that target audience segments can carry an audience fee. Compare
-- the share between campaigns of one format before you renegotiate anything.
--
-- The units differ: the fees and `supply_cost` are in microcents (divided by 100,000,000), `total_cost` in millicents (divided
-- by 100,000). **unexplained** is what the listed parts leave of the all-in cost; a few cents are rounding, more means a cost
-- that these columns don't cover.
-- '''
--
-- [metrics]
-- campaign = "Campaign name."
-- currency = "Currency."
-- total_cost = "All-in cost."
-- supply_cost = "Media cost."
-- audience_fee = "Fee for Amazon audiences."
-- platform_fee = "Fee for using Amazon DSP."
-- third_party_fees = "Third-party fees."
-- other_fees = "Managed service and omnichannel metrics fees."
-- unexplained = "All-in cost minus the other columns."
-- media_share = "Media cost in percent of the all-in cost."
--
-- [window]
-- days = 28
-- lag = 2
--
-- [[parameters]]
-- name = "campaign_pattern"
-- kind = "pattern"
-- label = "Campaigns"
-- help = "Keeps campaigns whose name matches. % stands for any text and _ for one character: Brand% keeps names that start with Brand, % alone keeps all. Case matters."
-- default = "%"
--+++
SELECT
  campaign,
  currency_iso_code AS currency,
  ROUND(SUM(total_cost) / 100000, 2) AS total_cost,
  ROUND(SUM(supply_cost) / 100000000, 2) AS supply_cost,
  ROUND(SUM(audience_fee) / 100000000, 2) AS audience_fee,
  ROUND(SUM(platform_fee) / 100000000, 2) AS platform_fee,
  ROUND(SUM(third_party_fees) / 100000000, 2) AS third_party_fees,
  ROUND(SUM(COALESCE(managed_service_fee, 0) + COALESCE(ocm_fee, 0)) / 100000000, 2) AS other_fees,
  ROUND(
    SUM(total_cost) / 100000
      - SUM(
        COALESCE(supply_cost, 0) + COALESCE(audience_fee, 0) + COALESCE(platform_fee, 0) + COALESCE(third_party_fees, 0)
          + COALESCE(managed_service_fee, 0) + COALESCE(ocm_fee, 0)
      ) / 100000000,
    2
  ) AS unexplained,
  ROUND(100 * (SUM(supply_cost) / 100000000) / NULLIF(SUM(total_cost) / 100000, 0), 1) AS media_share
FROM dsp_impressions
WHERE campaign LIKE {{campaign_pattern}}
GROUP BY campaign, currency_iso_code

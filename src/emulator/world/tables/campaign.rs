//! Columns about the setup: advertiser, campaign, line, creative, deal, keyword.

use super::super::cells::Value;
use super::super::chance::{code_text, hash_text, mix};
use super::super::plan::{AdProduct, Campaign, Channel, Line, Targeting};
use super::{Cell, Row, cell};

/// The column with that name, if it is about the setup.
pub(super) fn column(name: &str) -> Option<Cell> {
    who(name).or_else(|| order(name)).or_else(|| line(name)).or_else(|| creative(name)).or_else(|| keyword(name))
}

fn who(name: &str) -> Option<Cell> {
    match name {
        "advertiser" => cell(|row| row.advertiser().name.as_str().into()),
        "advertiser_id" | "advertiser_id_internal" => cell(|row| row.advertiser().id.into()),
        "advertiser_timezone" => cell(|row| row.plan().zone.name.into()),
        "entity_id" => cell(|row| {
            let advertiser = row.advertiser();
            if row.is_dsp() { advertiser.dsp_entity.as_str().into() } else { advertiser.ads_entity.as_str().into() }
        }),
        "merchant_id" => cell(|row| Value::Whole(row.advertiser().id / 1_000_000)),
        "product_line" => dsp(|row| row.advertiser().brand.category.into()),
        "currency_iso_code" | "purchase_currency" | "currency_code" => cell(|row| row.market.currency.into()),
        "currency_name" => cell(|row| row.market.currency_name.into()),
        "iso_country_code" | "campaign_country" => cell(|_| "US".into()),
        "portfolio_name" => cell(|row| format!("{} {}", row.plan().group, row.advertiser().brand.department).into()),
        "portfolio_id" => cell(|row| Value::Whole(900_000_000 + (row.advertiser().id % 1_000_000))),
        "demand_channel" => dsp(|_| "Amazon DSP".into()),
        "demand_channel_owner" => dsp(|_| "Amazon".into()),
        "no_3p_trackers" => cell(|row| super::super::people::untracked(row.person_hash()).into()),
        "is_amazon_business" | "is_business_flag" => {
            cell(|row| super::super::people::business(row.person_hash()).into())
        }
        _ => None,
    }
}

fn order(name: &str) -> Option<Cell> {
    match name {
        "campaign" => of_campaign(|campaign| campaign.name.as_str().into()),
        "campaign_id" | "campaign_id_internal" => of_campaign(|campaign| campaign.id.into()),
        "campaign_id_string" => of_campaign(|campaign| campaign.id_text.as_str().into()),
        "campaign_budget_amount" | "campaign_flight_budget_amount" => {
            of_campaign(|campaign| Value::Whole(campaign.budget_cents * 1000))
        }
        "campaign_budget_type" => of_campaign(|_| "DAILY_BUDGET".into()),
        "campaign_primary_goal" => dsp_campaign(|campaign| campaign.goal.into()),
        "campaign_sales_type" => of_campaign(|_| "BILLABLE".into()),
        "campaign_source" => of_campaign(|campaign| match campaign.product {
            AdProduct::Dsp => "DSP".into(),
            _ => "SPONSORED_ADS".into(),
        }),
        "campaign_insertion_order_id" => {
            dsp_campaign(|campaign| format!("IO-{}", code_text(campaign.id as u64, 8)).into())
        }
        "campaign_flight_id" => dsp_campaign(|campaign| Value::Whole(campaign.id + 7)),
        "campaign_flight_name" => dsp_campaign(|campaign| format!("Flight 1 | {}", campaign.name).into()),
        "campaign_status" => cell(|row| row.campaign().map(|campaign| status(row, campaign.end)).into()),
        "ad_product_type" => cell(|row| row.campaign().and_then(|campaign| campaign.product.word()).into()),
        _ => None,
    }
}

fn status(row: &Row<'_>, end: Option<u32>) -> &'static str {
    match end {
        Some(end) if end < row.plan().today => "ENDED",
        Some(_) => "RUNNING",
        None => "ENABLED",
    }
}

fn line(name: &str) -> Option<Cell> {
    match name {
        "line_item" => cell(|row| row.line().map(|line| line.name.as_str()).into()),
        "ad_group" => cell(|row| row.line().filter(|_| !row.is_dsp()).map(|line| line.name.as_str()).into()),
        "ad_group_type" => cell(|row| row.line().filter(|_| !row.is_dsp()).map(|line| line.kind).into()),
        "line_item_id" => dsp(|row| row.line().map(|line| line.id).into()),
        "line_item_type" => dsp(|row| row.line().map(|line| line.kind).into()),
        "line_item_price_type" => cell(|row| row.line().map(|line| price_type(row, line)).into()),
        "line_item_budget_amount" => {
            dsp(|row| row.campaign().map(|campaign| Value::Whole(campaign.budget_cents * 400)).into())
        }
        "line_item_status" => {
            cell(|row| row.line().map(|line| status(row, Some(line.end).filter(|_| row.is_dsp()))).into())
        }
        "ad_group_status" => cell(|row| row.line().map(|_| "ENABLED").into()),
        "deal_id" => cell(|row| row.line().and_then(|line| line.deal.as_ref()).map(|deal| deal.id.as_str()).into()),
        "deal_name" => cell(|row| row.line().and_then(|line| line.deal.as_ref()).map(|deal| deal.name.as_str()).into()),
        "advertiser_account_frequency_group_ids" => dsp(|row| Value::Wholes(vec![row.advertiser().id % 100_000])),
        "manager_account_frequency_group_ids" => dsp(|_| Value::Wholes(Vec::new())),
        _ => None,
    }
}

fn price_type(row: &Row<'_>, line: &Line) -> &'static str {
    match row.campaign().map(|campaign| campaign.product) {
        Some(AdProduct::Dsp | AdProduct::Television) => "CPM",
        Some(AdProduct::Display) if line.targeting == Targeting::Visitors => "VCPM",
        _ => "CPC",
    }
}

fn creative(name: &str) -> Option<Cell> {
    match name {
        "creative" => cell(|row| row.creative().map(|creative| creative.name.as_str()).into()),
        "creative_id" => cell(|row| row.creative().map(|creative| creative.id).into()),
        "creative_size" => dsp(|row| row.creative().map(|creative| creative.size).into()),
        "ad_slot_size" => dsp(|row| row.creative().map(|creative| slot(creative.size)).into()),
        "creative_type" => cell(|row| row.creative().map(|creative| creative.kind).into()),
        "creative_duration" => cell(|row| row.creative().and_then(|creative| creative.seconds).into()),
        "creative_category" => dsp(|row| row.line().map(|line| category(line.channel)).into()),
        "creative_is_link_in" => dsp(|row| row.line().map(|line| if line.link_in { "Y" } else { "N" }).into()),
        "creative_asin" => cell(|row| {
            // Only filled for part of Sponsored Products and Display.
            let shown = row.campaign().is_some_and(|it| matches!(it.product, AdProduct::Products | AdProduct::Display));
            let product = row.ad().and_then(|ad| ad.product).filter(|_| shown);
            product.map(|product| row.plan().products[usize::from(product)].asin.as_str()).into()
        }),
        _ => None,
    }
}

fn slot(size: &'static str) -> &'static str {
    if size == "Responsive" { "300x250" } else { size }
}

fn category(channel: Channel) -> &'static str {
    match channel {
        Channel::Television | Channel::Video => "Video",
        Channel::Display => "Display",
        Channel::Audio => "Audio",
    }
}

fn keyword(name: &str) -> Option<Cell> {
    match name {
        "targeting" => cell(|row| row.target().map(|target| target.text.as_str()).into()),
        "match_type" => cell(|row| row.target().map(|target| target.match_type).into()),
        "customer_search_term" => cell(|row| row.term().map(|term| term.text.as_str()).into()),
        "placement_type" => cell(|row| row.line().filter(|_| !row.is_dsp()).map(|_| placement(row)).into()),
        _ => None,
    }
}

fn placement(row: &Row<'_>) -> &'static str {
    let point = mix(row.contact_hash() & !1, hash_text(0, "placement")) % 100;
    match (row.contact.is_some_and(|contact| contact.term > 0), point) {
        (true, 0..46) => "Top of Search on-Amazon",
        (true, 46..92) | (false, 0..68) => "Detail Page on-Amazon",
        (false, 68..86) => "Homepage on-Amazon",
        _ => "Off Amazon",
    }
}

/// A cell that is only filled for the DSP.
pub(super) fn dsp<F>(make: F) -> Option<Cell>
where
    F: for<'r, 'w> Fn(&'r Row<'w>) -> Value<'r> + Send + Sync + 'static,
{
    cell(move |row| if row.is_dsp() { make(row) } else { Value::Null })
}

fn of_campaign(make: fn(&Campaign) -> Value<'_>) -> Option<Cell> {
    cell(move |row| row.campaign().map_or(Value::Null, make))
}

fn dsp_campaign(make: fn(&Campaign) -> Value<'_>) -> Option<Cell> {
    cell(move |row| row.campaign().filter(|campaign| campaign.product == AdProduct::Dsp).map_or(Value::Null, make))
}

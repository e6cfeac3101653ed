//! Columns of the smaller sources about people: segments, live shows, channels, vehicles, groceries.

use chrono::NaiveDate;

use super::super::calendar::{DAY, day_number};
use super::super::cells::Value;
use super::super::chance::{below, key_text, mix, unit};
use super::super::people;
use super::super::plan::SEGMENTS;
use super::{Cell, Row, cell};

/// The column of an audience segment table or of the segment list.
pub(super) fn segments(name: &str) -> Option<Cell> {
    match name {
        "segment_id" => cell(|row| Value::Whole(i64::from(SEGMENTS[row.pick].id))),
        "segment_name" => cell(|row| SEGMENTS[row.pick].name.into()),
        "segment_description" => cell(|row| SEGMENTS[row.pick].description().into()),
        "category_level_1" => cell(|row| SEGMENTS[row.pick].levels().0.into()),
        "category_level_2" => cell(|row| SEGMENTS[row.pick].levels().1.into()),
        "category_path" => cell(|row| {
            let (upper, lower) = SEGMENTS[row.pick].levels();
            format!("{upper}/{lower}/{}", SEGMENTS[row.pick].name).into()
        }),
        "snapshot_datetime" => cell(|row| row.time(row.at, true)),
        "no_3p_trackers" => cell(|_| Value::Flag(false)),
        // The row's brand is used for the region here: Americas, Europe, Asia-Pacific.
        "segment_marketplace_id" => cell(|row| Value::Whole([1, 4, 6][usize::from(row.brand) % 3])),
        _ => None,
    }
}

/// The column of Amazon Live traffic.
pub(super) fn live(name: &str) -> Option<Cell> {
    let show = |row: &Row<'_>| u64::from(row.at / DAY / 7);
    match name {
        "ad_product_type" => cell(|_| "amazon_live".into()),
        "broadcast_date_utc" => cell(|row| row.time(row.at / DAY / 7 * 7 * DAY, true)),
        "broadcast_id" => cell(move |row| key_text(mix(show(row), 1), 14).into()),
        "broadcast_name" => cell(move |row| format!("{} Live #{}", row.advertiser().brand.name, show(row)).into()),
        "impressions" => cell(|row| Value::Whole(i64::from(row.pick == 0))),
        "views" => cell(|row| Value::Whole(i64::from(row.pick == 0 && unit(row.key, 5) < 0.6))),
        "clicks" => cell(|row| Value::Whole(i64::from(row.pick == 1))),
        "creative_id" => cell(move |row| Value::Whole(700_000_000 + (mix(show(row), 2) % 1_000_000) as i64)),
        "creative_asin" => cell(|row| {
            let range = row.plan().products_of(row.brand);
            let place = usize::from(range.start) + below(row.key, 3, range.len());
            row.plan().products[place].asin.as_str().into()
        }),
        "site" => cell(|_| "Amazon Live".into()),
        "slot_name" => cell(|row| {
            let slots = ["carousel-desktop-web", "carousel-mobile-web", "carousel-mobile-app", "carousel-shoptv-app"];
            slots[below(row.key, 4, 4)].into()
        }),
        _ => None,
    }
}

/// The column of a Prime Video Channel table; the channel is invented.
pub(super) fn channel(name: &str) -> Option<Cell> {
    enrollment(name).or_else(|| title(name)).or_else(|| playback(name))
}

fn enrollment(name: &str) -> Option<Cell> {
    let paid = |row: &Row<'_>| row.pick > 0;
    match name {
        "pv_benefit_id" => cell(|_| "hollowtreeplus".into()),
        "pv_benefit_name" | "pv_subscription_name" => cell(|_| "Hollowtree Plus".into()),
        "pv_billing_type" => cell(move |row| if paid(row) { "PAID" } else { "FREE_TRIAL" }.into()),
        "pv_start_date" => cell(|row| row.time(row.at, true)),
        "pv_end_date" => cell(move |row| row.time(row.at + if paid(row) { 30 } else { 7 } * DAY, true)),
        "pv_enrollment_status" => {
            cell(|row| if unit(row.person_hash(), 5) < 0.7 { "ACTIVE" } else { "CANCELLED" }.into())
        }
        "pv_is_latest_record" | "pv_is_plan_conversion" => cell(move |row| Value::Flag(paid(row))),
        "pv_is_plan_start" => cell(move |row| Value::Flag(!paid(row))),
        "pv_is_promo" => cell(|row| Value::Flag(unit(row.person_hash(), 6) < 0.15)),
        "pv_offer_name" => cell(move |row| if paid(row) { "Monthly" } else { "7-day trial" }.into()),
        "pv_sub_event_primary_key" => cell(|row| key_text(row.key, 20).into()),
        "pv_subscription_id" => cell(|row| key_text(mix(row.person_hash(), 7), 20).into()),
        "pv_subscription_product_id" => cell(|_| "hollowtreeplus-us-monthly".into()),
        "pv_unit_price" => cell(move |row| Value::Money(if paid(row) { 69_900 } else { 0 })),
        _ => None,
    }
}

const SERIES: [(&str, &str); 4] = [
    ("The Lantern Keepers", "Drama"),
    ("Saltmarsh", "Mystery"),
    ("Half Past Nine", "Comedy"),
    ("Orchard Road", "Family"),
];

fn series(row: &Row<'_>) -> (&'static str, &'static str) {
    SERIES[below(row.key, 8, SERIES.len())]
}

fn title(name: &str) -> Option<Cell> {
    let episode = |row: &Row<'_>| 1 + below(row.key, 9, 8);
    match name {
        "pv_gti_series_or_movie_name" => cell(|row| series(row).0.into()),
        "pv_gti_title_name" => cell(move |row| format!("{}: Episode {}", series(row).0, episode(row)).into()),
        "pv_gti_season" => cell(|_| "1".into()),
        "pv_gti_episode" => cell(move |row| episode(row).to_string().into()),
        "pv_gti_genre" => cell(|row| Value::Texts(vec![series(row).1])),
        "pv_gti_cast" | "pv_gti_director" => cell(|_| Value::Texts(Vec::new())),
        "pv_gti_content_entity_type" | "pv_gti_content_type" => cell(|_| "TV Episode".into()),
        "pv_gti_content_rating" => cell(|_| "TV-14".into()),
        "pv_gti_is_live" => cell(|_| Value::Flag(false)),
        "pv_gti_release_date" => cell(|row| row.time(row.plan().since(), true)),
        "pv_gti_studio" => cell(|_| "Hollowtree Pictures".into()),
        "pv_streaming_asin" => cell(|row| format!("B0HT{:06}", below(row.key, 8, 4) * 10 + 7).into()),
        "pv_streaming_gti" => cell(|row| format!("amzn1.dv.gti.{}", below(row.key, 8, 4)).into()),
        _ => None,
    }
}

fn playback(name: &str) -> Option<Cell> {
    match name {
        "pv_access_type" | "pv_offer_group" => cell(|_| "channels".into()),
        "pv_is_avod" | "pv_is_hh_share" => cell(|_| Value::Flag(false)),
        "pv_is_channels" | "pv_is_svod" | "pv_is_user_initiated" => cell(|_| Value::Flag(true)),
        "pv_material_type" => cell(|_| "full".into()),
        "pv_seconds_viewed" => cell(|row| Value::Real(f64::from((unit(row.key, 10) * 2700.0).round()))),
        "pv_session_id" => cell(|row| key_text(mix(row.key, 11), 20).into()),
        "pv_stream_type" => cell(|_| "VOD".into()),
        "pv_streaming_geo_country" => cell(|_| "US".into()),
        "pv_streaming_language" => cell(|_| "en-US".into()),
        _ => None,
    }
}

const VEHICLES: [(&str, &str, &str); 4] = [
    ("Corvane", "Pinto Ridge", "SUV"),
    ("Corvane", "Meadow", "Sedan"),
    ("Halden", "Freight 150", "Truck"),
    ("Osprey", "Ion", "Sedan"),
];

fn vehicle(row: &Row<'_>) -> (&'static str, &'static str, &'static str) {
    VEHICLES[below(row.person_hash(), 90, VEHICLES.len())]
}

/// The column of the garage or of vehicle purchases; makers are invented.
pub(super) fn vehicles(name: &str) -> Option<Cell> {
    let year = |row: &Row<'_>| 2020 + below(row.person_hash(), 91, 6) as i64;
    match name {
        "creation_date" | "update_date" | "last_accessed_date" => cell(|row| row.time(row.at, true)),
        "purchase_date" => cell(|row| row.time(row.at, true)),
        "garage_make" | "vehicle_make" => cell(|row| vehicle(row).0.into()),
        "garage_model" | "vehicle_model" => cell(|row| vehicle(row).1.into()),
        "garage_bodystyle" => cell(|row| vehicle(row).2.into()),
        "vehicle_type" => cell(|row| if vehicle(row).2 == "Truck" { "TRUCK" } else { "CAR" }.into()),
        "vehicle_class" => cell(|row| if vehicle(row).0 == "Osprey" { "Luxury" } else { "Mainstream" }.into()),
        "vehicle_fuel_type" => cell(|row| if vehicle(row).1 == "Ion" { "Electric" } else { "Gas" }.into()),
        "garage_engine" => cell(|row| if vehicle(row).1 == "Ion" { "Electric" } else { "2.5L L4" }.into()),
        "garage_engine_output_hp" => cell(|_| Value::Real(187.0)),
        "garage_engine_output_kw" => cell(|_| Value::Real(139.4)),
        "garage_drivetype" => cell(|row| if vehicle(row).2 == "Sedan" { "FWD" } else { "AWD" }.into()),
        "garage_transmission" => cell(|_| "Automatic".into()),
        "garage_brakes" => cell(|_| "Disc".into()),
        "garage_springtypes" => cell(|_| "Coil".into()),
        "garage_submodel" | "garage_variant" => cell(|_| "Base".into()),
        "garage_year" => cell(move |row| year(row).to_string().into()),
        "garage_year_range" => cell(move |row| {
            let first = NaiveDate::from_ymd_opt(year(row) as i32, 1, 1).map_or(0, day_number);
            row.time(first * DAY, true)
        }),
        "vehicle_model_year" => cell(move |row| Value::Whole(year(row))),
        "new_or_used" => cell(|row| if unit(row.person_hash(), 92) < 0.35 { "N" } else { "U" }.into()),
        "reported_dealership" => cell(|row| format!("{} Motors", people::home(row.person_hash()).name).into()),
        "vehicle_registered_state" => {
            cell(|row| people::home(row.person_hash()).state.trim_start_matches("US-").into())
        }
        "region" => cell(|_| "US".into()),
        "status" => cell(|_| "ACTIVE".into()),
        _ => None,
    }
}

/// The column of grocery purchases in stores.
pub(super) fn groceries(name: &str) -> Option<Cell> {
    let kind = |row: &Row<'_>| below(row.key, 12, 5);
    match name {
        "brand" => cell(|row| row.advertiser().brand.name.into()),
        "sub_brand" => cell(|row| format!("{} Everyday", row.advertiser().brand.name).into()),
        "category" | "super_category" => cell(|row| row.advertiser().brand.category.into()),
        "department" => cell(|row| row.advertiser().brand.department.into()),
        "product_category" => cell(move |row| row.advertiser().brand.kinds[kind(row)].noun.into()),
        "household_purchase_id" => cell(|row| key_text(row.key, 20).into()),
        "ncs_household_id" => cell(|row| key_text(mix(row.person_hash(), 13), 16).into()),
        "purchase_quantity" => cell(|row| Value::Whole(1 + below(row.key, 14, 3) as i64)),
        "purchase_dollar_amount" => cell(move |row| {
            let cents = i64::from(row.advertiser().brand.kinds[kind(row)].cents);
            Value::Money(cents * 100 * (1 + below(row.key, 14, 3) as i64))
        }),
        "week_end_dt" => cell(|row| row.time(row.week_end(), true)),
        _ => None,
    }
}

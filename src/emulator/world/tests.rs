//! The synthetic data as seen by queries: schemas, plausible ranges, and consistency across sources.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::prelude::SessionContext;

use super::*;
use crate::amcsql::engine::USER_COLUMN;

/// A fifth of the default data, shared by read-only tests.
static WORLD: LazyLock<World> = LazyLock::new(|| World::new(7, 0.2, today(), None));

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
}

fn context(world: &World) -> SessionContext {
    let context = SessionContext::new();
    for name in Catalogue::standard().names().filter(|name| !name.contains('{')) {
        context.register_table(name, world.table(name).unwrap()).unwrap();
    }
    context
}

async fn query(context: &SessionContext, sql: &str) -> Vec<RecordBatch> {
    context.sql(sql).await.unwrap().collect().await.unwrap()
}

/// The rows as text.
async fn rows(context: &SessionContext, sql: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for batch in query(context, sql).await {
        let options = FormatOptions::default();
        let columns: Vec<_> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        rows.extend(
            (0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row).to_string()).collect()),
        );
    }
    rows
}

/// The numbers of the only row.
async fn numbers(sql: &str) -> Vec<f64> {
    let rows = rows(&context(&WORLD), sql).await;
    rows[0].iter().map(|cell| cell.parse().unwrap()).collect()
}

#[tokio::test]
async fn every_source_answers_with_the_catalogues_columns_and_the_hidden_user() {
    let world = World::new(3, 0.004, today(), None);
    for name in Catalogue::standard().names() {
        let source = Catalogue::standard().source(name).unwrap();
        let table = world.table(name).unwrap();
        let schema = table.schema();
        let mut expected: Vec<(String, arrow::datatypes::DataType)> =
            source.columns.iter().map(|column| (column.name.clone(), column.data_type.arrow())).collect();
        if source.is_user_level() {
            expected.push((USER_COLUMN.to_owned(), arrow::datatypes::DataType::UInt32));
        }
        let answered: Vec<_> =
            schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect();
        assert_eq!(answered, expected, "{name}");
        let context = SessionContext::new();
        let frame = context.read_table(table).unwrap();
        for batch in frame.collect().await.unwrap() {
            assert_eq!(batch.schema().fields(), schema.fields(), "{name}");
        }
    }
}

#[tokio::test]
async fn sources_that_can_be_read_have_rows_and_retired_ones_none() {
    let context = context(&WORLD);
    for source in Catalogue::standard().sources().iter().filter(|source| !source.id.contains('{')) {
        let counted = rows(&context, &format!("select count(1) from {}", source.id)).await;
        let empty = source.id.starts_with("adserver") || source.id.starts_with("foursquare");
        assert_eq!(counted[0][0] == "0", empty, "{}: {counted:?}", source.id);
    }
}

#[tokio::test]
async fn columns_say_something() {
    let context = context(&WORLD);
    let mut silent = Vec::new();
    for source in Catalogue::standard().sources() {
        if source.id.contains('{') || source.id.starts_with("adserver") || source.columns.is_empty() {
            continue;
        }
        let counts: Vec<String> =
            source.columns.iter().filter(|it| !it.legacy).map(|column| format!("count({})", column.name)).collect();
        let sql = format!("select {} from (select * from {} limit 8000)", counts.join(","), source.id);
        let counted = rows(&context, &sql).await;
        let names = source.columns.iter().filter(|it| !it.legacy).map(|column| column.name.as_str());
        for (name, count) in names.zip(&counted[0]) {
            if count == "0" {
                silent.push(format!("{}.{name}", source.id));
            }
        }
    }
    // Sponsored ads have no end and no line items, and there are no live events.
    let explained = |name: &String| {
        let sponsored = name.starts_with("sponsored_ads_traffic.");
        let absent = ["_end_d", "line_item_id", "line_item_type", "matched_behavior_segment_ids"];
        sponsored && absent.iter().any(|part| name.contains(part)) || name.contains(".pv_gti_event_")
    };
    silent.retain(|name| !explained(name));
    assert!(silent.is_empty(), "always NULL: {silent:#?}");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_world_and_another_seed_another() {
    let sql = "select campaign, count(1), sum(total_cost), max(user_id) from dsp_impressions group by 1 order by 1";
    let first = rows(&context(&World::new(11, 0.01, today(), None)), sql).await;
    assert_eq!(first, rows(&context(&World::new(11, 0.01, today(), None)), sql).await);
    assert_ne!(first, rows(&context(&World::new(12, 0.01, today(), None)), sql).await);
}

#[tokio::test]
async fn every_source_has_the_same_rows_in_shards() {
    let world = |size| World { shards: Arc::new(Shards::sized(11, 120, today(), None, size)), view: Arc::default() };
    let (whole, shards) = (context(&world(120)), context(&world(35)));
    for name in Catalogue::standard().names().filter(|name| !name.contains('{')) {
        let sql = format!("select * from \"{name}\"");
        let sorted = async |context| {
            let mut rows = rows(context, &sql).await;
            rows.sort();
            rows
        };
        assert!(sorted(&whole).await == sorted(&shards).await, "{name}");
    }
}

#[tokio::test]
async fn a_week_keeps_nearly_all_its_impressions_when_the_clock_moves_on() {
    let sql = "select distinct request_tag from dsp_impressions
        where impression_dt_utc >= timestamp '2026-10-01T00:00:00' and impression_dt_utc < timestamp '2026-10-08T00:00:00'";
    let before: HashSet<_> = rows(&context(&World::new(11, 0.02, today(), None)), sql).await.into_iter().collect();
    let later = today() + chrono::Days::new(9);
    let after: HashSet<_> = rows(&context(&World::new(11, 0.02, later, None)), sql).await.into_iter().collect();
    // People who bought before the history begins are dropped with it, which affects some retargeting.
    let kept = before.intersection(&after).count() as f64;
    assert!(kept / before.len() as f64 > 0.97 && kept / after.len() as f64 > 0.97, "{kept} {}", before.len());
}

#[tokio::test]
async fn the_display_click_rate_is_between_a_tenth_and_one_percent() {
    let rate =
        numbers("select sum(clicks) * 1.0 / (select sum(impressions) from dsp_impressions) from dsp_clicks").await;
    assert!((0.001..0.01).contains(&rate[0]), "{rate:?}");
}

#[tokio::test]
async fn sponsored_clicks_and_costs_are_plausible() {
    let found = numbers(
        "select sum(clicks) * 1.0 / sum(impressions), sum(spend) / 100000000.0 / sum(clicks)
         from sponsored_ads_traffic where ad_product_type = 'sponsored_products'",
    )
    .await;
    assert!((0.004..0.03).contains(&found[0]), "click rate {found:?}");
    assert!((0.3..2.0).contains(&found[1]), "cost per click {found:?}");
}

#[tokio::test]
async fn streaming_television_is_watched_to_the_end_and_display_seen_two_times_out_of_three() {
    let complete = numbers(
        "select sum(video_complete) * 1.0 / sum(video_start), sum(video_midpoint) - sum(video_third_quartile)
         from dsp_video_events_feed where creative_type = 'Streaming TV Video'",
    )
    .await;
    assert!((0.88..0.99).contains(&complete[0]) && complete[1] > 0.0, "{complete:?}");
    let views = numbers(
        "select sum(viewable_impressions) * 1.0 / sum(measurable_impressions) from dsp_views where creative_category = 'Display'",
    )
    .await;
    assert!((0.6..0.75).contains(&views[0]), "{views:?}");
}

#[tokio::test]
async fn a_week_of_reach_has_large_campaigns_and_tiny_ones() {
    let context = context(&WORLD);
    let reach = rows(
        &context,
        "select campaign, count(distinct user_id), sum(impressions) * 1.0 / count(distinct user_id) from dsp_impressions
         where impression_dt_utc >= timestamp '2026-10-31T00:00:00' and impression_dt_utc < timestamp '2026-11-07T00:00:00'
           and user_id is not null group by 1",
    )
    .await;
    let users: Vec<u32> = reach.iter().map(|row| row[1].parse().unwrap()).collect();
    assert!(users.iter().filter(|users| **users >= 100).count() >= 6, "{reach:?}");
    assert!(users.iter().any(|users| *users < 30), "{reach:?}");
    assert!(reach.iter().filter(|row| row[1].parse::<u32>().unwrap() > 100).all(|row| {
        let frequency: f64 = row[2].parse().unwrap();
        (1.1..4.0).contains(&frequency)
    }));
}

#[tokio::test]
async fn dsp_and_sponsored_ads_reach_some_of_the_same_people() {
    let overlap = numbers(
        "with dsp as (select distinct user_id from dsp_impressions where impression_date_utc >= date '2026-09-01'),
              ads as (select distinct user_id from sponsored_ads_traffic where event_date_utc >= date '2026-09-01')
         select count(1) * 1.0 / (select count(1) from dsp) from dsp join ads on dsp.user_id = ads.user_id",
    )
    .await;
    assert!((0.1..0.8).contains(&overlap[0]), "{overlap:?}");
}

#[tokio::test]
async fn new_to_brand_and_return_on_spend_are_plausible() {
    let found = numbers(
        "select sum(new_to_brand_total_purchases) * 1.0 / sum(total_purchases),
                sum(total_product_sales) / (select sum(total_cost) / 100000 from dsp_impressions)
         from amazon_attributed_events_by_conversion_time where ad_product_type is null",
    )
    .await;
    assert!((0.2..0.7).contains(&found[0]), "new-to-brand {found:?}");
    assert!((2.0..12.0).contains(&found[1]), "return {found:?}");
}

#[tokio::test]
async fn attributed_totals_agree_by_traffic_and_by_conversion_time() {
    let context = context(&WORLD);
    let sql = |table: &str| {
        format!(
            "select ad_product_type, sum(conversions), sum(total_purchases), sum(total_product_sales),
                    sum(purchases_clicks) + sum(purchases_views) + sum(brand_halo_purchases),
                    max(conversion_event_dt_utc) from {table} group by 1 order by 1"
        )
    };
    let by_traffic = rows(&context, &sql("amazon_attributed_events_by_traffic_time")).await;
    let by_conversion = rows(&context, &sql("amazon_attributed_events_by_conversion_time")).await;
    assert_eq!(by_traffic, by_conversion);
    assert!(by_traffic.iter().all(|row| row[2] == row[4]), "{by_traffic:?}");
}

#[tokio::test]
async fn credited_contacts_are_found_in_the_traffic_tables() {
    let context = context(&WORLD);
    let missing = rows(
        &context,
        "select count(1), count(i.request_tag), count(distinct a.request_tag),
                sum(case when i.impression_dt_utc = a.impression_dt_utc and i.campaign = a.campaign then 1 else 0 end)
         from (select * from amazon_attributed_events_by_traffic_time
               where ad_product_type is null and traffic_event_dt_utc >= timestamp '2026-01-01T00:00:00') a
         left join (select distinct request_tag, impression_dt_utc, campaign from dsp_impressions) i on i.request_tag = a.request_tag",
    )
    .await;
    assert_eq!(missing[0][0], missing[0][1]);
    assert_eq!(missing[0][0], missing[0][3]);
    let missing = rows(
        &context,
        "select count(1), count(t.event_id) from (select * from amazon_attributed_events_by_traffic_time
               where ad_product_type is not null and traffic_event_dt_utc >= timestamp '2026-01-01T00:00:00') a
         left join (select distinct event_id from sponsored_ads_traffic) t on t.event_id = a.traffic_event_id",
    )
    .await;
    assert_eq!(missing[0][0], missing[0][1]);
}

#[tokio::test]
async fn attribution_looks_back_fourteen_days_and_exposure_twenty_eight() {
    let context = context(&WORLD);
    let lags = rows(
        &context,
        "select count(1) from amazon_attributed_events_by_conversion_time
         where conversion_event_dt_utc < traffic_event_dt_utc
            or conversion_event_dt_utc > traffic_event_dt_utc + interval '14 days'",
    )
    .await;
    assert_eq!(lags[0][0], "0");
    let all = numbers(
        "select (select count(1) from conversions) as n1, (select count(1) from conversions_non_ad_exposed) as n2,
                (select count(1) from conversions_all) as n3, (select count(1) from amazon_attributed_events_by_traffic_time) as n4",
    )
    .await;
    assert!((all[0] + all[1] - all[2]).abs() < 0.5, "{all:?}");
    assert!(all[3] < all[0] && all[1] > 0.0, "{all:?}");
}

#[tokio::test]
async fn orders_agree_between_conversions_and_the_shops_books() {
    let found = numbers(
        "select (select sum(total_product_sales) from conversions_all where event_subtype = 'order') as n12,
                (select sum(unit_price * purchase_units_sold) from amazon_retail_purchases) as n13,
                (select count(distinct purchase_id) * 1.0 / count(1) from amazon_retail_purchases) as n14",
    )
    .await;
    assert!((found[0] - found[1]).abs() < 0.01 && found[2] > 0.99, "{found:?}");
}

#[tokio::test]
async fn an_impression_repeats_once_for_each_segment_and_its_costs_add_up() {
    let found = numbers(
        "select (select sum(cardinality(user_behavior_segment_ids)) from dsp_impressions) as n11,
                (select sum(impressions) from dsp_impressions_by_user_segments) as n8,
                (select sum(behavior_segment_matched) from dsp_impressions_by_user_segments) as n9,
                (select count(1) from dsp_impressions_by_matched_segments) as n10",
    )
    .await;
    assert!((found[0] - found[1]).abs() < 0.5 && (found[2] - found[3]).abs() < 0.5, "{found:?}");
    let cost = numbers(
        "select sum(supply_cost + audience_fee) / 100000000.0, sum(impression_cost) / 100000.0,
                sum(supply_cost + audience_fee + platform_fee + third_party_fees) / 100000000.0, sum(total_cost) / 100000.0
         from dsp_impressions",
    )
    .await;
    assert!((cost[0] / cost[1] - 1.0).abs() < 0.001 && (cost[2] / cost[3] - 1.0).abs() < 0.001, "{cost:?}");
}

#[tokio::test]
async fn the_hidden_user_numbers_ids_one_to_one_in_all_tables() {
    let context = context(&WORLD);
    let mut numbers: HashMap<String, String> = HashMap::new();
    for table in ["dsp_impressions", "sponsored_ads_traffic", "conversions_all", "amazon_brand_store_page_views"] {
        for row in rows(&context, &format!("select distinct user_id, {USER_COLUMN} from {table} limit 20000")).await {
            assert_eq!(row[0].is_empty(), row[1].is_empty());
            let known = numbers.entry(row[0].clone()).or_insert_with(|| row[1].clone());
            assert_eq!(known, &row[1], "{table}");
        }
    }
}

#[tokio::test]
async fn audience_twins_leave_out_private_deals() {
    let found = numbers(
        "select (select count(1) from dsp_impressions where deal_id is null) as n5,
                (select count(1) from dsp_impressions_for_audiences) as n6, (select count(deal_id) from dsp_impressions) as n7",
    )
    .await;
    assert!((found[0] - found[1]).abs() < 0.5 && found[2] > 0.0, "{found:?}");
}

#[tokio::test]
async fn data_reach_to_two_days_before_today_and_thirteen_months_back() {
    let context = context(&WORLD);
    let days = rows(
        &context,
        "select min(impression_date_utc), max(impression_date_utc),
                sum(case when impression_date_utc = date '2026-11-20' then 1.0 end)
                / sum(case when impression_date_utc = date '2026-11-13' then 1.0 end) from dsp_impressions",
    )
    .await;
    assert_eq!(days[0][..2], ["2025-10-21", "2026-11-20"].map(String::from));
    let arriving: f64 = days[0][2].parse().unwrap();
    assert!((0.3..0.95).contains(&arriving), "{arriving}");
}

#[test]
fn the_standard_world_takes_less_than_forty_megabytes() {
    let scene = WORLD.shards.scene(0);
    let ledger = &scene.ledger;
    let bytes = ledger.impressions.capacity() * size_of::<events::Contact>()
        + ledger.traffic.capacity() * size_of::<events::Contact>()
        + ledger.conversions.capacity() * size_of::<events::Conversion>()
        + ledger.store_views.capacity() * size_of::<events::StoreView>()
        + ledger.relevant.capacity() * 2
        + (ledger.clicks.capacity() + ledger.by_conversion.capacity() + ledger.by_traffic.capacity()) * 4;
    assert!(bytes * 5 < 40_000_000, "{bytes} bytes at a fifth");
}

#[tokio::test]
async fn days_that_no_world_can_hold_give_the_nearest_that_one_can() {
    for day in [NaiveDate::MIN, NaiveDate::MAX] {
        let context = context(&World::new(1, 0.002, day, None));
        let counted = rows(&context, "select count(1) > 100 from dsp_impressions").await;
        assert_eq!(counted[0][0], "true");
    }
    let nobody = context(&World::new(1, f64::NAN, today(), None));
    assert_eq!(rows(&nobody, "select count(1) from conversions").await[0][0], "0");
}

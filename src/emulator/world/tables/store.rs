//! Columns about brand store visits and about the shop's own records (retail purchases).

use super::super::cells::Value;
use super::super::chance::{code_text, hash_text, key_text, mix, unit};
use super::super::events::StoreView;
use super::super::people;
use super::{Cell, Row, cell};

const PAGES: [&str; 5] = ["Home", "Best sellers", "New arrivals", "Our story", "Deals"];

/// The column of a brand store table.
pub(super) fn store(name: &str) -> Option<Cell> {
    match name {
        "channel" => cell(|_| "STORE".into()),
        "dwell_time" => cell(|row| Value::Real(f64::from((8.0 + 90.0 * unit(row.key, 1)).round()))),
        "ingress_type" => of(|row, view| ingress(row, view).into()),
        "page_id" => of(|row, view| key_text(hash_text(row.plan().seed, page_title(row, view).as_str()), 16).into()),
        "page_title" => of(|row, view| page_title(row, view).into()),
        "reference_id" => of(|row, view| {
            let ad = view.ad.map(|ad| row.plan().campaign_of(ad).id_text.as_str());
            ad.into()
        }),
        "referrer_domain" => of(|_, view| if view.step == 0 { "amazon.com" } else { "stores.amazon.com" }.into()),
        "session_id" | "visit_id" => of(|row, view| key_text(mix(row.person_hash(), u64::from(view.began)), 22).into()),
        "store_id" => cell(|row| key_text(row.advertiser().id as u64, 16).into()),
        "store_name" => cell(|row| row.advertiser().brand.name.into()),
        "event_type" => cell(|row| if row.pick == 0 { "impression" } else { "click" }.into()),
        "event_sub_type" => cell(|row| if row.pick == 0 { "widgetRender" } else { "productClick" }.into()),
        "widget_type" => cell(|row| widget(row).0.into()),
        "widget_sub_type" => cell(|row| widget(row).1.into()),
        "asin" => cell(|row| {
            let range = row.plan().products_of(row.brand);
            let place = range.start + super::super::chance::below(row.key, 2, range.len()) as u16;
            (row.pick > 0).then(|| row.plan().products[usize::from(place)].asin.as_str()).into()
        }),
        _ => None,
    }
}

fn widget(row: &Row<'_>) -> (&'static str, &'static str) {
    match (unit(row.key, 3) * 3.0) as u32 {
        0 => ("ProductGrid", "BestSellers"),
        1 => ("Gallery", "Lifestyle"),
        _ => ("ProductGrid", "Recommended"),
    }
}

/// 4 is an ad; 1 and 2 are detail page and search; 7 is an external link.
fn ingress(row: &Row<'_>, view: &StoreView) -> &'static str {
    if view.ad.is_some() {
        return "4";
    }
    ["1", "1", "2", "2", "7", "0", "9"]
        [super::super::chance::below(mix(row.person_hash(), u64::from(view.began)), 5, 7)]
}

fn page_title(row: &Row<'_>, view: &StoreView) -> String {
    format!("{} | {}", row.advertiser().brand.name, PAGES[usize::from(view.page) % PAGES.len()])
}

fn of<F>(make: F) -> Option<Cell>
where
    F: for<'r, 'w> Fn(&'r Row<'w>, &'r StoreView) -> Value<'r> + Send + Sync + 'static,
{
    cell(move |row| row.store.map_or(Value::Null, |view| make(row, view)))
}

/// The column of the retail purchases table.
pub(super) fn retail(name: &str) -> Option<Cell> {
    match name {
        "asin" => cell(|row| row.product().map(|product| product.asin.as_str()).into()),
        "asin_brand" => cell(|row| row.advertiser().brand.name.into()),
        "asin_name" => cell(|row| row.product().map(|product| product.title.as_str()).into()),
        "asin_parent" => cell(|row| row.product().map(|product| product.parent.as_str()).into()),
        "is_gift_flag" => cell(|row| Value::Flag(unit(row.key, 4) < 0.06)),
        "origin_session_id" => cell(|row| key_text(mix(row.key, 5), 20).into()),
        "purchase_session_id" => cell(|row| key_text(mix(row.key, 6), 20).into()),
        "purchase_id" => {
            cell(|row| format!("{}-{}", code_text(mix(row.key, 7), 3), code_text(mix(row.key, 8), 7)).into())
        }
        "purchase_order_method" => cell(|row| ["S", "B", "1"][(unit(row.key, 9) * 2.6) as usize].into()),
        "purchase_order_type" => {
            cell(|row| if people::prime(row.person_hash()) { "Prime" } else { "NON-PRIME" }.into())
        }
        "purchase_program_name" => cell(|_| "Amazon.com".into()),
        "purchase_units_sold" => cell(|row| row.conversion.map(|conversion| i64::from(conversion.units)).into()),
        "unit_price" => {
            cell(|row| row.conversion.map(|conversion| Value::Money(i64::from(conversion.unit_cents) * 100)).into())
        }
        _ => None,
    }
}

//! Columns about conversions: event, product, value, and the attributed metrics.

use super::super::cells::Value;
use super::super::chance::{hash_text, key_text, mix};
use super::super::events::{Conversion, ConversionType};
use super::{Cell, Row, cell};

impl ConversionType {
    /// AMC's subtype. Off-Amazon events carry a number.
    fn subtype(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::PageView => "detailPageView",
            Self::Cart => "shoppingCart",
            Self::BrandedSearch => "searchConversion",
            Self::StoreView => "brandStorePageView",
            Self::WishList => "wishList",
            Self::Subscription => "snsSubscription",
            Self::Review => "customerReview",
            Self::OwnShopPage => "134",
            Self::OwnShopOrder => "140",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Order => "Product purchased",
            Self::PageView => "Product detail page viewed",
            Self::Cart => "Add to Shopping Cart",
            Self::BrandedSearch => "Branded search",
            Self::StoreView => "Brand Store page viewed",
            Self::WishList => "Add to Wish List",
            Self::Subscription => "Subscribe & Save subscription",
            Self::Review => "Customer review",
            Self::OwnShopPage => "Page view",
            Self::OwnShopOrder => "Off-Amazon purchase",
        }
    }

    fn category(self) -> &'static str {
        match self {
            Self::Order | Self::Subscription => "purchase",
            Self::OwnShopPage | Self::OwnShopOrder => "off-Amazon",
            _ => "website",
        }
    }

    fn converts(self) -> bool {
        matches!(self, Self::Order | Self::Subscription | Self::OwnShopOrder)
    }
}

/// The column with that name, if it is about a conversion.
pub(super) fn column(name: &str) -> Option<Cell> {
    what(name.strip_prefix("conversion_").unwrap_or(name)).or_else(|| worth(name)).or_else(|| metric(name))
}

fn what(name: &str) -> Option<Cell> {
    match name {
        "event_subtype" => of(|_, it| it.action.subtype().into()),
        "event_type_description" => of(|_, it| it.action.description().into()),
        "event_category" => of(|_, it| it.action.category().into()),
        "event_type_class" => of(|_, it| if it.action.converts() { "conversion" } else { "consideration" }.into()),
        "event_type" => of(|_, it| if it.off_amazon() { "OFF_AMAZON_CONVERSION" } else { "CONVERSION" }.into()),
        "event_name" => of(|row, it| off(it, || format!("{} own shop", row.advertiser().brand.name)).into()),
        "event_source_name" | "event_source" => of(|_, it| match it.action {
            ConversionType::OwnShopPage => "Amazon Ad Tag".into(),
            ConversionType::OwnShopOrder => "Conversions API".into(),
            _ => Value::Null,
        }),
        "id" => of(|row, it| key_text(mix(row.key, it.action as u64), 26).into()),
        "tracked_item" => of(|row, it| tracked_item(row, it).into()),
        "tracked_asin" | "asin" => of(|row, it| {
            row.product()
                .filter(|_| matches!(it.action, ConversionType::Order))
                .map(|product| product.asin.as_str())
                .into()
        }),
        "exposure_type" => of(|_, it| match (it.off_amazon(), it.exposed) {
            (true, _) => "pixel".into(),
            (_, true) => "ad-exposed".into(),
            _ => "non-ad-exposed".into(),
        }),
        "engagement_scope" => of(|row, it| if promoted(row, it) { "PROMOTED" } else { "BRAND_HALO" }.into()),
        "halo_code" => of(halo),
        "sns_subscription_id" => {
            of(|row, it| (it.action == ConversionType::Subscription).then(|| key_text(row.key, 18)).into())
        }
        "purchase_retail_program" => of(|_, it| (it.action == ConversionType::Order).then_some("Amazon.com").into()),
        "new_to_brand" => of(|_, it| (it.action == ConversionType::Order).then_some(it.new_to_brand).into()),
        _ => None,
    }
}

/// The category as in `conversions_all`: off-Amazon events are pixels there.
pub(super) fn category_of_all() -> Option<Cell> {
    of(|_, it| if it.off_amazon() { "pixel" } else { it.action.category() }.into())
}

fn off(conversion: &Conversion, name: impl Fn() -> String) -> Option<String> {
    conversion.off_amazon().then(name)
}

fn tracked_item(row: &Row<'_>, conversion: &Conversion) -> String {
    let brand = row.advertiser().brand;
    match (conversion.action, row.product()) {
        (ConversionType::BrandedSearch, _) => brand.name.to_lowercase(),
        (ConversionType::OwnShopPage | ConversionType::OwnShopOrder, _) => {
            format!("{}", 500_000_000 + hash_text(row.plan().seed, brand.name) % 1_000_000)
        }
        (_, Some(product)) => product.asin.clone(),
        (_, None) => brand.name.to_owned(),
    }
}

/// Whether the campaign of the row promotes the converted item. With an ad contact its credit decides, otherwise any
/// line of the campaign.
fn promoted(row: &Row<'_>, conversion: &Conversion) -> bool {
    match (row.campaign, conversion.credit) {
        (None, Some(credit)) => credit.promoted,
        (Some(campaign), _) if !conversion.off_amazon() => {
            matches!(conversion.action, ConversionType::BrandedSearch | ConversionType::StoreView)
                || row
                    .plan()
                    .lines
                    .iter()
                    .any(|line| line.campaign == campaign && line.promoted.contains(&conversion.product))
        }
        _ => true,
    }
}

fn halo<'r>(row: &'r Row<'_>, conversion: &'r Conversion) -> Value<'r> {
    match conversion.action {
        ConversionType::OwnShopPage | ConversionType::OwnShopOrder => Value::Null,
        ConversionType::BrandedSearch => "BRAND_KEYWORD".into(),
        ConversionType::StoreView => "BRAND_MARKETPLACE".into(),
        _ if promoted(row, conversion) => "TRACKED_ASIN".into(),
        _ if conversion.product % 2 == 1 => "BRAND_SUBCATEGORY".into(),
        _ => "BRAND_CATEGORY".into(),
    }
}

fn worth(name: &str) -> Option<Cell> {
    match name {
        "conversions" => of(|_, _| Value::Whole(1)),
        "purchase_unit_price" => {
            of(|_, it| it.action.converts().then_some(Value::Money(i64::from(it.unit_cents) * 100)).into())
        }
        "off_amazon_product_sales" => of(|_, it| Value::Money(if it.off_amazon() { it.sales() } else { 0 })),
        "off_amazon_conversion_value" => {
            of(|_, it| Value::Money(if it.action == ConversionType::OwnShopPage { 10_000 } else { 0 }))
        }
        "combined_sales" => of(|_, it| Value::Money(it.sales())),
        "total_product_sales" => of(|_, it| Value::Money(on_amazon(it).sales_of())),
        "total_units_sold" => of(|_, it| Value::Whole(on_amazon(it).units_of())),
        _ => None,
    }
}

/// The value of a conversion on Amazon.
struct OnAmazon<'c>(Option<&'c Conversion>);

fn on_amazon(conversion: &Conversion) -> OnAmazon<'_> {
    OnAmazon((!conversion.off_amazon()).then_some(conversion))
}

impl OnAmazon<'_> {
    fn sales_of(&self) -> i64 {
        self.0.map_or(0, Conversion::sales)
    }

    fn units_of(&self) -> i64 {
        self.0.map_or(0, |conversion| i64::from(conversion.units))
    }
}

/// What an attributed metric counts.
#[derive(Clone, Copy)]
enum Measure {
    Purchases,
    Units,
    Sales,
    Views,
    Carts,
    /// Sign-ups to digital subscriptions, which the brands don't sell.
    Nothing,
}

/// Attributed metrics follow a pattern: `[new_to_brand_][total_|brand_halo_]measure[_clicks|_views]`.
fn metric(name: &str) -> Option<Cell> {
    let (rest, new) = name.strip_prefix("new_to_brand_").map_or((name, false), |rest| (rest, true));
    let (rest, by_click) = match (rest.strip_suffix("_clicks"), rest.strip_suffix("_views")) {
        (Some(rest), _) => (rest, Some(true)),
        (_, Some(rest)) => (rest, Some(false)),
        _ => (rest, None),
    };
    let (rest, scope) = if let Some(rest) = rest.strip_prefix("total_") {
        (rest, None)
    } else if let Some(rest) = rest.strip_prefix("brand_halo_") {
        (rest, Some(false))
    } else {
        (rest, Some(true))
    };
    let measure = match rest {
        "purchases" => Measure::Purchases,
        "units_sold" => Measure::Units,
        "product_sales" => Measure::Sales,
        "detail_page_view" => Measure::Views,
        "add_to_cart" => Measure::Carts,
        _ if rest.starts_with("digital_") || rest.starts_with("appstore_") => Measure::Nothing,
        _ => return None,
    };
    of(move |_, it| {
        let counted = it.credit.is_some_and(|credit| {
            scope.is_none_or(|promoted| promoted == credit.promoted)
                && by_click.is_none_or(|click| click == credit.click)
        });
        let counted = counted && (!new || it.new_to_brand) && !it.off_amazon();
        measured(measure, it, counted)
    })
}

fn measured(measure: Measure, conversion: &Conversion, counted: bool) -> Value<'static> {
    let one = |action: ConversionType| Value::Whole(i64::from(counted && conversion.action == action));
    match measure {
        Measure::Purchases => one(ConversionType::Order),
        Measure::Views => one(ConversionType::PageView),
        Measure::Carts => one(ConversionType::Cart),
        Measure::Units => Value::Whole(if counted { i64::from(conversion.units) } else { 0 }),
        Measure::Sales => Value::Money(if counted { conversion.sales() } else { 0 }),
        Measure::Nothing => Value::Whole(0),
    }
}

/// A cell of a row with a conversion.
fn of<F>(make: F) -> Option<Cell>
where
    F: for<'r, 'w> Fn(&'r Row<'w>, &'r Conversion) -> Value<'r> + Send + Sync + 'static,
{
    cell(move |row| row.conversion.map_or(Value::Null, |conversion| make(row, conversion)))
}

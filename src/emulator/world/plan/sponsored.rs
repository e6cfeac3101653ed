//! Sponsored ads: campaigns, ad groups, keywords and the searches that they match.

use super::super::chance::{code_text, hash_text};
use super::{AdProduct, Campaign, Channel, Creative, Line, Plan, Product, Target, Targeting, Term, number};

/// The last day of campaigns without an end: later than any possible moment.
const OPEN_END: u32 = 49_000;

/// A campaign without ids.
struct Setup {
    code: &'static str,
    title: &'static str,
    product: AdProduct,
    match_type: &'static str,
    targeting: Targeting,
    /// Cents for a click; for a thousand impressions if views are paid.
    price_cents: f32,
    weight: f32,
}

const fn setup(code: &'static str, title: &'static str, product: AdProduct, match_type: &'static str) -> Setup {
    Setup { code, title, product, match_type, targeting: Targeting::Prospects, price_cents: 95.0, weight: 1.0 }
}

const SETUPS: [Setup; 11] = [
    Setup { price_cents: 48.0, weight: 3.0, ..setup("SP", "Brand keywords", AdProduct::Products, "EXACT") },
    Setup { price_cents: 128.0, weight: 1.3, ..setup("SP", "Category keywords phrase", AdProduct::Products, "PHRASE") },
    Setup { price_cents: 104.0, weight: 1.6, ..setup("SP", "Category keywords broad", AdProduct::Products, "BROAD") },
    Setup { price_cents: 72.0, ..setup("SP", "Automatic", AdProduct::Products, "TARGETING_EXPRESSION_PREDEFINED") },
    Setup { price_cents: 83.0, ..setup("SP", "Product targeting", AdProduct::Products, "TARGETING_EXPRESSION") },
    Setup { price_cents: 66.0, weight: 2.0, ..setup("SBA", "Brand headline", AdProduct::Brands, "EXACT") },
    Setup { price_cents: 141.0, weight: 1.2, ..setup("SBV", "Category video", AdProduct::Brands, "PHRASE") },
    Setup { price_cents: 99.0, weight: 0.7, ..setup("SBA", "Theme headline", AdProduct::Brands, "THEME") },
    Setup { price_cents: 88.0, weight: 1.2, ..setup("SD", "Contextual", AdProduct::Display, "TARGETING_EXPRESSION") },
    Setup {
        price_cents: 420.0,
        weight: 2.2,
        targeting: Targeting::Visitors,
        ..setup("SD", "Views remarketing vCPM", AdProduct::Display, "TARGETING_EXPRESSION")
    },
    Setup {
        price_cents: 2300.0,
        weight: 0.5,
        ..setup("STV", "Streaming starter", AdProduct::Television, "TARGETING_EXPRESSION")
    },
];

/// Creates a brand's sponsored ads, then the searches of its category.
pub(super) fn lay_out(plan: &mut Plan, brand: u8) {
    for setup in &SETUPS {
        place(plan, brand, setup);
    }
    search_terms(plan, brand);
}

fn place(plan: &mut Plan, brand: u8, setup: &Setup) {
    let advertiser = plan.advertisers[usize::from(brand)].clone();
    let name = format!("{} - {} - {}", setup.code, advertiser.brand.name, setup.title);
    let hash = hash_text(plan.seed, &name);
    let campaign = plan.add_campaign(Campaign {
        product: setup.product,
        brand,
        id: number(hash, 2, 310_000_000_000_000),
        id_text: format!("A{}", code_text(hash, 12)),
        name,
        // OK because sponsored ads have no end: a fixed day in the past is their start in every data set.
        start: 1300 + (hash % 200) as u32,
        end: None,
        goal: "NONE",
        budget_cents: (setup.weight * advertiser.size * 2500.0) as i64,
    });
    let range = plan.products_of(brand);
    // Two ad groups: the hero products and the others, each with the keywords of its kinds.
    for (group, products) in [("Hero products", range.start..range.start + 4), ("Range", range.start + 4..range.end)] {
        let ads = plan.ads.len() as u16..plan.ads.len() as u16;
        plan.lines.push(Line {
            campaign,
            name: format!("{group} {}", setup.code),
            id: number(hash_text(hash, group), 3, 330_000_000_000_000),
            channel: if setup.product == AdProduct::Television { Channel::Television } else { Channel::Display },
            kind: if setup.match_type.starts_with("TARGETING") { "TARGETING" } else { "KEYWORD" },
            targeting: setup.targeting,
            start: 0,
            end: OPEN_END,
            weight: setup.weight * advertiser.size * if group == "Range" { 0.6 } else { 1.0 },
            price_cents: setup.price_cents,
            deal: None,
            segments: Vec::new(),
            promoted: products.clone().collect(),
            link_in: true,
            ads,
        });
        for product in products.step_by(2) {
            group_ads(plan, setup, advertiser.brand.name, advertiser.brand.slip, product);
        }
    }
}

fn group_ads(plan: &mut Plan, setup: &Setup, brand: &str, slip: &str, product: u16) {
    let Product { asin, title, kind, .. } = plan.products[usize::from(product)].clone();
    let noun =
        plan.advertisers[usize::from(plan.products[usize::from(product)].brand)].brand.kinds[usize::from(kind)].term;
    let texts: Vec<String> = match (setup.product, setup.match_type) {
        (AdProduct::Television, _) => vec!["interest=\"Streaming households\"".to_owned()],
        (_, "EXACT") => vec![brand.to_lowercase(), format!("{} {noun}", brand.to_lowercase()), slip.to_owned()],
        (_, "TARGETING_EXPRESSION_PREDEFINED") => {
            ["close-match", "loose-match", "substitutes"].map(String::from).to_vec()
        }
        (_, "TARGETING_EXPRESSION") if setup.targeting == Targeting::Visitors => {
            vec!["views=(exact-product lookback=30)".to_owned(), "views=(similar-product lookback=30)".to_owned()]
        }
        (_, "TARGETING_EXPRESSION") => vec![format!("category=\"{noun}\""), format!("asin=\"{asin}\"")],
        (_, "THEME") => vec!["KEYWORDS_RELATED_TO_YOUR_BRAND".to_owned()],
        _ => vec![noun.to_owned(), noun.rsplit(' ').next().unwrap_or(noun).to_owned()],
    };
    let (size, form) = match setup.code {
        "SBV" | "STV" => ("1920x1080", "video"),
        _ => ("Responsive", "static_image"),
    };
    let name = format!("{} {title}", setup.code);
    let id = number(hash_text(plan.seed, &name), 4, 340_000_000_000_000);
    let seconds = (form == "video").then_some(20);
    let creative = plan.add_creative(Creative { name, id, size, kind: form, seconds });
    for text in texts {
        plan.targets.push(Target { text, match_type: setup.match_type });
        let target = (plan.targets.len() - 1) as u16;
        plan.add_ad(creative, Some(target), Some(product));
    }
}

fn search_terms(plan: &mut Plan, brand: u8) {
    let advertiser = plan.advertisers[usize::from(brand)].clone();
    let lower = advertiser.brand.name.to_lowercase();
    let mut terms = vec![(lower.clone(), true, None, 9.0), (advertiser.brand.slip.to_owned(), true, None, 1.6)];
    for (kind, text) in advertiser.brand.kinds.iter().map(|kind| kind.term).enumerate() {
        let kind = Some(kind as u8);
        terms.push((format!("{lower} {text}"), true, kind, 3.0));
        terms.push((text.to_owned(), false, kind, 7.0));
        terms.push((format!("best {text}"), false, kind, 2.4));
        terms.push((format!("{text} gift"), false, kind, 1.2));
        terms.push((format!("{text} for travel"), false, kind, 0.7));
        terms.push((format!("{text} near me"), false, kind, 0.25));
    }
    for (text, branded, kind, weight) in terms {
        let weight = weight * advertiser.size;
        let ads = answering(plan, brand, &text, branded, kind);
        plan.terms.push(Term { text, brand, branded, weight, ads });
    }
}

/// The ads whose target matches a search, according to match types.
fn answering(plan: &Plan, brand: u8, text: &str, branded: bool, kind: Option<u8>) -> Vec<u16> {
    let answers = |index: usize| {
        let ad = &plan.ads[index];
        let campaign = plan.campaign_of(index as u16);
        let (Some(target), Some(product)) = (ad.target, ad.product) else { return false };
        if campaign.brand != brand || !matches!(campaign.product, AdProduct::Products | AdProduct::Brands) {
            return false;
        }
        let fits = kind.is_none_or(|kind| plan.products[usize::from(product)].kind == kind);
        let target = &plan.targets[usize::from(target)];
        match target.match_type {
            "EXACT" => target.text == text,
            "PHRASE" => fits && !branded && text.contains(&target.text),
            "BROAD" => fits && !branded,
            "THEME" => branded,
            "TARGETING_EXPRESSION_PREDEFINED" => fits && (target.text != "substitutes"),
            _ => false,
        }
    };
    (0..plan.ads.len()).filter(|index| answers(*index)).map(|index| index as u16).collect()
}

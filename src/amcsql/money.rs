//! The unit of a money column.
//!
//! AMC reports costs in fractions of a cent (AMC documentation, data sources): sponsored ads spend and DSP fees in
//! microcents, DSP costs and budgets in millicents. The query determines which result column has such a unit; see
//! [`super::semantics`].

/// A fraction of a unit of the advertiser's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 100,000,000 per unit.
    Microcents,
    /// 100,000 per unit.
    Millicents,
}

const MICROCENTS: &[&str] = &[
    "audience_fee",
    "bid_price",
    "managed_service_fee",
    "ocm_fee",
    "platform_fee",
    "spend",
    "supply_cost",
    "third_party_fees",
];
const MILLICENTS: &[&str] = &[
    "campaign_budget_amount",
    "campaign_flight_budget_amount",
    "click_cost",
    "impression_cost",
    "line_item_budget_amount",
    "total_cost",
];
impl Unit {
    /// The unit of a column of AMC's own tables.
    pub fn of_source(column: &str) -> Option<Self> {
        let is = |known: &&str| known.eq_ignore_ascii_case(column);
        if MICROCENTS.iter().any(is) {
            return Some(Self::Microcents);
        }
        MILLICENTS.iter().any(is).then_some(Self::Millicents)
    }

    /// AMC's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Microcents => "microcents",
            Self::Millicents => "millicents",
        }
    }

    /// Its size relative to the currency unit, as a power of ten.
    pub fn digits(self) -> usize {
        match self {
            Self::Microcents => 8,
            Self::Millicents => 5,
        }
    }

    /// Converts a number to currency units, exactly; other texts are unchanged.
    pub fn converted(self, number: &str) -> String {
        let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
        let (whole, part) = rest.split_once('.').unwrap_or((rest, ""));
        if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
            let scale = 10_f64.powi(self.digits() as i32);
            return number.parse::<f64>().map_or_else(|_| number.to_owned(), |number| (number / scale).to_string());
        }
        let padded = format!("{whole:0>width$}", width = self.digits() + 1);
        let (units, cents) = padded.split_at(padded.len() - self.digits());
        let units = Some(units.trim_start_matches('0')).filter(|units| !units.is_empty()).unwrap_or("0");
        let fraction = format!("{cents}{part}");
        let fraction = fraction.trim_end_matches('0');
        format!("{sign}{units}.{fraction:0<2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::catalogue::Catalogue;

    #[test]
    fn amounts_are_converted_without_losing_a_digit() {
        for (unit, number, text) in [
            (Unit::Microcents, "123456789012345678", "1234567890.12345678"),
            (Unit::Microcents, "-5", "-0.00000005"),
            (Unit::Millicents, "250000", "2.50"),
            (Unit::Millicents, "12.5", "0.000125"),
            (Unit::Millicents, "0", "0.00"),
            (Unit::Millicents, "2.5E7", "250"),
            (Unit::Millicents, "NaN", "NaN"),
        ] {
            assert_eq!(unit.converted(number), text, "{number}");
        }
    }

    #[test]
    fn the_table_of_units_is_what_the_catalogue_says() {
        for source in Catalogue::standard().sources() {
            for column in &source.columns {
                let says = |word: &str| column.description.to_lowercase().contains(word);
                let unit = Unit::of_source(&column.name);
                assert!(!says("microcent") || unit == Some(Unit::Microcents), "{}", column.name);
                assert!(!says("millicent") || unit == Some(Unit::Millicents), "{}", column.name);
            }
        }
    }
}

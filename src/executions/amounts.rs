//! Which columns of a result count something, and which of them can be added up, found in the query's text.
//!
//! AMC calls a count of people a dimension, since it comes from an id, and gives costs as doubles, like rates.
//! The text tells them apart: what `SUM` and `COUNT` give adds up, what `COUNT(DISTINCT …)`, `AVG` and
//! divisions give is an amount too, but its sum is none. Only the outermost `SELECT` is read; a column that
//! comes from further inside is left out, for a missing total misleads less than a wrong one.

use std::collections::HashMap;

use crate::amcsql::ast::{Body, Expr, ExprKind, Item};
use crate::amcsql::bound::BinaryOp;
use crate::amcsql::parser;

/// A number that counts or measures, and is no name of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// The sum of its rows says something.
    Adds,
    /// It does not: a rate, an average, a number of different people.
    Stands,
}

/// The amounts among a query's columns, by their names in small letters.
pub(super) fn amounts(sql: &str) -> HashMap<String, Amount> {
    let Ok(parsed) = parser::parse(sql) else { return HashMap::new() };
    let columns = body(&parsed.query.body);
    columns.into_iter().filter_map(|(name, amount)| Some((name, amount?))).collect()
}

fn body(body: &Body) -> Vec<(String, Option<Amount>)> {
    match body {
        Body::Select(select) => select.items.iter().map(item).collect(),
        Body::Values(_) => Vec::new(),
        Body::Query(query) => self::body(&query.body),
        Body::Set { inputs, .. } => {
            let mut inputs = inputs.iter().map(self::body);
            let mut columns = inputs.next().unwrap_or_default();
            for other in inputs {
                for (place, (_, amount)) in columns.iter_mut().enumerate() {
                    *amount = amount.filter(|amount| other.get(place).is_some_and(|(_, same)| *same == Some(*amount)));
                }
            }
            columns
        }
    }
}

fn item(item: &Item) -> (String, Option<Amount>) {
    let Item::Expr(value, alias) = item else { return (String::new(), None) };
    (alias.as_ref().map(|name| name.name.to_lowercase()).unwrap_or_default(), amount(value))
}

fn amount(value: &Expr) -> Option<Amount> {
    match &value.kind {
        ExprKind::Cast { expr, .. } | ExprKind::Negate(expr) => amount(expr),
        ExprKind::Binary { op, left, right } => {
            let scales = matches!(op, BinaryOp::Times | BinaryOp::Divide) && matches!(right.kind, ExprKind::Number(_));
            let (left, right) = (amount(left), amount(right));
            let both = left == Some(Amount::Adds) && right == Some(Amount::Adds);
            let adds = both && matches!(op, BinaryOp::Plus | BinaryOp::Minus);
            if scales { left } else { left.or(right).map(|_| if adds { Amount::Adds } else { Amount::Stands }) }
        }
        ExprKind::Call(call) if call.over.is_none() => match call.name.name.to_uppercase().as_str() {
            "SUM" | "COUNT" if !call.distinct => Some(Amount::Adds),
            "SUM" | "COUNT" | "AVG" => Some(Amount::Stands),
            "COALESCE" | "NVL" | "IFNULL" | "ROUND" => call.args.first().and_then(amount),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_counts_add_up_and_people_and_rates_do_not() {
        let amounts = amounts(
            "SELECT campaign, MIN(campaign_id) AS id, SUM(total_cost) AS Cost, COUNT(1) AS n, \
             COUNT(DISTINCT user_id) AS reach, SUM(impressions) / COUNT(DISTINCT user_id) AS frequency, \
             ROUND(SUM(total_cost) - SUM(platform_fee)) AS net, SUM(total_cost) / 100000 AS paid \
             FROM dsp_impressions GROUP BY campaign",
        );
        for adding in ["cost", "n", "net", "paid"] {
            assert_eq!(amounts.get(adding), Some(&Amount::Adds), "{adding}");
        }
        for standing in ["reach", "frequency"] {
            assert_eq!(amounts.get(standing), Some(&Amount::Stands), "{standing}");
        }
        assert_eq!((amounts.get("campaign"), amounts.get("id")), (None, None));
    }

    #[test]
    fn a_union_adds_up_where_all_of_it_does() {
        let of = |one: &str, other: &str| {
            amounts(&format!("SELECT {one} AS n FROM dsp_clicks UNION ALL SELECT {other} AS n FROM dsp_clicks"))
        };
        assert_eq!(of("SUM(clicks)", "COUNT(1)").get("n"), Some(&Amount::Adds));
        assert_eq!(of("SUM(clicks)", "COUNT(DISTINCT user_id)").get("n"), None);
        assert!(amounts("no SQL at all").is_empty());
    }
}

//! Binds `TABLE(EXTEND_TIME_WINDOW(…))`: a source with an extended time window.

use super::super::ast::{Expr, ExprKind as Ast, Ident};
use super::super::bound::{Extension, Node, Relation};
use super::super::catalogue::{DataSource, DataType};
use super::super::text::Span;
use super::binder::Binder;
use super::scope::Provider;
use crate::amcsql::codes;

impl<'a> Binder<'a> {
    /// `TABLE(EXTEND_TIME_WINDOW('source', 'P1D', 'P0D'))`.
    pub(super) fn widened(&mut self, name: &Ident, args: &[Expr], span: Span) -> (Relation, Option<String>, Provider) {
        let nothing = (Relation { node: Node::One, span }, None, Provider::Unknown);
        if !name.name.eq_ignore_ascii_case("EXTEND_TIME_WINDOW") {
            let of_arrays = ["UNNEST", "EXPLODE", "FLATTEN"].iter().any(|it| name.name.eq_ignore_ascii_case(it));
            let instead = if of_arrays { " Select EXPLODE(array) in a subquery." } else { "" };
            let message = format!(
                "`{}` isn't a table function. FROM TABLE(…) accepts only EXTEND_TIME_WINDOW.{instead}",
                name.name
            );
            let amc = format!("No match found for function signature {}", name.name.to_uppercase());
            self.error(codes::UNKNOWN_FUNCTION, name.span, message, &amc);
            return nothing;
        }
        let [source, before, after] = args else {
            let message = "EXTEND_TIME_WINDOW takes a source and two durations: ('dsp_impressions', 'P7D', 'P0D').";
            let amc = "Invalid number of arguments to function 'EXTEND_TIME_WINDOW'. Was expecting 3 arguments";
            self.error(codes::ARGUMENTS, span, message, amc);
            return nothing;
        };
        let id = match &source.kind {
            Ast::String(id) => id.clone(),
            Ast::Name(names) => names.last().map(|it| it.name.clone()).unwrap_or_default(),
            _ => String::new(),
        };
        let common =
            self.visible.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(&id)).map(|(_, common)| *common);
        if let Some(common) = common.filter(|_| self.context.catalogue.source(&id).is_none()) {
            self.uses.extend(common.map(|common| (self.owner, common)));
            let message = format!(
                "`{id}` is a common table. EXTEND_TIME_WINDOW takes a data source: widen the one that `{id}` reads, inside its WITH."
            );
            self.error(codes::NOT_A_SOURCE, source.span, message, &format!("Object '{id}' not found"));
            return nothing;
        }
        let extension = Extension { before_seconds: self.duration(before), after_seconds: self.duration(after) };
        let Some(found): Option<&'a DataSource> = self.context.catalogue.source(&id) else {
            self.source_not_found(&id, source.span, source.span);
            return nothing;
        };
        self.remark_on_source(found, &[], source.span);
        if found.time_window_column.is_none() {
            let message = format!("`{}` is not cut by the time window, so there is nothing to extend.", found.id);
            self.info(codes::NOTHING_TO_EXTEND, source.span, message);
        }
        let scan = self.new_reading(found, extension, source.span);
        let name = id.rsplit('.').next().unwrap_or(&id).to_lowercase();
        (Relation { node: Node::Scan(scan), span }, Some(name), Provider::Source(scan))
    }

    fn duration(&mut self, expr: &Expr) -> i64 {
        let seconds = match &expr.kind {
            Ast::String(text) => seconds(text),
            Ast::Field(name) => {
                // OK because the text that is sent has a duration there, and is checked too.
                let value = self.field(name, expr.span);
                self.coerced(value, &DataType::String);
                return 0;
            }
            _ => None,
        };
        seconds.unwrap_or_else(|| {
            let parameter = if self.context.is_authored {
                " A parameter stands for a whole duration: {{look_back}} with the value P7D."
            } else {
                ""
            };
            let message = format!(
                "This isn't a duration. Write days as 'P7D'; weeks ('P2W') and hours ('PT12H') work the same way.{parameter}"
            );
            self.error(codes::DURATION, expr.span, message, "Invalid duration passed to EXTEND_TIME_WINDOW");
            0
        })
    }
}

/// An ISO 8601 duration of weeks, days, hours, minutes and seconds, optionally negative, of at most 100 years.
fn seconds(text: &str) -> Option<i64> {
    let text = text.trim().to_ascii_uppercase();
    let (sign, rest) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
    let rest = rest.strip_prefix('P')?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let total = units(days, &[('W', 604_800), ('D', 86_400)])?
        .checked_add(units(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)?;
    (total <= 36_525 * 86_400).then_some(sign * total)
}

fn units(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total = 0_i64;
    for (letter, seconds) in units {
        if let Some((number, rest)) = text.split_once(*letter) {
            if number.is_empty() || number.len() > 9 || !number.bytes().all(|it| it.is_ascii_digit()) {
                return None;
            }
            total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(*seconds)?)?;
            text = rest;
        }
    }
    text.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_iso_8601() {
        assert_eq!(seconds("P28D"), Some(28 * 86_400));
        assert_eq!(seconds("p1dt12h"), Some(36 * 3_600));
        assert_eq!(seconds("P0D"), Some(0));
        assert_eq!(seconds("-P1D"), Some(-86_400));
        for text in ["", "P", "28", "P28", "PD", "P1X", "P99999999999D", "P999999999D", "P1D1W"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}

//! Binds functions with a unit of time.

use super::super::ast::{Call, Expr, ExprKind as Ast, Ident};
use super::super::codes;
use super::super::finding::{self, Finding, Fix};
use super::super::functions::{Argument, Function, Outcome, Signature, TimeUnit};
use super::super::text::Span;
use super::binder::{Binder, Value};

impl Binder<'_> {
    pub(super) fn extract(&mut self, unit: &Ident, expr: &Expr, span: Span) -> Value {
        let value = self.expr(expr);
        let found = match unit.name.to_ascii_uppercase().as_str() {
            "SECOND" => TimeUnit::Second,
            "MINUTE" => TimeUnit::Minute,
            "HOUR" => TimeUnit::Hour,
            "DAY" => TimeUnit::Day,
            "DOW" => {
                let message = "Which day EXTRACT(DOW …) counts as 1 is not documented. DAYOFWEEK(t) is: 1 is Sunday.";
                self.info(codes::DAY_OF_WEEK, unit.span, message);
                TimeUnit::DayOfWeek
            }
            "WEEK" => TimeUnit::Week,
            "MONTH" => TimeUnit::Month,
            "YEAR" => TimeUnit::Year,
            other => {
                let message = "EXTRACT knows SECOND, MINUTE, HOUR, DAY, DOW, WEEK, MONTH and YEAR.";
                self.error(codes::TIME_UNIT, unit.span, message, &format!("'{other}' is not a valid datetime format"));
                return Value::unknown(span);
            }
        };
        self.scalar_call(Function::Extract(found), &[Argument::Timestamp], vec![value], Outcome::Long, span)
    }

    pub(super) fn date_trunc(&mut self, call: &Call, signature: &Signature, span: Span) -> Value {
        let first = call.args.first();
        let unit = match first.map(|it| &it.kind) {
            Some(Ast::String(text)) => text.to_ascii_uppercase(),
            // Another dialect's form: the unit isn't a column, so its name isn't looked up.
            Some(_) if let Some(fix) = self.truncation(call) => {
                self.no_unit(first.map_or(span, |it| it.span), "", Some(fix));
                return Value::unknown(span);
            }
            _ => String::new(),
        };
        let Some(mut values) = self.arguments(call, signature, 2, 2) else { return Value::unknown(span) };
        let found = match unit.as_str() {
            "SECOND" => TimeUnit::Second,
            "MINUTE" => TimeUnit::Minute,
            "HOUR" => TimeUnit::Hour,
            "DAY" => TimeUnit::Day,
            "WEEK" => TimeUnit::Week,
            "MONTH" => TimeUnit::Month,
            "QUARTER" => TimeUnit::Quarter,
            "YEAR" => TimeUnit::Year,
            _ => {
                let fix = self.truncation(call);
                self.no_unit(call.args.first().map_or(span, |it| it.span), &unit, fix);
                return Value::unknown(span);
            }
        };
        let moment = values.split_off(1);
        self.scalar_call(Function::DateTrunc(found), &[Argument::Timestamp], moment, Outcome::Timestamp, span)
    }

    /// Reports a first argument of `DATE_TRUNC` that isn't a unit in quotes.
    fn no_unit(&mut self, place: Span, unit: &str, fix: Option<Fix>) {
        let message = "DATE_TRUNC takes a unit in quotes: 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter' or 'year'.";
        let amc = finding::located(&self.index, place, &format!("'{unit}' is not a valid datetime format"));
        self.report(Finding::error(codes::TIME_UNIT, place, message, amc).with_fix(fix));
    }

    /// Converts `DATE_TRUNC(day, t)` and `DATE_TRUNC(t, DAY)` of other dialects to AMC's form.
    fn truncation(&self, call: &Call) -> Option<Fix> {
        const UNITS: [&str; 8] = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
        let [first, second] = call.args.as_slice() else { return None };
        let unit = |expr: &Expr| {
            let word = self.text_of(expr.span).trim_matches('\'').to_ascii_lowercase();
            UNITS.into_iter().find(|unit| *unit == word)
        };
        let (unit, moment) = match (unit(first), unit(second)) {
            (Some(unit), None) => (unit, second),
            (None, Some(unit)) => (unit, first),
            _ => return None,
        };
        let place = first.span.to(second.span);
        let replacement = format!("'{unit}', {}", self.text_of(moment.span));
        Some(Fix::sure(place, replacement, format!("Change to DATE_TRUNC('{unit}', …)")))
    }
}

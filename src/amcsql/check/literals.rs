//! Binds numbers, dates and their signs.

use crate::amcsql::codes;
use crate::amcsql::moments::{read_date, read_timestamp, read_timestamp_literal};

use super::super::ast::Expr;
use super::super::bound::{ExprKind, Literal};
use super::super::catalogue::DataType;
use super::super::finding::{self, Finding, Fix};
use super::super::template::is_name;
use super::super::text::Span;
use super::binder::{Binder, Value};

impl Binder<'_> {
    pub(super) fn number(&mut self, text: &str, span: Span) -> Value {
        let exponent = text.bytes().any(|it| it.eq_ignore_ascii_case(&b'e'));
        if !exponent
            && !text.contains('.')
            && let Ok(value) = text.parse::<i64>()
        {
            let kind = if i32::try_from(value).is_ok() { DataType::Integer } else { DataType::Long };
            return Value::literal(Literal::Integer(value), kind, span);
        }
        if !exponent && let Some((literal, kind)) = decimal(text) {
            return Value::literal(literal, kind, span);
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Value::literal(Literal::Double(value), DataType::Double, span),
            _ => {
                self.error(
                    codes::NUMBER,
                    span,
                    "This number is too large.",
                    &format!("Numeric literal '{text}' out of range"),
                );
                Value::unknown(span)
            }
        }
    }

    pub(super) fn moment(&mut self, text: &str, kind: DataType, span: Span) -> Value {
        let literal = if kind == DataType::Date {
            read_date(text.trim()).map(Literal::Date)
        } else {
            read_timestamp_literal(text.trim()).map(Literal::Timestamp)
        };
        if literal.is_none()
            && let Some(parameter) = self.quoted_parameter(text)
        {
            let kind = kind.to_string();
            let message = format!(
                "`{parameter}` in quotes is text, not a {0}. Write {parameter} alone: its value is a {0}.",
                kind.to_lowercase()
            );
            let amc = finding::located(&self.index, span, &format!("Illegal {kind} literal '{text}': not in format"));
            let fix = Fix::sure(span, parameter, format!("Remove {kind} and the quotes"));
            self.report(Finding::error(codes::MOMENT, span, message, amc).with_fix(Some(fix)));
            return Value::unknown(span);
        }
        let Some(literal) = literal else {
            let form = if kind == DataType::Date { "DATE '2026-01-31'" } else { "TIMESTAMP '2026-01-31 13:45:00'" };
            let message = format!("This isn't a {}. Write {form}.", kind.to_string().to_lowercase());
            self.error(codes::MOMENT, span, message, &format!("Illegal {kind} literal '{text}': not in format"));
            return Value::unknown(span);
        };
        Value::literal(literal, kind, span)
    }

    /// The `{{name}}` that is all of a text of the author's.
    fn quoted_parameter(&self, text: &str) -> Option<String> {
        let name = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
        (self.context.is_authored && is_name(name)).then(|| format!("{{{{{name}}}}}"))
    }

    /// Warns about a text that its conversion can't read. The text of the author only: the text that is sent may hold
    /// sample values.
    pub(super) fn unreadable(&mut self, text: &str, to: &DataType, span: Span) {
        let reads = match to {
            DataType::Date | DataType::Timestamp => reads_as_moment(text),
            to if to.is_numeric() => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
            _ => true,
        };
        if reads || !self.context.is_authored || text.contains("{{") {
            return;
        }
        let (shown, kind) = (short(text), to.to_string().to_uppercase());
        let message = format!("The text '{shown}' does not read as {kind}, and such a conversion stops the run.");
        self.warning(codes::TEXT_AS_VALUE, span, message);
    }

    pub(super) fn negate(&mut self, inner: &Expr, span: Span) -> Value {
        let value = self.expr(inner);
        let kind = value.expr.data_type.clone();
        match &value.expr.kind {
            ExprKind::Literal(Literal::Integer(number)) => {
                return Value::literal(Literal::Integer(number.wrapping_neg()), kind, span);
            }
            ExprKind::Literal(Literal::Decimal { unscaled, scale }) => {
                return Value::literal(Literal::Decimal { unscaled: -unscaled, scale: *scale }, kind, span);
            }
            ExprKind::Literal(Literal::Double(number)) => {
                return Value::literal(Literal::Double(-number), kind, span);
            }
            _ => {}
        }
        if !kind.is_numeric() && kind != DataType::Null {
            let message = format!("Minus needs a number; this is {kind}.");
            self.error(
                codes::OPERANDS,
                span,
                message,
                &format!("Cannot apply '-' to arguments of type '-<{}>'", kind.calcite()),
            );
            return Value::unknown(span);
        }
        let unit = value.unit;
        let negated = Value::new(ExprKind::Negate(Box::new(value.expr.clone())), kind, span).fed_by([&value]);
        Value { unit, ..negated }
    }
}

fn decimal(text: &str) -> Option<(Literal, DataType)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.trim_start_matches('0');
    if whole.len() + fraction.len() > 38 {
        return None;
    }
    let unscaled = format!("0{whole}{fraction}").parse::<i128>().ok()?;
    let scale = u8::try_from(fraction.len()).ok()?;
    let precision = u8::try_from((whole.len() + fraction.len()).max(1)).ok()?;
    Some((Literal::Decimal { unscaled, scale }, DataType::Decimal { precision, scale }))
}

/// Whether a text can be parsed as a date or time when compared with one.
pub(super) fn reads_as_moment(text: &str) -> bool {
    let text = text.trim();
    read_timestamp(text).is_some() || ["today", "now"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The beginning of a text, for messages.
pub(super) fn short(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

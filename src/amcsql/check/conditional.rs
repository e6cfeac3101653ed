//! Binds conditional functions: `IF`, `COALESCE` and similar.

use super::super::ast::Call;
use super::super::bound::{ExprKind, Truth};
use super::super::catalogue::DataType;
use super::super::functions::{Argument, Function, Signature};
use super::super::text::Span;
use super::binder::{Binder, Value};
use super::coercion;
use crate::amcsql::codes;

impl Binder<'_> {
    /// `IF`, `COALESCE` and similar.
    pub(super) fn conditional(&mut self, call: &Call, signature: &Signature, span: Span) -> Value {
        let (least, most) = match signature.name {
            "IF" | "NVL2" => (3, 3),
            "NULLIF" | "IFNULL" | "NVL" => (2, 2),
            "CONTAINED_IN" => (2, 10_000),
            _ => (1, 10_000),
        };
        self.guards += 1;
        let values = self.arguments(call, signature, least, most);
        self.guards -= 1;
        let Some(values) = values else { return Value::unknown(span) };
        match signature.name {
            "IF" => self.if_else(values, span),
            "NVL2" => {
                let mut values = values.into_iter();
                let Some(tested) = values.next() else { return Value::unknown(span) };
                let kind = ExprKind::Is { expr: Box::new(tested.expr), truth: Truth::Null, negated: true };
                let when = Value::new(kind, DataType::Boolean, span);
                self.choose(None, vec![when], values.collect(), true, span)
            }
            "NULLIF" => self.null_if(values, span),
            "CONTAINED_IN" => {
                let mut values = values.into_iter();
                let Some(first) = values.next() else { return Value::unknown(span) };
                self.among(first, values.collect(), false, span)
            }
            "GREATEST" => self.extreme(Function::Greatest, values, span),
            "LEAST" => self.extreme(Function::Least, values, span),
            _ => {
                let data_type = self.result_type(&values, "COALESCE");
                self.one_of(Function::Coalesce, values, data_type, span)
            }
        }
    }

    fn one_of(&mut self, function: Function, values: Vec<Value>, data_type: DataType, span: Span) -> Value {
        let whole = Value::unknown(span).fed_by(&values);
        let unit = values.first().and_then(|it| it.unit);
        let args = values.into_iter().map(|it| self.coerced(it, &data_type).expr).collect();
        let value = Value::new(ExprKind::Call { function, args }, data_type, span).fed_by([&whole]);
        Value { unit, ..value }
    }

    fn if_else(&mut self, values: Vec<Value>, span: Span) -> Value {
        let mut values = values.into_iter();
        let Some(condition) = values.next() else { return Value::unknown(span) };
        let condition = match &condition.expr.data_type {
            DataType::Boolean | DataType::Null => self.coerced(condition, &DataType::Boolean),
            other => {
                let message = format!("IF needs a condition; this is {other}.");
                let amc = format!("Cannot apply 'IF' to arguments of type '<{}>'", other.calcite());
                self.error(codes::CONDITION, condition.expr.span, message, &amc);
                Value::unknown(span)
            }
        };
        self.choose(None, vec![condition], values.collect(), true, span)
    }

    fn null_if(&mut self, values: Vec<Value>, span: Span) -> Value {
        let [a, b]: [Value; 2] = match values.try_into() {
            Ok(both) => both,
            Err(_) => return Value::unknown(span),
        };
        let whole = Value::unknown(span).fed_by([&a]);
        let unit = a.unit;
        self.compared(&a, &b, "=", span);
        let kind = a.expr.data_type.clone();
        let b = self.coerced(b, &kind);
        let args = vec![a.expr, b.expr];
        let value = Value::new(ExprKind::Call { function: Function::NullIf, args }, kind, span).fed_by([&whole]);
        Value { unit, ..value }
    }

    fn extreme(&mut self, function: Function, values: Vec<Value>, span: Span) -> Value {
        let mut data_type = DataType::Null;
        for value in &values {
            let kind = &value.expr.data_type;
            let fits = kind.is_numeric() || kind.is_temporal() || *kind == DataType::Null;
            match coercion::comparable(&data_type, kind).filter(|_| fits) {
                Some(wider) => data_type = wider,
                None => {
                    self.wrong_argument(Argument::Number, value);
                }
            }
        }
        if data_type.is_temporal() {
            self.warning(codes::ARGUMENT_TYPE, span, "GREATEST and LEAST are documented for numbers only.");
        }
        self.one_of(function, values, data_type, span)
    }
}

//! Binds calls of scalar functions.

use super::super::ast::{Call, ExprKind as Ast};
use super::super::bound::{ExprKind, Literal};
use super::super::catalogue::DataType;
use super::super::finding::{self, Finding, Fix};
use super::super::functions::{Argument, Function, Kind, Outcome, Signature, signature, signatures};
use super::super::spelling;
use super::super::text::Span;
use super::binder::{Binder, Value};
use super::{coercion, refused};
use crate::amcsql::codes;

/// Maximum number of arguments of one call. Long lists belong in `IN (…)` or in `VALUES`.
const MOST_ARGUMENTS: usize = 10_000;

impl Binder<'_> {
    pub(super) fn call(&mut self, call: &Call, span: Span) -> Value {
        if let Some(within) = call.within_group {
            let message = "AMC has no WITHIN GROUP. Write PERCENTILE(x, p) or MEDIAN(x).";
            self.error(codes::WITHIN_GROUP, within, message, "WITHIN GROUP is not supported");
            return Value::unknown(span);
        }
        if let Some(first_too_many) = call.args.get(MOST_ARGUMENTS) {
            let message = format!("A function takes at most {MOST_ARGUMENTS} arguments, here are {}.", call.args.len());
            let amc = "SQL query was invalid: too many arguments";
            self.error(codes::ARGUMENTS, first_too_many.span, message, amc);
            return Value::unknown(span);
        }
        let Some(signature) = signature(&call.name.name) else {
            return self.unknown_function(call, span);
        };
        match signature.kind {
            Kind::Aggregate(function) => self.aggregate(function, call, span),
            Kind::Window(function) => self.window_function(function, call, span),
            Kind::Scalar { .. } | Kind::Special => {
                self.no_aggregate_parts(call, signature);
                match signature.kind {
                    Kind::Scalar { function, args, least, most, outcome } => {
                        let Some(values) = self.arguments(call, signature, least, most) else {
                            return Value::unknown(span);
                        };
                        self.scalar_call(function, args, values, outcome, span)
                    }
                    _ => self.special(call, signature, span),
                }
            }
        }
    }

    fn no_aggregate_parts(&mut self, call: &Call, signature: &Signature) {
        if call.over.is_some() || call.filter.is_some() || call.distinct || call.star {
            let message =
                format!("{} isn't an aggregate: it takes plain arguments, as in {}.", signature.name, signature.usage);
            self.error(codes::NOT_AN_AGGREGATE, call.name.span, message, "OVER must be applied to aggregate function");
        }
    }

    fn unknown_function(&mut self, call: &Call, span: Span) -> Value {
        let name = call.name.name.to_uppercase();
        // OK because a bare unit, as in DATEDIFF(day, a, b), isn't a column.
        let takes_unit = refused::takes_unit(&name);
        let is_unit = |text: &str| takes_unit && refused::is_unit(text);
        let mut values = Vec::with_capacity(call.args.len());
        for it in &call.args {
            let value = if is_unit(self.text_of(it.span)) { Value::unknown(it.span) } else { self.expr(it) };
            values.push(value);
        }
        if self.has_said_enough() {
            return Value::unknown(span);
        }
        let types: Vec<String> = values.iter().map(|it| format!("<{}>", it.expr.data_type.calcite())).collect();
        let amc = format!("No match found for function signature {name}({})", types.join(", "));
        let amc = finding::located(&self.index, span, &amc);
        let meant = if refused::instead(&name).is_some() {
            None
        } else {
            spelling::closest(&name, signatures().iter().map(|it| it.name))
        };
        let advice = match (refused::instead(&name), meant) {
            (Some(advice), _) => format!(" {advice}"),
            (None, Some(meant)) => format!(" Did you mean {meant}?"),
            (None, None) => String::new(),
        };
        let message = format!("AMC has no function {name}.{advice}");
        let fix = meant.map(|it| Fix::spelling(call.name.span, it));
        self.report(Finding::error(codes::UNKNOWN_FUNCTION, call.name.span, message, amc).with_fix(fix));
        Value::unknown(span)
    }

    /// The bound arguments, if their number matches `signature`.
    pub(super) fn arguments(
        &mut self,
        call: &Call,
        signature: &Signature,
        least: usize,
        most: usize,
    ) -> Option<Vec<Value>> {
        let values: Vec<Value> = call.args.iter().map(|it| self.expr(it)).collect();
        if (least..=most).contains(&values.len()) {
            return Some(values);
        }
        let message =
            format!("{} takes {}, here are {}. {}", signature.name, count(least, most), values.len(), signature.usage);
        let name = signature.name;
        let amc = format!("Invalid number of arguments to function '{name}'. Was expecting {least} arguments");
        self.error(codes::ARGUMENTS, call.name.span, message, &amc);
        None
    }

    pub(super) fn scalar_call(
        &mut self,
        function: Function,
        kinds: &[Argument],
        values: Vec<Value>,
        outcome: Outcome,
        span: Span,
    ) -> Value {
        let digits = values.get(1).and_then(|it| whole_literal(&it.expr));
        let whole = Value::unknown(span).fed_by(&values);
        let unit = if matches!(outcome, Outcome::First | Outcome::Rounded) {
            values.first().and_then(|it| it.unit)
        } else {
            None
        };
        if function == Function::ArrayContains
            && let [array, element] = values.as_slice()
        {
            self.no_literal(array, element, span);
            self.advise_on_array(array, element, span);
        }
        if function == Function::Random {
            let message = "RANDOM() picks other rows in every run: use it for a look at the data, not for figures.";
            self.info(codes::RANDOM, span, message);
        }
        let values = self.array_parameters(kinds, values);
        let first = values.first().map_or(DataType::Null, |it| it.expr.data_type.clone());
        let mut args = Vec::with_capacity(values.len());
        for (at, value) in values.into_iter().enumerate() {
            let kind = kinds.get(at).or(kinds.last()).copied().unwrap_or(Argument::Any);
            args.push(self.fitted_argument(kind, value, &first));
        }
        let data_type = self.outcome(outcome, args.first(), digits, span);
        let args = args.into_iter().map(|it| it.expr).collect();
        let value = Value::new(ExprKind::Call { function, args }, data_type, span).fed_by([&whole]);
        Value { unit, ..value }
    }

    /// Array parameters of unknown type become arrays of the searched element's type.
    fn array_parameters(&mut self, kinds: &[Argument], mut values: Vec<Value>) -> Vec<Value> {
        let needs_array = matches!(kinds.first(), Some(Argument::Array | Argument::Collection));
        let unknown = values.first().is_some_and(|it| it.expr.data_type == DataType::Null);
        if needs_array && unknown && !values.is_empty() {
            let element = match values.get(1).map(|it| &it.expr.data_type) {
                Some(DataType::Array(element)) => (**element).clone(),
                Some(DataType::Null) | None => DataType::String,
                Some(other) => other.clone(),
            };
            let first = values.remove(0);
            values.insert(0, self.coerced(first, &DataType::Array(Box::new(element))));
        }
        values
    }

    fn fitted_argument(&mut self, kind: Argument, value: Value, first: &DataType) -> Value {
        let from = value.expr.data_type.clone();
        let plain = !matches!(from, DataType::Array(_) | DataType::Struct(_) | DataType::Map(..) | DataType::Binary);
        let number = from.is_numeric() || matches!(from, DataType::String | DataType::Null | DataType::Boolean);
        let moment = from.is_temporal() || matches!(from, DataType::String | DataType::Null);
        let target = match kind {
            Argument::Any => None,
            Argument::Text if plain => Some(DataType::String),
            // OK because CONCAT is documented to accept values of any type.
            Argument::Text if from != DataType::Binary => Some(DataType::String),
            Argument::Whole if number => Some(DataType::Long),
            Argument::Number if from.is_numeric() => None,
            Argument::Real | Argument::Number if number => Some(DataType::Double),
            Argument::Moment if from.is_temporal() => None,
            Argument::Moment | Argument::Timestamp if moment => Some(DataType::Timestamp),
            Argument::Array if matches!(from, DataType::Array(_)) => None,
            Argument::Collection if matches!(from, DataType::Array(_) | DataType::Map(..)) => None,
            Argument::SameArray if coercion::comparable(&from, first).is_some() => Some(first.clone()),
            Argument::Element => match first {
                DataType::Array(element) if coercion::comparable(&from, element).is_some() => Some((**element).clone()),
                DataType::Null => None,
                _ => return self.wrong_argument(kind, &value),
            },
            Argument::Bytes if matches!(from, DataType::Binary | DataType::Null) => Some(DataType::Binary),
            _ if from == DataType::Null => None,
            _ => return self.wrong_argument(kind, &value),
        };
        match target {
            Some(target) => self.coerced(value, &target),
            None => value,
        }
    }

    pub(super) fn wrong_argument(&mut self, kind: Argument, value: &Value) -> Value {
        let wanted = match kind {
            Argument::Text => "text",
            Argument::Whole => "a whole number",
            Argument::Real | Argument::Number => "a number",
            Argument::Moment | Argument::Timestamp => "a date or a timestamp",
            Argument::Array | Argument::SameArray | Argument::Collection => "an array",
            Argument::Element => "a value like the elements of the array",
            Argument::Bytes => "bytes",
            Argument::Any => "a value",
        };
        let found = value.expr.data_type.clone();
        let message = format!("This argument must be {wanted}; it is {found}.");
        let amc = match kind {
            Argument::Array | Argument::SameArray | Argument::Collection => {
                "Array expression is not an array data type".to_owned()
            }
            _ => format!("Cannot apply the function to arguments of type '<{}>'", found.calcite()),
        };
        self.error(codes::ARGUMENT_TYPE, value.expr.span, message, &amc);
        Value::unknown(value.expr.span)
    }

    fn outcome(&mut self, outcome: Outcome, first: Option<&Value>, digits: Option<i64>, span: Span) -> DataType {
        let first = first.map_or(DataType::Null, |it| it.expr.data_type.clone());
        match outcome {
            Outcome::Text => DataType::String,
            Outcome::Long => DataType::Long,
            Outcome::Double => DataType::Double,
            Outcome::Boolean => DataType::Boolean,
            Outcome::Date => DataType::Date,
            Outcome::Timestamp => DataType::Timestamp,
            Outcome::Bytes => DataType::Binary,
            Outcome::Texts => DataType::Array(Box::new(DataType::String)),
            Outcome::TextMap => DataType::Map(Box::new(DataType::String), Box::new(DataType::String)),
            Outcome::First => first,
            Outcome::FirstElement => match first {
                DataType::Array(element) if matches!(*element, DataType::Array(_)) => *element,
                DataType::Null => DataType::Null,
                other => {
                    let message = format!("FLATTEN needs an array of arrays; this is {other}.");
                    self.error(codes::ARGUMENT_TYPE, span, message, "Array expression is not an array data type");
                    DataType::Null
                }
            },
            Outcome::Rounded => match first {
                DataType::Decimal { scale, .. } => {
                    let kept = u8::try_from(digits.unwrap_or(0).clamp(0, 38)).unwrap_or(0).min(scale);
                    DataType::Decimal { precision: 38, scale: kept }
                }
                other => other,
            },
        }
    }

    fn special(&mut self, call: &Call, signature: &Signature, span: Span) -> Value {
        match signature.name {
            "BUILT_IN_PARAMETER" => self.built_in(call, span),
            "CUSTOM_PARAMETER" => self.custom(call, span),
            "EXPLODE" => self.explode(call, signature, span),
            "NAMED_ROW" => self.named_row(call, signature, span),
            "DATE_TRUNC" => self.date_trunc(call, signature, span),
            "EPOCH_TO_UTC_TIMESTAMP" => self.epoch(call, signature, span),
            "INSTR" | "STRPOS" => {
                let Some(mut values) = self.arguments(call, signature, 2, 2) else { return Value::unknown(span) };
                values.reverse();
                self.scalar_call(Function::Position, &[Argument::Text], values, Outcome::Long, span)
            }
            "EXTEND_TIME_WINDOW" => {
                let message =
                    "EXTEND_TIME_WINDOW stands in FROM: FROM TABLE(EXTEND_TIME_WINDOW('source', 'P7D', 'P0D')).";
                self.error(
                    codes::TABLE_FUNCTION,
                    span,
                    message,
                    "Cannot call table function here: 'EXTEND_TIME_WINDOW'",
                );
                Value::unknown(span)
            }
            _ => self.conditional(call, signature, span),
        }
    }

    fn epoch(&mut self, call: &Call, signature: &Signature, span: Span) -> Value {
        let Some(values) = self.arguments(call, signature, 1, 1) else { return Value::unknown(span) };
        self.scalar_call(Function::EpochToUtcTimestamp, &[Argument::Whole], values, Outcome::Timestamp, span)
    }

    fn named_row(&mut self, call: &Call, signature: &Signature, span: Span) -> Value {
        if call.args.is_empty() || !call.args.len().is_multiple_of(2) {
            let message = format!("NAMED_ROW takes pairs of a name and a value: {}", signature.usage);
            self.error(
                codes::ARGUMENTS,
                call.name.span,
                message,
                "Invalid number of arguments to function 'NAMED_ROW'",
            );
            return Value::unknown(span);
        }
        let mut fields = Vec::new();
        let mut kinds = Vec::new();
        let mut whole = Value::unknown(span);
        for pair in call.args.chunks(2) {
            let [name, value] = pair else { continue };
            let Ast::String(label) = &name.kind else {
                let message = "The names of NAMED_ROW are texts in quotes.";
                self.error(codes::ARGUMENT_TYPE, name.span, message, "NAMED_ROW labels must be literals");
                continue;
            };
            let value = self.expr(value);
            whole = whole.fed_by([&value]);
            kinds.push((label.clone(), value.expr.data_type.clone()));
            fields.push((label.clone(), value.expr));
        }
        Value::new(ExprKind::NamedRow(fields), DataType::Struct(kinds), span).fed_by([&whole]).described()
    }

    fn explode(&mut self, call: &Call, signature: &Signature, span: Span) -> Value {
        let Some(mut values) = self.arguments(call, signature, 1, 1) else { return Value::unknown(span) };
        let Some(array) = values.pop() else { return Value::unknown(span) };
        let element = match &array.expr.data_type {
            DataType::Array(element) => (**element).clone(),
            DataType::Null => DataType::Null,
            _ => return self.wrong_argument(Argument::Array, &array),
        };
        let allowed = self
            .selects
            .last()
            .is_some_and(|it| it.clause == super::select::Clause::Items && !it.in_aggregate && it.explode.is_none());
        if !allowed {
            let message = "EXPLODE stands once per SELECT, among the selected columns.";
            self.error(codes::EXPLODE, span, message, "EXPLODE is not supported here");
            return Value::unknown(span);
        }
        self.info(
            codes::EXPLODE,
            span,
            "AMC documents EXPLODE without saying where it may stand; a selected column is likely.",
        );
        let mut value = Value::unknown(span).fed_by([&array]);
        value.expr.data_type = element;
        let id = self.column_of("explode", &value);
        if let Some(state) = self.selects.last_mut() {
            state.explode = Some((array.expr, id));
        }
        self.value_of(id, span)
    }
}

fn whole_literal(expr: &super::super::bound::Expr) -> Option<i64> {
    match expr.kind {
        ExprKind::Literal(Literal::Integer(value)) => Some(value),
        _ => None,
    }
}

fn count(least: usize, most: usize) -> String {
    match (least, most) {
        (0, 0) => "no arguments".to_owned(),
        (1, 1) => "one argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) if most > 1_000 => format!("at least {least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    }
}

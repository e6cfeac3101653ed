//! Binds parameters, declared or inferred from use.

use crate::amcsql::codes;
use std::collections::HashMap;

use super::super::ast::{Call, Expr, ExprKind as Ast};
use super::super::bound::{ExprKind, UsedParameter};
use super::super::catalogue::{ColumnType, DataType};
use super::super::finding::{Finding, Fix};
use super::super::parameters::{MOST_PARAMETERS, repeated};
use super::super::spelling;
use super::super::text::Span;
use super::FieldUse;
use super::binder::{Binder, Value};

/// The name of a `{{name}}` among the parameters of a query: no custom parameter can have it.
fn of_field(name: &str) -> String {
    format!("{{{{{name}}}}}")
}

/// The call of a custom parameter.
fn custom_call(name: &str) -> String {
    format!("CUSTOM_PARAMETER('{}')", name.replace('\'', "''"))
}

/// Findings for names that were used before with other capitals; each name with its place and as it is written.
fn similar<'a>(used: impl Iterator<Item = (&'a str, Span, String)>) -> Vec<Finding> {
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut found = Vec::new();
    for (name, span, written) in used {
        if let Some(other) = seen.get(&name.to_lowercase()) {
            let message = format!(
                "`{written}` and `{other}` are two parameters, each with a value of its own. Spell them alike if they are one."
            );
            let fix = Fix::spelling(span, other);
            found.push(Finding::warning(codes::SIMILAR_PARAMETERS, span, message).with_fix(Some(fix)));
        } else {
            seen.insert(name.to_lowercase(), written);
        }
    }
    found
}

/// Whether the parameter of a query is this `{{name}}`.
pub(super) fn is_of_field(parameter: &str, field: &str) -> bool {
    parameter.strip_prefix("{{").and_then(|it| it.strip_suffix("}}")) == Some(field)
}

impl Binder<'_> {
    /// Checks the declarations themselves.
    pub(super) fn declarations(&mut self) {
        let declared = self.context.parameters.unwrap_or_default();
        for name in repeated(declared) {
            let message = format!("The parameter `{name}` is declared more than once. Keep one declaration.");
            let amc = format!("The workflow parameter {name} is defined multiple times");
            self.report(Finding::error(codes::REPEATED_PARAMETER, Span::default(), message, amc));
        }
        if declared.len() > MOST_PARAMETERS {
            let message = format!("{} parameters are declared; {MOST_PARAMETERS} are possible.", declared.len());
            let amc = format!("A workflow can have at most {MOST_PARAMETERS} input parameters");
            self.report(Finding::error(codes::TOO_MANY_PARAMETERS, Span::default(), message, amc));
        }
    }

    /// `BUILT_IN_PARAMETER('…')`.
    pub(super) fn built_in(&mut self, call: &Call, span: Span) -> Value {
        let name = match call.args.as_slice() {
            [Expr { kind: Ast::String(name), .. }] => name.to_ascii_uppercase(),
            _ => String::new(),
        };
        let kind = match name.as_str() {
            "TIME_WINDOW_START" => ExprKind::WindowStart,
            "TIME_WINDOW_END" => ExprKind::WindowEnd,
            _ => {
                let message = "AMC knows two built-in parameters: 'TIME_WINDOW_START' and 'TIME_WINDOW_END'.";
                self.error(codes::BUILT_IN_PARAMETER, span, message, &format!("Unknown built-in parameter '{name}'"));
                return Value::unknown(span);
            }
        };
        Value { literal: true, ..Value::new(kind, DataType::Timestamp, span) }
    }

    /// `CUSTOM_PARAMETER('…')`.
    pub(super) fn custom(&mut self, call: &Call, span: Span) -> Value {
        if let [Expr { kind: Ast::String(name), .. }] = call.args.as_slice() {
            return self.parameter(name, span);
        }
        let message = "CUSTOM_PARAMETER takes the name of a parameter as text: CUSTOM_PARAMETER('name').";
        self.error(codes::ARGUMENTS, span, message, "Invalid arguments to function 'CUSTOM_PARAMETER'");
        Value::unknown(span)
    }

    pub(super) fn parameter(&mut self, name: &str, span: Span) -> Value {
        let mut data_type = DataType::Null;
        let mut metric = false;
        if let Some(declared) = self.context.parameters {
            let Some(found) = declared.iter().find(|it| it.name == name) else {
                self.undeclared(name, span);
                return Value::unknown(span);
            };
            data_type = found.data_type.clone();
            metric = found.column_type == ColumnType::Metric;
        }
        self.used(name.to_owned(), data_type, metric, span)
    }

    /// `{{name}}` of an author's text.
    pub(super) fn field(&mut self, name: &str, span: Span) -> Value {
        if !self.fields.iter().any(|it| it.name == name) {
            let (name, data_type) = (name.to_owned(), DataType::String);
            self.fields.push(FieldUse { name, data_type, is_list: false, span });
        }
        self.used(of_field(name), DataType::Null, false, span)
    }

    /// Records that several values are allowed in place of this expression.
    pub(super) fn may_be_list(&mut self, expr: &Expr) {
        if let Ast::Field(name) = &expr.kind
            && let Some(field) = self.fields.iter_mut().find(|it| it.name == *name)
        {
            field.is_list = true;
        }
    }

    /// Two names that differ only by case are different parameters, which is never intended.
    pub(super) fn similar_parameters(&mut self) {
        let fields = self.fields.iter().map(|it| (it.name.as_str(), it.span, of_field(&it.name)));
        let customs = self.parameters.iter().filter(|it| !it.name.starts_with("{{"));
        let customs = customs.map(|it| (it.name.as_str(), it.span, custom_call(&it.name)));
        let found: Vec<Finding> = similar(fields).into_iter().chain(similar(customs)).collect();
        for finding in found {
            self.report(finding);
        }
    }

    fn used(&mut self, name: String, mut data_type: DataType, metric: bool, span: Span) -> Value {
        if let Some(known) = self.known_parameters.iter().find(|it| it.name == name) {
            data_type = known.data_type.clone();
        }
        match self.parameters.iter().find(|it| it.name == name) {
            Some(known) => data_type = known.data_type.clone(),
            None if self.parameters.len() >= MOST_PARAMETERS => {
                let message = format!("A query can use at most {MOST_PARAMETERS} parameters.");
                let amc = format!("A workflow can have at most {MOST_PARAMETERS} input parameters");
                self.error(codes::TOO_MANY_PARAMETERS, span, message, &amc);
                return Value::unknown(span);
            }
            None => self.parameters.push(UsedParameter { name: name.clone(), data_type: data_type.clone(), span }),
        }
        self.untyped |= data_type == DataType::Null;
        Value { literal: true, metric, ..Value::new(ExprKind::Parameter(name), data_type, span) }
    }

    fn undeclared(&mut self, name: &str, span: Span) {
        let declared = self.context.parameters.unwrap_or_default();
        let meant = spelling::closest(name, declared.iter().map(|it| it.name.as_str()));
        let hint = meant.map_or(" Declare it with its type.".to_owned(), |it| format!(" Did you mean `{it}`?"));
        let message = format!("The query uses the parameter `{name}`, which is not declared.{hint}");
        let amc = format!("Filter operation filter_operation referenced an undeclared parameter {name}.");
        let fix =
            meant.map(|it| Fix { span, replacement: custom_call(it), label: format!("Change to `{it}`"), sure: false });
        self.report(Finding::error(codes::UNDECLARED_PARAMETER, span, message, amc).with_fix(fix));
    }

    /// Gives a parameter of unknown type the type that its surroundings require.
    pub(super) fn typed_parameter(&mut self, mut value: Value, target: &DataType) -> Value {
        if value.expr.data_type != DataType::Null || *target == DataType::Null {
            return value;
        }
        let ExprKind::Parameter(name) = &value.expr.kind else { return value };
        let Some(known) = self.parameters.iter_mut().find(|it| it.name == *name) else { return value };
        if known.data_type == DataType::Null {
            known.data_type = target.clone();
        }
        value.expr.data_type = known.data_type.clone();
        value
    }
}

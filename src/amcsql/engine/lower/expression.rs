//! Expressions.

use std::sync::Arc;

use arrow::datatypes::DataType as Arrow;
use datafusion::common::{Column, ScalarValue, Spans};
use datafusion::functions as standard;
use datafusion::functions_aggregate as standard_aggregates;
use datafusion::logical_expr::expr::{Exists, InList, InSubquery};
use datafusion::logical_expr::{
    Between, Case, Expr, Like, LogicalPlanBuilder, Operator, Subquery, binary_expr, cast, lit,
};

use super::super::functions::{array, cast as casts, number, other, regex, time};
use super::super::run::RunError;
use super::large::{balanced, folded, looked_up};
use super::literal;
use super::relation::null;
use super::{Lowering, Mark, column, name, named, projection};
use crate::amcsql::bound::{self, BinaryOp, ColumnId, ExprKind, Truth};
use crate::amcsql::functions::Function;

impl Lowering<'_> {
    /// A DataFusion expression with the same value, and the Arrow type that its type maps to.
    pub(super) fn expression(&mut self, expr: &bound::Expr) -> Result<Expr, RunError> {
        match self.large(expr)? {
            Some(compiled) => Ok(compiled),
            None => self.written(expr),
        }
    }

    /// The expression without folding.
    pub(super) fn written(&mut self, expr: &bound::Expr) -> Result<Expr, RunError> {
        let kind = expr.data_type.arrow();
        Ok(match &expr.kind {
            ExprKind::Column(id) => column(*id),
            ExprKind::Outer(id) => {
                let field = arrow::datatypes::Field::new(name(*id), kind, true);
                Expr::OuterReferenceColumn(field.into(), Column::new_unqualified(name(*id)))
            }
            ExprKind::Literal(value) => lit(literal::value(value, &kind)?),
            ExprKind::WindowStart => lit(moment(self.run.window.start.timestamp_millis())),
            ExprKind::WindowEnd => lit(moment(self.run.window.end.timestamp_millis())),
            ExprKind::Parameter(name) => lit(literal::parameter(name, &kind, &self.run.parameters, self.now())?),
            ExprKind::Cast { expr: inner, explicit } => {
                casts::convert(self.expression(inner)?, &inner.data_type.arrow(), &kind, *explicit, self.now())
            }
            ExprKind::And(parts) => self.all(parts, Operator::And)?,
            ExprKind::Or(parts) => self.all(parts, Operator::Or)?,
            ExprKind::Not(inner) => Expr::Not(Box::new(self.expression(inner)?)),
            ExprKind::Negate(inner) => negated_number(self.expression(inner)?, kind)?,
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, &kind)?,
            ExprKind::Is { expr, truth, negated } => is(self.expression(expr)?, *truth, *negated),
            ExprKind::Between { expr, low, high, negated } => {
                let (value, low, high) = (self.boxed(expr)?, self.boxed(low)?, self.boxed(high)?);
                Expr::Between(Between::new(value, *negated, low, high))
            }
            ExprKind::InList { expr, list, negated } => {
                let list = self.list(list)?;
                Expr::InList(InList::new(self.boxed(expr)?, list, *negated))
            }
            ExprKind::InQuery { expr, query, negated } => self.in_query(expr, query, *negated)?,
            ExprKind::Exists { query, negated } if self.marks.is_some() => self.counted(query, *negated)?,
            ExprKind::Exists { query, negated } => {
                Expr::Exists(Exists { subquery: self.correlated(query)?, negated: *negated })
            }
            ExprKind::Scalar(query) => cast(Expr::ScalarSubquery(self.subquery(query)?), kind),
            ExprKind::Like { expr, pattern, escape, negated } => {
                let pattern = match &pattern.kind {
                    ExprKind::Literal(bound::Literal::String(text)) => lit(like_pattern(text, *escape)),
                    _ => self.expression(pattern)?,
                };
                Expr::Like(Like::new(*negated, self.boxed(expr)?, Box::new(pattern), None, false))
            }
            ExprKind::SimilarTo { expr, pattern, negated } => {
                let found = regex::SIMILAR_TO.call(vec![self.expression(expr)?, self.expression(pattern)?]);
                if *negated { Expr::Not(Box::new(found)) } else { found }
            }
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), &kind)?
            }
            ExprKind::Call { function, args } => self.function_call(*function, args, &kind)?,
            ExprKind::Array(items) => {
                let items = items.iter().map(|it| self.expression(it)).collect::<Result<Vec<_>, _>>()?;
                cast(array::ARRAY.call(items), kind)
            }
            ExprKind::NamedRow(fields) => {
                let values = fields.iter().map(|(_, value)| self.expression(value)).collect::<Result<Vec<_>, _>>()?;
                array::named_row(kind).call(values)
            }
        })
    }

    /// The value of a constant: a literal or a parameter, optionally converted.
    pub(super) fn constant(&mut self, expr: &bound::Expr) -> Result<ScalarValue, RunError> {
        match &expr.kind {
            ExprKind::Cast { expr: inner, .. } => Ok(self.constant(inner)?.cast_to(&expr.data_type.arrow())?),
            ExprKind::Negate(inner) => Ok(self.constant(inner)?.arithmetic_negate()?),
            _ => match self.expression(expr)? {
                Expr::Literal(value, _) => Ok(value),
                _ => Err(RunError::Value("an argument that must be constant is not".to_owned())),
            },
        }
    }

    /// A subquery; its users don't count for the row. Its columns have the subquery's own qualifier, because
    /// otherwise DataFusion considers them duplicates if an `IN` occurs beside an `OR`.
    fn subquery(&mut self, relation: &bound::Relation) -> Result<Subquery, RunError> {
        let lowered = self.relation(relation, false)?;
        let items: Vec<Expr> = lowered.ids.iter().map(|id| column(*id)).collect();
        let plan = if items.is_empty() { lowered.plan } else { projection(lowered.plan, items)? };
        let plan = LogicalPlanBuilder::new(plan).alias(self.fresh("query"))?.build()?;
        let outer_ref_columns = plan.all_out_ref_exprs();
        Ok(Subquery { subquery: plan.into(), outer_ref_columns, spans: Spans::new() })
    }

    fn in_query(&mut self, expr: &bound::Expr, query: &bound::Relation, negated: bool) -> Result<Expr, RunError> {
        let value = self.boxed(expr)?;
        if self.marks.is_some() {
            return self.mark(*value, query, negated);
        }
        Ok(Expr::InSubquery(InSubquery::new(value, self.subquery(query)?, negated)))
    }

    /// The subquery of an EXISTS.
    fn correlated(&mut self, relation: &bound::Relation) -> Result<Subquery, RunError> {
        let plan = self.relation(relation, false)?.plan;
        let outer_ref_columns = plan.all_out_ref_exprs();
        Ok(Subquery { subquery: plan.into(), outer_ref_columns, spans: Spans::new() })
    }

    /// An `EXISTS (subquery)` in a computed column, which DataFusion doesn't support: whether the subquery has any
    /// rows.
    fn counted(&mut self, relation: &bound::Relation, negated: bool) -> Result<Expr, RunError> {
        let name = self.fresh("count");
        let rows = standard_aggregates::count::count_udaf().call(vec![lit(1_i64)]).alias(name);
        let plan = self.relation(relation, false)?.builder().aggregate(Vec::<Expr>::new(), [rows])?.build()?;
        let outer_ref_columns = plan.all_out_ref_exprs();
        let count = Expr::ScalarSubquery(Subquery { subquery: plan.into(), outer_ref_columns, spans: Spans::new() });
        let count = standard::core::coalesce().call(vec![count, lit(0_i64)]);
        Ok(if negated { count.eq(lit(0_i64)) } else { count.gt(lit(0_i64)) })
    }

    /// An `IN (subquery)` in a computed column, which DataFusion doesn't support: implemented by a join. NULL
    /// candidates are omitted, so that they don't make any result unknown.
    fn mark(&mut self, key: Expr, relation: &bound::Relation, negated: bool) -> Result<Expr, RunError> {
        let lowered = self.relation(relation, false)?;
        let Some(first) = lowered.ids.first() else {
            return Err(RunError::Value("a subquery of IN gives no column".to_owned()));
        };
        let name = self.fresh("mark");
        let candidates = projection(lowered.plan.clone(), vec![column(*first).alias(name.clone())])?;
        let candidates = LogicalPlanBuilder::new(candidates).distinct()?.build()?;
        let found = if negated { named(name.clone()).is_null() } else { named(name.clone()).is_not_null() };
        let known = key.clone().is_not_null();
        if let Some(marks) = &mut self.marks {
            marks.push(Mark { key, candidates, name });
        }
        Ok(Expr::Case(Case::new(None, vec![(Box::new(known), Box::new(found))], None)))
    }

    fn boxed(&mut self, expr: &bound::Expr) -> Result<Box<Expr>, RunError> {
        self.expression(expr).map(Box::new)
    }

    fn list(&mut self, list: &[bound::Expr]) -> Result<Vec<Expr>, RunError> {
        if self.compiling {
            return self.folded_list(list.iter());
        }
        list.iter().map(|it| self.expression(it)).collect()
    }

    fn all(&mut self, parts: &[bound::Expr], operator: Operator) -> Result<Expr, RunError> {
        if self.compiling {
            return self.conditions(&parts.iter().collect::<Vec<_>>(), operator);
        }
        let parts = parts.iter().map(|part| self.expression(part)).collect::<Result<Vec<_>, _>>()?;
        Ok(balanced(parts, operator))
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        left: &bound::Expr,
        right: &bound::Expr,
        kind: &Arrow,
    ) -> Result<Expr, RunError> {
        let types = (left.data_type.arrow(), right.data_type.arrow());
        let (left, right) = (self.expression(left)?, self.expression(right)?);
        let operator = match op {
            BinaryOp::Plus => Operator::Plus,
            BinaryOp::Minus => Operator::Minus,
            BinaryOp::Times => Operator::Multiply,
            BinaryOp::Divide => Operator::Divide,
            BinaryOp::Modulo => Operator::Modulo,
            BinaryOp::Eq => Operator::Eq,
            BinaryOp::NotEq => Operator::NotEq,
            BinaryOp::Less => Operator::Lt,
            BinaryOp::LessEq => Operator::LtEq,
            BinaryOp::Greater => Operator::Gt,
            BinaryOp::GreaterEq => Operator::GtEq,
        };
        if op.is_comparison() {
            return Ok(binary_expr(left, operator, right));
        }
        if op == BinaryOp::Divide {
            let floating = kind.is_floating() || types.0.is_floating() || types.1.is_floating();
            let function = if floating { &number::DIVIDE } else { &number::QUOTIENT };
            return Ok(cast(function.call(vec![left, right]), kind.clone()));
        }
        if let Arrow::Decimal128(..) = kind {
            return Ok(number::decimal(op, kind.clone()).call(vec![left, right]));
        }
        let (left, right) = (cast(left, kind.clone()), cast(right, kind.clone()));
        if kind.is_integer()
            && let Some(function) = number::whole(op)
        {
            return Ok(function.call(vec![left, right]));
        }
        let right = if op == BinaryOp::Modulo { nonzero(right, kind)? } else { right };
        Ok(binary_expr(left, operator, right))
    }

    fn case(
        &mut self,
        operand: Option<&bound::Expr>,
        branches: &[(bound::Expr, bound::Expr)],
        otherwise: Option<&bound::Expr>,
        kind: &Arrow,
    ) -> Result<Expr, RunError> {
        let table = if self.compiling && operand.is_none() { looked_up(branches) } else { None };
        let (operand, branches) = if let Some((id, branches)) = table {
            (Some(Box::new(column(id))), branches)
        } else {
            let operand = operand.map(|it| self.boxed(it)).transpose()?;
            (operand, branches.iter().map(|(when, then)| (when, then)).collect())
        };
        let fold = self.compiling && operand.is_some();
        let mut side = |it: &bound::Expr| {
            let side = self.expression(it)?;
            Ok::<_, RunError>(if fold { folded(side) } else { side })
        };
        let branches = branches.into_iter().map(|(when, then)| Ok((Box::new(side(when)?), Box::new(side(then)?))));
        let branches = branches.collect::<Result<Vec<_>, RunError>>()?;
        let otherwise = match otherwise {
            Some(it) => side(it)?,
            None => null(kind)?,
        };
        Ok(Expr::Case(Case::new(operand, branches, Some(Box::new(otherwise)))))
    }

    fn function_call(&mut self, function: Function, args: &[bound::Expr], kind: &Arrow) -> Result<Expr, RunError> {
        let mut args = args.iter().map(|it| self.expression(it)).collect::<Result<Vec<_>, _>>()?;
        let udf = match function {
            Function::CurrentDate => {
                let day = self.now().div_euclid(86_400_000);
                return Ok(lit(ScalarValue::Date32(i32::try_from(day).ok())));
            }
            Function::CurrentTimestamp => return Ok(lit(moment(self.now()))),
            Function::E => return Ok(lit(std::f64::consts::E)),
            Function::Coalesce => standard::core::coalesce(),
            Function::NullIf => standard::core::nullif(),
            Function::Greatest | Function::Least => return Ok(extreme(function, args, kind)),
            Function::Random => standard::math::random(),
            Function::Uuid => standard::string::uuid(),
            Function::Abs => standard::math::abs(),
            Function::Lower => standard::string::lower(),
            Function::Upper => standard::string::upper(),
            Function::Md5 => standard::crypto::md5(),
            Function::Sha1 => Arc::clone(&other::SHA1),
            Function::Extract(unit) => time::extract(unit),
            Function::DateTrunc(unit) => time::truncate(unit),
            Function::ArrayToString if args.len() == 1 => {
                args.push(lit(","));
                Arc::clone(&array::TO_STRING)
            }
            _ => Arc::clone(super::names::ours(function)),
        };
        Ok(cast(udf.call(args), kind.clone()))
    }
}

fn moment(millis: i64) -> ScalarValue {
    ScalarValue::TimestampMillisecond(Some(millis), None)
}

/// The negated number; an integer fails the run on overflow.
fn negated_number(expr: Expr, kind: Arrow) -> Result<Expr, RunError> {
    if !kind.is_integer() {
        return Ok(Expr::Negative(Box::new(expr)));
    }
    let zero = lit(ScalarValue::new_zero(&kind)?);
    Ok(number::WHOLE_MINUS.call(vec![zero, cast(expr, kind)]))
}

fn nonzero(expr: Expr, kind: &Arrow) -> Result<Expr, RunError> {
    let zero = lit(ScalarValue::new_zero(kind)?);
    Ok(standard::core::nullif().call(vec![expr, zero]))
}

fn is(expr: Expr, truth: Truth, negated: bool) -> Expr {
    let expr = Box::new(expr);
    match (truth, negated) {
        (Truth::Null, false) => Expr::IsNull(expr),
        (Truth::Null, true) => Expr::IsNotNull(expr),
        (Truth::True, false) => Expr::IsTrue(expr),
        (Truth::True, true) => Expr::IsNotTrue(expr),
        (Truth::False, false) => Expr::IsFalse(expr),
        (Truth::False, true) => Expr::IsNotFalse(expr),
    }
}

/// DataFusion's functions skip NULLs; AMC's are NULL if any argument is.
fn extreme(function: Function, args: Vec<Expr>, kind: &Arrow) -> Expr {
    let udf = if function == Function::Greatest { standard::core::greatest() } else { standard::core::least() };
    let present = args.iter().cloned().map(Expr::is_not_null).reduce(Expr::and).unwrap_or_else(|| lit(true));
    let value = cast(udf.call(args), kind.clone());
    Expr::Case(Case::new(None, vec![(Box::new(present), Box::new(value))], None))
}

/// The same pattern with a backslash as the escape character, the only one that Arrow supports.
fn like_pattern(pattern: &str, escape: Option<char>) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if Some(character) == escape {
            out.push('\\');
            out.extend(characters.next());
        } else {
            out.push_str(if character == '\\' { "\\\\" } else { "" });
            out.extend((character != '\\').then_some(character));
        }
    }
    out
}

/// The columns that an expression reads, without subqueries.
pub(super) fn columns_in(expr: &bound::Expr) -> Vec<ColumnId> {
    let mut found = Vec::new();
    collect(expr, &mut found);
    found
}

fn collect(expr: &bound::Expr, found: &mut Vec<ColumnId>) {
    if let ExprKind::Column(id) = expr.kind {
        found.push(id);
    }
    expr.parts().into_iter().for_each(|part| collect(part, found));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_character_of_the_query_becomes_a_backslash() {
        assert_eq!(like_pattern("50!%_a", Some('!')), "50\\%_a");
        assert_eq!(like_pattern("a\\b%", None), "a\\\\b%");
    }
}

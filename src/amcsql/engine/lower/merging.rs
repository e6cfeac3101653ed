//! How each column is combined when rows of a result are merged.
//!
//! Totals add up. Minimum and maximum remain. A ratio, an average or a median can't be computed from those of two
//! rows: adding them would give a wrong number that looks right, so the result is NULL.

use std::collections::BTreeMap;

use crate::amcsql::bound::{self, AggregateCall, BinaryOp, ColumnId, ExprKind, Literal, Node, Query, Relation};
use crate::amcsql::functions::{AggregateFunction, Function, WindowFunction};

/// How the values of several rows are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Merging {
    Sum,
    Least,
    Greatest,
    /// NULL, unless there is only one row.
    Lost,
}

type Known = BTreeMap<ColumnId, Merging>;

/// The columns computed from aggregates; rows are merged by all others.
pub(in super::super) fn mergings(query: &Query) -> BTreeMap<ColumnId, Merging> {
    let mut known = Known::new();
    // OK because common table expressions only use earlier ones.
    query.commons.iter().for_each(|common| visit(query, &common.relation, &mut known));
    visit(query, &query.root, &mut known);
    known
}

fn visit(query: &Query, relation: &Relation, known: &mut Known) {
    relation.inputs().into_iter().for_each(|input| visit(query, input, known));
    let mut made: Vec<(ColumnId, Option<Merging>)> = Vec::new();
    match &relation.node {
        Node::Common { columns, .. } => made.extend(columns.iter().map(|(new, old)| (*new, known.get(old).copied()))),
        Node::Project { items, .. } => made.extend(items.iter().map(|item| (item.id, merging(&item.expr, known)))),
        Node::Aggregate(aggregate) => made.extend(aggregate.calls.iter().map(|call| (call.id, Some(of_call(call))))),
        Node::Window { calls, .. } => {
            for call in calls {
                let fed = call.args.iter().any(|arg| merging(arg, known).is_some());
                let over_all = matches!(call.function, WindowFunction::Aggregate(_));
                made.push((call.id, (fed && over_all).then_some(Merging::Lost)));
            }
        }
        Node::Set { inputs, columns, .. } => {
            for input in inputs {
                let given = query.columns_of(input);
                made.extend(columns.iter().zip(given).map(|(id, given)| (*id, known.get(&given).copied())));
            }
        }
        _ => {}
    }
    for (id, merging) in made {
        if let Some(merging) = merging {
            // OK because parts of a union that merge differently can't be merged.
            known
                .entry(id)
                .and_modify(|own| *own = if *own == merging { merging } else { Merging::Lost })
                .or_insert(merging);
        }
    }
}

fn of_call(call: &AggregateCall) -> Merging {
    match call.function {
        AggregateFunction::Sum | AggregateFunction::Count | AggregateFunction::ApproxCountDistinct => Merging::Sum,
        AggregateFunction::Min => Merging::Least,
        AggregateFunction::Max => Merging::Greatest,
        _ => Merging::Lost,
    }
}

/// How a computed value is merged; `None` if it doesn't depend on an aggregate.
fn merging(expr: &bound::Expr, known: &Known) -> Option<Merging> {
    match &expr.kind {
        ExprKind::Column(id) => known.get(id).copied(),
        ExprKind::Cast { expr, .. } => merging(expr, known),
        ExprKind::Negate(inner) => merging(inner, known).map(|it| if it == Merging::Sum { it } else { Merging::Lost }),
        ExprKind::Binary { op: BinaryOp::Plus | BinaryOp::Minus, left, right } => {
            totals([&**left, &**right].into_iter(), known)
        }
        ExprKind::Binary { op: BinaryOp::Times, left, right } => {
            let (left, right) = (factor(left, known), factor(right, known));
            scaled(left, right)
        }
        ExprKind::Binary { op: BinaryOp::Divide, left, right } => {
            let right = factor(right, known);
            if matches!(right, Factor::Fixed) { scaled(factor(left, known), right) } else { fed(expr, known) }
        }
        ExprKind::Call { function: Function::Coalesce | Function::Round | Function::Trunc, args } => {
            let rounds = !matches!(expr.kind, ExprKind::Call { function: Function::Coalesce, .. });
            let values = if rounds { args.get(..1).unwrap_or(args) } else { args };
            totals(values.iter(), known)
        }
        ExprKind::Case { operand: None, branches, otherwise } => {
            let measured = branches.iter().any(|(when, _)| merging(when, known).is_some());
            let values = branches.iter().map(|(_, then)| then).chain(otherwise.as_deref());
            if measured { Some(Merging::Lost) } else { totals(values, known) }
        }
        _ => fed(expr, known),
    }
}

/// [`Merging::Lost`] if a part depends on an aggregate.
fn fed(expr: &bound::Expr, known: &Known) -> Option<Merging> {
    expr.parts().into_iter().any(|part| merging(part, known).is_some()).then_some(Merging::Lost)
}

/// The sum if all values are totals or zero.
fn totals<'e>(values: impl Iterator<Item = &'e bound::Expr>, known: &Known) -> Option<Merging> {
    let (mut any, mut all) = (false, true);
    for value in values {
        let of = merging(value, known);
        any |= of.is_some();
        all &= of == Some(Merging::Sum) || is_nothing(value);
    }
    any.then_some(if all { Merging::Sum } else { Merging::Lost })
}

/// Zero and NULL, which add nothing.
fn is_nothing(expr: &bound::Expr) -> bool {
    match &expr.kind {
        ExprKind::Cast { expr, .. } => is_nothing(expr),
        ExprKind::Literal(Literal::Null | Literal::Integer(0) | Literal::Decimal { unscaled: 0, .. }) => true,
        _ => false,
    }
}

enum Factor {
    /// Constant for all rows.
    Fixed,
    Of(Option<Merging>),
}

fn factor(expr: &bound::Expr, known: &Known) -> Factor {
    match &expr.kind {
        ExprKind::Cast { expr, .. } | ExprKind::Negate(expr) => factor(expr, known),
        ExprKind::Literal(_) | ExprKind::Parameter(_) => Factor::Fixed,
        _ => Factor::Of(merging(expr, known)),
    }
}

/// A product, one side of which may be constant.
fn scaled(a: Factor, b: Factor) -> Option<Merging> {
    match (a, b) {
        (Factor::Fixed, Factor::Fixed) => None,
        (Factor::Fixed, Factor::Of(of)) | (Factor::Of(of), Factor::Fixed) => {
            of.map(|it| if it == Merging::Sum { it } else { Merging::Lost })
        }
        (Factor::Of(a), Factor::Of(b)) => a.or(b).map(|_| Merging::Lost),
    }
}

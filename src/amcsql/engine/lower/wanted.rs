//! Determines which columns affect a metric of the result.

use std::collections::BTreeSet;

use crate::amcsql::bound::{ColumnId, Expr, Node, Query, Relation};
use crate::amcsql::catalogue::ColumnType;

use super::expression::columns_in;

/// All columns from which a metric of the result is computed, directly or indirectly.
pub(super) fn metrics(query: &Query) -> BTreeSet<ColumnId> {
    let outputs = query.outputs.iter().map(|output| output.column);
    let metric = |id: &ColumnId| {
        let column = query.column(*id);
        column.column_type == ColumnType::Metric && column.data_type.is_numeric()
    };
    let mut wanted: BTreeSet<ColumnId> = outputs.filter(metric).collect();
    visit(query, &query.root, &mut wanted);
    // OK because a common table expression only uses earlier ones, so its uses have been visited.
    query.commons.iter().rev().for_each(|common| visit(query, &common.relation, &mut wanted));
    wanted
}

fn feed(wanted: &mut BTreeSet<ColumnId>, id: ColumnId, from: &[Expr]) {
    if wanted.contains(&id) {
        wanted.extend(from.iter().flat_map(columns_in));
    }
}

fn visit(query: &Query, relation: &Relation, wanted: &mut BTreeSet<ColumnId>) {
    match &relation.node {
        Node::Scan(_) | Node::One | Node::Values { .. } => {}
        Node::Common { columns, .. } => {
            let inner: Vec<ColumnId> =
                columns.iter().filter(|(id, _)| wanted.contains(id)).map(|(_, inner)| *inner).collect();
            wanted.extend(inner);
        }
        Node::Project { input, items } => {
            for item in items {
                feed(wanted, item.id, std::slice::from_ref(&item.expr));
            }
            visit(query, input, wanted);
        }
        Node::Aggregate(aggregate) => {
            aggregate.groups.iter().for_each(|key| feed(wanted, key.id, std::slice::from_ref(&key.expr)));
            aggregate.calls.iter().for_each(|call| feed(wanted, call.id, &call.args));
            visit(query, &aggregate.input, wanted);
        }
        Node::Window { input, calls } => {
            for call in calls {
                feed(wanted, call.id, &call.args);
            }
            visit(query, input, wanted);
        }
        Node::Explode { input, array, id } => {
            feed(wanted, *id, std::slice::from_ref(array));
            visit(query, input, wanted);
        }
        Node::Join(join) => {
            visit(query, &join.left, wanted);
            visit(query, &join.right, wanted);
        }
        Node::Set { inputs, columns, .. } => set(query, inputs, columns, wanted),
        Node::Filter { input, .. }
        | Node::Distinct { input }
        | Node::Sort { input, .. }
        | Node::Limit { input, .. } => {
            visit(query, input, wanted);
        }
    }
}

fn set(query: &Query, inputs: &[Relation], columns: &[ColumnId], wanted: &mut BTreeSet<ColumnId>) {
    for input in inputs {
        let given = query.columns_of(input);
        let fed = columns.iter().zip(given).filter(|(id, _)| wanted.contains(id)).map(|(_, inner)| inner);
        let fed: Vec<ColumnId> = fed.collect();
        wanted.extend(fed);
        visit(query, input, wanted);
    }
}

//! Which columns of common tables nothing needs.
//!
//! A walk from the result backwards: a column is needed if the result shows it, if it decides which rows there are (a condition, a
//! join, a key, an order, DISTINCT), or if a needed column is computed from it. A key of a common table's own grouping is never
//! remarked on: without it the table would have other rows.

use std::collections::HashSet;

use super::super::bound::{ColumnId, Common, Expr, ExprKind, Node, Relation, SetKind};
use super::super::codes;
use super::super::finding::Level;
use super::binder::Binder;

/// Names that one remark gives; the rest are counted.
const MOST_NAMED: usize = 4;

impl Binder<'_> {
    /// Remarks on columns of common tables that nothing needs; on nothing where there are errors, whose consequences they may be.
    pub(super) fn unread_columns(&mut self, root: &Relation, outputs: &[ColumnId]) {
        if self.commons.is_empty() || self.findings.iter().any(|it| it.level == Level::Error) {
            return;
        }
        let reached = self.reached();
        let mut walk = Walk { needed: outputs.iter().copied().collect() };
        walk.relation(root);
        let mut found = Vec::new();
        // OK because a table reads only those before it: its readers have been walked when its turn comes.
        for (common, reached) in self.commons.iter().zip(reached).rev() {
            if reached {
                walk.relation(&common.relation);
                found.extend(self.idle(common, &walk.needed));
            }
        }
        for (column, message) in found {
            let span = self.columns.get(column.index()).map_or(root.span, |it| it.span);
            self.info(codes::UNUSED_COLUMN, span, message);
        }
    }

    /// The first idle column of a common table, and what is said of all of them.
    fn idle(&self, common: &Common, needed: &HashSet<ColumnId>) -> Option<(ColumnId, String)> {
        // OK because rows that are written out need no work, and their columns belong together.
        if matches!(common.relation.node, Node::Values { .. }) {
            return None;
        }
        let keys = keys(&common.relation);
        let idle = common.columns.iter().filter(|id| !needed.contains(id) && !keys.contains(id));
        let idle: Vec<ColumnId> = idle.copied().collect();
        let first = *idle.first()?;
        let name = |id: &ColumnId| self.columns.get(id.index()).map(|it| format!("`{}`", it.name)).unwrap_or_default();
        let mut names = idle.iter().take(MOST_NAMED).map(name).collect::<Vec<_>>().join(", ");
        if idle.len() > MOST_NAMED {
            names = format!("{names} and {} more", idle.len() - MOST_NAMED);
        }
        Some((first, format!("Nothing uses {names} of the common table `{}`. Leave it out to save time.", common.name)))
    }
}

/// The columns that a relation gives. Those of data sources are left out: nobody leaves them out of a source.
fn given(relation: &Relation) -> Vec<ColumnId> {
    match &relation.node {
        Node::Scan(_) | Node::One => Vec::new(),
        Node::Common { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
        Node::Values { columns, .. } | Node::Set { columns, .. } => columns.clone(),
        Node::Project { items, .. } => items.iter().map(|item| item.id).collect(),
        Node::Filter { input, .. }
        | Node::Distinct { input }
        | Node::Sort { input, .. }
        | Node::Limit { input, .. } => given(input),
        Node::Aggregate(aggregate) => aggregate.ids(),
        Node::Window { input, calls } => given(input).into_iter().chain(calls.iter().map(|call| call.id)).collect(),
        Node::Explode { input, id, .. } => given(input).into_iter().chain([*id]).collect(),
        Node::Join(join) => given(&join.left).into_iter().chain(given(&join.right)).collect(),
    }
}

/// The columns by which a relation tells its rows apart.
fn keys(relation: &Relation) -> HashSet<ColumnId> {
    match &relation.node {
        Node::Aggregate(aggregate) => aggregate.groups.iter().map(|key| key.id).collect(),
        Node::Distinct { input } => given(input).into_iter().collect(),
        Node::Project { input, items } => {
            let below = keys(input);
            let is_key = |expr: &Expr| matches!(expr.kind, ExprKind::Column(id) if below.contains(&id));
            items.iter().filter(|item| is_key(&item.expr)).map(|item| item.id).collect()
        }
        Node::Set { kind: SetKind::Union, all: true, inputs, columns } => {
            let part = |input: &Relation| {
                let keys = keys(input);
                given(input).iter().map(|id| keys.contains(id)).collect::<Vec<bool>>()
            };
            let parts: Vec<Vec<bool>> = inputs.iter().map(part).collect();
            let is_key = |at: usize| parts.iter().any(|part| part.get(at).copied().unwrap_or(false));
            columns.iter().enumerate().filter(|(at, _)| is_key(*at)).map(|(_, id)| *id).collect()
        }
        Node::Set { columns, .. } => columns.iter().copied().collect(),
        Node::Filter { input, .. }
        | Node::Sort { input, .. }
        | Node::Limit { input, .. }
        | Node::Window { input, .. }
        | Node::Explode { input, .. } => keys(input),
        _ => HashSet::new(),
    }
}

struct Walk {
    needed: HashSet<ColumnId>,
}

impl Walk {
    /// Notes what the expression is computed from.
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Column(id) | ExprKind::Outer(id) = expr.kind {
            self.needed.insert(id);
        }
        if let Some(query) = expr.query() {
            if !matches!(expr.kind, ExprKind::Exists { .. }) {
                self.needed.extend(given(query));
            }
            self.relation(query);
        }
        expr.parts().into_iter().for_each(|part| self.expr(part));
    }

    fn relation(&mut self, relation: &Relation) {
        match &relation.node {
            Node::Common { columns, .. } => {
                let below: Vec<ColumnId> =
                    columns.iter().filter(|(id, _)| self.needed.contains(id)).map(|(_, below)| *below).collect();
                self.needed.extend(below);
            }
            Node::Project { items, .. } => {
                for item in items {
                    if self.needed.contains(&item.id) {
                        self.expr(&item.expr);
                    }
                }
            }
            Node::Aggregate(aggregate) => {
                aggregate.groups.iter().for_each(|key| self.expr(&key.expr));
                for call in &aggregate.calls {
                    if self.needed.contains(&call.id) {
                        call.args.iter().chain(&call.filter).for_each(|part| self.expr(part));
                    }
                }
            }
            Node::Window { calls, .. } => {
                for call in calls {
                    if self.needed.contains(&call.id) {
                        call.exprs().into_iter().for_each(|part| self.expr(part));
                    }
                }
            }
            Node::Distinct { input } => self.needed.extend(given(input)),
            Node::Set { kind, all, inputs, columns } => {
                let all_needed = *kind != SetKind::Union || !all;
                for input in inputs {
                    let fed = columns.iter().zip(given(input));
                    let fed: Vec<ColumnId> =
                        fed.filter(|(id, _)| all_needed || self.needed.contains(id)).map(|(_, below)| below).collect();
                    self.needed.extend(fed);
                }
            }
            _ => relation.exprs().into_iter().for_each(|part| self.expr(part)),
        }
        relation.inputs().into_iter().for_each(|input| self.relation(input));
    }
}

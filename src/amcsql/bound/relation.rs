//! The relations of a resolved query.

use super::super::functions::{AggregateFunction, WindowFunction};
use super::super::text::Span;
use super::{ColumnId, CommonId, Expr, ScanId};

#[derive(Clone, Debug)]
pub struct Relation {
    pub node: Node,
    /// Its position in the text.
    pub span: Span,
}

impl Relation {
    /// Its input relations, without subqueries in expressions.
    pub fn inputs(&self) -> Vec<&Self> {
        match &self.node {
            Node::Scan(_) | Node::Common { .. } | Node::One | Node::Values { .. } => Vec::new(),
            Node::Project { input, .. }
            | Node::Filter { input, .. }
            | Node::Window { input, .. }
            | Node::Distinct { input }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. }
            | Node::Explode { input, .. } => vec![input],
            Node::Aggregate(aggregate) => vec![&aggregate.input],
            Node::Join(join) => vec![&join.left, &join.right],
            Node::Set { inputs, .. } => inputs.iter().collect(),
        }
    }

    /// Its input relations, mutable.
    pub fn inputs_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.node {
            Node::Scan(_) | Node::Common { .. } | Node::One | Node::Values { .. } => Vec::new(),
            Node::Project { input, .. }
            | Node::Filter { input, .. }
            | Node::Window { input, .. }
            | Node::Distinct { input }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. }
            | Node::Explode { input, .. } => vec![input],
            Node::Aggregate(aggregate) => vec![&mut aggregate.input],
            Node::Join(join) => vec![&mut join.left, &mut join.right],
            Node::Set { inputs, .. } => inputs.iter_mut().collect(),
        }
    }

    /// Its own expressions.
    pub fn exprs(&self) -> Vec<&Expr> {
        match &self.node {
            Node::Scan(_)
            | Node::Common { .. }
            | Node::One
            | Node::Distinct { .. }
            | Node::Limit { .. }
            | Node::Set { .. } => Vec::new(),
            Node::Values { rows, .. } => rows.iter().flatten().collect(),
            Node::Project { items, .. } => items.iter().map(|it| &it.expr).collect(),
            Node::Filter { predicate, .. } => vec![predicate],
            Node::Window { calls, .. } => calls.iter().flat_map(WindowCall::exprs).collect(),
            Node::Sort { keys, .. } => keys.iter().map(|it| &it.expr).collect(),
            Node::Explode { array, .. } => vec![array],
            Node::Aggregate(aggregate) => {
                let calls = aggregate.calls.iter().flat_map(|it| it.args.iter().chain(&it.filter));
                aggregate.groups.iter().map(|it| &it.expr).chain(calls).collect()
            }
            Node::Join(join) => join.on.iter().collect(),
        }
    }

    /// Its own expressions, mutable.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.node {
            Node::Scan(_)
            | Node::Common { .. }
            | Node::One
            | Node::Distinct { .. }
            | Node::Limit { .. }
            | Node::Set { .. } => Vec::new(),
            Node::Values { rows, .. } => rows.iter_mut().flatten().collect(),
            Node::Project { items, .. } => items.iter_mut().map(|it| &mut it.expr).collect(),
            Node::Filter { predicate, .. } => vec![predicate],
            Node::Window { calls, .. } => calls.iter_mut().flat_map(WindowCall::exprs_mut).collect(),
            Node::Sort { keys, .. } => keys.iter_mut().map(|it| &mut it.expr).collect(),
            Node::Explode { array, .. } => vec![array],
            Node::Aggregate(aggregate) => {
                let calls = aggregate.calls.iter_mut().flat_map(|it| it.args.iter_mut().chain(&mut it.filter));
                aggregate.groups.iter_mut().map(|it| &mut it.expr).chain(calls).collect()
            }
            Node::Join(join) => join.on.iter_mut().collect(),
        }
    }
}

/// The kinds of relations. Inputs are boxed; the resulting columns are described per kind.
#[derive(Clone, Debug)]
pub enum Node {
    /// Scans a data source; results in the columns of that [`super::Scan`].
    Scan(ScanId),
    /// Uses a common table expression; results in new ids, one for each of its columns.
    Common {
        common: CommonId,
        /// (new id, id in [`super::Common::columns`]) for each column, in order.
        columns: Vec<(ColumnId, ColumnId)>,
    },
    /// One row without columns: the input of a `SELECT` without `FROM`.
    One,
    /// Literal rows. Every cell has its column's type.
    Values {
        columns: Vec<ColumnId>,
        /// Each row is as long as `columns`.
        rows: Vec<Vec<Expr>>,
    },
    /// Computes columns; results in exactly those of `items`.
    Project { input: Box<Relation>, items: Vec<Computed> },
    /// Keeps the rows for which `predicate` is true. Results in the input's columns.
    Filter { input: Box<Relation>, predicate: Expr },
    /// Groups rows; results in the keys, then the aggregates.
    Aggregate(Aggregate),
    /// Computes window functions; results in the input's columns, then one per call. Calls can't use each other.
    Window { input: Box<Relation>, calls: Vec<WindowCall> },
    /// Joins two relations; results in the left's columns, then the right's.
    Join(Join),
    /// `UNION`, `INTERSECT`, `EXCEPT` by position; every input has as many columns as `columns`, with the same types.
    Set {
        kind: SetKind,
        /// Whether duplicates are kept.
        all: bool,
        /// At least two for a union, exactly two otherwise.
        inputs: Vec<Relation>,
        /// The resulting ids, by position.
        columns: Vec<ColumnId>,
    },
    /// Removes duplicate rows, comparing all columns of the input. Results in the input's columns.
    Distinct { input: Box<Relation> },
    /// Sorts rows. Results in the input's columns.
    Sort { input: Box<Relation>, keys: Vec<SortKey> },
    /// Keeps the first rows. Results in the input's columns.
    Limit { input: Box<Relation>, count: u64 },
    /// One row per element of an array; rows with an empty or NULL array are dropped. Results in the input's columns,
    /// then the element.
    Explode { input: Box<Relation>, array: Expr, id: ColumnId },
}

/// A computed column.
#[derive(Clone, Debug)]
pub struct Computed {
    pub id: ColumnId,
    pub expr: Expr,
}

/// Grouping and aggregation. Without `groups` there is exactly one row, even without input.
#[derive(Clone, Debug)]
pub struct Aggregate {
    pub input: Box<Relation>,
    /// The keys. NULLs form one group.
    pub groups: Vec<Computed>,
    /// The aggregates; if empty, it works like DISTINCT over the keys.
    pub calls: Vec<AggregateCall>,
}

impl Aggregate {
    /// The resulting ids: keys, then aggregates.
    pub fn ids(&self) -> Vec<ColumnId> {
        self.groups.iter().map(|it| it.id).chain(self.calls.iter().map(|it| it.id)).collect()
    }
}

/// One aggregate of a grouping.
#[derive(Clone, Debug)]
pub struct AggregateCall {
    /// Its type is in the query's arena.
    pub id: ColumnId,
    pub function: AggregateFunction,
    /// Its arguments, in types that the function accepts; empty for `COUNT(*)`.
    pub args: Vec<Expr>,
    pub distinct: bool,
    /// Only rows for which this is true are aggregated.
    pub filter: Option<Expr>,
}

/// One window function.
#[derive(Clone, Debug)]
pub struct WindowCall {
    /// Its type is in the query's arena.
    pub id: ColumnId,
    pub function: WindowFunction,
    pub args: Vec<Expr>,
    /// `PARTITION BY`.
    pub partition: Vec<Expr>,
    /// `ORDER BY`.
    pub order: Vec<SortKey>,
    /// The frame as written; `None` is the standard default: the whole partition without an order, otherwise from its
    /// start to the current row and its peers.
    pub frame: Option<Frame>,
}

impl WindowCall {
    /// All its expressions.
    pub fn exprs(&self) -> Vec<&Expr> {
        self.args.iter().chain(&self.partition).chain(self.order.iter().map(|it| &it.expr)).collect()
    }

    /// All its expressions, mutable.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        let keys = self.order.iter_mut().map(|it| &mut it.expr);
        self.args.iter_mut().chain(&mut self.partition).chain(keys).collect()
    }
}

/// A window's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub unit: FrameUnit,
    pub start: FrameBound,
    pub end: FrameBound,
}

/// The unit of a frame's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnit {
    Rows,
    /// Values of the one numeric sort key.
    Range,
}

/// One bound of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameBound {
    UnboundedPreceding,
    /// That many before.
    Preceding(u64),
    CurrentRow,
    /// That many after.
    Following(u64),
    UnboundedFollowing,
}

/// One key of an order.
#[derive(Clone, Debug)]
pub struct SortKey {
    pub expr: Expr,
    pub descending: bool,
    /// Default: last if ascending, first if descending, as in Calcite.
    pub nulls_first: bool,
}

/// A join.
#[derive(Clone, Debug)]
pub struct Join {
    pub kind: JoinKind,
    pub left: Box<Relation>,
    pub right: Box<Relation>,
    /// The condition, a boolean; `None` only for a cross join.
    pub on: Option<Expr>,
}

/// The kind of a join: which unmatched rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    /// Unmatched left rows.
    Left,
    /// Unmatched rows of both sides.
    Full,
    /// Every pair matches.
    Cross,
}

/// The kind of a set operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// Rows of all.
    Union,
    /// Rows of both.
    Intersect,
    /// Rows of the first that the second has not.
    Except,
}

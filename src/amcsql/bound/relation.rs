//! The relations of a resolved query.

use super::super::functions::{AggregateFunction, WindowFunction};
use super::super::text::Span;
use super::{ColumnId, CommonId, Expr, ScanId};

/// Something that gives rows.
#[derive(Clone, Debug)]
pub struct Relation {
    /// What it does.
    pub node: Node,
    /// The part of the text it stands for.
    pub span: Span,
}

impl Relation {
    /// The relations that it takes rows from; subqueries in expressions aside.
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

    /// The relations that it takes rows from, to be changed.
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

    /// The expressions that it computes itself.
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

    /// The expressions that it computes itself, to be changed.
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

/// What a relation does. Inputs are boxed; the columns given are described per kind.
#[derive(Clone, Debug)]
pub enum Node {
    /// Reads a data source; gives the columns of that [`super::Scan`].
    Scan(ScanId),
    /// Reads a common table; gives the new ids, each for a column of the table.
    Common {
        common: CommonId,
        /// (new id, id in [`super::Common::columns`]), one for each column of the table, in its order.
        columns: Vec<(ColumnId, ColumnId)>,
    },
    /// One row without columns: what a `SELECT` without `FROM` reads.
    One,
    /// Rows written in the text. Every cell has its column's type.
    Values {
        /// The ids, one per position.
        columns: Vec<ColumnId>,
        /// The rows; each is as long as `columns`.
        rows: Vec<Vec<Expr>>,
    },
    /// Computes columns; gives exactly those of `items`.
    Project {
        /// Where rows come from.
        input: Box<Relation>,
        /// The columns, in order.
        items: Vec<Computed>,
    },
    /// Keeps the rows for which `predicate` is true. Gives the input's columns.
    Filter {
        /// Where rows come from.
        input: Box<Relation>,
        /// A boolean.
        predicate: Expr,
    },
    /// Groups rows; gives the keys, then the results of the calls.
    Aggregate(Aggregate),
    /// Computes window functions; gives the input's columns, then one per call. Calls do not see
    /// each other.
    Window {
        /// Where rows come from.
        input: Box<Relation>,
        calls: Vec<WindowCall>,
    },
    /// Joins two relations; gives the left's columns, then the right's.
    Join(Join),
    /// `UNION`, `INTERSECT`, `EXCEPT` by position; every input gives as many columns as `columns`, of
    /// the same types.
    Set {
        kind: SetKind,
        /// Whether duplicates stay.
        all: bool,
        /// Two or more for a union, exactly two otherwise.
        inputs: Vec<Relation>,
        /// The ids given, by position.
        columns: Vec<ColumnId>,
    },
    /// Drops repeated rows, comparing all columns of the input. Gives the input's columns.
    Distinct {
        /// Where rows come from.
        input: Box<Relation>,
    },
    /// Orders rows. Gives the input's columns.
    Sort {
        /// Where rows come from.
        input: Box<Relation>,
        /// By what, the first deciding first.
        keys: Vec<SortKey>,
    },
    /// Keeps the first rows. Gives the input's columns.
    Limit {
        /// Where rows come from.
        input: Box<Relation>,
        count: u64,
    },
    /// One row per element of an array; rows whose array is empty or NULL vanish. Gives the input's
    /// columns, then the element.
    Explode {
        /// Where rows come from.
        input: Box<Relation>,
        array: Expr,
        id: ColumnId,
    },
}

/// A column and how it is computed.
#[derive(Clone, Debug)]
pub struct Computed {
    /// The column given.
    pub id: ColumnId,
    pub expr: Expr,
}

/// Grouping and aggregation. Without `groups` there is exactly one row, also for no input.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// Where rows come from.
    pub input: Box<Relation>,
    /// The keys. NULLs group together.
    pub groups: Vec<Computed>,
    /// The calls; may be empty: then it works as DISTINCT over the keys.
    pub calls: Vec<AggregateCall>,
}

impl Aggregate {
    /// The ids given: keys, then calls.
    pub fn ids(&self) -> Vec<ColumnId> {
        self.groups.iter().map(|it| it.id).chain(self.calls.iter().map(|it| it.id)).collect()
    }
}

/// One aggregate of a grouping.
#[derive(Clone, Debug)]
pub struct AggregateCall {
    /// The column given; its type is in the query's arena.
    pub id: ColumnId,
    pub function: AggregateFunction,
    /// Its arguments, in types that the function takes; empty for `COUNT(*)`.
    pub args: Vec<Expr>,
    /// Whether equal arguments count once.
    pub distinct: bool,
    /// Rows for which this is not true are left out.
    pub filter: Option<Expr>,
}

/// One window function.
#[derive(Clone, Debug)]
pub struct WindowCall {
    /// The column given; its type is in the query's arena.
    pub id: ColumnId,
    pub function: WindowFunction,
    pub args: Vec<Expr>,
    /// `PARTITION BY`.
    pub partition: Vec<Expr>,
    /// `ORDER BY`.
    pub order: Vec<SortKey>,
    /// The frame as written; `None` is the standard default: the whole partition without an order,
    /// otherwise from its start to the current row and its peers.
    pub frame: Option<Frame>,
}

impl WindowCall {
    /// All expressions in it.
    pub fn exprs(&self) -> Vec<&Expr> {
        self.args.iter().chain(&self.partition).chain(self.order.iter().map(|it| &it.expr)).collect()
    }

    /// All expressions in it, to be changed.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        let keys = self.order.iter_mut().map(|it| &mut it.expr);
        self.args.iter_mut().chain(&mut self.partition).chain(keys).collect()
    }
}

/// A window's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What bounds count.
    pub unit: FrameUnit,
    /// Where it begins.
    pub start: FrameBound,
    /// Where it ends.
    pub end: FrameBound,
}

/// What a frame's bounds count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnit {
    /// Rows.
    Rows,
    /// Values of the one numeric sort key.
    Range,
}

/// One bound of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameBound {
    /// The partition's first row.
    UnboundedPreceding,
    /// That many before.
    Preceding(u64),
    /// The row itself.
    CurrentRow,
    /// That many after.
    Following(u64),
    /// The partition's last row.
    UnboundedFollowing,
}

/// One key of an order.
#[derive(Clone, Debug)]
pub struct SortKey {
    pub expr: Expr,
    /// Whether large values come first.
    pub descending: bool,
    /// Whether NULLs come first. Unwritten: last when ascending, first when descending, as Calcite has it.
    pub nulls_first: bool,
}

/// A join.
#[derive(Clone, Debug)]
pub struct Join {
    /// Which rows stay.
    pub kind: JoinKind,
    /// The left side.
    pub left: Box<Relation>,
    /// The right side.
    pub right: Box<Relation>,
    /// The condition, a boolean; `None` for a cross join only.
    pub on: Option<Expr>,
}

/// Which rows of a join stay when nothing matches them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// None.
    Inner,
    /// The left's.
    Left,
    /// Both sides'.
    Full,
    /// Every pair matches.
    Cross,
}

/// How two queries of equal shape are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// Rows of all.
    Union,
    /// Rows of both.
    Intersect,
    /// Rows of the first that the second has not.
    Except,
}

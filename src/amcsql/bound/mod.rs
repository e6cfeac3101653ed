//! The resolved query: every name is resolved and every value typed.
//!
//! A tree of [`Relation`]s over one arena of [`Column`]s. It can be executed without looking at names: a [`ColumnId`]
//! is produced by exactly one relation of the query and stays the same up through filters, joins, sorts and limits.
//! `*`, ordinals, aliases, `USING` and named windows are resolved; implicit conversions are casts; synonyms of a
//! function are one function.
//!
//! Invariants:
//! * ids are unique in the query, also between common table expressions: one that is used twice is stored once and
//!   each use ([`Node::Common`]) gives its columns new ids, so the tree is never larger than the text;
//! * operands already have the types that an operator requires; a `DECIMAL` result may still need rounding to its
//!   declared scale;
//! * [`Column::threshold`] and [`Column::literal_fed`] follow lineage: they are upper bounds over all columns that
//!   the value was computed from.
//!
//! For privacy each [`Scan`] says whether its rows belong to users and which scan of its source it is (`path` of
//! `paths`), as named in the reasons for filtered rows.

mod expr;
mod relation;

pub use expr::{BinaryOp, Expr, ExprKind, Literal, Truth};
pub use relation::{
    Aggregate, AggregateCall, Computed, Frame, FrameBound, FrameUnit, Join, JoinKind, Node, Relation, SetKind, SortKey,
    WindowCall,
};

use super::catalogue::{ColumnType, DataType, Threshold};
use super::text::Span;

/// A query in which [`crate::amcsql::check()`] found no error.
#[derive(Clone, Debug)]
pub struct Query {
    /// The relation of the result's rows.
    pub root: Relation,
    /// The columns of the result, in order, with unique names.
    pub outputs: Vec<Output>,
    /// All columns, by id.
    pub columns: Vec<Column>,
    /// The scans of data sources, in text order; also those of unused common table expressions, which have `path` 0.
    pub scans: Vec<Scan>,
    /// The common table expressions (`WITH`), each after those that it uses; also unused ones.
    pub commons: Vec<Common>,
    /// The custom parameters in the text, in order of first use.
    pub parameters: Vec<UsedParameter>,
}

impl Query {
    /// The column with that id. Ids come from this query only, so it always exists; an id of another query gives a
    /// column without a name.
    pub fn column(&self, id: ColumnId) -> &Column {
        static UNKNOWN: Column = Column {
            name: String::new(),
            data_type: DataType::Null,
            column_type: ColumnType::Dimension,
            threshold: Threshold::None,
            literal_fed: false,
            span: Span { start: 0, end: 0 },
        };
        self.columns.get(id.index()).unwrap_or(&UNKNOWN)
    }

    /// The column ids of a relation, in order.
    pub fn columns_of(&self, relation: &Relation) -> Vec<ColumnId> {
        match &relation.node {
            Node::Scan(id) => self.scans.get(id.index()).map_or_else(Vec::new, Scan::ids),
            Node::Common { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
            Node::One => Vec::new(),
            Node::Values { columns, .. } | Node::Set { columns, .. } => columns.clone(),
            Node::Project { items, .. } => items.iter().map(|item| item.id).collect(),
            Node::Filter { input, .. }
            | Node::Distinct { input }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. } => self.columns_of(input),
            Node::Aggregate(aggregate) => aggregate.ids(),
            Node::Window { input, calls } => {
                let mut ids = self.columns_of(input);
                ids.extend(calls.iter().map(|call| call.id));
                ids
            }
            Node::Explode { input, id, .. } => {
                let mut ids = self.columns_of(input);
                ids.push(*id);
                ids
            }
            Node::Join(join) => {
                let mut ids = self.columns_of(&join.left);
                ids.extend(self.columns_of(&join.right));
                ids
            }
        }
    }
}

/// The id of a column, unique in its query: an index into [`Query::columns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId(pub u32);

impl ColumnId {
    /// Its index in [`Query::columns`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The id of a scan of a data source: an index into [`Query::scans`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScanId(pub u32);

impl ScanId {
    /// Its index in [`Query::scans`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The id of a common table expression: an index into [`Query::commons`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommonId(pub u32);

impl CommonId {
    /// Its index in [`Query::commons`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A column of any relation of the query.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in the text; for messages only, not unique.
    pub name: String,
    pub data_type: DataType,
    /// Dimension or metric. Sums, averages and arithmetic over metrics are metrics; counts are dimensions, as AMC
    /// reports them.
    pub column_type: ColumnType,
    /// The strictest level of the columns it was computed from; counts have none.
    pub threshold: Threshold,
    /// Whether its value depends on a literal or a parameter.
    pub literal_fed: bool,
    /// Its position in the text.
    pub span: Span,
}

/// A column of the result.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name in the result file: lower case, unique.
    pub name: String,
    pub column: ColumnId,
}

/// One scan of a data source.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The source, in lower case and without a schema.
    pub source: String,
    /// The columns that the query uses, as (id, name in the catalog); may be empty (`COUNT(1)`).
    pub columns: Vec<(ColumnId, String)>,
    /// The column limited by the time window; `None` if the source is read completely.
    pub time_window_column: Option<String>,
    /// How far the window is extended for this scan.
    pub extension: Extension,
    /// Whether its rows belong to users (the source has `user_id`), so that thresholds count them.
    pub user_level: bool,
    /// The number of the scan among those of its source, from 1, in text order.
    pub path: usize,
    /// The number of scans of that source.
    pub paths: usize,
    /// Its position in the text.
    pub span: Span,
}

impl Scan {
    fn ids(&self) -> Vec<ColumnId> {
        self.columns.iter().map(|(id, _)| *id).collect()
    }
}

/// The arguments of `EXTEND_TIME_WINDOW`, in whole seconds; default zero. Negative values shorten the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// Starts this much before the start of the window.
    pub before_seconds: i64,
    /// Ends this much after its end.
    pub after_seconds: i64,
}

/// A common table expression of a `WITH`.
#[derive(Clone, Debug)]
pub struct Common {
    /// Its name in the text, for messages and plans.
    pub name: String,
    pub relation: Relation,
    /// The columns as seen by uses, as ids from `relation`.
    pub columns: Vec<ColumnId>,
}

/// A custom parameter that the text uses.
#[derive(Clone, Debug)]
pub struct UsedParameter {
    /// Its name as declared, or as first written.
    pub name: String,
    /// Its declared or inferred type.
    pub data_type: DataType,
    pub span: Span,
}
